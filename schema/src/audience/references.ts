// What a definition refers to must be there: other audiences, computed traits, lists, roles that have events. Audiences and computed
// traits refer to each other to a bounded depth, never in a circle, and all conditions that one asks for in the end are bounded, too.
import type { ComputedDefinition } from "./computed.ts";
import { leavesOf } from "./condition.ts";
import type { Words } from "./condition-kind.ts";
import type { Definition } from "./definition.ts";
import { audienceLimits } from "./limits.ts";
import { computedIn, parseFormula } from "./formula.ts";
import { placesIn, placesWithin, type Place } from "./places.ts";
import { problem, type InEach, type Problem } from "./problem.ts";
import { propertyNames } from "./vocabulary-names.ts";

export interface Surroundings {
  readonly words: Words;
  /** Other audiences, by slug; undefined: there is none of that name. */
  readonly audience: (slug: string) => { readonly definition: Definition; readonly isArchived: boolean } | undefined;
  readonly hasList: (slug: string) => boolean;
  /** Computed traits, by slug. */
  readonly computed: (slug: string) => { readonly definition: ComputedDefinition; readonly isArchived: boolean } | undefined;
}

/** What refers and is referred to. */
export interface Node {
  readonly kind: "audience" | "computed";
  readonly slug: string;
}

/** Slugs that a definition names itself. */
export function audiencesNamed(one: Definition): string[] {
  return [...new Set(placesIn(one.who).flatMap((place) => (place.is === "audience" ? [place.slug] : [])))];
}

export function listsNamed(one: Definition): string[] {
  return [...new Set(placesIn(one.who).flatMap((place) => (place.is === "list" ? [place.slug] : [])))];
}

export function computedNamed(one: Definition): string[] {
  return [...new Set(placesIn(one.who).flatMap((place) => (place.is === "computed" ? [place.slug] : [])))];
}

/** What a computed trait names itself. */
export function namedByComputed({ value }: ComputedDefinition): { readonly audiences: string[]; readonly computed: string[]; readonly lists: string[] } {
  const places = placesWithin(value, []);
  const slugs = (is: "audience" | "computed" | "list"): string[] => [...new Set(places.flatMap((place) => (place.is === is ? [place.slug] : [])))];
  return { audiences: slugs("audience"), lists: slugs("list"), computed: [...new Set([...slugs("computed"), ...(value.kind === "formula" ? computedIn(parseFormula(value.formula)) : [])])] };
}

/** `slug`: under which it is kept, or undefined when it has no name yet. */
export function referenceProblems(one: Definition, slug: string | undefined, around: Surroundings): Problem[] {
  const self: Node | undefined = slug === undefined ? undefined : { kind: "audience", slug };
  const problems = placesIn(one.who).flatMap((place) => problemsAt(place, self, around));
  return problems.length > 0 ? problems : countProblems("/who", expandedCount(one, around));
}

/** "With those that it refers to, these are too many." */
export function countProblems(path: string, count: number): Problem[] {
  if (count <= audienceLimits.conditionsMax) return [];
  const told = count > COUNT_TOLD ? { en: `more than ${COUNT_TOLD}`, de: `mehr als ${COUNT_TOLD}` } : { en: String(count), de: String(count) };
  return [problem(path, {
    en: `With those of the audiences and computed traits that it refers to, these are ${told.en} conditions; at most ${audienceLimits.conditionsMax}.`,
    de: `Mit denen der Zielgruppen und berechneten Merkmale, auf die sie sich beziehen, sind das ${told.de} Bedingungen; höchstens ${audienceLimits.conditionsMax}.`,
  }, { en: "Refer to fewer of them, or make those smaller.", de: "Beziehen Sie sich auf weniger davon, oder machen Sie jene kleiner." })];
}

