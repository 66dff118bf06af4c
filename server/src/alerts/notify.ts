// Tells what is to be told. A telling that the other side took is written down at once; one that it did not take is tried again, ever more
// rarely, for a day. Killed between the two, it is told once more under the same key: a reply that is lost can't be told from one that never was.
import type { Pool } from "pg";
import type { Logger } from "../core/logger.ts";
import type { AlertChannels, StoredChannel } from "./channels.ts";
import type { Facts } from "./alert-kind.ts";
import { messageOf, type AlertMessage, type ToldAlert } from "./message.ts";

export interface NotifyOptions {
  readonly pool: Pool;
  readonly channels: AlertChannels;
  readonly publicUrl: string;
  readonly logger: Logger;
}

/** Tellings that are looked for at once; the rest follows. */
const PAGE = 50;
const FIRST_AGAIN_MS = 15_000;
const AGAIN_MAX_MS = 60 * 60_000;
const GIVEN_UP_AFTER_MS = 24 * 60 * 60_000;
const DETAIL_CHARACTERS = 500;

interface Due extends ToldAlert, Pick<StoredChannel, "workspaceId" | "settingsSealed"> {
  readonly notification: string;
  readonly channelId: number;
  readonly channelKind: StoredChannel["kind"];
  readonly change: AlertMessage["change"];
  readonly changeAt: Date;
  readonly told: Facts;
  readonly attempts: number;
  readonly workspace: string;
}

/** Milliseconds until the next attempt, after so many. */
export function againAfterMs(attempts: number): number {
  return Math.min(AGAIN_MAX_MS, FIRST_AGAIN_MS * 2 ** Math.max(0, attempts - 1));
}

/** True: there is more that is due. */
export async function tellDue({ pool, channels, publicUrl, logger }: NotifyOptions, nowMs: () => number): Promise<boolean> {
  const due = await readDue(pool, nowMs());
  // In each channel one after another, in their order.
  await Promise.all([...Map.groupBy(due, ({ channelId }) => channelId).values()].map(async (ofChannel) => {
    for (const one of ofChannel) {
      const message = messageOf(one, { change: one.change, facts: one.told, workspace: one.workspace, publicUrl });
      const told = await channels.send({ kind: one.channelKind, workspaceId: one.workspaceId, settingsSealed: one.settingsSealed }, message, `alert-${one.id}-${one.change}-${one.changeAt.getTime()}`)
        .catch((error: unknown) => {
          logger.error({ err: error, channel: one.channelId }, "an alert could not be told");
          return { isSent: false as const, detail: "It failed on this server; its log says more." };
        });
      await writeDown(pool, one, told, nowMs());
      if (!told.isSent) break;
    }
  }));
  return due.length === PAGE;
}

/** What closes an alert is not told before what opened it. */
async function readDue(pool: Pool, nowMs: number): Promise<Due[]> {
  const { rows } = await pool.query<Due>(
    `select n.id as notification, n.channel_id as "channelId", c.kind as "channelKind", c.settings_sealed as "settingsSealed", n.workspace_id as "workspaceId", n.change, n.change_at as "changeAt", n.facts as told,
       n.attempts, w.name as workspace, a.id, a.kind, a.name, a.since, a.opened_at as "openedAt", a.closed_at as "closedAt", a.closed_why as "closedWhy"
     from alert_notification n join alert a on a.id = n.alert_id join alert_channel c on c.id = n.channel_id join workspace w on w.id = n.workspace_id
     where n.status = 'waiting' and n.next_at <= $1 and c.enabled
       and not exists (select from alert_notification b where b.alert_id = n.alert_id and b.channel_id = n.channel_id and b.status = 'waiting' and b.id < n.id and b.next_at > $1)
     order by n.id limit ${PAGE}`, [new Date(nowMs)],
  );
  return rows;
}

async function writeDown(pool: Pool, { notification, attempts: before, changeAt }: Due, told: { readonly isSent: boolean; readonly detail?: string }, nowMs: number): Promise<void> {
  const attempts = before + 1;
  const isOver = !told.isSent && nowMs - changeAt.getTime() >= GIVEN_UP_AFTER_MS;
  await pool.query("update alert_notification set status = $2, attempts = $3, next_at = $4, detail = $5, sent_at = $6 where id = $1 and status = 'waiting'", [
    notification, told.isSent ? "sent" : isOver ? "failed" : "waiting", attempts, new Date(nowMs + againAfterMs(attempts)), (told.detail ?? "").slice(0, DETAIL_CHARACTERS),
    told.isSent ? new Date(nowMs) : null,
  ]);
}
