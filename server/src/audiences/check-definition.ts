// What there is to say about a definition before it is kept: what is wrong, what looks wrong, how it reads, and what is asked of the
// database by it. It refuses nothing: whoever is in the middle of writing gets all that can be told of what stands there.
import type { ClientBase } from "pg";
import { ofNever, type Condition } from "@tributary/schema/audience/condition.ts";
import { definition, type Definition } from "@tributary/schema/audience/definition.ts";
import { placesIn, type Place } from "@tributary/schema/audience/places.ts";
import type { InEach } from "@tributary/schema/audience/problem.ts";
import { pointerOf, problemsOf, type Problem } from "@tributary/schema/audience/problems.ts";
import { referenceProblems } from "@tributary/schema/audience/references.ts";
import type { Vocabulary } from "@tributary/schema/audience/vocabulary.ts";
import { readSeenNames, type SeenNames } from "../observed-schema/observed-schema.ts";
import { readSurroundings, type ReadSurroundings } from "./audience-store.ts";
import { definitionYaml } from "./audience-yaml.ts";
import { compileAudiences } from "./compile.ts";
import { mixedMoney } from "./mixed-money.ts";
import { loadVocabulary, type ReadClickHouse } from "./vocabulary.ts";
import { readZone } from "./workspace-zone.ts";
import { writtenSql } from "./written-sql.ts";

const WARNINGS_MAX = 50;

type Warning = Pick<Problem, "path" | "message" | "messages">;

const warning = (path: string, messages: InEach): Warning => ({ path, message: messages.en, messages });

interface Checked {
  /** Undefined: it is not one. */
  readonly definition: Definition | undefined;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Warning[];
  readonly yaml: string | null;
  readonly sql: string | null;
}

interface CheckWish {
  readonly workspaceId: number;
  readonly value: unknown;
  readonly nowMs: number;
  /** Under which it is kept, if it is. */
  readonly slug?: string | undefined;
}

export async function checkDefinition(db: ClientBase, read: ReadClickHouse, { workspaceId, value, nowMs, slug }: CheckWish): Promise<Checked> {
  const parsed = definition.safeParse(value);
  if (!parsed.success) return { definition: undefined, problems: problemsOf(parsed.error.issues, value), warnings: [], yaml: null, sql: null };
  const one = parsed.data;
  const { inForce } = await loadVocabulary(db, workspaceId);
  const around = await readSurroundings(db, workspaceId, inForce);
  const money = await mixedMoney(read, workspaceId, { who: one.who, words: inForce });
  const missing = referenceProblems(one, slug, around);
  const places = placesIn(one.who);
  const seen = await readSeenNames(db, workspaceId, { events: [...new Set(places.flatMap((place) => eventsMeant(place, inForce)))], traits: places.some((place) => place.is === "trait") });
  const warnings = [...shapeWarnings(one.who, ["who"], false), ...nameWarnings(places, inForce, seen), ...money.warnings.map(moneyWarning)];
  return { definition: one, problems: [...missing, ...money.problems], warnings: warnings.slice(0, WARNINGS_MAX), yaml: definitionYaml(one), sql: missing.length > 0 ? null : await sqlOf(db, { one, workspaceId, words: inForce, nowMs }, around) };
}

interface SqlWish {
  readonly one: Definition;
  readonly workspaceId: number;
  readonly words: Vocabulary;
  readonly nowMs: number;
}

async function sqlOf(db: ClientBase, { one, workspaceId, words, nowMs }: SqlWish, { audience, computedTraits }: ReadSurroundings): Promise<string> {
  const lists = new Map((await db.query<{ slug: string; id: number }>("select slug, id from audience_list where workspace_id = $1", [workspaceId])).rows.map(({ slug, id }) => [slug, id]));
  const { sql, params } = compileAudiences({
    definitions: [one], nowMs, zone: await readZone(db, workspaceId), words, audience: (slug) => audience(slug)?.definition, list: (slug) => lists.get(slug), hasOverrides: false,
    computed: (slug) => {
      const found = computedTraits.find((trait) => trait.slug === slug);
      return found && { definition: found.definition, state: found.state ?? null };
    },
  });
  return writtenSql(sql, { ...params, workspace: workspaceId });
}

// ── What looks wrong ──────────────────────────────────────────────────────────────────────────────────────────────

