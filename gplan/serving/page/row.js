// What a row says: times, places, and how they relate to the order. The comparisons of data_process/situation.py.
import { say, sayKind, sayRelation } from "./words.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** "2026-02-10 00:19:07" -> milliseconds (no time zone: rows have none), null for anything else. */
export function parseTime(text) {
  const parts = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(text ?? "");
  if (!parts) return null;
  const [year, month, ...rest] = parts.slice(1).map(Number);
  const time = Date.UTC(year, month - 1, ...rest);
  return formatTime(time) === text ? time : null; // 31 February would roll over
}

export const formatTime = (time) => new Date(time).toISOString().slice(0, 19).replace("T", " ");

/** 1 for Monday … 7 for Sunday. */
export const weekday = (time) => new Date(time).getUTCDay() || 7;

/** Behaviours in the short history: [{phase, tag, poi}]. */
export function behaviours(text) {
  const found = (text ?? "").matchAll(/位于(本地|异地行前|异地行中|未知地点)([^,]*?)的(p_\d+)/g);
  return [...found].map(([, phase, tag, poi]) => ({ phase, tag, poi }));
}

/** Places in the long history: [{tag, poi}]. */
export function usualPlaces(text) {
  return [...(text ?? "").matchAll(/([^,]*?)的(p_\d+)act_/g)].map(([, tag, poi]) => ({ tag: tag.trim(), poi }));
}

/** The category that a person's own histories give a place, "" if none does. */
export function tagOf(row, poi) {
  const known = [...behaviours(row.short_term_behavior_seq).reverse(), ...usualPlaces(row.long_term_behavior)];
  return known.find((one) => one.poi === poi)?.tag ?? "";
}

/** How the person stands to the order: "at", "district", "city", "away", null without an order. */
export function relation(row) {
  if (!row.trigger_1) return null;
  if (row.current_poi_name && row.current_poi_name === row.trigger_4) return "at";
  if (!row.current_city || row.current_city !== row.trigger_2) return "away";
  return row.current_district === row.trigger_3 ? "district" : "city";
}

/** The row in words, one entry a line: [{name, icon, parts}]. Parts that differ between rows can be told apart. */
export function inWords(row) {
  const now = parseTime(row.currenttime);
  return [
    { name: "when", icon: "clock", parts: when(row, now) },
    { name: "where", icon: "place", parts: where(row) },
    { name: "order", icon: row.trigger_1 || "其他", parts: order(row, now) },
  ];
}

function when(row, now) {
  const day = row.holidayflag === "1" ? "holiday" : row.weekendflag === "1" ? "weekend" : "workday";
  if (now === null) return [say("noTime"), say(day)];
  const date = new Date(now);
  return [
    say("date", date.getUTCMonth() + 1, date.getUTCDate(), say("weekday", weekday(now))),
    row.currenttime.slice(11, 16),
    say("dayPart", date.getUTCHours()),
    say(day),
  ];
}

function where(row) {
  const home = row.profile_feat_5 && say(row.current_city === row.profile_feat_5 ? "local" : "outside");
  const here = row.current_poi_name;
  const usual = here && (here === row.profile_feat_6 ? "atUsual1" : here === row.profile_feat_8 ? "atUsual2" : "");
  const area = row.current_city + (row.current_district === row.current_city ? "" : row.current_district);
  return [row.current_tag || say("unknown"), area, home, usual && say(usual)].filter(Boolean);
}

function order(row, now) {
  if (!row.trigger_1) return [say("noOrder")];
  const stay = row.trigger_1 === "酒店";
  const made = parseTime(row.trigger_5);
  const times = [
    [row.trigger_5, made > now ? "notMade" : "made"],
    [row.trigger_6, stay ? "checkIn" : "starts"],
    [row.trigger_7, stay ? "checkOut" : "ends"],
  ];
  return [
    say("orderOf", sayKind(row.trigger_1)),
    sayRelation(relation(row)),
    ...times.map(([text, name]) => parseTime(text) !== null && now !== null && say(name, ago(parseTime(text), now))),
  ].filter(Boolean);
}

/** "3 h ago", "in 20 min"; a time that stands for its day (its very start or end): "today", "in 2 days". */
export function ago(time, now) {
  const isDay = /00:00:00|23:59:59/.test(formatTime(time));
  if (isDay) return say("days", Math.floor(time / DAY) - Math.floor(now / DAY));
  const apart = time - now;
  if (Math.abs(apart) < MINUTE) return say("ago");
  if (Math.abs(apart) < HOUR) return say("minutes", Math.trunc(apart / MINUTE));
  if (Math.abs(apart) < 2 * DAY) return say("hours", Math.trunc(apart / HOUR));
  return say("days", Math.trunc(apart / DAY));
}

/** A row in a list: "22:28 · 酒店订单 · 洛阳市 · 与订单同区". */
export function inShort(row) {
  const kind = row.trigger_1 ? say("orderOf", sayKind(row.trigger_1)) : say("noOrder");
  const parts = [(row.currenttime ?? "").slice(11, 16), kind, row.current_city, sayRelation(relation(row))];
  return parts.filter(Boolean).join(" · ");
}
