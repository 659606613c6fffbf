// The same request at another moment or place, as the project's counterfactual twins are: only when and where the
// person is changes; order, histories and profile stay. POI, tag, city and district are kept such that they can belong
// together: all four of a place that the row or the examples know, otherwise those that are certain and no POI.
import { DAY, formatTime, parseTime, tagOf, weekday } from "./row.js";

const STATION = "高铁站";
const STATIONS = /高铁站|火车站/;
// The category of an order's place where no history names it.
const ORDER_TAGS = { 酒店: "酒店", 加油: "加油站", 充电桩: "充电站", 门票: "景区" };

export const AS_IS = { hour: null, day: null, holiday: null, place: "", city: "" };

/** The places a person can be put at: {order, usual1, usual2}, each {poi, tag, city, district} or null. */
export function places(row) {
  return {
    order: row.trigger_2
      ? {
          poi: row.trigger_4,
          tag: tagOf(row, row.trigger_4) || ORDER_TAGS[row.trigger_1] || "",
          city: row.trigger_2,
          district: row.trigger_3,
        }
      : null,
    usual1: usual(row, row.profile_feat_6, row.profile_feat_7),
    usual2: usual(row, row.profile_feat_8, row.profile_feat_9),
  };
}

function usual(row, poi, area) {
  const parts = poi && splitArea(area, [row.profile_feat_5, row.trigger_2, row.current_city]);
  return parts ? { poi, tag: tagOf(row, poi), ...parts } : null;
}

/** "惠州市惠阳区" -> {city: "惠州市", district: "惠阳区"}; a known city is believed first, null if there is none. */
export function splitArea(area, known = []) {
  const start = known.find((city) => city && area?.startsWith(city) && area.length > city.length);
  const city = start ?? /^.+?(?:自治州|地区|盟|市)(?=.)/.exec(area ?? "")?.[0];
  return city ? { city, district: area.slice(city.length) } : null;
}

/** The twin of a row under settings like AS_IS; `examples` are rows whose places may be used. */
export function twin(row, settings, examples) {
  return { ...row, ...moment(row, settings), ...whereabouts(row, settings, examples) };
}

/** The next day of that name, at that hour; the minutes stay. The weekend flag follows the day, holidays are asked. */
function moment(row, { hour, day, holiday }) {
  const found = {};
  const now = parseTime(row.currenttime);
  if (now !== null && (hour !== null || day !== null)) {
    const ahead = day === null ? 0 : (day - weekday(now) + 7) % 7;
    const time = new Date(now + ahead * DAY);
    if (hour !== null) time.setUTCHours(hour);
    found.currenttime = formatTime(time.getTime());
    if (ahead) found.weekendflag = weekday(time.getTime()) >= 6 ? "1" : "0";
  }
  if (holiday !== null) found.holidayflag = holiday;
  return found;
}

function whereabouts(row, { place, city }, examples) {
  const own = places(row)[place];
  if (own) return columns(own);
  const target = (city === "order" ? row.trigger_2 : city === "home" ? row.profile_feat_5 : "") || row.current_city;
  const station = place === "station";
  if (target === row.current_city && (!station || STATIONS.test(row.current_tag))) return {};
  const known = examples.find(
    (one) =>
      one.current_city === target &&
      one.current_poi_name &&
      (station ? STATIONS.test(one.current_tag) : one.current_tag === row.current_tag),
  );
  if (known) return columns(placeOf(known));
  const tag = station ? STATION : row.current_tag;
  return columns({ poi: "", tag, city: target, district: districtIn(row, target) });
}

/** A district of a city that the row itself names, "" if it names none. */
function districtIn(row, city) {
  if (city === row.current_city) return row.current_district;
  if (city === row.trigger_2) return row.trigger_3;
  const { usual1, usual2 } = places(row);
  return [usual1, usual2].find((one) => one?.city === city)?.district ?? "";
}

const placeOf = (row) => ({
  poi: row.current_poi_name,
  tag: row.current_tag,
  city: row.current_city,
  district: row.current_district,
});

const columns = ({ poi, tag, city, district }) => ({
  current_poi_name: poi,
  current_tag: tag,
  current_city: city,
  current_district: district,
});

/** Whether two rows are the same request. */
export const isSame = (one, other) => Object.keys(one).every((name) => one[name] === other[name]);
