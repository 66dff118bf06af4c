// What somebody allowed: their last word on a category. Unknown is neither granted nor denied.
import { z } from "zod";
import type { ConditionKind } from "../condition-kind.ts";
import { NEVER } from "../window.ts";

const schema = z.strictObject({
  kind: z.literal("consent"),
  category: z.string().min(1).max(512).meta({ description: "As it was told with the consent, such as `marketing`." }),
  is: z.enum(["granted", "denied", "unknown"]).default("granted"),
});

export const consentKind: ConditionKind<typeof schema> = {
  kind: "consent",
  schema,
  reads: () => ({ snapshot: true }),
  sql: (one, scope) => {
    const consents = scope.person("consents");
    const category = scope.bind("String", one.category);
    // A map gives 0 for what it does not hold.
    const member = {
      granted: `${consents}[${category}] = 1`,
      denied: `mapContains(${consents}, ${category}) and ${consents}[${category}] = 0`,
      unknown: `not mapContains(${consents}, ${category})`,
    }[one.is];
    return { member: scope.name(member), next: String(NEVER) };
  },
  evaluate: (one, person) => {
    const isGranted = Object.hasOwn(person.consents, one.category) ? person.consents[one.category] : undefined;
    return one.is === "unknown" ? isGranted === undefined : isGranted === (one.is === "granted");
  },
  explain: (one, person, _world, { holds }) => {
    const isGranted = Object.hasOwn(person.consents, one.category) ? person.consents[one.category] : undefined;
    const value = isGranted === undefined ? { en: "nothing was said", de: "nichts gesagt" } : isGranted ? { en: "granted", de: "erteilt" } : { en: "refused", de: "verweigert" };
    // What was said once is never unsaid.
    const toFlip = holds || one.is === "unknown" ? undefined : one.is === "granted" ? { en: "they consent", de: "sie willigt ein" } : { en: "they refuse", de: "sie verweigert die Einwilligung" };
    return { value, fields: [], evidence: [], toFlip };
  },
  sentence: (one, say) => {
    const category = say.quote(one.category);
    return {
      granted: say.pick({ en: `has consented to ${category}`, de: `hat in ${category} eingewilligt` }),
      denied: say.pick({ en: `has refused consent to ${category}`, de: `hat die Einwilligung in ${category} verweigert` }),
      unknown: say.pick({ en: `has neither given nor refused consent to ${category}`, de: `hat die Einwilligung in ${category} weder erteilt noch verweigert` }),
    }[one.is];
  },
  examples: [{ kind: "consent", category: "marketing", is: "granted" }, { kind: "consent", category: "marketing", is: "denied" }, { kind: "consent", category: "marketing", is: "unknown" }],
};
