// Talking to the server that the page came from.
const TIMEOUT = 60_000; // ms; tools have limits of their own, this is for a server that hangs

/** No answer: `kind` is "unreachable", "timedOut", "badAnswer", "changed" (a file) or "refused"; of the last, `message` and `field` say why. */
export class Failure extends Error {
  constructor(kind, { status = 0, message = "", field = "" } = {}) {
    super(message || kind);
    Object.assign(this, { kind, status, field });
  }
}

export const world = () => ask("api/world");
export const tools = () => ask("api/tools");
export const country = () => ask("api/country");
export const city = (number) => ask(`api/city/${number}`);

/** Calls a tool: {tool, arguments, clock, language} → {outcome, error, seconds, cached, content, text, geometry}. */
export const call = (sent) => ask("api/call", { method: "POST", body: JSON.stringify(sent) });

/** Of the server's file of trajectories: what is listed, {text, leaf, …, page} → {lines, rows, …}, and one by its line. */
export const trajectories = (wanted) => ask(`api/trajectories?${new URLSearchParams(wanted)}`);
export const trajectory = (line) => ask(`api/trajectories/${line}`);

async function ask(path, options = {}) {
  const limit = AbortSignal.timeout(TIMEOUT);
  let response, text;
  try {
    response = await fetch(path, { ...options, headers: { "Content-Type": "application/json" }, signal: limit });
    text = await response.text();
  } catch {
    throw new Failure(limit.aborted ? "timedOut" : "unreachable");
  }
  const answer = parse(text);
  if (response.ok && answer) return answer;
  if (!answer?.error?.message) throw new Failure("badAnswer", { status: response.status });
  throw new Failure("refused", { status: response.status, ...answer.error });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
