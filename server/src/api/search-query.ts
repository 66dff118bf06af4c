// What somebody typed into the search, taken apart: `email:ann@example.com`, `city = Aarhus and name contains lee`, or plain
// words. Pure. Whether a name is a namespace, a reference or a trait is for the workspace to say.
import { isRecord } from "@tributary/schema/is-record.ts";
import type { WorkspaceSettings } from "@tributary/schema/settings.ts";

export type Match = "equals" | "contains";

export interface TraitCondition {
  readonly name: string;
  readonly match: Match;
  readonly value: string;
}

export interface SearchQuery {
  /** Identifiers that must be theirs, as typed. */
  readonly identifiers: readonly { readonly namespace: string; readonly value: string }[];
  /** Numbers of orders, tickets and the like that must be theirs. */
  readonly references: readonly { readonly name: string; readonly value: string }[];
  readonly traits: readonly TraitCondition[];
  /** Everything that is no condition. */
  readonly text: string;
}

export const CONDITIONS_MAX = 8;
const WORDS_MAX = 8;

// A name, then `:`, `=` or `contains`, then the rest. An address (`https://…`) is no condition.
const condition = /^([\p{L}_][\p{L}\p{N}_.$-]{0,100})(?:\s*(=)\s*|(:)(?!\/\/)\s*|\s+(contains)\s+)(\S[^]*)$/u;

export function parseSearch(typed: string, settings: Pick<WorkspaceSettings, "identity" | "references">): SearchQuery {
  const namespaces = new Set(settings.identity.namespaces.map(({ name }) => name));
  const references = new Set(settings.references);
  const query = {
    identifiers: [] as { namespace: string; value: string }[], references: [] as { name: string; value: string }[],
    traits: [] as TraitCondition[], text: [] as string[],
  };
  for (const clause of clausesOf(typed)) {
    const [, name = "", equals, colon, , rest = ""] = condition.exec(clause) ?? [];
    const value = unquoted(rest.trim());
    if (name === "" || value === "") query.text.push(clause);
    else if (equals === undefined && colon === undefined) query.traits.push({ name, match: "contains", value });
    else if (namespaces.has(name)) query.identifiers.push({ namespace: name, value });
    else if (references.has(name)) query.references.push({ name, value });
    else query.traits.push({ name, match: "equals", value });
  }
  return { ...query, text: unquoted(query.text.join(" and ")) };
}

/** Parted at `and`, where a condition stands on one of its sides; a name such as `Rock and Roll Ltd` stays whole. */
function clausesOf(typed: string): readonly string[] {
  const parts = typed.trim().split(/\s+and\s+(?=(?:[^"]*"[^"]*")*[^"]*$)/iu).filter((part) => part !== "");
  const clauses: string[] = [];
  for (const part of parts.slice(0, CONDITIONS_MAX)) {
    const before = clauses.at(-1);
    if (before === undefined || condition.test(part)) clauses.push(part);
    else clauses[clauses.length - 1] = `${before} and ${part}`;
  }
  return clauses;
}

function unquoted(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}

/** The words of free text, each of which must be found; as they are compared. */
export function wordsOf(text: string): readonly string[] {
  return [...new Set(compared(text).split(/\s+/u).filter((word) => word !== ""))].slice(0, WORDS_MAX);
}

export function isEmpty(query: SearchQuery): boolean {
  return query.text === "" && query.traits.length === 0 && query.identifiers.length === 0 && query.references.length === 0;
}

export function compared(text: string): string {
  return text.normalize("NFC").toLowerCase();
}

type Values = Readonly<Record<string, { readonly value: unknown }>>;

/** Whether these traits meet a condition; `a.b` looks into objects, and of a list one element is enough. */
export function meets(traits: Values, { name, match, value }: TraitCondition): boolean {
  const wanted = compared(value);
  return valuesAt(traits, name).some((found) => (match === "equals" ? compared(found) === wanted : compared(found).includes(wanted)));
}

/** Whether each word stands in a value or in one of `others`. */
export function hasWords(traits: Values, others: readonly string[], words: readonly string[]): boolean {
  const texts = [...others, ...Object.values(traits).flatMap(({ value }) => textsOf(value))].map(compared);
  return words.every((word) => texts.some((text) => text.includes(word)));
}

function valuesAt(traits: Values, name: string): readonly string[] {
  if (Object.hasOwn(traits, name)) return textsOf(traits[name]?.value);
  const dot = name.indexOf(".");
  if (dot < 1) return [];
  const root = name.slice(0, dot);
  return Object.hasOwn(traits, root) ? textsOf(within(traits[root]?.value, name.slice(dot + 1).split("."))) : [];
}

function within(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, step) => (isRecord(at) && Object.hasOwn(at, step) ? at[step] : undefined), value);
}

function textsOf(value: unknown): readonly string[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (isRecord(value)) return Object.values(value).flatMap(textsOf);
  return [String(value)];
}
