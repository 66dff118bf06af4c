// What a server holds after an SDK has sent to it, read back over the API: for every messageId its outcomes and the
// payload as received. Calls are told apart by a mark that each carries among its properties, traits or context.
import { expect } from "vitest";
import type { ServerProcess } from "../server-process.ts";

export interface ReceivedEvent {
  readonly messageId: string;
  readonly type: string;
  /** The outcomes of all rows under this messageId. */
  readonly outcomes: readonly string[];
  readonly payload: Payload;
}

export interface Payload {
  readonly [name: string]: unknown;
  readonly properties?: Partial<Mark> | null;
  readonly traits?: Partial<Mark> | null;
  readonly context?: (Partial<Mark> & { readonly traits?: Partial<Mark> | null }) | null;
}

/** `step` numbers the calls of one SDK; `by` names the SDK, where several send to one server. */
export interface Mark {
  readonly step: number;
  readonly by: string | undefined;
}

interface EventList {
  readonly data: readonly { readonly message_id: string }[];
  readonly next_cursor: string | null;
}

interface EventFate {
  readonly rows: readonly { readonly type: string; readonly outcome: string; readonly raw: string }[];
  readonly more: boolean;
}

const READ_AT_ONCE = 8;

/** Everything that the server holds, once all of it is decided and stands in ClickHouse. */
export async function receivedEvents(server: ServerProcess): Promise<ReceivedEvent[]> {
  await server.settled();
  const messageIds = new Set<string>();
  for (let cursor = ""; ;) {
    const page = await server.api<EventList>(`/events?limit=100${cursor}`);
    for (const { message_id } of page.data) messageIds.add(message_id);
    if (page.next_cursor === null) break;
    cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
  }
  const events: ReceivedEvent[] = [];
  const left = [...messageIds];
  while (left.length > 0) events.push(...await Promise.all(left.splice(0, READ_AT_ONCE).map((messageId) => readEvent(server, messageId))));
  return events;
}

async function readEvent(server: ServerProcess, messageId: string): Promise<ReceivedEvent> {
  const { rows, more } = await server.api<EventFate>(`/events/${encodeURIComponent(messageId)}`);
  expect(more, `${messageId} has more rows than one answer shows`).toBe(false);
  const [first] = rows;
  if (!first) throw new Error(`${messageId} is listed but has no rows.`);
  return { messageId, type: first.type, outcomes: rows.map(({ outcome }) => outcome), payload: JSON.parse(first.raw) as Payload }; // Written by an SDK.
}

/**
 * Every messageId is stored exactly once, repeats of it are known as such, and no other outcome occurs. Gives the number
 * of repeats: what the server had stored when it died before it could say so.
 */
export function expectStoredOnce(events: readonly ReceivedEvent[]): number {
  let repeats = 0;
  for (const { messageId, outcomes } of events) {
    expect(outcomes.filter((outcome) => outcome !== "duplicate"), messageId).toEqual(["stored"]);
    repeats += outcomes.length - 1;
  }
  return repeats;
}

/** The numbers of the calls, in their order, each as often as there is a messageId for it. */
export function stepsOf(events: readonly ReceivedEvent[]): number[] {
  return events.map((event) => markOf(event).step).sort((a, b) => a - b);
}

export function markOf({ messageId, payload: { properties, traits, context } }: ReceivedEvent): Mark {
  const mark = [properties, traits, context, context?.traits].find((place) => typeof place?.step === "number");
  if (mark?.step === undefined) throw new Error(`${messageId} carries no step.`);
  return { step: mark.step, by: mark.by };
}

/** 0 to count-1. */
export const stepsTo = (count: number): number[] => Array.from({ length: count }, (_, step) => step);

/** The traits of the person that an identifier, `namespace:value`, names. */
export async function traitsOf(server: ServerProcess, identifier: string): Promise<Record<string, unknown>> {
  const { traits } = await server.api<{ traits: Record<string, unknown> }>(`/profiles/${encodeURIComponent(identifier)}`);
  return traits;
}
