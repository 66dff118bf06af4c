// Finds the identifiers that an event carries: reads the paths that the namespaces name, and Segment's external ids,
// brings the values into one form and leaves out what is nobody's. Reads own properties only, and a bounded number.
import { identifierKey } from "./identifier-key.ts";
import type { KnownIdentifiers } from "./known-identifiers.ts";
import { cleanText, IDENTIFIER_LENGTH_MAX, normaliseIdentifier, type InvalidReason } from "./normalise-identifier.ts";
import type { CompiledNamespace, CompiledPath, IdentityRules } from "./rules.ts";

/** The most identifiers that are taken from one event, and the most values looked at in one list. */
export const IDENTIFIERS_PER_EVENT_MAX = 50;

/** One identifier that an event carries, normalised, with the salted key it is stored under. */
export interface EventIdentifier {
  readonly namespace: string;
  readonly value: string;
  readonly key: string;
}

/** A value that was found and not taken. It is named by its place only: the value may be personal. */
export interface IdentifierNote {
  readonly namespace: string;
  readonly path: string;
  readonly reason: InvalidReason | "encoded" | "too_many";
}

export interface ExtractContext {
  readonly workspaceId: number;
  readonly sourceId: number;
  readonly secret: string;
  /** ISO 3166-1 alpha-2; absent: only international phone numbers are read. */
  readonly phoneCountry?: string | undefined;
  /** What values became before, under the same rules, workspace, secret and country. */
  readonly known?: KnownIdentifiers;
  /** Told of each identifier that is taken, with the value as it stood in the event: for people who ask where it came from. */
  readonly onTaken?: (identifier: EventIdentifier, path: string, raw: unknown) => void;
}

export interface Extracted {
  /** In deciding order: by namespace, then as they stand in the event; each once. */
  readonly identifiers: readonly EventIdentifier[];
  readonly notes: readonly IdentifierNote[];
}

/** What is being collected from one event. */
interface Collection {
  readonly context: ExtractContext;
  readonly identifiers: EventIdentifier[];
  readonly notes: IdentifierNote[];
}

/** `payload` is the event as parsed from JSON, or one with the batch's fields merged under it. */
export function extractIdentifiers(payload: Readonly<Record<string, unknown>>, rules: IdentityRules, context: ExtractContext): Extracted {
  const collected: Collection = { context, identifiers: [], notes: [] };
  const external = externalIds(payload, rules, collected.notes);
  for (const rule of rules.namespaces) {
    for (const { path, steps } of rule.pathsBySource.get(context.sourceId) ?? rule.paths) {
      takeAll(collected, rule, path, valueAt(payload, steps));
    }
    for (const { namespace, value, path, type } of external) {
      if (namespace === rule.name) take(collected, rule, path, value, type);
    }
  }
  return { identifiers: collected.identifiers, notes: collected.notes };
}

/** What an `alias` call's `previousId` may name: a user id, or else an anonymous id. In this order; each if it is valid. */
export function previousIdentifiers(previousId: unknown, rules: IdentityRules, context: ExtractContext): readonly EventIdentifier[] {
  const collected: Collection = { context, identifiers: [], notes: [] };
  for (const name of ["user_id", "anonymous_id"]) {
    const rule = rules.byName.get(name);
    if (rule) take(collected, rule, "previousId", previousId);
  }
  return collected.identifiers;
}

function takeAll(collected: Collection, rule: CompiledNamespace, path: string, value: unknown): void {
  if (!Array.isArray(value)) return take(collected, rule, path, value);
  if (value.length > IDENTIFIERS_PER_EVENT_MAX) note(collected.notes, rule.name, path, "too_many");
  for (const item of value.slice(0, IDENTIFIERS_PER_EVENT_MAX)) take(collected, rule, path, item);
}

