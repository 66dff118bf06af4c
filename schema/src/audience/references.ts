// What a definition refers to must be there: other audiences, lists, roles that have events. Audiences refer to audiences to a bounded
// depth, never in a circle, and all conditions that one asks for in the end are bounded, too.
import { leavesOf } from "./condition.ts";
import type { Words } from "./condition-kind.ts";
import type { Definition } from "./definition.ts";
import { audienceLimits } from "./limits.ts";
import { placesIn, type Place } from "./places.ts";
import type { Problem } from "./problems.ts";
import { propertyNames } from "./vocabulary-names.ts";

export interface Surroundings {
  readonly words: Words;
  /** Other audiences, by slug; undefined: there is none of that name. */
  readonly audience: (slug: string) => { readonly definition: Definition; readonly isArchived: boolean } | undefined;
  readonly hasList: (slug: string) => boolean;
  /** Whether there is a computed trait of that name. */
  readonly hasComputed: (slug: string) => boolean;
}

/** Slugs that a definition names itself. */
export function audiencesNamed(one: Definition): string[] {
  return [...new Set(placesIn(one.who).flatMap((place) => (place.is === "audience" ? [place.slug] : [])))];
}

export function listsNamed(one: Definition): string[] {
  return [...new Set(placesIn(one.who).flatMap((place) => (place.is === "list" ? [place.slug] : [])))];
}

/** `slug`: under which it is kept, or undefined when it has no name yet. */
export function referenceProblems(one: Definition, slug: string | undefined, around: Surroundings): Problem[] {
  const problems = placesIn(one.who).flatMap((place) => problemsAt(place, slug, around));
  if (problems.length > 0) return problems;
  const count = expandedCount(one, around);
  if (count <= audienceLimits.conditionsMax) return [];
  return [{
    path: "/who", message: `With those of the audiences that it refers to, these are ${count > COUNT_TOLD ? `more than ${COUNT_TOLD}` : count} conditions; at most ${audienceLimits.conditionsMax}.`,
    hint: "Refer to fewer audiences, or make those smaller.",
  }];
}

function problemsAt(place: Place, slug: string | undefined, around: Surroundings): Problem[] {
  const one = (message: string, hint: string): Problem[] => [{ path: place.path, message, hint }];
  switch (place.is) {
    case "list":
      return around.hasList(place.slug) ? [] : one(`There is no list \`${place.slug}\`.`, "Look at the lists, or make it first.");
    case "computed":
      return around.hasComputed(place.slug) ? [] : one(`There is no computed trait \`${place.slug}\`.`, "Look at the computed traits, or make it first.");
    case "event_role": {
      const role = Object.hasOwn(around.words.roles, place.role) ? around.words.roles[place.role] : undefined;
      if (role === undefined) return one(`The vocabulary has no word \`${place.role}\`.`, `Its words are: ${Object.keys(around.words.roles).join(", ")}.`);
      return role.events.length > 0 ? [] : one(`No event is known as \`${place.role}\`.`, "Say in the vocabulary which event it is, or name the event itself.");
    }
    case "property_role":
      return propertyRoleProblems(place, around);
    case "audience":
      return audienceProblems(place, slug, around);
    default:
      return [];
  }
}

function propertyRoleProblems(place: Extract<Place, { is: "property_role" }>, around: Surroundings): Problem[] {
  const one = (message: string, hint: string): Problem[] => [{ path: place.path, message, hint }];
  if (!(propertyNames as readonly string[]).includes(place.role)) return one(`The vocabulary knows no property \`${place.role}\`.`, `It knows: ${propertyNames.join(", ")}.`);
  if (place.of === undefined || !("role" in place.of)) return one(`\`${place.role}\` is known of events by role alone.`, 'Write the event as { "role": "order" }, or name the property itself.');
  const known = Object.hasOwn(around.words.roles, place.of.role) ? (around.words.roles[place.of.role]?.properties[place.role] ?? []) : [];
  return known.length > 0 ? [] : one(`It is not known where \`${place.of.role}\` says its \`${place.role}\`.`, "Say in the vocabulary which property it is, or name the property itself.");
}

