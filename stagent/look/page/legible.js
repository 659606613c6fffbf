// Text of a trajectory as it really is: what can't be seen, or turns a line around, is said by its number; claims are
// marked.
import { h } from "./dom.js";

// Controls, soft hyphens, blanks of no width, marks that turn the direction, tags, halves of surrogate pairs.
const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\u{e0000}-\u{e007f}]+/gu;
const MOST_MARKS = 2000;

/** "a\u202eb" -> ["a", <span class="unseen">U+202E</span>, "b"]; a run of such letters is said once. */
export function legible(text) {
  const parts = [];
  let from = 0;
  for (const { 0: run, index } of text.matchAll(UNSEEN)) {
    parts.push(text.slice(from, index), h("span", { class: "unseen" }, numbers(run)));
    from = index + run.length;
  }
  return [...parts, text.slice(from)];
}

function numbers(run) {
  const letters = [...run];
  const first = [...new Set(letters)].slice(0, 3).map((letter) => `U+${letter.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`);
  return first.join(" ") + (letters.length > first.length ? ` ×${letters.length}` : "");
}

/**
 * A text's parts, those of claims in elements of `mark(index, content)`.
 *
 * @param letters of the text, [...text]: claims count those. @param claims [{index, start, end}, …]
 * @returns {parts, left: indices of claims that lie outside of the text, or across another one}
 */
export function marked(letters, claims, mark) {
  const [parts, left] = [[], []];
  let at = 0;
  let marks = 0;
  const said = (start, end) => legible(letters.slice(start, end).join(""));
  for (const { index, start, end } of [...claims].sort((one, other) => one.start - other.start || one.end - other.end)) {
    const isPlace = Number.isInteger(start) && Number.isInteger(end) && start >= at && start < end && end <= letters.length;
    if (!isPlace || marks >= MOST_MARKS) {
      left.push(index);
      continue;
    }
    parts.push(...said(at, start), mark(index, said(start, end)));
    at = end;
    marks += 1;
  }
  return { parts: [...parts, ...said(at, letters.length)], left };
}
