// Statements of one partition run one at a time, the sender's and those that a person has sent again: each changes rows that
// another may change, so which came last must be known.
import type { ClientBase } from "pg";

/** Key of the advisory locks; any number that nobody else uses. */
const STATEMENT_LOCK = 7_413_003;

/** Waits for the partition's turn, and has it until the transaction ends. */
export async function takeTurn(tx: ClientBase, partition: number): Promise<void> {
  await tx.query("select pg_advisory_xact_lock($1, $2)", [STATEMENT_LOCK, partition]);
}