function audienceProblems(place: Extract<Place, { is: "audience" }>, slug: string | undefined, around: Surroundings): Problem[] {
  const one = (message: string, hint: string): Problem[] => [{ path: place.path, message, hint }];
  if (place.slug === slug) return one(`The audience refers to itself: ${slug} → ${slug}.`, "Take this condition away.");
  const found = around.audience(place.slug);
  if (found === undefined) return one(`There is no audience \`${place.slug}\`.`, "Look at the slugs of the audiences, or make it first.");
  if (found.isArchived) return one(`The audience \`${place.slug}\` is archived.`, "Restore it first, or refer to another one.");
  const { circle, depth } = follow(place.slug, slug === undefined ? [] : [slug], around);
  if (circle !== undefined) return one(`The audiences refer to each other in a circle: ${circle.join(" → ")}.`, `Take one of these references away, such as the one to \`${place.slug}\` here.`);
  if (depth > audienceLimits.referencesDepthMax) return one(`Audiences refer to audiences ${depth} deep from here; at most ${audienceLimits.referencesDepthMax}.`, "Refer to one that stands on fewer others.");
  return [];
}

/** How deep references go from an audience on, and the first circle met. `path`: the slugs that lead to it; `done`: depths known to be free of circles. */
function follow(slug: string, path: readonly string[], around: Surroundings, done = new Map<string, number>()): { readonly circle: readonly string[] | undefined; readonly depth: number } {
  if (path.includes(slug)) return { circle: [...path.slice(path.indexOf(slug)), slug], depth: path.length };
  const before = done.get(slug);
  if (before !== undefined) return { circle: undefined, depth: before };
  const found = around.audience(slug);
  let depth = 0;
  for (const next of found === undefined ? [] : audiencesNamed(found.definition)) {
    const below = follow(next, [...path, slug], around, done);
    if (below.circle !== undefined) return below;
    depth = Math.max(depth, below.depth);
  }
  done.set(slug, depth + 1);
  return { circle: undefined, depth: depth + 1 };
}

/** What would be too much of audiences that refer to a changed one, over whatever way. */
export function dependentProblems(one: Definition, slug: string, others: readonly { readonly slug: string; readonly definition: Definition }[], around: Pick<Surroundings, "audience">): Problem[] {
  const changed = { audience: (name: string) => (name === slug ? { definition: one, isArchived: false } : around.audience(name)) };
  return others.flatMap((other) => {
    if (other.slug === slug) return [];
    const [before, after] = [expandedCount(other.definition, around), expandedCount(other.definition, changed)];
    if (after <= audienceLimits.conditionsMax || after <= before) return [];
    const message = `The audience \`${other.slug}\`, which refers to this one, would ask ${after} conditions; at most ${audienceLimits.conditionsMax}.`;
    return [{ path: "/who", message, hint: "Put less into this one, or let that one refer to fewer." }];
  });
}

/** Counts beyond this are not told exactly. */
const COUNT_TOLD = 10_000;

/** All conditions that are asked in the end: those of audiences that it refers to in its place, each as often as it is named. */
export function expandedCount(one: Definition, around: Pick<Surroundings, "audience">): number {
  const known = new Map<string, number>();
  const countOf = (definition: Definition, path: readonly string[]): number => {
    const own = leavesOf(definition.who).length;
    const named = placesIn(definition.who).flatMap((place) => (place.is === "audience" ? [place.slug] : []));
    return Math.min(COUNT_TOLD + 1, own + named.reduce((sum, slug) => sum + countOfSlug(slug, path), 0));
  };
  const countOfSlug = (slug: string, path: readonly string[]): number => {
    const before = known.get(slug);
    if (before !== undefined) return before;
    const found = around.audience(slug);
    const count = found === undefined || path.includes(slug) ? 0 : countOf(found.definition, [...path, slug]);
    known.set(slug, count);
    return count;
  };
  return countOf(one, []);
}