/** `self`: what the place is in, if it is kept. */
export function problemsAt(place: Place, self: Node | undefined, around: Surroundings): Problem[] {
  const one = (messages: InEach, hints: InEach): Problem[] => [problem(place.path, messages, hints)];
  switch (place.is) {
    case "list":
      return around.hasList(place.slug) ? [] : one({ en: `There is no list \`${place.slug}\`.`, de: `Es gibt keine Liste \`${place.slug}\`.` }, { en: "Look at the lists, or make it first.", de: "Sehen Sie bei den Listen nach, oder legen Sie sie erst an." });
    case "event_role": {
      const role = Object.hasOwn(around.words.roles, place.role) ? around.words.roles[place.role] : undefined;
      const known = Object.keys(around.words.roles).join(", ");
      if (role === undefined) return one({ en: `The vocabulary has no word \`${place.role}\`.`, de: `Das Vokabular hat kein Wort \`${place.role}\`.` }, { en: `Its words are: ${known}.`, de: `Seine Wörter sind: ${known}.` });
      return role.events.length > 0 ? [] : one({ en: `No event is known as \`${place.role}\`.`, de: `Kein Ereignis ist als \`${place.role}\` bekannt.` }, {
        en: "Say in the vocabulary which event it is, or name the event itself.", de: "Sagen Sie im Vokabular, welches Ereignis es ist, oder nennen Sie das Ereignis selbst.",
      });
    }
    case "property_role":
      return propertyRoleProblems(place, around);
    case "audience":
      return nodeProblems(place.path, { kind: "audience", slug: place.slug }, self, around);
    case "computed":
      return nodeProblems(place.path, { kind: "computed", slug: place.slug }, self, around);
    default:
      return [];
  }
}

function propertyRoleProblems(place: Extract<Place, { is: "property_role" }>, around: Surroundings): Problem[] {
  const one = (messages: InEach, hints: InEach): Problem[] => [problem(place.path, messages, hints)];
  if (!(propertyNames as readonly string[]).includes(place.role)) {
    return one({ en: `The vocabulary knows no property \`${place.role}\`.`, de: `Das Vokabular kennt keine Eigenschaft \`${place.role}\`.` }, { en: `It knows: ${propertyNames.join(", ")}.`, de: `Es kennt: ${propertyNames.join(", ")}.` });
  }
  if (place.of === undefined || !("role" in place.of)) {
    return one({ en: `\`${place.role}\` is known of events by role alone.`, de: `\`${place.role}\` ist nur von Ereignissen bekannt, die das Vokabular nennt.` }, {
      en: 'Write the event as { "role": "order" }, or name the property itself.', de: 'Schreiben Sie das Ereignis als { "role": "order" }, oder nennen Sie die Eigenschaft selbst.',
    });
  }
  const known = Object.hasOwn(around.words.roles, place.of.role) ? (around.words.roles[place.of.role]?.properties[place.role] ?? []) : [];
  return known.length > 0 ? [] : one({ en: `It is not known where \`${place.of.role}\` says its \`${place.role}\`.`, de: `Es ist nicht bekannt, wo in \`${place.of.role}\` das \`${place.role}\` steht.` }, {
    en: "Say in the vocabulary which property it is, or name the property itself.", de: "Sagen Sie im Vokabular, welche Eigenschaft es ist, oder nennen Sie die Eigenschaft selbst.",
  });
}

/** How each kind is named, with the article that German needs. */
const words = {
  audience: { en: "audience", de: "Zielgruppe", the: "Die Zielgruppe", no: "keine Zielgruppe", many: "Zielgruppen", be: "sie" },
  computed: { en: "computed trait", de: "berechnetes Merkmal", the: "Das berechnete Merkmal", no: "kein berechnetes Merkmal", many: "berechneten Merkmalen", be: "es" },
} as const;
const isSame = (a: Node, b: Node): boolean => a.kind === b.kind && a.slug === b.slug;

