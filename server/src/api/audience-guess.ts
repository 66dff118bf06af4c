// A definition that tests a personal value is a question about people: "is there somebody with this address?". For callers who see
// people masked each such test is a guess, as whole identifiers in a search are; and a part of a text is never tested, for letter by
// letter one could guess the rest, of the very person whom another condition singles out.
import type { ComputedDefinition } from "@tributary/schema/audience/computed.ts";
import type { Definition } from "@tributary/schema/audience/definition.ts";
import type { ContextField } from "@tributary/schema/audience/event-filter.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { fieldOfValues } from "../audiences/audiences.ts";
import { AppError } from "../core/errors.ts";
import { hash128 } from "../core/hash.ts";
import { hasScope, type FieldDecisions } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import type { RouteContext } from "./define-route.ts";

/** For so long the same test by the same caller is no new guess: it learns nothing that it did not know. */
const KNOWN_MS = 10 * 60_000;
const KNOWN_MAX = 50_000;

/** Tests that callers have paid for lately. */
export class AskedGuesses {
  /** By caller and test, the latest last. */
  readonly #atMs = new Map<string, number>();

  isKnown(key: string, nowMs: number): boolean {
    const atMs = this.#atMs.get(key);
    return atMs !== undefined && nowMs - atMs < KNOWN_MS;
  }

  add(key: string, nowMs: number): void {
    this.#atMs.delete(key);
    this.#atMs.set(key, nowMs);
    for (const [oldest, atMs] of this.#atMs) {
      if (this.#atMs.size <= KNOWN_MAX && nowMs - atMs < KNOWN_MS) return;
      this.#atMs.delete(oldest);
    }
  }
}

/** Throws `forbidden` for a test of a part of a personal value, `rate_limited` when there were too many tests. */
export async function takeGuess(
  services: ApiServices, { caller, workspaceId, nowMs }: Pick<RouteContext<unknown, unknown, unknown>, "caller" | "workspaceId" | "nowMs">, definition: Definition | ComputedDefinition,
): Promise<void> {
  if (hasScope(caller, "personal_data")) return;
  const decisions = await services.fields.get(workspaceId, nowMs);
  const guesses = testsIn("who" in definition ? definition.who : definition.value).filter((one) => one.fields.some((field) => isPersonal(field, decisions)));
  const part = guesses.find(({ isPart }) => isPart);
  if (part !== undefined) {
    throw new AppError("forbidden", {
      detail: `\`${part.fields.map(({ path }) => path).join("`, `")}\` is personal, or nobody has decided whether it is: a part of such a value can't be asked for without the scope personal_data.`,
      hint: "Compare with whole values, ask somebody who may see people, or have the field decided to be not personal.",
    });
  }
  let isNew = false;
  try {
    for (const { test } of guesses) {
      const key = `${caller.key} ${workspaceId} ${hash128("guess", test)}`;
      if (services.guesses.isKnown(key, nowMs)) continue;
      services.lookUps.take(caller.key, nowMs);
      services.guesses.add(key, nowMs);
      isNew = true;
    }
  } finally {
    if (isNew) await services.reads.record({ workspaceId, actor: caller.actor, kind: caller.kind }, { action: "person.search", target: "workspace", detail: { by: "condition" } });
  }
}

interface Field {
  readonly place: "trait" | "property" | "context" | "computed" | "identifier";
  readonly event: string;
  readonly path: string;
}

/** What is computed of texts may be anybody's words; a namespace with a colon reaches into the identifiers themselves. */
function isPersonal({ place, event, path }: Field, decisions: FieldDecisions): boolean {
  if (place === "computed" || place === "identifier") return true;
  const field = fieldOfValues({ place, event, path, search: "" });
  return field !== null && decisions.isPersonal(field.place, field.event, field.path);
}

interface ValueTest {
  readonly fields: readonly Field[];
  /** The same for the same question. */
  readonly test: string;
  /** Of a part of a text. */
  readonly isPart: boolean;
}

interface Within {
  readonly kind: string;
  readonly events: readonly string[];
  /** The list whose elements are spoken of. */
  readonly item: string;
}

const partOps: ReadonlySet<unknown> = new Set(["contains", "does_not_contain", "starts_with", "ends_with", "matches"]);
/** Whose beginning is no secret: pages are shown to whoever sees people masked, but for what looks like somebody's. */
const openParts: ReadonlySet<string> = new Set<ContextField>(["page_path"]);

type Json = Readonly<Record<string, unknown>>;

/** Everything in a condition that compares something with values that are written in it; whether something is set is no such test. */
function testsIn(value: unknown, outer: Within = { kind: "", events: [""], item: "" }): ValueTest[] {
  if (Array.isArray(value)) return value.flatMap((one) => testsIn(one, outer));
  if (!isRecord(value)) return [];
  const isCondition = typeof value["kind"] === "string";
  const events = textsOf(value["event"]);
  const within: Within = {
    kind: isCondition ? String(value["kind"]) : outer.kind, events: events.length > 0 ? events : isCondition ? [""] : outer.events,
    item: typeof value["item"] === "string" ? value["item"] : isCondition ? "" : outer.item,
  };
  return [...ownTest(value, within), ...Object.values(value).flatMap((inner) => testsIn(inner, within))];
}

function ownTest(one: Json, within: Within): ValueTest[] {
  const fields = fieldsOf(one, within);
  if (fields.length === 0) return [];
  const isPart = (partOps.has(one["op"]) && !fields.every(({ place, path }) => place === "context" && openParts.has(path))) || fields.some(({ place }) => place === "identifier");
  return [{ fields, test: JSON.stringify([fields, one]), isPart }];
}

function fieldsOf(one: Json, within: Within): Field[] {
  const { kind, events, item } = within;
  const { trait, measure, since } = one;
  if (isRecord(since)) return typeof since["trait"] === "string" ? [traitField(since["trait"])] : [];
  if (one["kind"] === "identifier") return String(one["namespace"]).includes(":") ? [{ place: "identifier", event: "", path: String(one["namespace"]) }] : [];
  if (!("value" in one || "values" in one || "from" in one || one["op"] === "anniversary")) return [];
  if (typeof trait === "string") return kind !== "computed" ? [traitField(trait)] : isOfText(one) ? [{ place: "computed", event: "", path: trait }] : [];
  if (typeof one["context"] === "string") return [{ place: "context", event: "", path: one["context"] }];
  const propertyOf = (path: string, list: string): Field[] => events.map((event) => ({ place: "property", event, path: list === "" ? path : `${list}.${path}` }));
  // How many different values there are says nothing of any.
  if (isRecord(measure)) return measure["of"] === "distinct" ? [] : textsOf(measure["property"]).flatMap((path) => propertyOf(path, typeof measure["item"] === "string" ? measure["item"] : ""));
  return textsOf(one["property"]).flatMap((path) => propertyOf(path, item));
}

function traitField(path: string): Field {
  return { place: "trait", event: "", path };
}

function isOfText(one: Json): boolean {
  return [one["value"], one["values"]].flat().some((value) => typeof value === "string");
}

function textsOf(value: unknown): string[] {
  return [value].flat().filter((one) => typeof one === "string");
}
