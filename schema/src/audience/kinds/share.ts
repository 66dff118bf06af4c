// A random share of people. Who is in it hangs on the salt and the person alone: it never changes, it needs nothing stored, and
// shares of one salt that touch without overlapping divide people without anybody in two of them.
import { z } from "zod";
import type { ConditionKind, PersonFacts } from "../condition-kind.ts";
import { saidBy } from "../explain.ts";
import { murmur32 } from "../murmur.ts";
import type { Language } from "../sentence.ts";
import { NEVER } from "../window.ts";

/** Lots are drawn in hundredths of a percent. */
const LOTS = 10_000;
const lotOf = (percent: number): number => Math.round((percent * LOTS) / 100);

const percent = z.number().min(0).max(100).refine((value) => Math.abs((value * LOTS) / 100 - lotOf(value)) < 1e-6, "At most two decimals.");

const schema = z.strictObject({
  kind: z.literal("share"),
  salt: z.string().min(1).max(128).refine((value) => value.isWellFormed(), "Not well-formed text.")
    .meta({ description: "Shares of the same salt draw the same lots; those of another salt are independent of them." }),
  from: percent.default(0).meta({ description: "Percent; who stands exactly here is in." }),
  to: percent.meta({ description: "Percent; who stands exactly here is not." }),
}).refine(({ from, to }) => from < to, { path: ["to"], message: "The end must be after the beginning." });
type ShareCondition = z.infer<typeof schema>;

export const shareKind: ConditionKind<typeof schema> = {
  kind: "share",
  schema,
  reads: () => ({}),
  sql: (one, scope) => {
    const lot = scope.name(`murmurHash3_32(concat(${scope.bind("String", one.salt)}, ':', toString(${scope.person("id")}))) % ${LOTS}`);
    return { member: scope.name(`${lot} >= ${lotOf(one.from)} and ${lot} < ${lotOf(one.to)}`), next: String(NEVER) };
  },
  evaluate: (one, person) => {
    const lot = drawnBy(one, person);
    return lot >= lotOf(one.from) && lot < lotOf(one.to);
  },
  explain: (one, person) => {
    const percent = (drawnBy(one, person) * 100) / LOTS;
    return { value: saidBy((say) => say.pick({ en: `drew ${say.number(percent)}, for ever`, de: `zog ${say.number(percent)}, für immer` })), fields: [], evidence: [] };
  },
  sentence: sayShare,
  examples: [{ kind: "share", salt: "spring", from: 0, to: 10 }, { kind: "share", salt: "Frühling", from: 12.5, to: 99.99 }],
};

function drawnBy({ salt }: ShareCondition, { id }: PersonFacts): number {
  return murmur32(`${salt}:${id}`) % LOTS;
}

function sayShare(one: ShareCondition, say: Language): string {
  const size = say.number(Math.round((one.to - one.from) * 100) / 100);
  const place = say.pick({ en: `${say.number(one.from)} to ${say.number(one.to)}`, de: `${say.number(one.from)} bis ${say.number(one.to)}` });
  return say.pick({
    en: `is in a random ${size} % of people (${place} of the lots ${say.quote(one.salt)})`,
    de: `gehört zu zufälligen ${size} % der Personen (${place} der Lose ${say.quote(one.salt)})`,
  });
}
