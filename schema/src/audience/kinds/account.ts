// What the people of somebody's accounts are or did. The person is one of them; whom the audience is drawn from does not matter
// among them. Without an account there is nobody to speak of, and nothing holds, not "none" either.
import { z } from "zod";
import type { Condition } from "../condition.ts";
import type { ConditionKind } from "../condition-kind.ts";
import { saidBy } from "../explain.ts";
import { nestedCondition } from "../nested.ts";

interface AccountCondition {
  readonly kind: "account";
  readonly people: "any" | "all" | "none";
  readonly who: Condition;
}

const schema: z.ZodType<AccountCondition> = z.strictObject({
  kind: z.literal("account"),
  people: z.enum(["any", "all", "none"]).meta({ description: "Of those who share an account with the person, the person included." }),
  who: nestedCondition,
});

export const accountKind: ConditionKind<typeof schema> = {
  kind: "account",
  schema,
  inner: (one) => [one.who],
  // What is read inside is added by the one who asks.
  reads: () => ({ snapshot: true, accounts: true }),
  sql: (one, scope) => {
    const { people, holding, next } = scope.accounts(one.who);
    const member = { any: `${holding} > 0`, all: `${people} > 0 and ${holding} = ${people}`, none: `${people} > 0 and ${holding} = 0` }[one.people];
    return { member: scope.name(member), next };
  },
  evaluate: (one, person, world) => {
    const together = world.people.filter(({ accounts }) => accounts.some((account) => person.accounts.includes(account)));
    const holding = together.filter((other) => world.holds(one.who, other));
    switch (one.people) {
      case "any":
        return holding.length > 0;
      case "all":
        return together.length > 0 && holding.length === together.length;
      case "none":
        return together.length > 0 && holding.length === 0;
    }
  },
  explain: (_one, person) => {
    const count = person.accounts.length;
    const value = count === 0 ? { en: "in no account, so nothing can be said of its people", de: "in keinem Konto, also ist über dessen Personen nichts zu sagen" }
      : saidBy((say) => say.pick({ en: `in ${say.number(count)} ${count === 1 ? "account" : "accounts"}`, de: `in ${say.number(count)} ${count === 1 ? "Konto" : "Konten"}` }));
    return { value, fields: [], evidence: [], toFlip: count === 0 ? { en: "they join an account", de: "sie tritt einem Konto bei" } : undefined };
  },
  sentence: (one, say, inner) => {
    const people = {
      any: say.pick({ en: "of the people of their accounts, at least one", de: "von den Personen ihrer Konten gilt für mindestens eine" }),
      all: say.pick({ en: "of the people of their accounts, everyone", de: "von den Personen ihrer Konten gilt für alle" }),
      none: say.pick({ en: "of the people of their accounts, nobody", de: "von den Personen ihrer Konten gilt für keine" }),
    }[one.people];
    return `${people}: ${inner(one.who)}`;
  },
  examples: [
    { kind: "account", people: "any", who: { kind: "trait", trait: "role", op: "equals", value: "owner" } },
    { kind: "account", people: "none", who: { kind: "event", event: "Logged In", measure: { of: "count" }, op: "at_least", value: 1, within: { last: 30, unit: "day" } } },
  ],
};
