// Line icons on a 24 × 24 grid: tools, tags, kinds of order, and the page's own.
import { svg } from "./dom.js";

const PATHS = {
  tool_1: "M5 17h14v-5l-2-5H7l-2 5zM5 12h14M7 17v2M17 17v2M8 14.5h.01M16 14.5h.01M10 7V4.5h4V7",
  tool_2: "M12 3l7 17-7-4-7 4z",
  tool_3: "M7 4h10a2 2 0 0 1 2 2v9a3 3 0 0 1-3 3H8a3 3 0 0 1-3-3V6a2 2 0 0 1 2-2zM5 11h14M9 14.5h.01M15 14.5h.01M8 18l-2 3M16 18l2 3",
  tool_4: "M6 4h12a1 1 0 0 1 1 1v12H5V5a1 1 0 0 1 1-1zM5 12h14M8 17v2M16 17v2M8 14.5h.01M16 14.5h.01",
  tool_5: "M12 4l2.4 5 5.6.7-4.1 3.8 1.1 5.5-5-2.8-5 2.8 1.1-5.5L4 9.7 9.6 9z",
  tool_6: "M4 10l1.5-5h13L20 10M4 10a2.7 2.7 0 0 0 5.3 0 2.7 2.7 0 0 0 5.4 0A2.7 2.7 0 0 0 20 10M5.5 12.5V20h13v-7.5M10 20v-5h4v5",
  tool_7: "M12 21s-6.5-6-6.5-11a6.5 6.5 0 0 1 13 0c0 5-6.5 11-6.5 11zM12 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  tool_8: "M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10.5 20.5h3",
  tool_9: "M8 4v1.5M3.5 9H5M4.8 5.3l1 1M12 6.5A4 4 0 0 0 5.5 11M8.5 19h8.5a3.5 3.5 0 0 0 .3-7A5 5 0 0 0 8 12.5 3.3 3.3 0 0 0 8.5 19z",
  tool_10: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3M12 20h8",
  美食: "M7 3v18M4.5 3v5a2.5 2.5 0 0 0 5 0V3M17 21v-7M17 14c-2 0-3-1.5-3-5s1.5-6 3-6z",
  购物: "M5.5 8h13l1 12h-15zM8.5 10.5V7a3.5 3.5 0 0 1 7 0v3.5",
  酒店: "M3 19V6M3 16h18v3M21 16v-3a3 3 0 0 0-3-3h-7v6M7 13a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4z",
  景点: "M3 19l6-10 4 6 2.5-3.5L21 19zM16.5 7.5a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z",
  休闲娱乐: "M9 18V6l10-2v12M9 9.5l10-2M6.5 20.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM16.5 18.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  运动健身: "M7 7v10M4 9.5v5M17 7v10M20 9.5v5M7 12h10",
  丽人: "M6.5 9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM6.5 20a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8.5 8l11 9M8.5 16l11-9",
  加油站: "M5 20V5a1 1 0 0 1 1-1h7a1 1 0 0 1 1 1v15M3.5 20h12M7.5 8h4M14 12h2a1.5 1.5 0 0 1 1.5 1.5V16a1.5 1.5 0 0 0 3 0V9L17.5 6",
  充电站: "M13 3L5.5 13.5H11L10 21l8-11h-5.5z",
  停车场: "M5 4h14a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM9.5 17V7.5H13a3 3 0 0 1 0 6H9.5",
  门票: "M4 7h16v3.5a1.7 1.7 0 0 0 0 3V17H4v-3.5a1.7 1.7 0 0 0 0-3zM14 7v2M14 11v2M14 15v2",
  其他: "M6 3.5h12V20.5l-3-2-3 2-3-2-3 2zM9 8.5h6M9 12.5h6",
  clock: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 7.5V12l3 2",
  place: "M12 21s-6.5-6-6.5-11a6.5 6.5 0 0 1 13 0c0 5-6.5 11-6.5 11zM12 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  person: "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c.5-4 3.5-6 7.5-6s7 2 7.5 6",
  history: "M4 12a8 8 0 1 0 2.5-5.8M4 4v4h4M12 8v4.5l3 1.5",
  plus: "M12 6v12M6 12h12",
  minus: "M6 12h12",
  moved: "M8 20V5M4.5 8.5L8 5l3.5 3.5M16 4v15M12.5 15.5L16 19l3.5-3.5",
  edited: "M4 8h9M17 8h3M15 5.5v5M4 16h3M11 16h9M9 13.5v5",
  check: "M5 12.5l4.5 4.5L19 7.5",
};
PATHS.加油 = PATHS.加油站;
PATHS.充电桩 = PATHS.充电站;

export const hasIcon = (name) => Object.hasOwn(PATHS, name);

/** A decorative icon; what it means must stand beside it in words. */
export function icon(name) {
  const shape = svg("path", { d: PATHS[hasIcon(name) ? name : "其他"] });
  return svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, shape);
}

const TOOL_COLOURS = {
  tool_1: "blue", tool_2: "blue", tool_3: "blue", tool_4: "blue", tool_6: "teal", tool_8: "amber", tool_9: "sky",
  tool_10: "violet",
};
const TAG_COLOURS = {
  美食: "orange", 购物: "pink", 酒店: "indigo", 景点: "green", 休闲娱乐: "violet", 运动健身: "teal", 丽人: "pink",
  加油站: "red", 充电站: "green", 停车场: "blue",
};

/** The coloured tile of an intent: what it recommends where it has a tag, else its tool. */
export function tile(intent) {
  const tag = intent.tag;
  const colour = tag ? TAG_COLOURS[tag] : TOOL_COLOURS[intent.工具名称];
  return svgTile(hasIcon(tag) ? tag : intent.工具名称, colour);
}

function svgTile(name, colour) {
  const tile = document.createElement("span");
  tile.className = `tile ${colour ?? "blue"}`;
  tile.append(icon(name));
  return tile;
}