/** Of a reference to an audience or a computed trait. */
export function nodeProblems(path: string, node: Node, self: Node | undefined, around: Surroundings): Problem[] {
  const one = (messages: InEach, hints: InEach): Problem[] => [problem(path, messages, hints)];
  const what = words[node.kind];
  if (self !== undefined && isSame(node, self)) {
    return one({ en: `The ${what.en} refers to itself: ${node.slug} → ${node.slug}.`, de: `${what.the} bezieht sich auf sich selbst: ${node.slug} → ${node.slug}.` },
      node.kind === "audience" ? { en: "Take this condition away.", de: "Nehmen Sie diese Bedingung weg." } : { en: "Take this reference away.", de: "Nehmen Sie diesen Bezug weg." });
  }
  const found = around[node.kind](node.slug);
  if (found === undefined) {
    return one({ en: `There is no ${what.en} \`${node.slug}\`.`, de: `Es gibt ${what.no} \`${node.slug}\`.` },
      { en: `Look at the slugs of the ${what.en}s, or make it first.`, de: `Sehen Sie bei den ${what.many} nach, oder legen Sie ${what.be} erst an.` });
  }
  if (found.isArchived) return one({ en: `The ${what.en} \`${node.slug}\` is archived.`, de: `${what.the} \`${node.slug}\` ist archiviert.` }, { en: "Restore it first, or refer to another one.", de: `Stellen Sie ${what.be} erst wieder her, oder beziehen Sie sich auf etwas anderes.` });
  const { circle, depth } = follow(node, self === undefined ? [] : [self], around);
  return circle !== undefined ? [circleProblem(path, node, circle)] : depth > audienceLimits.referencesDepthMax ? [depthProblem(path, node, depth)] : [];
}

function circleProblem(path: string, node: Node, circle: readonly Node[]): Problem {
  const who: InEach = circle.every(({ kind }) => kind === "audience") ? { en: "The audiences", de: "Die Zielgruppen" }
    : circle.every(({ kind }) => kind === "computed") ? { en: "The computed traits", de: "Die berechneten Merkmale" } : { en: "Audiences and computed traits", de: "Zielgruppen und berechnete Merkmale" };
  const way = circle.map(({ slug }) => slug).join(" → ");
  return problem(path, { en: `${who.en} refer to each other in a circle: ${way}.`, de: `${who.de} beziehen sich im Kreis aufeinander: ${way}.` }, {
    en: `Take one of these references away, such as the one to \`${node.slug}\` here.`, de: `Nehmen Sie einen dieser Bezüge weg, etwa den auf \`${node.slug}\` hier.`,
  });
}

function depthProblem(path: string, { kind }: Node, depth: number): Problem {
  const who = kind === "audience" ? "Audiences refer to audiences" : "References lead";
  return problem(path, { en: `${who} ${depth} deep from here; at most ${audienceLimits.referencesDepthMax}.`, de: `Bezüge führen von hier ${depth} Stufen tief; höchstens ${audienceLimits.referencesDepthMax}.` }, {
    en: "Refer to one that stands on fewer others.", de: "Beziehen Sie sich auf etwas, das auf weniger anderem steht.",
  });
}

function namedBy({ kind, slug }: Node, around: Pick<Surroundings, "audience" | "computed">): Node[] {
  const of = (audiences: readonly string[], computed: readonly string[]): Node[] => [
    ...audiences.map((named): Node => ({ kind: "audience", slug: named })), ...computed.map((named): Node => ({ kind: "computed", slug: named })),
  ];
  if (kind === "audience") {
    const found = around.audience(slug)?.definition;
    return found === undefined ? [] : of(audiencesNamed(found), computedNamed(found));
  }
  const found = around.computed(slug)?.definition;
  if (found === undefined) return [];
  const { audiences, computed } = namedByComputed(found);
  return of(audiences, computed);
}

