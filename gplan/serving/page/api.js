// Talking to the server that the page came from.
const KEY = "gplan-api-key";
const TIMEOUT = 60_000; // the server's own limit is shorter; this is for one that hangs

/**
 * An answer that is none. `kind` is "unreachable", "timedOut", "badAnswer", "key" or "refused"; of the last, `problems`
 * are [{message, field, row}], row 1 being the twin.
 */
export class Failure extends Error {
  constructor(kind, { status = 0, problems = [], retryAfter = "" } = {}) {
    super(problems[0]?.message ?? kind);
    Object.assign(this, { kind, status, problems, retryAfter });
  }
}

export const hasKey = () => sessionStorage.getItem(KEY) !== null;
export const setKey = (key) => sessionStorage.setItem(KEY, key);
export const forgetKey = () => sessionStorage.removeItem(KEY);

export const examples = () => ask("v1/examples");
export const model = () => ask("v1/model");

/** The answers to rows, in one request; empty columns are left out. `k` best plans. Aborts throw AbortError. */
export function plan(rows, { k, signal }) {
  const filled = rows.map((row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== "")));
  return ask(`v1/plan?k=${k}&explain=true`, { method: "POST", body: JSON.stringify(filled), signal });
}

async function ask(path, { signal, ...options } = {}) {
  const headers = { "Content-Type": "application/json" };
  if (hasKey()) headers.Authorization = `Bearer ${bytes(sessionStorage.getItem(KEY))}`;
  const limit = AbortSignal.timeout(TIMEOUT);
  let response, text;
  try {
    response = await fetch(path, { ...options, headers, signal: signal ? AbortSignal.any([signal, limit]) : limit });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new Failure(limit.aborted ? "timedOut" : "unreachable");
  }
  const answer = parse(text);
  if (response.ok && answer) return answer;
  if (response.status === 401) throw new Failure("key", { status: 401 });
  const { error } = answer ?? {};
  if (!error?.message) throw new Failure("badAnswer", { status: response.status });
  const problems = (error.details ?? [error]).map(({ message, field = "", row = 0 }) => {
    const said = message.replace(/^row \d+: /, ""); // where it is stands beside it
    return { message: said.startsWith(`${field}: `) ? said.slice(field.length + 2) : said, field, row };
  });
  throw new Failure("refused", { status: response.status, problems, retryAfter: response.headers.get("Retry-After") });
}

/** A text as a header can hold it: each byte of its UTF-8 as a letter. */
const bytes = (text) => String.fromCharCode(...new TextEncoder().encode(text.trim()));

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