/** `type`: of an external id without a namespace of its own; written before the value. */
function take(collected: Collection, rule: CompiledNamespace, path: string, raw: unknown, type = ""): void {
  const { context, identifiers, notes } = collected;
  if (raw === undefined || raw === null || raw === "") return;
  const known = typeof raw === "string" && type === "" ? context.known?.of(rule, raw) : undefined;
  const value = known?.value ?? valueOf(rule, raw, type, context);
  if (typeof value !== "string") return note(notes, rule.name, path, value.invalid);
  for (const other of identifiers) if (other.namespace === rule.name && other.value === value) return;
  if (identifiers.length >= IDENTIFIERS_PER_EVENT_MAX) return note(notes, rule.name, path, "too_many");
  const identifier = known ?? { namespace: rule.name, value, key: identifierKey(context.secret, context.workspaceId, rule.name, value) };
  if (!known && typeof raw === "string" && type === "" && raw.length <= IDENTIFIER_LENGTH_MAX) context.known?.keep(rule, raw, identifier);
  identifiers.push(identifier);
  context.onTaken?.(identifier, path, raw);
}

function valueOf(rule: CompiledNamespace, raw: unknown, type: string, { phoneCountry }: ExtractContext): string | { readonly invalid: InvalidReason } {
  const normalised = normaliseIdentifier(raw, rule, phoneCountry);
  if ("invalid" in normalised) return normalised;
  const value = type === "" ? normalised.value : `${type}:${normalised.value}`;
  return value.length > IDENTIFIER_LENGTH_MAX ? { invalid: "too_long" } : value;
}

/** Bounded like everything else, so that an event full of rubbish does not become a list of notes. */
function note(notes: IdentifierNote[], namespace: string, path: string, reason: IdentifierNote["reason"]): void {
  if (notes.length < IDENTIFIERS_PER_EVENT_MAX) notes.push({ namespace, path, reason });
}

function valueAt(payload: unknown, steps: CompiledPath["steps"]): unknown {
  let value = payload;
  for (const step of steps) value = ownValue(value, step);
  return value;
}

function ownValue(from: unknown, name: string): unknown {
  return isRecord(from) && Object.hasOwn(from, name) ? from[name] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

interface ExternalId {
  readonly namespace: string;
  readonly value: unknown;
  readonly path: string;
  /** Empty when the type is the namespace. */
  readonly type: string;
}

const noExternalIds: readonly ExternalId[] = [];

/**
 * Segment's `context.externalIds` and RudderStack's `context.externalId`: lists of `{ id, type, collection, encoding }`.
 * A type that the workspace defines as a namespace is that; any other becomes an `external_id` written `type:id`.
 */
function externalIds(payload: Readonly<Record<string, unknown>>, rules: IdentityRules, notes: IdentifierNote[]): readonly ExternalId[] {
  const context = ownValue(payload, "context");
  const lists = [ownValue(context, "externalIds"), ownValue(context, "externalId")];
  if (lists[0] === undefined && lists[1] === undefined) return noExternalIds;
  const found: ExternalId[] = [];
  for (const [index, list] of lists.entries()) {
    if (!Array.isArray(list)) continue;
    const path = index === 0 ? "context.externalIds" : "context.externalId";
    if (list.length > IDENTIFIERS_PER_EVENT_MAX) note(notes, "external_id", path, "too_many");
    for (const entry of list.slice(0, IDENTIFIERS_PER_EVENT_MAX)) addExternalId(found, entry, rules, path, notes);
  }
  return found;
}

function addExternalId(found: ExternalId[], entry: unknown, rules: IdentityRules, path: string, notes: IdentifierNote[]): void {
  const type = ownValue(entry, "type");
  const collection = ownValue(entry, "collection");
  const encoding = ownValue(entry, "encoding");
  const value = ownValue(entry, "id");
  if (typeof type !== "string" || type.trim() === "" || value === undefined || value === null || value === "") return;
  // Other collections (accounts) say nothing about the person.
  if (collection !== undefined && collection !== null && collection !== "users") return;
  const isNamespace = rules.byName.has(type);
  const namespace = isNamespace ? type : "external_id";
  if (encoding !== undefined && encoding !== null && encoding !== "none") return note(notes, namespace, path, "encoded");
  const cleanType = cleanText(type);
  if (typeof cleanType !== "string") return note(notes, namespace, path, cleanType.invalid);
  found.push({ namespace, value, path, type: isNamespace ? "" : cleanType });
}