/** How deep references go from one on, and the first circle met. `path`: what leads to it; `done`: depths known to be free of circles. */
function follow(node: Node, path: readonly Node[], around: Surroundings, done = new Map<string, number>()): { readonly circle: readonly Node[] | undefined; readonly depth: number } {
  const at = path.findIndex((one) => isSame(one, node));
  if (at >= 0) return { circle: [...path.slice(at), node], depth: path.length };
  const key = `${node.kind} ${node.slug}`;
  const before = done.get(key);
  if (before !== undefined) return { circle: undefined, depth: before };
  let depth = 0;
  for (const next of namedBy(node, around)) {
    const below = follow(next, [...path, node], around, done);
    if (below.circle !== undefined) return below;
    depth = Math.max(depth, below.depth);
  }
  done.set(key, depth + 1);
  return { circle: undefined, depth: depth + 1 };
}

/** What would be too much of audiences that refer to a changed one, over whatever way. */
export function dependentProblems(one: Definition, slug: string, others: readonly { readonly slug: string; readonly definition: Definition }[], around: Pick<Surroundings, "audience" | "computed">): Problem[] {
  const changed = { computed: around.computed, audience: (name: string) => (name === slug ? { definition: one, isArchived: false } : around.audience(name)) };
  return others.flatMap((other) => {
    if (other.slug === slug) return [];
    const [before, after] = [expandedCount(other.definition, around), expandedCount(other.definition, changed)];
    if (after <= audienceLimits.conditionsMax || after <= before) return [];
    return [problem("/who", {
      en: `The audience \`${other.slug}\`, which refers to this one, would ask ${after} conditions; at most ${audienceLimits.conditionsMax}.`,
      de: `Die Zielgruppe \`${other.slug}\`, die sich auf diese bezieht, würde ${after} Bedingungen stellen; höchstens ${audienceLimits.conditionsMax}.`,
    }, { en: "Put less into this one, or let that one refer to fewer.", de: "Nehmen Sie in diese weniger auf, oder lassen Sie jene sich auf weniger beziehen." })];
  });
}

/** Counts beyond this are not told exactly. */
const COUNT_TOLD = 10_000;

/** All conditions that are asked in the end: those of audiences and computed traits that it refers to in its place, each as often as it is named. */
function expandedCount(one: Definition, around: Pick<Surroundings, "audience" | "computed">): number {
  return countOf(leavesOf(one.who).length, placesIn(one.who).flatMap(nodeAt), around);
}

/** The same of a computed trait, which is one condition itself, or those of its stages. */
export function expandedCountOfComputed(one: ComputedDefinition, around: Pick<Surroundings, "audience" | "computed">): number {
  return countOf(ownCount(one), nodesOfComputed(one), around);
}

const ownCount = ({ value }: ComputedDefinition): number => (value.kind === "stages" ? value.stages.reduce((sum, { when }) => sum + leavesOf(when).length, 0) : 1);
const nodeAt = (place: Place): Node[] => (place.is === "audience" || place.is === "computed" ? [{ kind: place.is, slug: place.slug }] : []);

function nodesOfComputed({ value }: ComputedDefinition): Node[] {
  return [...placesWithin(value, []).flatMap(nodeAt), ...(value.kind === "formula" ? computedIn(parseFormula(value.formula)).map((slug): Node => ({ kind: "computed", slug })) : [])];
}

function countOf(own: number, named: readonly Node[], around: Pick<Surroundings, "audience" | "computed">): number {
  const known = new Map<string, number>();
  const sum = (first: number, nodes: readonly Node[], path: readonly string[]): number => Math.min(COUNT_TOLD + 1, first + nodes.reduce((total, node) => total + ofNode(node, path), 0));
  const ofNode = (node: Node, path: readonly string[]): number => {
    const key = `${node.kind} ${node.slug}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const count = path.includes(key) ? 0 : inside(node, [...path, key]);
    known.set(key, count);
    return count;
  };
  const inside = ({ kind, slug }: Node, path: readonly string[]): number => {
    if (kind === "audience") {
      const found = around.audience(slug)?.definition;
      return found === undefined ? 0 : sum(leavesOf(found.who).length, placesIn(found.who).flatMap(nodeAt), path);
    }
    const found = around.computed(slug)?.definition;
    return found === undefined ? 0 : sum(ownCount(found), nodesOfComputed(found), path);
  };
  return sum(own, named, []);
}
