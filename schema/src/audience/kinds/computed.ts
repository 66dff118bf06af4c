// A test of a computed trait. Its value is worked out in the same query, so it is never older than the condition.
import { z } from "zod";
import type { ConditionKind } from "../condition-kind.ts";
import { sayTest } from "../sentence.ts";
import { holds, testShapes, testSql } from "../value-test.ts";

const schema = z.discriminatedUnion("op", testShapes({
  kind: z.literal("computed"),
  trait: z.string().min(1).max(128).meta({ description: "The computed trait's slug." }),
}));

export const computedKind: ConditionKind<typeof schema> = {
  kind: "computed",
  schema,
  reads: (one) => ({ computed: [one.trait] }),
  sql: (one, scope) => {
    const { raws, next } = scope.computed(one.trait);
    return { member: scope.name(`toUInt8(${testSql(scope.bind, raws, one)})`), next };
  },
  evaluate: (one, person, world) => holds(world.computed(one.trait, person), one),
  sentence: (one, say) => `${say.named("computed", one.trait)} ${sayTest(say, one)}`,
  examples: [{ kind: "computed", trait: "orders_90d", op: "at_least", value: 3 }],
};
