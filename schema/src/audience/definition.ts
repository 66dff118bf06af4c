// An audience: whom it is drawn from, and the condition that they meet.
import { z } from "zod";
import { computedRaws, type ComputedInForce } from "./computed.ts";
import { condition, conditionHolds, depthOf, leavesOf, sayCondition } from "./condition.ts";
import type { PersonFacts, World } from "./condition-kind.ts";
import { audienceLimits } from "./limits.ts";
import type { InEach } from "./problem.ts";
import type { Language } from "./sentence.ts";
import type { Raw } from "./value.ts";

export const definition = z.strictObject({
  version: z.literal(1).default(1).meta({ description: "Of this grammar." }),
  from: z.enum(["known", "anonymous", "everyone"]).default("known").meta({ description: "Known people have an identifier that names them; anonymous ones have none." }),
  include: z.strictObject({
    bots: z.boolean().default(false),
    internal: z.boolean().default(false),
  }).default({ bots: false, internal: false }).meta({ description: "Events of bots and of internal traffic count, and people who have none but such." }),
  who: condition,
}).superRefine((one, context) => {
  const tooMuch = ({ en, de }: InEach): void => context.addIssue({ code: "custom", path: ["who"], message: en, params: { de } });
  const count = leavesOf(one.who).length;
  if (count > audienceLimits.conditionsMax) tooMuch({ en: `${count} conditions; at most ${audienceLimits.conditionsMax}. Put some into an audience of their own.`, de: `${count} Bedingungen; höchstens ${audienceLimits.conditionsMax}. Nehmen Sie einige in eine eigene Zielgruppe.` });
  const depth = depthOf(one.who);
  if (depth > audienceLimits.depthMax) tooMuch({ en: `${depth} groups inside each other; at most ${audienceLimits.depthMax}.`, de: `${depth} Gruppen ineinander; höchstens ${audienceLimits.depthMax}.` });
  const tests = testsIn(one.who);
  if (tests > audienceLimits.testsMax) tooMuch({ en: `${tests} comparisons, with those in filters; at most ${audienceLimits.testsMax}. Put some into an audience of their own.`, de: `${tests} Vergleiche, mit denen in Filtern; höchstens ${audienceLimits.testsMax}. Nehmen Sie einige in eine eigene Zielgruppe.` });
  const characters = JSON.stringify(one.who).length;
  if (characters > audienceLimits.charactersMax) tooMuch({ en: `${characters} characters; at most ${audienceLimits.charactersMax}. Upload long lists of values as a trait.`, de: `${characters} Zeichen; höchstens ${audienceLimits.charactersMax}. Laden Sie lange Listen von Werten als Merkmal hoch.` });
}).meta({ id: "AudienceDefinition" });
/** Comparisons, wherever they stand. */
function testsIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce<number>((sum, inner) => sum + testsIn(inner), "op" in value ? 1 : 0);
}

export type Definition = z.infer<typeof definition>;
export type DefinitionInput = z.input<typeof definition>;

/** What the plain evaluator looks at. */
export interface Workspace extends Omit<World, "holds" | "isMember" | "computed"> {
  readonly computedTrait?: (slug: string) => ComputedInForce | undefined;
}

/** Whether somebody is in it: the plain evaluator. */
export function isMember(one: Definition, person: PersonFacts, workspace: Workspace): boolean {
  return isDrawnFrom(one, person) && conditionHolds(one.who, letIn(one.include, person), worldOf(one.include, workspace));
}

/** What a computed trait is for somebody, by the plain evaluator. */
export function computedValueOf(one: ComputedInForce, person: PersonFacts, workspace: Workspace): Raw[] {
  const { include } = one.definition;
  return computedRaws(one, letIn(include, person), worldOf(include, workspace));
}

/** The workspace in the eyes of one who sees only some events; others that are asked about see for themselves. */
function worldOf(include: Definition["include"], workspace: Workspace): World {
  let people: readonly PersonFacts[] | undefined;
  const world: World = {
    ...workspace,
    get people() {
      return (people ??= workspace.people.map((person) => letIn(include, person)));
    },
    holds: (inner, person) => conditionHolds(inner, person, world),
    isMember: (inner, person) => isMember(inner, wholeOf.get(person) ?? person, workspace),
    computed: (slug, person) => {
      const found = workspace.computedTrait?.(slug);
      return found === undefined ? [] : computedValueOf(found, wholeOf.get(person) ?? person, workspace);
    },
  };
  return world;
}

const wholeOf = new WeakMap<PersonFacts, PersonFacts>();

/** Without the events that do not count. */
function letIn(include: Definition["include"], person: PersonFacts): PersonFacts {
  const some = { ...person, events: person.events.filter((event) => (include.bots || !event.isBot) && (include.internal || !event.isInternal)) };
  wholeOf.set(some, wholeOf.get(person) ?? person);
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
