// What people do about held events: send one again, as it was or repaired, or put it aside. Sent again, it goes through the
// log like any event, under its source and with what its request said; its messageId stays, so that it counts once however
// often this is asked.
import type { ClientBase } from "pg";
import type { z } from "zod";
import { quarantineChange, quarantineParams, resendBody } from "@tributary/schema/api/events.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { eventsHeader, type EventsHeader } from "@tributary/schema/log-record.ts";
import { AppError } from "../core/errors.ts";
import { defaultLimits } from "../core/limits.ts";
import { rowId } from "../core/position.ts";
import { CONTROL_WAIT_MS, recordAudit } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route } from "./define-route.ts";

interface Held {
  readonly source_id: number;
  readonly message_id: string;
  readonly status: "open" | "resent" | "discarded";
}

export function quarantineChangeRoutes(services: ApiServices): Route[] {
  return [resendRoute(services), discardRoute(services)];
}

function resendRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/quarantine/{row_id}/resend",
    tag: "Events",
    scopes: ["write", "personal_data"],
    summary: "Send a held event again",
    description:
      "As it was received, or repaired. It is processed like any event, and held anew when something is still wrong with it. Asked " +
      "again, nothing is sent a second time.",
    params: quarantineParams,
    body: resendBody,
    responses: { 200: quarantineChange, 202: quarantineChange },
    handle: async ({ params, body, workspaceId, actor, nowMs }) => {
      const landed = await readLanded(services, workspaceId, params.row_id);
      const sent = await resend(services, { workspaceId, actor, nowMs }, { row: params.row_id, landed, repair: repairOf(body) });
      const change = { row_id: params.row_id, status: "resent" as const };
      if (sent === undefined) return { status: 200, body: { ...change, resent: null } };
      const resent = { row_id: sent.row_id, processed: await services.deps.processed.waitFor(sent.partition, sent.offset, CONTROL_WAIT_MS) };
      return { status: resent.processed ? 200 : 202, body: { ...change, resent } };
    },
  });
}

export interface HeldCaller {
  readonly workspaceId: number;
  readonly actor: string;
  readonly nowMs: number;
}

interface Resending {
  readonly row: number;
  readonly landed: LandedRow | undefined;
  /** The repaired event; undefined: as it was received. */
  readonly repair?: string | undefined;
}

/** The repaired event as JSON text; undefined: as it was received. */
export function repairOf({ event, text }: z.output<typeof resendBody>): string | undefined {
  if (text === undefined) return event === undefined ? undefined : JSON.stringify(event);
  if (event !== undefined) throw new AppError("bad_request", { detail: "body: Say `event` or `text`, not both." });
  if (!isObjectText(text)) throw new AppError("bad_request", { detail: "body.text: This is no JSON object." });
  return text;
}

/** Undefined when it was sent again before. Throws AppError `not_found` and `conflict`; then nothing was sent. */
export async function resend(services: ApiServices, { workspaceId, actor, nowMs }: HeldCaller, { row, landed, repair }: Resending) {
  return services.deps.workspaceDb.transaction(workspaceId, async (db) => {
    const held = await lockHeld(db, workspaceId, row);
    if (held.status === "resent") return undefined;
    if (held.status === "discarded") throw new AppError("conflict", { detail: "This event was discarded." });
    const record = { header: headerOf(landed, repair !== undefined), events: [bytesOf(landed, repair, held.message_id)] };
    const { partition, offset, index } = await appended(services, workspaceId, record);
    await setStatus(db, workspaceId, row, "resent");
    const detail = { row_id: rowId(offset, index), repaired: repair !== undefined };
    await recordAudit(db, { workspaceId, actor, action: "quarantine.resend", target: `event:${row}`, detail }, nowMs);
    return { partition, offset, row_id: rowId(offset, index) };
  });
}

function discardRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/quarantine/{row_id}/discard",
    tag: "Events",
    scopes: ["write", "personal_data"],
    summary: "Put a held event aside",
    description: "It is listed as discarded from then on; what was received stays in the event table.",
    params: quarantineParams,
    responses: { 200: quarantineChange },
    handle: async ({ params, workspaceId, actor, nowMs }) => {
      const answer: z.input<typeof quarantineChange> = { row_id: params.row_id, status: "discarded", resent: null };
      await discard(services, { workspaceId, actor, nowMs }, params.row_id);
      return { status: 200, body: answer };
    },
  });
}

