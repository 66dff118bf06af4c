// What a destination hears of a model's row that was added, changed or removed: a track call whose properties are the row's columns.
import type { ModelTrigger } from "@tributary/schema/destination/subscription.ts";
import type { IdentifierChoice, OutgoingEvent } from "@tributary/schema/destination/outgoing-event.ts";
import type { ModelDefinition, RowChange as RowChangeKind } from "@tributary/schema/model.ts";
import { consentsOut, traitsOut, type PersonNow } from "./outgoing-event.ts";

export interface RowChange {
  readonly messageId: string;
  readonly change: RowChangeKind;
  /** As it is now; of a removed one as it was last. */
  readonly row: Readonly<Record<string, unknown>>;
  /** Of a changed one: as it was before. */
  readonly before?: Readonly<Record<string, unknown>> | undefined;
  /** When the run found it. */
  readonly atMs: number;
}

export interface RowSending {
  readonly model: { readonly id: number; readonly slug: string; readonly name: string };
  /** Whom the row is about, if the model says so and the value stands there. */
  readonly identifier: RowIdentifier | undefined;
  readonly identifiers: IdentifierChoice;
}

export interface RowIdentifier {
  readonly namespace: string;
  readonly value: string;
}

/** Whom a row is about; undefined where the model names nobody, or the row has no such value. */
export function rowIdentifier(row: Readonly<Record<string, unknown>>, person: ModelDefinition["person"]): RowIdentifier | undefined {
  const value = person && Object.hasOwn(row, person.column) ? row[person.column] : undefined;
  return person === undefined || (typeof value !== "string" && typeof value !== "number") || value === "" ? undefined : { namespace: person.namespace, value: String(value) };
}

/** Names of the events, by what happened to the row. */
export const ROW_CHANGES: Readonly<Record<RowChangeKind, string>> = { added: "Row Added", changed: "Row Changed", removed: "Row Removed" };

const asked: Readonly<Record<ModelTrigger["mode"], readonly RowChangeKind[]>> = {
  insert: ["added"], update: ["changed"], upsert: ["added", "changed"], mirror: ["added", "changed", "removed"],
};

export function takesRow({ mode }: Pick<ModelTrigger, "mode">, change: RowChangeKind): boolean {
  return asked[mode].includes(change);
}

/** `person`: undefined where nobody is known by the row's identifier. */
export function rowEvent({ messageId, change, row, before, atMs }: RowChange, person: PersonNow | undefined, { model, identifier, identifiers }: RowSending): OutgoingEvent {
  const at = new Date(atMs).toISOString();
  const traits = person === undefined ? {} : traitsOut(person, identifiers);
  const own = identifier === undefined || identifier.namespace === "user_id" || identifier.namespace === "anonymous_id" ? {} : { [identifier.namespace]: identifier.value };
  const idOf = (namespace: string): string | undefined => (identifier?.namespace === namespace ? identifier.value : person?.identifiers.findLast((one) => one.namespace === namespace)?.value);
  const [userId, anonymousId] = [idOf("user_id"), idOf("anonymous_id")];
  return {
    messageId, type: "track", event: ROW_CHANGES[change], timestamp: at, receivedAt: at,
    ...(userId === undefined ? {} : { userId }), ...(anonymousId === undefined ? {} : { anonymousId }),
    properties: row,
    context: { traits: { ...traits, ...own }, ...consentsOut(person), model: { id: String(model.id), key: model.slug, name: model.name, ...(before === undefined ? {} : { before }) } },
  };
}
