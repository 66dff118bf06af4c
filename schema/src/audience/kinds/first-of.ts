// Audiences in an order, each person only in the first that fits: for offers of which nobody should get two.
import { z } from "zod";
import type { ConditionKind, PersonFacts, World } from "../condition-kind.ts";
import type { Explaining, Explanation } from "../explain.ts";
import { audienceLimits } from "../limits.ts";
import type { Language } from "../sentence.ts";

const slug = z.string().min(1).max(128);

const schema = z.strictObject({
  kind: z.literal("first_of"),
  audiences: z.array(slug).min(2).max(audienceLimits.orderedMax).meta({ description: "Slugs, the one that goes before all others first." }),
  is: slug.meta({ description: "One of them: of those who are in it and in none before it." }),
}).superRefine(({ audiences, is }, context) => {
  if (new Set(audiences).size < audiences.length) context.addIssue({ code: "custom", path: ["audiences"], message: "Each audience stands here once." });
  if (!audiences.includes(is)) context.addIssue({ code: "custom", path: ["is"], message: "Not one of these audiences." });
});
type FirstOfCondition = z.infer<typeof schema>;

export const firstOfKind: ConditionKind<typeof schema> = {
  kind: "first_of",
  schema,
  reads: (one) => ({ audiences: [...before(one), one.is] }),
  sql: (one, scope) => scope.condition({ all: [audience(one.is), ...before(one).map((slug) => ({ not: audience(slug) }))] }),
  evaluate: (one, person, world) => one.is === one.audiences.find((slug) => {
    const definition = world.audience(slug);
    return definition !== undefined && world.isMember(definition, person);
  }),
  explainedBy: (one) => one.audiences,
  explain: explainFirstOf,
  sentence: (one, say) => {
    const order = one.audiences.map((slug) => say.named("audience", slug)).join(", ");
    return say.pick({ en: `${say.named("audience", one.is)} is the first of their audiences in the order ${order}`, de: `${say.named("audience", one.is)} ist die erste ihrer Zielgruppen in der Reihenfolge ${order}` });
  },
  examples: [{ kind: "first_of", audiences: ["vip", "returning"], is: "returning" }],
};

/** What comes after it does not matter. */
function before({ audiences, is }: FirstOfCondition): readonly string[] {
  return audiences.slice(0, audiences.indexOf(is));
}

/** Which of them takes the person; and of which they would have to be, or be no longer. */
function explainFirstOf(one: FirstOfCondition, _person: PersonFacts, _world: World, { holds, isIn, said }: Explaining): Explanation {
  const first = one.audiences.find(isIn);
  const value = said((say) => first === undefined ? say.pick({ en: "they are in none of them", de: "sie ist in keiner davon" })
    : say.pick({ en: `the first of theirs is ${say.named("audience", first)}`, de: `ihre erste ist ${say.named("audience", first)}` }));
  return { value, fields: [], evidence: [], toFlip: holds ? undefined : said((say) => sayTurn(say, { taking: before(one).filter(isIn), missing: isIn(one.is) ? undefined : one.is })) };
}

function sayTurn(say: Language, { taking, missing }: { readonly taking: readonly string[]; readonly missing: string | undefined }): string {
  const named = (slugs: readonly string[]): string => say.and(slugs.map((slug) => say.named("audience", slug)));
  const turns = [
    ...(taking.length === 0 ? [] : [say.pick({ en: `leave ${named(taking)}`, de: `verlässt ${named(taking)}` })]),
    ...(missing === undefined ? [] : [say.pick({ en: `come into ${named([missing])}`, de: `kommt in ${named([missing])}` })]),
  ];
  return say.pick({ en: `they ${say.and(turns)}, which can be asked why in its turn`, de: `sie ${say.and(turns)}, wo wiederum gefragt werden kann, warum` });
}

function audience(slug: string): { readonly kind: "audience"; readonly audience: string } {
  return { kind: "audience", audience: slug };
}