export async function discard(services: ApiServices, { workspaceId, actor, nowMs }: HeldCaller, row: number): Promise<void> {
  await services.deps.workspaceDb.transaction(workspaceId, async (db) => {
    const held = await lockHeld(db, workspaceId, row);
    if (held.status === "discarded") return;
    if (held.status === "resent") throw new AppError("conflict", { detail: "This event was sent again already." });
    await setStatus(db, workspaceId, row, "discarded");
    await recordAudit(db, { workspaceId, actor, action: "quarantine.discard", target: `event:${row}`, detail: {} }, nowMs);
  });
}

/** Locked, so that two requests at once do not both send it. */
async function lockHeld(db: ClientBase, workspaceId: number, row: number): Promise<Held> {
  const { rows } = await db.query<Held>(
    "select source_id, message_id, status from quarantine where workspace_id = $1 and row_id = $2 for update",
    [workspaceId, row],
  );
  if (rows[0] === undefined) throw new AppError("not_found", { detail: "No event was held at this position." });
  return rows[0];
}

async function setStatus(db: ClientBase, workspaceId: number, row: number, status: Held["status"]): Promise<void> {
  await db.query("update quarantine set status = $3 where workspace_id = $1 and row_id = $2", [workspaceId, row, status]);
}

async function appended(services: ApiServices, workspaceId: number, record: { readonly header: EventsHeader; readonly events: Buffer[] }) {
  const { partition } = await services.progress.of(workspaceId);
  return services.deps.log.append(partition, record);
}

export interface LandedRow {
  readonly outcome: string;
  readonly envelope: string;
  readonly raw: string;
}

async function readLanded(services: ApiServices, workspaceId: number, row: number): Promise<LandedRow | undefined> {
  return (await readLandedRows(services, workspaceId, [row])).get(row);
}

export async function readLandedRows(services: ApiServices, workspaceId: number, rows: readonly number[]): Promise<Map<number, LandedRow>> {
  const found = await services.scan<LandedRow & { readonly row_id: number }>(
    workspaceId,
    "select row_id, outcome, envelope, raw from events where workspace_id = {workspace:UInt32} and row_id in {rows:Array(UInt64)}",
    { rows },
  );
  return new Map(found.map((row) => [row.row_id, row]));
}

/**
 * What the request said, its time of receipt included: the event happened then. What collection found wrong stays true of the
 * same bytes.
 */
export function headerOf(landed: LandedRow | undefined, isRepaired: boolean): EventsHeader {
  if (landed === undefined)
    throw new AppError("conflict", { detail: "This event has not landed in the event table yet.", hint: "Try again in a moment.", retryAfterSeconds: 1 });
  const header = landed.outcome === "control" ? undefined : eventsHeader.safeParse(JSON.parse(landed.envelope)).data;
  if (header === undefined)
    throw new AppError("conflict", { detail: "What was held here is a change and no event.", hint: "Make the change again." });
  const { problems, ...rest } = header;
  if (problems !== undefined && !isRepaired)
    throw new AppError("conflict", { detail: "As it was received it would be held again.", hint: "Send the repaired event as `event`." });
  return rest;
}

/** These bytes, with the messageId under which the event is listed before them when they name none. */
export function bytesOf(landed: LandedRow | undefined, repair: string | undefined, messageId: string): Buffer {
  const text = repair ?? landed?.raw ?? "";
  const bytes = Buffer.from(namesNoMessageId(text) ? text.replace("{", () => `{"messageId":${JSON.stringify(messageId)}${isEmptyObject(text) ? "" : ","}`) : text);
  if (repair !== undefined && bytes.length > defaultLimits.eventBytesMax) throw new AppError("bad_request", { detail: `body.event: An event has at most ${defaultLimits.eventBytesMax} bytes.` });
  return bytes;
}

/** False for what is no object: nothing can be put into it. */
function namesNoMessageId(text: string): boolean {
  const value = parsed(text);
  return isRecord(value) && !("messageId" in value);
}

function isEmptyObject(text: string): boolean {
  return Object.keys(parsed(text) ?? {}).length === 0;
}

function isObjectText(text: string): boolean {
  return isRecord(parsed(text));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
