// Of two evaluators only the later one writes, and it begins where the earlier one stood.
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { inTransaction } from "../engines/postgres/in-transaction.ts";
import { startTestPostgres } from "../engines/testing.ts";
import { firstBlocks, writeAudienceRows } from "../pipeline/outbox/audience-outbox.ts";
import { claimPlace, EvaluatorFenced, movePlace } from "./place.ts";

let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let pool: pg.Pool;
beforeAll(async () => {
  postgres = await startTestPostgres();
  pool = postgres.pool("test", 4);
});
afterAll(() => postgres?.stop());
beforeEach(async () => {
  await pool.query("truncate ch_outbox, audience_place");
});

test("whoever takes a partition over begins at its first blocks, and later where the last one stood", async () => {
  const first = firstBlocks(1);
  const place = await claimPlace(pool, 1);
  expect(place).toEqual({ partition: 1, epoch: 1, blockId: first.pipeline, listBlockId: first.audiences, nowMs: 0 });
  const next = { blockId: first.pipeline + 12, listBlockId: first.audiences + 3, nowMs: 500 };
  expect(await inTransaction(pool, (tx) => movePlace(tx, place, next))).toEqual({ partition: 1, epoch: 1, ...next });
  expect(await claimPlace(pool, 1)).toEqual({ partition: 1, epoch: 2, ...next });
});

test("an evaluator that was taken over from moves nothing, and what it decided in that transaction does not stand", async () => {
  const taken = await claimPlace(pool, 0);
  const holder = await claimPlace(pool, 0);
  const next = { blockId: holder.blockId + 12, listBlockId: holder.listBlockId, nowMs: 500 };
  await inTransaction(pool, (tx) => movePlace(tx, holder, next));
  const late = inTransaction(pool, async (tx) => {
    const row = { workspaceId: 1, audienceId: 1, profileId: "00000000-0000-4000-8000-000000000001", atMs: 5, entered: true, reason: "event", causeRow: 42, version: 3 } as const;
    await writeAudienceRows(tx, 0, { log: [row] });
    await movePlace(tx, taken, { ...next, blockId: taken.blockId + 15 });
  });
  await expect(late).rejects.toThrow(EvaluatorFenced);
  expect(await claimPlace(pool, 0)).toEqual({ partition: 0, epoch: 3, ...next });
  expect((await pool.query("select from ch_outbox")).rowCount).toBe(0);
});

test("another partition's place is its own", async () => {
  await claimPlace(pool, 0);
  await claimPlace(pool, 0);
  expect((await claimPlace(pool, 1)).epoch).toBe(1);
});
