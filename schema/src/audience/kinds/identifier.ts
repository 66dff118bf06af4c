// By what somebody is known: whether they have an identifier of a kind, or none but those of devices.
import { z } from "zod";
import type { ConditionKind, PersonFacts } from "../condition-kind.ts";
import { saidBy } from "../explain.ts";
import type { Language } from "../sentence.ts";
import { NEVER } from "../window.ts";

const schema = z.strictObject({
  kind: z.literal("identifier"),
  namespace: z.string().min(1).max(128).optional().meta({ description: "Such as `email`, `phone`, `user_id`. Not of `anonymous`." }),
  is: z.enum(["known", "unknown", "anonymous"]).default("known").meta({ description: "`anonymous`: has no identifier that is more than a device's." }),
}).superRefine(({ namespace, is }, context) => {
  const issue = (message: string): void => context.addIssue({ code: "custom", path: ["namespace"], message });
  if (is !== "anonymous" && namespace === undefined) issue("Name the kind of identifier, such as `email`.");
  if (is === "anonymous" && namespace !== undefined) issue("Somebody anonymous has none of any kind.");
});
type IdentifierCondition = z.infer<typeof schema>;

export const identifierKind: ConditionKind<typeof schema> = {
  kind: "identifier",
  schema,
  reads: () => ({ snapshot: true }),
  sql: (one, scope) => {
    if (one.is === "anonymous") return { member: scope.name(`${scope.person("isAnonymous")} = 1`), next: String(NEVER) };
    const has = `arrayExists(identifier -> startsWith(identifier, ${scope.bind("String", `${one.namespace ?? ""}:`)}), ${scope.person("identifiers")})`;
    return { member: scope.name(one.is === "known" ? has : `not ${has}`), next: String(NEVER) };
  },
  evaluate: (one, person) => (one.is === "anonymous" ? person.isAnonymous : isKnownBy(one, person) === (one.is === "known")),
  explain: (one, person, _world, { holds }) => ({
    value: one.is === "anonymous" ? (person.isAnonymous ? { en: "known by devices alone", de: "nur durch Geräte bekannt" } : { en: "known by more than devices", de: "durch mehr als Geräte bekannt" })
      : isKnownBy(one, person) ? { en: "known", de: "bekannt" } : { en: "not known", de: "nicht bekannt" },
    fields: [], evidence: [],
    toFlip: holds || one.is !== "known" ? undefined : saidBy((say) => say.pick({ en: `${say.quote(one.namespace ?? "")} becomes known`, de: `${say.quote(one.namespace ?? "")} wird bekannt` })),
  }),
  sentence: sayIdentifier,
  examples: [{ kind: "identifier", namespace: "email", is: "known" }, { kind: "identifier", is: "anonymous" }],
};

function isKnownBy({ namespace = "" }: IdentifierCondition, { identifiers }: PersonFacts): boolean {
  return identifiers.some((identifier) => identifier.startsWith(`${namespace}:`));
}

function sayIdentifier(one: IdentifierCondition, say: Language): string {
  if (one.is === "anonymous") return say.pick({ en: "is anonymous", de: "ist anonym" });
  const namespace = say.quote(one.namespace ?? "");
  return one.is === "known" ? say.pick({ en: `has ${namespace}`, de: `hat ${namespace}` }) : say.pick({ en: `has no ${namespace}`, de: `hat keine Angabe ${namespace}` });
}
