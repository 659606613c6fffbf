// Plans compared, and decisions put together. Pure functions of what the server answered.

/** The parameters in which two intents of one tool differ. */
const differing = (one, other) =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((name) => one[name] !== other[name]);

const isSameIntent = (one, other) => differing(one, other).length === 0;

export const isSamePlan = (one, other) =>
  one.length === other.length && one.every((intent, place) => isSameIntent(intent, other[place]));

/**
 * What became of each intent: {before, after, counts}, before and after with an entry for each intent of their plan.
 *
 *     [打车, 提醒, 美食 附近]  →  [提醒, 打车, 美食 全城, 天气]
 *     before  {}, {}, {changed: ["空间范围"]}
 *     after   {}, {movedFrom: 1}, {changed: ["空间范围"]}, {added: true}
 *
 * Equal intents are the same one (a plan has none twice), then those of one tool and tag, as in the metrics; the rest
 * was added or removed. Moved are the fewest intents without which the others keep their order. Places count from 1.
 */
export function compare(old, young) {
  const partner = new Map(); // place in young -> place in old
  const free = new Set(old.keys());
  const pair = (fits) => {
    for (const [place, intent] of young.entries()) {
      if (partner.has(place)) continue;
      const found = [...free].find((other) => fits(old[other], intent));
      if (found === undefined) continue;
      free.delete(found);
      partner.set(place, found);
    }
  };
  pair(isSameIntent);
  pair((one, other) => one.工具名称 === other.工具名称 && one.tag === other.tag);

  const before = old.map((_, place) => (free.has(place) ? { removed: true } : {}));
  const kept = longestRising([...partner].sort(([a], [b]) => a - b).map(([, other]) => other));
  const after = young.map((intent, place) => {
    if (!partner.has(place)) return { added: true };
    const other = partner.get(place);
    const mark = {};
    const changed = differing(old[other], intent);
    if (changed.length) mark.changed = before[other].changed = changed;
    if (!kept.has(other)) mark.movedFrom = other + 1;
    return mark;
  });
  const count = (marks, name) => marks.filter((mark) => mark[name]).length;
  return {
    before,
    after,
    counts: {
      added: count(after, "added"),
      removed: count(before, "removed"),
      moved: count(after, "movedFrom"),
      changed: count(after, "changed"),
    },
  };
}

/** The members of the longest rising subsequence: longestRising([2, 0, 1]) -> Set {0, 1}. */
function longestRising(numbers) {
  const best = []; // best[i]: the longest one that ends with numbers[i]
  for (const [i, number] of numbers.entries()) {
    const longest = best.filter((_, j) => numbers[j] < number).reduce((a, b) => (b.length > a.length ? b : a), []);
    best[i] = [...longest, number];
  }
  return new Set(best.reduce((a, b) => (b.length > a.length ? b : a), []));
}

/**
 * Decisions as a reader thinks of them: one a value. The model settles a value token by token, and an early token can
 * leave several values open ("4|5|6|7|8|9"); the next decision about the same field goes on inside that option.
 *
 *     {3: .1, 4|5: .9}, {4: .8, 5: .2}  →  {3: .1, 4: .72, 5: .18}
 *
 * -> [{step, field, chosen, probability, options: [[option, probability], …] likeliest first}, …]
 */
export function choices(decisions) {
  const found = [];
  for (const { step, field, chosen, options } of decisions) {
    const last = found.at(-1);
    const goesOn = last && last.step === step && last.field === field && isWithin(options, last.chosen);
    const share = goesOn ? last.options[last.chosen] : 1;
    const all = goesOn ? last.options : {};
    delete all[last && goesOn ? last.chosen : ""];
    for (const [option, probability] of Object.entries(options)) all[option] = probability * share;
    if (goesOn) last.chosen = chosen;
    else found.push({ step, field, chosen, options: all });
  }
  return found.map((one) => ({
    ...one,
    probability: one.options[one.chosen],
    options: Object.entries(one.options).sort(([, a], [, b]) => b - a),
  }));
}

function isWithin(options, chosen) {
  const values = chosen.split("|");
  return values.length > 1 && Object.keys(options).every((one) => one.split("|").every((v) => values.includes(v)));
}
