// The database as one workspace sees it. Connections work as the role tributary_app, which owns nothing; row-level security
// shows it the rows of the workspace that the session names, and none when it names none. There is no way to a connection
// that does not first name the workspace.
import type pg from "pg";
import { assert } from "../../core/errors.ts";
import { giveBack, transact } from "./in-transaction.ts";
import type { Postgres } from "./postgres.ts";

export interface WorkspaceDb {
  /** Single statements, each its own transaction. */
  run<T>(workspaceId: number, fn: (db: pg.ClientBase) => Promise<T>): Promise<T>;
  /** Commits when `fn` resolves, rolls back when it rejects. */
  transaction<T>(workspaceId: number, fn: (db: pg.ClientBase) => Promise<T>): Promise<T>;
  end(): Promise<void>;
}

const ENTER = "select set_config('role', 'tributary_app', false), set_config('tributary.workspace', $1, false)";

/** At most `max` connections; changing a connection from one workspace to another costs it one round trip. */
export function createWorkspaceDb(postgres: Pick<Postgres, "pool">, options: { readonly max: number }): WorkspaceDb {
  const pool = postgres.pool("workspace", options.max);
  /** Which workspace each connection last served; a connection that is not in it is not yet tributary_app either. */
  const served = new WeakMap<pg.PoolClient, number>();

  async function withClient<T>(workspaceId: number, fn: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    assert(Number.isSafeInteger(workspaceId) && workspaceId > 0, "a workspace id is a positive integer");
    const client = await pool.connect();
    try {
      if (served.get(client) !== workspaceId) await enter(client, workspaceId);
      return await fn(client);
    } finally {
      giveBack(client);
    }
  }

  async function enter(client: pg.PoolClient, workspaceId: number): Promise<void> {
    served.delete(client);
    await client.query(ENTER, [String(workspaceId)]);
    served.set(client, workspaceId);
  }

  return {
    run: withClient,
    transaction: (workspaceId, fn) => withClient(workspaceId, (client) => transact(client, fn)),
    end: () => pool.end(),
  };
}
