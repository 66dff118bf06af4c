// What comes after somebody's audience was emptied at the vendor: the subscription, the destination or the audience for whose going it was is
// archived. A kill between the two is made good with the next look.
import type { ClientBase, Pool } from "pg";
import { archiveAudience } from "../audiences/audiences.ts";
import { AppError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Seal } from "../core/sealed-text.ts";
import { archiveDestination, archiveSubscription, destinationInUse, subscriptionsOfAudience, type StoredDestination } from "../destinations/destinations.ts";
import { inTransaction } from "../engines/postgres/in-transaction.ts";

interface Row {
  readonly id: number;
  readonly workspaceId: number;
  readonly destination: string;
  readonly destinationId: number;
  readonly subscriptionId: number;
  readonly audienceId: number;
  readonly afterwards: "subscription" | "destination" | "audience";
  readonly by: string;
}

export interface ConcludeOptions {
  readonly pool: Pool;
  readonly seal: Seal;
  readonly logger: Logger;
  readonly nowMs: number;
}

/** Whether anything was archived. */
export async function concludeSyncs({ pool, seal, logger, nowMs }: ConcludeOptions): Promise<boolean> {
  const { rows } = await pool.query<Row>(
    `select y.id, y.workspace_id as "workspaceId", d.slug as destination, d.id as "destinationId", y.subscription_id as "subscriptionId", (s.definition -> 'trigger' ->> 'audienceId')::integer as "audienceId",
       y.afterwards, y.created_by as by
     from delivery_sync y join destination d on d.id = y.destination_id join subscription s on s.id = y.subscription_id
     where y.status = 'done' and y.afterwards is not null and y.concluded_at is null order by y.id`,
  );
  for (const row of rows) {
    try {
      await inTransaction(pool, (tx) => conclude(tx, row, { seal, nowMs }));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // It is used otherwise by now, or gone already.
      logger.warn({ err: error, sync: row.id }, "what was emptied at the vendor could not be archived");
      await pool.query("update delivery_sync set concluded_at = now() where id = $1", [row.id]);
    }
  }
  return rows.length > 0;
}

async function conclude(tx: ClientBase, row: Row, { seal, nowMs }: Pick<ConcludeOptions, "seal" | "nowMs">): Promise<void> {
  const by = { workspaceId: row.workspaceId, actor: row.by, nowMs };
  await tx.query("update delivery_sync set concluded_at = now() where id = $1", [row.id]);
  const destination: StoredDestination = await destinationInUse(tx, row.workspaceId, row.destination);
  await archiveSubscription(tx, by, destination, row.subscriptionId);
  if (row.afterwards === "destination") {
    const others = await tx.query("select from delivery_sync where destination_id = $1 and kind = 'empty' and status = 'running'", [row.destinationId]);
    if (others.rowCount === 0) await archiveDestination(tx, seal, by, row.destination);
  }
  if (row.afterwards === "audience") {
    const { rows: [audience] } = await tx.query<{ slug: string }>("select slug from audience where workspace_id = $1 and id = $2", [row.workspaceId, row.audienceId]);
    if (audience !== undefined && (await subscriptionsOfAudience(tx, row.workspaceId, audience.slug)).length === 0) await archiveAudience(tx, by, audience.slug, subscriptionsOfAudience);
  }
}