/** `isNegated`: within a `not`, where "at most" means those who did it more often, and "at least" those who never did. */
function shapeWarnings(one: Condition, path: readonly (string | number)[], isNegated: boolean): Warning[] {
  if ("not" in one) return shapeWarnings(one.not, [...path, "not"], !isNegated);
  if (!("kind" in one)) {
    const [key, members] = "all" in one ? ["all", one.all] as const : "any" in one ? ["any", one.any] as const : ["of", one.of] as const;
    const inner = members.flatMap((each, i) => shapeWarnings(each, [...path, key, i], isNegated));
    const own = groupWarning(one, members.length);
    return own === undefined ? inner : [warning(pointerOf(path), own), ...inner];
  }
  if (ofNever(one) !== !isNegated) return [];
  return [warning(pointerOf(path), { en: "Those who never did it are among them.", de: "Wer es nie getan hat, ist dabei." })];
}

function groupWarning(one: Exclude<Condition, { readonly kind: string }>, count: number): InEach | undefined {
  if ("of" in one && one.at_least > count) return { en: `It asks for ${one.at_least} of ${count}, which nobody can meet.`, de: `Verlangt werden ${one.at_least} von ${count}: Das kann niemand erfüllen.` };
  if (count > 0 || "of" in one) return undefined;
  return "all" in one ? { en: "This group is empty: everybody meets it.", de: "Diese Gruppe ist leer: Alle erfüllen sie." } : { en: "This group is empty: nobody meets it.", de: "Diese Gruppe ist leer: Niemand erfüllt sie." };
}

function eventsMeant(place: Place, words: Vocabulary): readonly string[] {
  if (place.is === "event") return [place.event];
  if (place.is !== "property" || place.of === undefined) return [];
  return "names" in place.of ? place.of.names : eventsOfRole(words, place.of.role);
}

function eventsOfRole({ roles }: Vocabulary, name: string): readonly string[] {
  return Object.values(roles).find(({ role }) => role === name)?.events ?? [];
}

function nameWarnings(places: readonly Place[], words: Vocabulary, seen: SeenNames): Warning[] {
  const warnings: Warning[] = [];
  for (const [path, alternatives] of Map.groupBy(places, ({ path }) => path)) {
    for (const place of alternatives) {
      if (place.is === "event" && !seen.events.has(place.event)) warnings.push(warning(path, { en: `No event \`${place.event}\` has ever arrived.`, de: `Ein Ereignis \`${place.event}\` ist nie angekommen.` }));
      if (place.is === "trait" && !seen.traits.some((one) => isAt(one, place.trait))) warnings.push(warning(path, { en: `No trait \`${place.trait}\` has ever arrived.`, de: `Ein Merkmal \`${place.trait}\` ist nie angekommen.` }));
    }
    // Of several names, any one will do.
    const properties = alternatives.filter((place) => place.is === "property");
    if (properties.length > 0 && properties.every((place) => isUnseen(place, words, seen))) {
      const [first] = properties;
      const events = first === undefined ? [] : eventsMeant(first, words);
      const named = (or: string): readonly [string, string] => [properties.map(({ at }) => `\`${at}\``).join(or), events.map((event) => `\`${event}\``).join(or)];
      const [[property, event], [eigenschaft, ereignis]] = [named(" or "), named(" oder ")];
      warnings.push(warning(path, { en: `No ${property} has ever arrived with ${event}.`, de: `${eigenschaft} ist mit ${ereignis} nie angekommen.` }));
    }
  }
  return warnings;
}

/** Of events that never came it is told already. */
function isUnseen(place: Extract<Place, { is: "property" }>, words: Vocabulary, seen: SeenNames): boolean {
  const events = eventsMeant(place, words).filter((event) => seen.events.has(event));
  return events.length > 0 && events.every((event) => seen.properties.has(event) && !seen.properties.get(event)?.some((one) => isAt(one, place.at)));
}

function isAt(seen: string, asked: string): boolean {
  return seen === asked || seen.startsWith(`${asked}.`);
}

const moneyWarning = ({ path, messages, hints }: Problem): Warning => warning(path, { en: `${messages.en} ${hints?.en ?? ""}`, de: `${messages.de} ${hints?.de ?? ""}` });
