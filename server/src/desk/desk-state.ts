// What stands on the desk after everything that was recorded: notes, promises and proposals, each with the events that undid or
// settled it. Pure, from the events of the source `console` alone.
import type { z } from "zod";
import type { deskNote, deskPromise, deskProposal } from "@tributary/schema/api/desk.ts";
import { deskEvents } from "./desk-events.ts";

export interface DeskRow {
  readonly rowId: number;
  readonly event: string;
  readonly atMs: number;
  readonly sourceId: number;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface DeskState {
  readonly notes: z.input<typeof deskNote>[];
  readonly promises: z.input<typeof deskPromise>[];
  readonly proposals: z.input<typeof deskProposal>[];
}

/** `rows` the oldest first; the answer has the latest first. */
export function deskStateOf(rows: readonly DeskRow[], consoleSourceId: number | undefined): DeskState {
  const notes = new Map<string, z.input<typeof deskNote>>();
  const promises = new Map<string, z.input<typeof deskPromise>>();
  const proposals = new Map<string, z.input<typeof deskProposal>>();
  for (const row of rows) {
    if (row.sourceId !== consoleSourceId) continue;
    const { properties } = row;
    const id = text(properties["note_id"]) || text(properties["promise_id"]) || text(properties["proposal_id"]);
    if (id === "") continue;
    const from = { row_id: row.rowId, at: iso(row.atMs), author: { id: text(properties["author_id"]), name: text(properties["author_name"]) } };
    switch (row.event) {
      case deskEvents.note:
        notes.set(id, { id, text: text(properties["text"]), ...from });
        break;
      case deskEvents.noteRemoved:
        notes.delete(id);
        break;
      case deskEvents.promise:
        promises.set(id, { id, text: text(properties["text"]), due_at: text(properties["due_at"]) || from.at, state: "open", ...from });
        break;
      case deskEvents.promiseWithdrawn:
        promises.delete(id);
        break;
      case deskEvents.proposal:
        proposals.set(id, { id, reason: text(properties["reason"]), keys: list(properties["keys"]), state: "open", ...from });
        break;
      case deskEvents.proposalWithdrawn:
        proposals.delete(id);
        break;
      default:
        settle(row.event, promises.get(id), proposals.get(id));
    }
  }
  return { notes: [...notes.values()].reverse(), promises: [...promises.values()].reverse(), proposals: [...proposals.values()].reverse() };
}

function settle(event: string, promise: z.input<typeof deskPromise> | undefined, proposal: z.input<typeof deskProposal> | undefined): void {
  if (promise && event === deskEvents.promiseKept) promise.state = "kept";
  if (promise && event === deskEvents.promiseBroken) promise.state = "broken";
  if (promise && event === deskEvents.promiseReopened) promise.state = "open";
  if (proposal && event === deskEvents.proposalAccepted) proposal.state = "accepted";
  if (proposal && event === deskEvents.proposalDeclined) proposal.state = "declined";
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const list = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one) => typeof one === "string") : []);
const iso = (ms: number): string => new Date(ms).toISOString();
