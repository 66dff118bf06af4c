// Requests that collection turned away for their write key. The table is the server's, not a workspace's, so who may see a
// row is decided here: rows of a workspace's own keys always; rows of unknown keys when there is no other workspace that
// they could be of, or when the caller already knows how the key begins.
import type { Pool } from "pg";

export interface RejectedKey {
  readonly keyPrefix: string;
  readonly origin: string;
  readonly sdk: string;
  readonly reason: string;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  /** The source that the key belongs to, where it is one of this workspace's. */
  readonly sourceId: number | null;
}

const ROWS_MAX = 200;

interface Row {
  key_prefix: string;
  origin: string;
  sdk: string;
  reason: string;
  count: string;
  first_at: Date;
  last_at: Date;
  source_id: number | null;
}

/** The latest first. `hidden`: there may be others that can't be shown without a prefix. */
export async function listRejectedKeys(
  pool: Pool,
  workspaceId: number,
  prefix: string | undefined,
): Promise<{ rows: RejectedKey[]; hidden: boolean }> {
  const { rows: counted } = await pool.query<{ others: boolean }>("select exists (select from workspace where id <> $1) as others", [
    workspaceId,
  ]);
  const hasOthers = counted[0]?.others ?? true;
  const { rows } = await pool.query<Row>(
    `select r.*, own.source_id from rejected_key r
       left join lateral (
         select k.workspace_id, k.source_id from write_key k
          where r.key_prefix <> '' and left(k.prefix, length(r.key_prefix)) = left(r.key_prefix, length(k.prefix))
          order by k.workspace_id <> $1 limit 1) known on true
       left join lateral (select known.source_id where known.workspace_id = $1) own on true
      where own.source_id is not null
         or (known.workspace_id is null and ($2::boolean or ($3::text is not null and r.key_prefix = left($3, length(r.key_prefix)) and
           r.key_prefix <> '')))
      order by r.last_at desc limit $4`,
    [workspaceId, !hasOthers, prefix ?? null, ROWS_MAX],
  );
  return {
    hidden: hasOthers && prefix === undefined,
    rows: rows
      .filter((row) => prefix === undefined || prefix.startsWith(row.key_prefix) || row.key_prefix.startsWith(prefix))
      .map((row) => ({
        keyPrefix: row.key_prefix,
        origin: row.origin,
        sdk: row.sdk,
        reason: row.reason,
        count: Number(row.count),
        firstAt: row.first_at,
        lastAt: row.last_at,
        sourceId: row.source_id,
      })),
  };
}
