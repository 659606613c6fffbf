// Values of results as a person reads them, by the kind of their key: 12345 metres -> "12.3 公里".
import { say, sayValue } from "./words.js";

const WRITTEN = {
  flag: (value) => say(value ? "yes" : "no"),
  metres,
  metres_each: (value) => value.map(metres).join(" · "),
  seconds,
  yuan: (value) => `${value} ${say("yuan")}`,
  celsius: (value) => `${value} °C`,
  percent: (value) => `${value}%`,
  millimetres: (value) => `${value} mm`,
  texts: (value) => value.join(say("joint")),
  time: moment,
  text: (value) => sayValue(String(value)),
};

/** The value of a key whose kind is known; anything of another shape is written as JSON, never left out. */
export function written(kind, value) {
  try {
    return (WRITTEN[kind] ?? plain)(value);
  } catch {
    return plain(value); // a record, or a trajectory, may hold anything
  }
}

export const plain = (value) => (typeof value === "string" ? value : JSON.stringify(value));

function metres(value) {
  if (value < 1000) return `${value} ${say("metres")}`;
  return `${(value / 1000).toFixed(value < 100_000 ? 1 : 0)} ${say("kilometres")}`;
}

/** 754 -> "12 分 34 秒"; above an hour, seconds are no help. */
function seconds(value) {
  const [hours, minutes, rest] = [Math.floor(value / 3600), Math.floor((value % 3600) / 60), value % 60];
  const parts = [[hours, "hour"], [minutes, "minute"], [hours ? 0 : rest, "second"]];
  return parts.filter(([number]) => number).map(([number, unit]) => `${number} ${say(unit)}`).join(" ") || `0 ${say("second")}`;
}

/** "2026-01-05T09:12:00+08:00" -> "01-05 09:12": the zone is the world's. */
export function moment(value) {
  const [, date, time, rest] = value.match(/^\d{4}-(\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?/) ?? [];
  return date ? `${date} ${time}${rest && rest !== ":00" ? rest : ""}` : value;
}

/** "30.1,170.2" -> [30.1, 170.2]; null: no coordinate. */
export function coordinate(text) {
  const match = typeof text === "string" && text.trim().match(/^([+-]?\d{1,3}(?:\.\d+)?)\s*,\s*([+-]?\d{1,3}(?:\.\d+)?)$/);
  if (!match) return null;
  const [lat, lon] = [Number(match[1]), Number(match[2])];
  return Math.abs(lat) <= 85 && Math.abs(lon) <= 180 ? [lat, lon] : null; // the map ends there
}
