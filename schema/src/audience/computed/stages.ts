// Where somebody stands: the first of several stages whose condition holds. New, active, at risk, lapsed, won back, by rules of the
// workspace's own.
import { z } from "zod";
import { condition } from "../condition.ts";
import type { ComputedKind } from "../computed-kind.ts";
import { NEVER } from "../window.ts";

const STAGES_MAX = 20;

const schema = z.strictObject({
  kind: z.literal("stages"),
  stages: z.array(z.strictObject({ name: z.string().min(1).max(100), when: condition })).min(1).max(STAGES_MAX)
    .refine((stages) => new Set(stages.map(({ name }) => name)).size === stages.length, "Each stage has a name of its own."),
  otherwise: z.string().min(1).max(100).optional().meta({ description: "Without it, whoever fits no stage has no value." }),
});
export const stagesTrait: ComputedKind<typeof schema> = {
  kind: "stages",
  schema,
  reads: (one) => ({ conditions: one.stages.map(({ when }) => when) }),
  sql: (one, { bind, condition: compile, name }) => {
    const branches = one.stages.map((stage) => ({ raws: bind("Array(String)", [JSON.stringify(stage.name)]), ...compile(stage.when) }));
    const otherwise = one.otherwise === undefined ? bind("Array(String)", []) : bind("Array(String)", [JSON.stringify(one.otherwise)]);
    return {
      raws: name(`multiIf(${branches.flatMap(({ member, raws }) => [member, raws]).join(", ")}, ${otherwise})`),
      // Stages behind the first that holds do not matter until it ends.
      next: name(branches.reduceRight((rest, { member, next }) => `if(${member}, ${next}, least(${next}, ${rest}))`, `toInt64(${NEVER})`)),
    };
  },
  evaluate: (one, person, world) => {
    const stage = one.stages.find(({ when }) => world.holds(when, person))?.name ?? one.otherwise;
    return stage === undefined ? [] : [JSON.stringify(stage)];
  },
  sentence: (one, say) => say.pick({
    en: `the first that holds of ${say.or(one.stages.map(({ name }) => say.quote(name)))}`,
    de: `das Erste, was zutrifft, von ${say.or(one.stages.map(({ name }) => say.quote(name)))}`,
  }),
  examples: [{
    kind: "stages", otherwise: "prospect", stages: [
      { name: "new", when: { all: [{ kind: "event", event: "Order Completed", measure: { of: "first" }, op: "in_last", value: { last: 30, unit: "day" } }] } },
      { name: "active", when: { kind: "event", event: "Order Completed", measure: { of: "last" }, op: "in_last", value: { last: 60, unit: "day" } } },
      { name: "at risk", when: { kind: "event", event: "Order Completed", measure: { of: "last" }, op: "in_last", value: { last: 120, unit: "day" } } },
      { name: "lapsed", when: { kind: "event", event: "Order Completed", measure: { of: "count" }, op: "at_least", value: 1 } },
    ],
  }],
};
