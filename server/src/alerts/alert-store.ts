// Alerts as they stand, for people: read, acknowledged, snoozed. Who opens and closes them is the watch alone.
import type { ClientBase } from "pg";
import { AppError } from "../core/errors.ts";
import { recordAudit } from "../governance/governance.ts";
import type { Facts } from "./alert-kind.ts";
import type { ToldAlert } from "./message.ts";

export interface StoredAlert extends ToldAlert {
  readonly subject: string;
  readonly link: string;
  readonly status: "open" | "acknowledged" | "closed";
  readonly facts: Facts;
  readonly acknowledgedAt: Date | null;
  readonly acknowledgedBy: string | null;
  readonly snoozedUntil: Date | null;
  readonly snoozedBy: string | null;
  readonly sent: number;
  readonly waiting: number;
  readonly failed: number;
}

export interface StoredTelling {
  readonly channelId: number;
  readonly channelName: string;
  readonly channelKind: string;
  readonly change: "opened" | "closed" | "still_open";
  readonly at: Date;
  readonly status: "waiting" | "sent" | "failed";
  readonly attempts: number;
  readonly sentAt: Date | null;
  readonly nextAt: Date;
  readonly detail: string;
}

interface By {
  readonly workspaceId: number;
  readonly actor: string;
  readonly nowMs: number;
}

const SELECT = `select a.id, a.kind, a.subject, a.name, a.link, a.status, a.since, a.opened_at as "openedAt", a.closed_at as "closedAt", a.closed_why as "closedWhy", a.facts, a.acknowledged_at as "acknowledgedAt",
    a.acknowledged_by as "acknowledgedBy", a.snoozed_until as "snoozedUntil", a.snoozed_by as "snoozedBy", coalesce(n.sent, 0)::integer as sent, coalesce(n.waiting, 0)::integer as waiting, coalesce(n.failed, 0)::integer as failed
  from alert a left join lateral (select count(*) filter (where status = 'sent') as sent, count(*) filter (where status = 'waiting') as waiting, count(*) filter (where status = 'failed') as failed
    from alert_notification where alert_id = a.id) n on true`;

export interface AlertFilter {
  readonly status: "open" | "closed" | "all";
  readonly kind?: string | undefined;
  /** Place of the last that was shown. */
  readonly after: readonly [isClosed: number, id: number] | undefined;
  readonly limit: number;
}

/** Open ones first, each part the newest first. */
export async function readAlerts(db: ClientBase, workspaceId: number, { status, kind, after, limit }: AlertFilter): Promise<StoredAlert[]> {
  const { rows } = await db.query<StoredAlert>(
    `${SELECT} where a.workspace_id = $1 and ($2 = 'all' or (a.status = 'closed') = ($2 = 'closed')) and ($3::text is null or a.kind = $3)
       and ($4::integer is null or ((a.status = 'closed')::integer, -a.id) > ($4, -$5::integer))
     order by (a.status = 'closed')::integer, a.id desc limit $6`, [workspaceId, status, kind ?? null, after?.[0] ?? null, after?.[1] ?? null, limit],
  );
  return rows;
}

/** Throws AppError `not_found`. */
export async function presentAlert(db: ClientBase, workspaceId: number, id: number): Promise<StoredAlert> {
  const { rows } = await db.query<StoredAlert>(`${SELECT} where a.workspace_id = $1 and a.id = $2`, [workspaceId, id]);
  const [found] = rows;
  if (found === undefined) throw new AppError("not_found", { detail: "There is no such alert." });
  return found;
}

export async function readTellings(db: ClientBase, workspaceId: number, alertId: number): Promise<StoredTelling[]> {
  const { rows } = await db.query<StoredTelling>(
    `select n.channel_id as "channelId", c.name as "channelName", c.kind as "channelKind", n.change, n.change_at as at, n.status, n.attempts, n.sent_at as "sentAt", n.next_at as "nextAt", n.detail
     from alert_notification n join alert_channel c on c.id = n.channel_id where n.workspace_id = $1 and n.alert_id = $2 order by n.id`, [workspaceId, alertId],
  );
  return rows;
}

export async function countAlerts(db: ClientBase, workspaceId: number, nowMs: number): Promise<{ readonly open: number; readonly acknowledged: number; readonly snoozed: number }> {
  const { rows } = await db.query<{ open: number; acknowledged: number; snoozed: number }>(
    `select count(*) filter (where status = 'open' and (snoozed_until is null or snoozed_until <= $2))::integer as open, count(*) filter (where status = 'acknowledged')::integer as acknowledged,
       count(*) filter (where status = 'open' and snoozed_until > $2)::integer as snoozed from alert where workspace_id = $1 and status <> 'closed'`, [workspaceId, new Date(nowMs)],
  );
  return rows[0] ?? { open: 0, acknowledged: 0, snoozed: 0 };
}

/** Somebody looks after it. Again, or once it is closed, nothing changes. */
export async function acknowledgeAlert(db: ClientBase, by: By, id: number): Promise<StoredAlert> {
  await presentAlert(db, by.workspaceId, id);
  const { rowCount } = await db.query("update alert set status = 'acknowledged', acknowledged_at = $3, acknowledged_by = $4 where workspace_id = $1 and id = $2 and status = 'open'", [
    by.workspaceId, id, new Date(by.nowMs), by.actor,
  ]);
  if (rowCount !== 0) await recordAudit(db, { ...by, action: "alert.acknowledge", target: `alert:${id}` }, by.nowMs);
  return presentAlert(db, by.workspaceId, id);
}

const SNOOZE_MAX_MS = 90 * 86_400_000;

/** Until then no channel is told of it, nor when it opens again; if it is open then, they are told. */
export async function snoozeAlert(db: ClientBase, by: By, id: number, untilMs: number | undefined): Promise<StoredAlert> {
  const before = await presentAlert(db, by.workspaceId, id);
  if (before.status === "closed") throw new AppError("conflict", { detail: "It is closed already.", hint: "Switch its rule off, or set more patience." });
  if (untilMs !== undefined && (untilMs <= by.nowMs || untilMs > by.nowMs + SNOOZE_MAX_MS)) throw new AppError("bad_request", { detail: "body.until: A time within the next 90 days." });
  const until = untilMs === undefined ? null : new Date(untilMs);
  await db.query("update alert set snoozed_until = $3, snoozed_by = $4 where workspace_id = $1 and id = $2", [by.workspaceId, id, until, until === null ? null : by.actor]);
  await db.query("update alert_watch set snoozed_until = $3 where workspace_id = $1 and alert_id = $2", [by.workspaceId, id, until]);
  await recordAudit(db, { ...by, action: until === null ? "alert.wake" : "alert.snooze", target: `alert:${id}`, detail: until === null ? {} : { until: until.toISOString() } }, by.nowMs);
  return presentAlert(db, by.workspaceId, id);
}
