// Undoing what was recorded at the desk: by another record, never by taking the first away. What to write follows from what
// stands in the event table, so an agent who sees values masked brings the real one back.
import { setTimeout as sleep } from "node:timers/promises";
import { controlHeader } from "@tributary/schema/log-record.ts";
import type { ControlAction } from "@tributary/schema/control.ts";
import type { WorkspaceSettings } from "@tributary/schema/settings.ts";
import { AppError } from "../core/errors.ts";
import { deskEvents, findConsoleSource, type DeskEventName } from "../desk/desk.ts";
import type { ApiServices } from "./api-services.ts";
import { OF_PERSON, paramsOfPerson } from "./person-events.ts";
import type { FoundProfile } from "./profile-store.ts";

export type Undoing =
  | { readonly kind: "control"; readonly action: Extract<ControlAction, { kind: "profile.edit" | "profile.consent" }> }
  | { readonly kind: "event"; readonly name: DeskEventName; readonly properties: Readonly<Record<string, unknown>> };

interface Row {
  readonly row_id: number;
  readonly event: string;
  readonly outcome: string;
  readonly source_id: number;
  readonly properties: Record<string, unknown>;
  readonly envelope: string;
}

/** How long what was just recorded may take to come to the event table. */
const LANDS_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 100;

export async function findRow(services: ApiServices, workspaceId: number, profile: FoundProfile, row: number, waitMs = 0): Promise<Row | undefined> {
  const params = { ...(await paramsOfPerson(services, workspaceId, profile)), row };
  for (let waitedMs = 0; ; waitedMs += LOOK_EVERY_MS) {
    const [found] = await services.scan<Row>(
      workspaceId,
      `select row_id, event, outcome, source_id, properties, if(outcome = 'control', envelope, '') as envelope from events
        where ${OF_PERSON} and row_id = {row:UInt64} limit 1`,
      params,
    );
    if (found !== undefined || waitedMs >= waitMs) return found;
    await sleep(LOOK_EVERY_MS);
  }
}

/** Throws `not_found` for what is no record about this person, `conflict` for what can't be undone any more. */
export async function undoingOf(
  services: ApiServices, about: { readonly workspaceId: number; readonly profile: FoundProfile; readonly settings: WorkspaceSettings }, rowId: number, nowMs: number,
): Promise<Undoing> {
  const { workspaceId, profile } = about;
  const [row, consoleSourceId] = await Promise.all([
    findRow(services, workspaceId, profile, rowId, LANDS_WITHIN_MS),
    services.deps.workspaceDb.run(workspaceId, (db) => findConsoleSource(db, workspaceId)),
  ]);
  if (row?.outcome === "control") return controlUndoing(row, about, nowMs);
  const undone = row !== undefined && row.source_id === consoleSourceId ? eventUndoing(row) : undefined;
  if (undone === undefined) throw new AppError("not_found", { detail: "Nothing that could be undone was recorded there about this person." });
  return undone;
}

const undoneBy: Readonly<Record<string, DeskEventName>> = {
  [deskEvents.note]: deskEvents.noteRemoved,
  [deskEvents.promise]: deskEvents.promiseWithdrawn,
  [deskEvents.promiseKept]: deskEvents.promiseReopened,
  [deskEvents.promiseBroken]: deskEvents.promiseReopened,
  [deskEvents.proposal]: deskEvents.proposalWithdrawn,
};

function eventUndoing(row: Row): Undoing | undefined {
  const name = Object.hasOwn(undoneBy, row.event) ? undoneBy[row.event] : undefined;
  if (name === undefined) return undefined;
  const ids = ["note_id", "promise_id", "proposal_id"].filter((id) => Object.hasOwn(row.properties, id)).map((id) => [id, row.properties[id]]);
  return { kind: "event", name, properties: { ...Object.fromEntries(ids), undoes: row.row_id } };
}

function controlUndoing(row: Row, about: { readonly profile: FoundProfile; readonly settings: WorkspaceSettings }, nowMs: number): Undoing {
  const { action } = controlHeader.parse(JSON.parse(row.envelope));
  if (action.kind !== "profile.edit" && action.kind !== "profile.consent") throw new AppError("not_found", { detail: "This is undone elsewhere." });
  if (action.previous === undefined) throw new AppError("conflict", { detail: "What stood there before is not known.", hint: "Set the value itself." });
  const { doc, id } = about.profile;
  const held = action.kind === "profile.edit" ? doc.traits : doc.consents;
  const changed = Object.keys(action.previous).filter((name) => !Object.hasOwn(held, name) || held[name]?.row !== row.row_id);
  if (changed.length > 0)
    throw new AppError("conflict", { detail: "It was changed again since, so undoing it would undo that too.", hint: "Look at its history, and set the value itself." });
  const undoes = row.row_id;
  if (action.kind === "profile.edit") {
    const current = Object.fromEntries(Object.keys(action.previous).map((name) => [name, doc.traits[name]?.value ?? null]));
    return { kind: "control", action: { kind: "profile.edit", profileId: id, traits: action.previous, previous: current, undoes } };
  }
  // A decision can't be made never to have been: what its absence meant is recorded in its place.
  const absent = about.settings.consentWhenAbsent === "granted";
  const categories = Object.fromEntries(Object.entries(action.previous).map(([name, granted]) => [name, typeof granted === "boolean" ? granted : absent]));
  return { kind: "control", action: { kind: "profile.consent", profileId: id, categories, atMs: nowMs, previous: action.categories, undoes } };
}
