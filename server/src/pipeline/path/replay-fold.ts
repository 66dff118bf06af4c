// What an event changed about its person, found by doing it again: the person's events before it are folded anew in memory
// (the same primitive as an unmerge), then the event itself is identified and folded by the same stages. Nothing is written.
import type { ClickHouseClient } from "@clickhouse/client";
import type { ClientBase } from "pg";
import type { EventPath } from "@tributary/schema/api/event-path.ts";
import type { ProfileDocument } from "@tributary/schema/profile.ts";
import { NOBODY } from "../../core/nobody.ts";
import { previousIdentifiers } from "../../identity/identity.ts";
import { createBatch, type BatchEvent } from "../batch.ts";
import { hasExpiredEvents } from "../controls/expired-evidence.ts";
import { componentOf, refold, type Component } from "../controls/refold.ts";
import type { NormalisedEvent, ReceivedEvent } from "../event.ts";
import { fold } from "../stages/fold.ts";
import { identify } from "../stages/identify.ts";
import type { WorkspaceRules } from "../workspace-rules.ts";
import { createWorld, type Person, type World } from "../world.ts";
import { bookOf } from "./rules-then.ts";

/** A person with more events before the one that is looked at is not folded anew for a look. */
export const REPLAY_EVENTS_MAX = 5_000;

type Folded = NonNullable<EventPath["folded"]>;

export interface Replay {
  readonly folded: Folded;
  /** Identifier key → whose it was before the event. */
  readonly heldBy: ReadonlyMap<string, string>;
}

export interface ReplayRequest {
  readonly workspaceId: number;
  readonly rules: WorkspaceRules;
  readonly received: ReceivedEvent;
  readonly event: NormalisedEvent;
  /** Whose the event is now; '' for nobody. */
  readonly personId: string;
  readonly secret: string;
}

export async function replayFold(clickhouse: ClickHouseClient, db: ClientBase, request: ReplayRequest): Promise<Replay> {
  const { workspaceId, event, received, personId } = request;
  const world = createWorld({ peopleMax: 1_000, edgesMax: 1_000 });
  const component = await componentOf(db, world, [personId]);
  const standing = component.people.find(({ state }) => state.id === personId)?.doc;
  const why = await whyNot(clickhouse, db, workspaceId, component, received.rowId);
  if (why !== undefined || standing === undefined) return { folded: withoutReplay(event, standing, why ?? "changed_since"), heldBy: new Map() };
  const book = bookOf(request.rules);
  const before = await refold(clickhouse, book, { workspaceId, component, beforeRow: received.rowId, splits: new Map(), hasExpired: false }, request.secret);
  const keys = new Set(component.identifiers.map(({ key }) => key));
  const item = itemOf(request, keys);
  const heldBy = heldBefore(before.world, item);
  const batch = { ...createBatch(received.partition, [], 0), events: [item] };
  identify(item, batch, before.world, book);
  if (item.profileId === "" && !item.refusal) item.profileId = before.people.length === 1 ? (before.people[0]?.state.id ?? "") : "";
  const person = item.profileId !== "" && before.world.hasPerson(item.profileId) ? before.world.held(item.profileId) : undefined;
  if (person === undefined) return { folded: withoutReplay(event, standing, "changed_since"), heldBy };
  return { folded: foldAgain(item, person, before.world, { book, standing, event }), heldBy };
}

async function whyNot(clickhouse: ClickHouseClient, db: ClientBase, workspaceId: number, component: Component, row: number): Promise<Folded["replayed"] | undefined> {
  if (await hasExpiredEvents(db, workspaceId)) return "expired";
  const result = await clickhouse.query({
    query: `select count() as n from events where workspace_id = {w:UInt32} and ingest_profile_id in {ids:Array(UUID)} and row_id < {row:UInt64} and outcome in ('stored', 'control')`,
    query_params: { w: workspaceId, ids: component.ingestIds, row },
    format: "JSONEachRow",
  });
  const [count] = await result.json<{ n: string }>();
  return Number(count?.n ?? 0) > REPLAY_EVENTS_MAX ? "too_many_events" : undefined;
}

function itemOf({ received, event, rules, workspaceId, secret }: ReplayRequest, keys: ReadonlySet<string>): BatchEvent {
  const context = { workspaceId, sourceId: event.sourceId, secret, phoneCountry: undefined };
  const previous = event.type === "alias" ? previousIdentifiers(event.previousId, rules.identity, context).filter(({ key }) => keys.has(key)) : [];
  return {
    received, event: { ...event, identifiers: event.identifiers.filter(({ key }) => keys.has(key)) }, previous,
    refusal: undefined, profileId: "", note: "", known: { messageId: event.messageId, event: event.event },
  };
}

function heldBefore(world: World, item: BatchEvent): Map<string, string> {
  const held = new Map<string, string>();
  for (const { key } of item.event?.identifiers ?? []) {
    const owner = world.identifier(key)?.profileId;
    if (owner) held.set(key, owner);
  }
  return held;
}

function foldAgain(
  item: BatchEvent, person: Person, world: World, { book, standing, event }: { readonly book: ReturnType<typeof bookOf>; readonly standing: ProfileDocument; readonly event: NormalisedEvent },
): Folded {
  const before = structuredClone(person.doc);
  fold(item, world, book);
  const after = person.doc;
  const row = item.received.rowId;
  return {
    replayed: "yes",
    traits: Object.entries(event.traits).map(([name, sent]) => valueChange(name, sent, row, {
      before: ownValue(before.traits, name), after: ownValue(after.traits, name), standing: ownValue(standing.traits, name), valueOf: (trait) => trait.value,
    })),
    consents: Object.entries(event.consent).map(([name, sent]) => valueChange(name, sent, row, {
      before: ownValue(before.consents, name), after: ownValue(after.consents, name), standing: ownValue(standing.consents, name), valueOf: (decision) => decision.granted,
    })),
    is_full: item.note === "profile_full",
  };
}

interface Values<T extends { readonly row: number }> {
  readonly before: T | undefined;
  readonly after: T | undefined;
  readonly standing: T | undefined;
  readonly valueOf: (entry: T) => unknown;
}

function valueChange<T extends { readonly row: number }>(name: string, sent: unknown, row: number, { before, after, standing, valueOf }: Values<T>): Folded["traits"][number] {
  const [was, is] = [before && valueOf(before), after && valueOf(after)];
  const isTaken = after?.row === row;
  const taken = !isTaken ? "kept" : JSON.stringify(was) === JSON.stringify(is) ? "same" : "changed";
  return { name, before: was ?? null, after: is ?? null, sent, taken, stands: standing?.row === row };
}

/** What is known without the events before: what was sent, and what of it the person has still. */
function withoutReplay(event: NormalisedEvent, standing: ProfileDocument | undefined, replayed: Folded["replayed"]): Folded {
  const told = (name: string, sent: unknown, entry: { readonly row: number } | undefined): Folded["traits"][number] => ({
    name, sent, before: null, after: null, taken: entry?.row === event.rowId ? "changed" : "kept", stands: entry?.row === event.rowId,
  });
  return {
    replayed,
    traits: Object.entries(event.traits).map(([name, sent]) => told(name, sent, standing && ownValue(standing.traits, name))),
    consents: Object.entries(event.consent).map(([name, sent]) => told(name, sent, standing && ownValue(standing.consents, name))),
    is_full: false,
  };
}

function ownValue<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

export function isSomebody(id: string): boolean {
  return id !== "" && id !== NOBODY;
}
