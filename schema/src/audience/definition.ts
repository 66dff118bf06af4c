// An audience: whom it is drawn from, and the condition that they meet.
import { z } from "zod";
import { condition, conditionHolds, depthOf, leavesOf, sayCondition } from "./condition.ts";
import type { PersonFacts, World } from "./condition-kind.ts";
import { audienceLimits } from "./limits.ts";
import type { Language } from "./sentence.ts";

export const definition = z.strictObject({
  version: z.literal(1).default(1).meta({ description: "Of this grammar." }),
  from: z.enum(["known", "anonymous", "everyone"]).default("known").meta({ description: "Known people have an identifier that names them; anonymous ones have none." }),
  include: z.strictObject({
    bots: z.boolean().default(false),
    internal: z.boolean().default(false),
  }).default({ bots: false, internal: false }).meta({ description: "Events of bots and of internal traffic count, and people who have none but such." }),
  who: condition,
}).superRefine((one, context) => {
  const count = leavesOf(one.who).length;
  if (count > audienceLimits.conditionsMax) context.addIssue({ code: "custom", path: ["who"], message: `${count} conditions; at most ${audienceLimits.conditionsMax}. Put some into an audience of their own.` });
  const depth = depthOf(one.who);
  if (depth > audienceLimits.depthMax) context.addIssue({ code: "custom", path: ["who"], message: `${depth} groups inside each other; at most ${audienceLimits.depthMax}.` });
}).meta({ id: "AudienceDefinition" });
export type Definition = z.infer<typeof definition>;
export type DefinitionInput = z.input<typeof definition>;

/** Whether somebody is in it: the plain evaluator. */
export function isMember(one: Definition, given: PersonFacts, world: Omit<World, "holds" | "isMember">): boolean {
  // An audience inside another lets in events of its own, so it starts from all of them.
  const person = wholeOf.get(given) ?? given;
  const inside: World = {
    ...world,
    get people() {
      return world.people.map((other) => letIn(one, other));
    },
    holds: (inner, other) => conditionHolds(inner, other, inside),
    isMember: (inner, other) => isMember(inner, other, world),
  };
  return isDrawnFrom(one, person) && conditionHolds(one.who, letIn(one, person), inside);
}

const wholeOf = new WeakMap<PersonFacts, PersonFacts>();

/** Without the events that do not count. */
function letIn({ include }: Definition, person: PersonFacts): PersonFacts {
  const some = { ...person, events: person.events.filter((event) => (include.bots || !event.isBot) && (include.internal || !event.isInternal)) };
  wholeOf.set(some, person);
  return some;
}

function isDrawnFrom(one: Definition, person: PersonFacts): boolean {
  const isWanted = one.from === "everyone" || person.isAnonymous === (one.from === "anonymous");
  return isWanted && (person.isHuman || one.include.bots || one.include.internal);
}

/** "Known people who …". */
export function sayDefinition(one: Definition, say: Language): string {
  const who = {
    known: say.pick({ en: "Known people", de: "Bekannte Personen" }), anonymous: say.pick({ en: "Anonymous people", de: "Anonyme Personen" }),
    everyone: say.pick({ en: "Everyone, known or anonymous,", de: "Alle, bekannt oder anonym," }),
  }[one.from];
  const extra = [one.include.bots ? say.pick({ en: "bots", de: "Bots" }) : "", one.include.internal ? say.pick({ en: "internal traffic", de: "internen Verkehr" }) : ""].filter((each) => each !== "");
  const including = extra.length === 0 ? "" : say.pick({ en: ` (with ${say.and(extra)})`, de: ` (mit ${say.and(extra)})` });
  return `${who}${including}: ${sayCondition(one.who, say)}.`;
}
