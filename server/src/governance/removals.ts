// Removing a workspace with everything in it (decision 0018). Asking takes away at once by what one gets in: keys, tokens,
// members. Then a control record ends its life in the log's order, and from there on nobody writes rows of it: they are
// removed here, table by table, a few at a time. Every step finds in Postgres where it stands, so a kill costs nothing.
import type { ClientBase, Pool } from "pg";
import { apartMs, type Clock } from "../core/clock.ts";
import { AppError, assert } from "../core/errors.ts";
import { audiencePartition } from "../core/position.ts";
import { inTransaction } from "../engines/postgres/in-transaction.ts";
import type { EventLog } from "../log/log.ts";
import { findWorkspace, firstWorkspace } from "./workspaces.ts";

export interface Removal {
  readonly workspaceId: number;
  readonly slug: string;
  readonly name: string;
  readonly partition: number;
  readonly askedAt: Date;
  /** Whether the pipeline has come to it: from then on rows go. */
  readonly isDecided: boolean;
  /** In Postgres, so far. */
  readonly rowsRemoved: number;
  readonly doneAt: Date | null;
}

export interface Removals {
  /** Takes every open removal one step on. True: there is more to do at once. */
  advance(): Promise<boolean>;
}

/** What others count in memory, or read from the event table, they may write down later than the end: it is looked for again. */
const SWEPT_FOR = "15 minutes";
const SWEEP_EVERY_MS = 20_000;
/** Rows of one table that one statement removes. */
const ROWS_AT_ONCE = 5_000;
/** Postgres's code for a row that another table still names. */
const STILL_NAMED = "23503";

const COLUMNS = `workspace_id as "workspaceId", slug, name, partition, asked_at as "askedAt", row_id is not null as "isDecided",
  rows_removed::float8 as "rowsRemoved", done_at as "doneAt"`;

/**
 * Asks for it, within the caller's transaction, as the owner of the tables. Asked again, nothing changes. Throws `conflict` for the
 * first workspace: the next start would give a key to what is going, and what came in by it would be passed over.
 */
export async function askRemoval(db: ClientBase, workspaceId: number, homeWorkspaceId: number | null): Promise<Removal> {
  if ((await findWorkspace(db, firstWorkspace.slug))?.id === workspaceId) {
    throw new AppError("conflict", { detail: "The first workspace stays: each start makes sure that it is there.", hint: "Rename it, or leave it empty." });
  }
  await db.query(
    `insert into removed_workspace (workspace_id, slug, name, partition, home_workspace_id)
     select id, slug, name, log_partition, $2::integer from workspace where id = $1 on conflict (workspace_id) do nothing`,
    [workspaceId, homeWorkspaceId],
  );
  for (const table of ["demo_shop", "write_key", "api_token", "invitation", "member"]) await db.query(`delete from ${table} where workspace_id = $1`, [workspaceId]);
  const { rows } = await db.query<Removal>(`select ${COLUMNS} from removed_workspace where workspace_id = $1`, [workspaceId]);
  const [removal] = rows;
  assert(removal !== undefined, "a workspace that was found, or was removed before");
  return removal;
}

/** The last one that was asked for from this workspace, whether it is done or not. */
export async function lastRemovalFrom(db: Pick<Pool | ClientBase, "query">, homeWorkspaceId: number): Promise<Removal | undefined> {
  const { rows } = await db.query<Removal>(
    `select ${COLUMNS} from removed_workspace where home_workspace_id = $1 order by asked_at desc, workspace_id desc limit 1`, [homeWorkspaceId],
  );
  return rows[0];
}

