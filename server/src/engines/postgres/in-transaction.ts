// One transaction, whole or not at all: what every writer to Postgres does the same way.
import type { ClientBase, Pool, PoolClient } from "pg";

/**
 * Runs `work` in a transaction on a connection of its own: commits when it resolves, rolls back when it rejects, and rejects
 * with the same error. Rejects, too, when a statement had failed and `work` went on all the same.
 */
export async function inTransaction<T>(pool: Pick<Pool, "connect">, work: (tx: ClientBase) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await transact(client, work);
  } finally {
    giveBack(client);
  }
}

/** The same on a connection that the caller has and gives back. */
export async function transact<T>(client: ClientBase, work: (tx: ClientBase) => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    const result = await work(client);
    // Postgres answers a commit with a rollback when a statement had failed.
    const { command } = await client.query("commit");
    if (command !== "COMMIT") throw new Error("The transaction was rolled back, for one of its statements had failed.");
    return result;
  } catch (error) {
    // A connection that can't even roll back is thrown away by whoever gives it back.
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

/** Only a connection outside any transaction is used again: another one might undo what it did there, or hold locks. */
export function giveBack(client: PoolClient): void {
  client.release(client.getTransactionStatus() !== "I");
}

/**
 * Waits for statements that were sent in one go on one connection. Throws the first failure when all are answered: the others of an
 * aborted transaction say nothing but that it was.
 */
export async function answersOf<T extends readonly unknown[]>(sent: { readonly [K in keyof T]: Promise<T[K]> }): Promise<T> {
  const settled = await Promise.allSettled(sent);
  const failed = settled.find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
  return Promise.all(sent);
}
