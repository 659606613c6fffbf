// The controls of what if: hour, weekday, holiday, place, city.
import { h } from "./dom.js";
import { parseTime, weekday } from "./row.js";
import { AS_IS, places } from "./whatif.js";
import { say } from "./words.js";

/** Fills a form element for a row and its settings; calls set({hour: 8}) with what a person changed. */
export function showSettings(form, row, settings, set) {
  const now = parseTime(row.currenttime);
  const own = places(row);
  const named = (place, name) => place && [say(name), place.tag || place.poi].filter(Boolean).join(" · ");
  const fixed = Boolean(own[settings.place]);
  form.replaceChildren(
    hour(now, settings, set),
    choice("day", String(settings.day ?? weekday(now ?? 0)), days(now), now === null, (value) =>
      set({ day: Number(value) === weekday(now) ? null : Number(value) }),
    ),
    holiday(row, settings, set),
    choice(
      "place",
      settings.place,
      [
        ["", [say("asIs"), row.current_tag].filter(Boolean).join(" · ")],
        ["order", named(own.order, "atOrder")],
        ["usual1", named(own.usual1, "usual1")],
        ["usual2", named(own.usual2, "usual2")],
        ["station", say("station")],
      ],
      false,
      (value) => set({ place: value }),
    ),
    choice(
      "city",
      fixed ? "" : settings.city,
      [
        ["", fixed ? own[settings.place].city : [say("asIs"), row.current_city].join(" · ")],
        ["order", row.trigger_2 && `${say("orderCity")} · ${row.trigger_2}`],
        ["home", row.profile_feat_5 && `${say("homeCity")} · ${row.profile_feat_5}`],
      ],
      fixed,
      (value) => set({ city: value }),
      fixed ? say("cityFromPlace") : "",
    ),
    h("button", { type: "button", class: "quiet", id: "reset", onclick: () => set(AS_IS) }, say("reset")),
  );
}

function hour(now, settings, set) {
  const own = now === null ? 0 : new Date(now).getUTCHours();
  const clock = (value) => (now === null ? "–" : `${String(value).padStart(2, "0")}${clockRest(now)}`);
  const shown = h("output", { for: "hour" }, clock(settings.hour ?? own));
  const slider = h("input", {
    type: "range", id: "hour", name: "hour", min: 0, max: 23, value: settings.hour ?? own, disabled: now === null,
    "aria-valuetext": clock(settings.hour ?? own),
    oninput: () => {
      const value = Number(slider.value);
      shown.textContent = clock(value);
      slider.setAttribute("aria-valuetext", clock(value));
      set({ hour: value === own ? null : value });
    },
  });
  const daylight = h("span", { class: "daylight", "--own": own / 23 }, slider);
  return h("div", { class: "setting" }, h("label", { for: "hour", class: "legend" }, say("hour"), shown), daylight);
}

const clockRest = (now) => `:${new Date(now).toISOString().slice(14, 16)}`;
const days = (now) =>
  [1, 2, 3, 4, 5, 6, 7].map((day) => [
    String(day),
    say("weekdayShort", day),
    [say("weekday", day), day === weekday(now) && say("asIs")].filter(Boolean).join(", "),
  ]);

function holiday(row, settings, set) {
  const own = row.holidayflag;
  const box = h("input", {
    type: "checkbox", name: "holiday", checked: (settings.holiday ?? own) === "1",
    onchange: () => {
      const flag = box.checked ? "1" : "0";
      set({ holiday: flag === (own || "0") ? null : flag });
    },
  });
  return h("label", { class: "check" }, box, say("holiday"));
}

/** One of several: [[value, text, spoken], …]; those without a text are left out. */
function choice(name, chosen, options, disabled, onchoose, hint = "") {
  return h(
    "fieldset",
    { class: `setting ${name}`, disabled },
    h("legend", { class: "legend" }, say(name), hint && h("span", { class: "soft" }, hint)),
    h(
      "div",
      { class: "options" },
      options
        .filter(([, text]) => text)
        .map(([value, text, spoken]) =>
          h(
            "label",
            {},
            h("input", {
              type: "radio", name, value, checked: value === chosen, "aria-label": spoken,
              onchange: () => onchoose(value),
            }),
            h("span", {}, text),
          ),
        ),
    ),
  );
}