export function createRemovals({ pool, log, clock }: { readonly pool: Pool; readonly log: EventLog; readonly clock: Clock }): Removals {
  /** Asked of the pipeline by this process; after a kill it is asked again, and the second record is passed over. */
  const asked = new Set<number>();
  let sweptAtMs = -Infinity;

  async function sweep(): Promise<void> {
    if (apartMs(clock.nowMs(), sweptAtMs) < SWEEP_EVERY_MS) return;
    sweptAtMs = clock.nowMs();
    const { rows } = await pool.query<{ id: number }>(`select workspace_id as id from removed_workspace where done_at > now() - interval '${SWEPT_FOR}'`);
    for (const { id } of rows) await removeSome(pool, id);
  }

  /** True: it came further, and may come further yet. */
  async function step(removal: Removal): Promise<boolean> {
    const { workspaceId, partition } = removal;
    if (!removal.isDecided) {
      if (asked.has(workspaceId)) return false;
      await log.append(partition, {
        header: { kind: "control", workspaceId, receivedAtMs: clock.nowMs(), actor: "system", action: { kind: "workspace.remove" } }, events: [],
      });
      asked.add(workspaceId);
      return false;
    }
    const removed = await removeSome(pool, workspaceId);
    if (removed > 0) {
      await pool.query("update removed_workspace set rows_removed = rows_removed + $2 where workspace_id = $1", [workspaceId, removed]);
      return true;
    }
    // Blocks of before count what landed into the ledger when they are sent, so the end waits for them.
    if (await hasLanded(pool, workspaceId)) await finish(pool, workspaceId);
    return false;
  }

  return {
    async advance() {
      const { rows } = await pool.query<Removal>(`select ${COLUMNS} from removed_workspace where done_at is null order by workspace_id`);
      let isMore = false;
      for (const removal of rows) isMore = (await step(removal)) || isMore;
      await sweep();
      return isMore;
    },
  };
}

/** Every table that says whose its rows are, whoever added it; what only says that the workspace is gone stays. */
async function tablesOfWorkspaces(db: Pick<Pool | ClientBase, "query">): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    `select quote_ident(c.relname) as name from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and a.attname = 'workspace_id' and not a.attisdropped
       and c.relname <> 'removed_workspace'
     order by (select count(*) from pg_constraint k where k.contype = 'f' and k.confrelid = c.oid), c.relname`,
  );
  return rows.map(({ name }) => name);
}

async function removeSome(pool: Pool, workspaceId: number): Promise<number> {
  let removed = 0;
  for (const table of await tablesOfWorkspaces(pool)) {
    removed += await removeFrom(pool, table, workspaceId, ROWS_AT_ONCE).catch((error: unknown) => {
      // What names it goes in this round, and this in the next.
      if (error instanceof Error && "code" in error && error.code === STILL_NAMED) return 0;
      throw error;
    });
  }
  return removed;
}

async function removeFrom(db: Pick<Pool | ClientBase, "query">, table: string, workspaceId: number, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from ${table} where ctid = any(array(select ctid from ${table} where workspace_id = $1 limit $2))`, [workspaceId, limit],
  );
  return rowCount ?? 0;
}

/** Nothing of it is on its way to ClickHouse, and what was there is removed; a statement that was set aside keeps it open. */
async function hasLanded(pool: Pool, workspaceId: number): Promise<boolean> {
  const { rows } = await pool.query<{ landed: boolean }>(
    `select not exists (select from ch_outbox o where o.partition = w.partition and o.block_id < w.blocks_below and o.sent_at is null)
       and not exists (select from ch_refused r where r.partition = w.partition and r.kind = 'statement' and r.status = 'open' and r.block_id < w.blocks_below)
       and not exists (select from ch_outbox o where o.partition = w.partition + $2 and o.kind = 'statement' and o.sent_at is null)
       and not exists (select from ch_refused r where r.partition = w.partition + $2 and r.kind = 'statement' and r.status = 'open') as landed
     from removed_workspace w where w.workspace_id = $1`, [workspaceId, audiencePartition(0)],
  );
  return rows[0]?.landed ?? false;
}

async function finish(pool: Pool, workspaceId: number): Promise<void> {
  await inTransaction(pool, async (tx) => {
    let removed = 0;
    for (const table of await tablesOfWorkspaces(tx)) {
      const { rowCount } = await tx.query(`delete from ${table} where workspace_id = $1`, [workspaceId]);
      removed += rowCount ?? 0;
    }
    await tx.query("delete from workspace where id = $1", [workspaceId]);
    await tx.query("update removed_workspace set rows_removed = rows_removed + $2, done_at = now() where workspace_id = $1", [workspaceId, removed + 1]);
  });
}
