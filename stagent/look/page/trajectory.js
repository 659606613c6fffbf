// A trajectory as the page shows it, out of JSON that may hold anything: what is no text, number or list is left out.

export const [CONTEXT, ANSWER] = [-1, -2]; // steps that no step is: what the agent was told or the user said, the answer itself
const NOWHERE = -9;
const OUTCOMES = ["found", "empty", "unavailable", "error", "failed"];

/**
 * @returns {task, agent, steps: [{role, text, thought, call, raw}, …], answers: numbers of the steps that are answers,
 *   score: {reward, unscored, judge, vetoed, dimensions: [[name, {score, weight, reasons}], …], claims, predicates} | null}
 *   where `call` is what calls.js shows, null of anything else, and `raw` the step as it came.
 */
export function trajectoryOf(value, line) {
  const { task, agent, steps, score } = value;
  const read = list(steps).map((step, i) => stepOf(object(step), step, `line-${line}-${i}`));
  return {
    task: object(task),
    agent: text(agent),
    steps: read,
    answers: read.flatMap(({ role }, i) => (role === "answer" ? [i] : [])),
    score: isObject(score) ? scoreOf(score) : null,
  };
}

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
export const object = (value) => (isObject(value) ? value : {});
export const list = (value) => (Array.isArray(value) ? value : []);
export const text = (value) => (typeof value === "string" ? value : "");
const number = (value) => (Number.isFinite(value) ? value : null);
const texts = (value) => list(value).map((one) => (typeof one === "string" ? one : JSON.stringify(one)));

function stepOf(step, raw, id) {
  const role = ["user", "call", "answer"].includes(step.role) ? step.role : "";
  return { role, text: text(step.text), thought: text(step.thought), call: role === "call" ? callOf(step, id) : null, raw };
}

function callOf(step, id) {
  if (typeof step.tool !== "string" || !isObject(step.content) || !OUTCOMES.includes(step.outcome)) return null;
  if (["found", "empty"].includes(step.outcome) && !Array.isArray(step.content.items)) return null;
  const reply = { outcome: step.outcome, content: step.content, text: text(step.text), geometry: geometry(step.geometry) };
  return { id, tool: step.tool, arguments: step.arguments ?? {}, clock: text(step.clock) || null, reply, failure: null };
}

/** Shapes whose points are points. */
function geometry(shapes) {
  const isPoint = (point) => Array.isArray(point) && point.length === 2 && point.every(Number.isFinite);
  return list(shapes).filter((shape) => isObject(shape) && list(shape.points).every(isPoint));
}

function scoreOf(score) {
  const weights = object(score.weights);
  return {
    reward: number(score.reward),
    unscored: text(score.unscored),
    judge: [text(score.judge), number(score.version)].filter((one) => one !== null && one !== "").join(" "),
    vetoed: texts(score.vetoed),
    dimensions: Object.entries(object(score.dimensions)).map(([name, one]) => [
      name,
      { score: number(object(one).score), weight: number(weights[name]), reasons: texts(object(one).reasons) },
    ]),
    claims: list(score.claims).filter(isObject).map(claimOf),
    predicates: list(score.predicates).filter(isObject).map(({ predicate, met, why }) => ({ predicate: object(predicate), met: met === true, why: text(why) })),
  };
}

/** `start` and `end` count letters as Python does: one beyond 16 bits is one letter. */
function claimOf(claim) {
  const facts = list(object(claim.witness).facts).filter(isObject);
  return {
    answer: number(claim.answer) ?? -1,
    start: number(claim.start) ?? -1,
    end: number(claim.end) ?? -1,
    text: text(claim.text),
    kind: text(claim.kind),
    value: claim.value ?? "",
    entity: text(claim.entity),
    holds: claim.holds === true,
    why: text(claim.why),
    how: text(object(claim.witness).how),
    facts: facts.map(({ step, path, text: shown }) => ({ step: number(step) ?? NOWHERE, path: text(path), text: text(shown) })),
  };
}
