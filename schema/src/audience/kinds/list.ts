// Who is on a list: one that was uploaded, kept by hand, or frozen from an audience at a date.
import { z } from "zod";
import type { ConditionKind } from "../condition-kind.ts";
import { NEVER } from "../window.ts";

const schema = z.strictObject({
  kind: z.literal("list"),
  list: z.string().min(1).max(128).meta({ description: "The list's slug." }),
});

export const listKind: ConditionKind<typeof schema> = {
  kind: "list",
  schema,
  reads: (one) => ({ lists: [one.list] }),
  sql: (one, scope) => ({ member: scope.list(one.list), next: String(NEVER) }),
  evaluate: (one, person, world) => world.list(one.list)?.has(person.id) ?? false,
  explain: (one, _person, _world, { holds, said }) => ({
    fields: [], evidence: [],
    toFlip: holds ? undefined : said((say) => say.pick({ en: `they are put on the list ${say.named("list", one.list)}`, de: `sie kommt auf die Liste ${say.named("list", one.list)}` })),
  }),
  sentence: (one, say) => say.pick({ en: `is on the list ${say.named("list", one.list)}`, de: `steht auf der Liste ${say.named("list", one.list)}` }),
  examples: [{ kind: "list", list: "trade-fair" }],
};
