// What the list shows of a line of trajectories, and which lines are wanted: as stagent/look/trajectory_file.py does it.
const SHOWN = 200; // letters of an instruction in the list
const SEARCHED = 2000; // letters of a trajectory's words that a search looks through
const FAR = 1e9; // a reward beyond is none

export const blank = (line, broken = "") => (
  { line, broken, id: "", pattern: "", leaf: "", difficulty: null, split: "", agent: "", text: "", turns: 0, calls: 0, state: "none", reward: null, said: "" }
);

/** A line's bytes -> {line, broken, id, pattern, leaf, …}; null: an empty line. */
export function rowOf(line, bytes) {
  let text, value;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return blank(line, "notUtf8");
  }
  if (!/[^ \t\n\r\v\f]/.test(text)) return null;
  try {
    value = JSON.parse(text);
  } catch {
    return blank(line, "notJson");
  }
  const task = isObject(value) ? value.task : null;
  if (!isObject(task) || !Array.isArray(value.steps) || value.format !== 1) return blank(line, "noTrajectory");
  const said = (role, name) => value.steps.filter((step) => isObject(step) && step.role === role).map((step) => texted(step[name]));
  const [turns, calls, answers] = [said("user", "text"), said("call", "tool"), said("answer", "text")];
  const [id, pattern, agent] = [task.id, task.pattern, value.agent].map((one) => cut(texted(one), SHOWN));
  const level = task.difficulty;
  return {
    ...blank(line),
    id, pattern, agent,
    leaf: cut(texted(task.primary), SHOWN),
    difficulty: Number.isInteger(level) && level >= -1 && level <= 5 ? level : null,
    split: cut(texted(task.split), SHOWN),
    text: cut(turns[0] ?? "", SHOWN),
    turns: turns.length,
    calls: calls.length,
    ...worth(value.score),
    said: cut([id, pattern, agent, ...calls, ...turns, ...answers].join(" "), SEARCHED).toLowerCase(),
  };
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const texted = (value) => (typeof value === "string" ? value : "");

/** The first letters of a text; a letter beyond 16 bits is one. */
const cut = (text, most) => [...text.slice(0, 2 * most)].slice(0, most).join("");

function worth(score) {
  if (!isObject(score)) return { state: "none", reward: null };
  const { reward, vetoed } = score;
  if (typeof reward !== "number" || !(reward > -FAR && reward < FAR)) return { state: "unscored", reward: null };
  return { state: Array.isArray(vetoed) && vetoed.length ? "vetoed" : "scored", reward };
}

/** Whether a row is wanted; what is empty in {text, leaf, difficulty, split, state, least, most} lets all pass. */
export function takes({ text, leaf, difficulty, split, state, least, most }, row) {
  return (
    (!leaf || row.leaf === leaf || row.leaf.startsWith(`${leaf}.`)) &&
    (difficulty === "" || row.difficulty === Number(difficulty)) &&
    (!split || row.split === split) &&
    (!state || state === (row.broken ? "broken" : row.state)) &&
    (least === "" || (row.reward !== null && row.reward >= Number(least))) &&
    (most === "" || (row.reward !== null && row.reward <= Number(most))) &&
    text.toLowerCase().split(/\s+/).every((word) => row.said.includes(word))
  );
}
