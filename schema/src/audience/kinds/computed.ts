// A test of a computed trait, which may be a time and then be told relative to now. Its value is worked out in the same query, so it is
// never older than the condition.
import { z } from "zod";
import type { ConditionKind } from "../condition-kind.ts";
import { datedShapes, holdsAt, holdsAtSql, instantsSql, isDated, sayDated, turnsAtSql } from "../dated-test.ts";
import { sayRaws } from "../explain.ts";
import { sayTest } from "../sentence.ts";
import { holds, testShapes, testSql } from "../value-test.ts";

const base = {
  kind: z.literal("computed"),
  trait: z.string().min(1).max(128).meta({ description: "The computed trait's slug." }),
};

const schema = z.discriminatedUnion("op", [...testShapes(base), ...datedShapes(base)]);

export const computedKind: ConditionKind<typeof schema> = {
  kind: "computed",
  schema,
  reads: (one) => ({ computed: [one.trait] }),
  sql: (one, scope) => {
    const { raws, next } = scope.computed(one.trait);
    if (!isDated(one)) return { member: scope.name(`toUInt8(${testSql(scope.bind, raws, one, scope.zone)})`), next };
    const instants = scope.name(instantsSql(scope.bind, raws, one, scope));
    // As long as the value stands, the date comes near, is there, and is over.
    return { member: scope.name(holdsAtSql(scope.bind, instants, one, scope)), next: scope.name(`least(${next}, ${turnsAtSql(scope.bind, instants, one, scope)})`) };
  },
  evaluate: (one, person, world) => {
    const raws = world.computed(one.trait, person);
    return isDated(one) ? holdsAt(raws, one, world) : holds(raws, one, world.zone);
  },
  explain: (one, person, world, { holds, said }) => {
    const raws = world.computed(one.trait, person);
    // That a time comes and goes, the next instant tells.
    const toFlip = holds || isDated(one) ? undefined
      : said((say) => say.pick({ en: `${say.named("computed", one.trait)} changes so that it ${sayTest(say, one)}`, de: `${say.named("computed", one.trait)} ändert sich, sodass gilt: ${sayTest(say, one)}` }));
    return { value: sayRaws(raws), fields: [], evidence: [], toFlip };
  },
  sentence: (one, say) => `${say.named("computed", one.trait)} ${isDated(one) ? sayDated(say, one) : sayTest(say, one)}`,
  examples: [{ kind: "computed", trait: "orders_90d", op: "at_least", value: 3 }, { kind: "computed", trait: "last_order", op: "more_than_ago", value: { last: 90, unit: "day" } }],
};
