// By what somebody is known: whether they have an identifier of a kind.
import { z } from "zod";
import type { ConditionKind } from "../condition-kind.ts";
import { NEVER } from "../window.ts";

const schema = z.strictObject({
  kind: z.literal("identifier"),
  namespace: z.string().min(1).max(128).meta({ description: "Such as `email`, `phone`, `user_id`." }),
  is: z.enum(["known", "unknown"]).default("known"),
});

export const identifierKind: ConditionKind<typeof schema> = {
  kind: "identifier",
  schema,
  reads: () => ({ snapshot: true }),
  sql: (one, scope) => {
    const has = `arrayExists(identifier -> startsWith(identifier, ${scope.bind("String", `${one.namespace}:`)}), ${scope.person("identifiers")})`;
    return { member: scope.name(one.is === "known" ? has : `not ${has}`), next: String(NEVER) };
  },
  evaluate: (one, person) => person.identifiers.some((identifier) => identifier.startsWith(`${one.namespace}:`)) === (one.is === "known"),
  sentence: (one, say) => (one.is === "known"
    ? say.pick({ en: `has ${say.quote(one.namespace)}`, de: `hat ${say.quote(one.namespace)}` })
    : say.pick({ en: `has no ${say.quote(one.namespace)}`, de: `hat keine Angabe ${say.quote(one.namespace)}` })),
  examples: [{ kind: "identifier", namespace: "email", is: "known" }],
};
