// Who is in another audience. Its condition, and whom it is drawn from, are taken as they stand at the moment of asking.
import { z } from "zod";
import type { ConditionKind } from "../condition-kind.ts";

const schema = z.strictObject({
  kind: z.literal("audience"),
  audience: z.string().min(1).max(128).meta({ description: "The other audience's slug. Circles are refused." }),
});

export const audienceKind: ConditionKind<typeof schema> = {
  kind: "audience",
  schema,
  reads: (one) => ({ audiences: [one.audience] }),
  sql: (one, scope) => scope.audience(one.audience),
  evaluate: (one, person, world) => {
    const definition = world.audience(one.audience);
    return definition !== undefined && world.isMember(definition, person);
  },
  explain: (one, _person, _world, { holds, said }) => ({
    fields: [], evidence: [],
    toFlip: holds ? undefined : said((say) => say.pick({ en: `they come into ${say.named("audience", one.audience)}, which can be asked why in its turn`, de: `sie kommt in ${say.named("audience", one.audience)}, wo wiederum gefragt werden kann, warum` })),
  }),
  sentence: (one, say) => say.pick({ en: `is in the audience ${say.named("audience", one.audience)}`, de: `ist in der Zielgruppe ${say.named("audience", one.audience)}` }),
  examples: [{ kind: "audience", audience: "vip" }],
};
