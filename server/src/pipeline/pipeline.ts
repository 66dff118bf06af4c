// The pipeline: what happens to the events of a batch, in order. Reads like a table of contents; each stage is one file.
// Everything here is decided in memory from the log's bytes, the state in Postgres and the rules in force; nothing is
// written before the batch's one commit.
import type { Pool } from "pg";
import type { Batch } from "./batch.ts";
import { inStretches } from "./in-stretches.ts";
import type { RuleBook } from "./workspace-rules.ts";
import type { SeenMessages } from "./seen-messages.ts";
import type { World } from "./world.ts";
import { dedupe } from "./stages/dedupe.ts";
import { fold } from "./stages/fold.ts";
import { identify } from "./stages/identify.ts";
import { load } from "./stages/load.ts";
import { normalise } from "./stages/normalise-batch.ts";
import { quarantine } from "./stages/quarantine.ts";

export interface PipelineDeps {
  readonly pool: Pool;
  readonly rules: RuleBook;
  readonly seen: SeenMessages;
  readonly secret: string;
  /** Forgets what a failed batch may have left in memory. */
  reset(): void;
}

export async function runPipeline(batch: Batch, world: World, deps: PipelineDeps): Promise<void> {
  const db = await deps.pool.connect();
  try {
    await deps.rules.load(db, batch.events.map(({ received }) => received.header.workspaceId));
    await normalise(batch, deps.rules); //    bytes → one form; what can't be read is quarantined
    await dedupe(batch, db, deps.seen); //    each message once
    await load(batch, db, world, deps); //    the people and identifiers that these events speak of
  } finally {
    db.release();
  }
  await inStretches(batch.events, (item) => {
    batch.current = item.received.rowId;
    identify(item, batch, world, deps.rules); // who is it; merges; events of suppressed people end here
    fold(item, world, deps.rules); //          traits, consents, accounts, last events
  });
  batch.current = -1;
  quarantine(batch); //                       the list of what was held, and why
  // Storing is the sequencer's part: blocks for ClickHouse (outbox/block-builder.ts) and the commit (commit.ts).
  // Audiences, journeys and destinations attach behind the commit: they read landed events with an offset of their own.
}
