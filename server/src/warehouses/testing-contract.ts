// What every kind of warehouse must do, whatever it speaks to; each kind's tests call it with what is particular to it.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { WarehouseQuery } from "@tributary/schema/warehouse/query.ts";
import { warehouseLimits, type Row, type Warehouse } from "./warehouse.ts";

export interface Contract {
  /** `more`: settings that differ from those that work. */
  open(more?: object): Warehouse;
  /** 100,000 rows of about a hundred bytes, with a column `n` from 1. */
  readonly many: WarehouseQuery;
  /** Of what isn't there. */
  readonly missing: WarehouseQuery;
  /** Doesn't answer for a minute; undefined where there is no such query. */
  readonly slow?: WarehouseQuery;
  readonly wrongPassword: object;
  /** Ends all connections of the server at once. */
  cut(): void;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void; // It is exposed now.

/** What can't be let go of. */
function heldBytes(): number {
  collect();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

export async function rowsOfAll(warehouse: Warehouse, query: WarehouseQuery): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of warehouse.read(query, { signal: new AbortController().signal })) rows.push(...batch);
  return rows;
}

export function readsAsContract({ open, many, missing, slow, wrongPassword, cut }: Contract): void {
  const { signal } = new AbortController();

  test("its settings are tried, and a wrong password is told without being repeated", async () => {
    const good = await open().test(signal);
    expect(good).toMatchObject({ isGood: true });
    expect(good.exchanges.length).toBeGreaterThan(0);
    const bad = await open(wrongPassword).test(signal);
    expect(bad).toMatchObject({ isGood: false });
    expect(JSON.stringify(bad)).not.toContain("canary");
    await expect(open(wrongPassword).columns(many, { signal })).rejects.toMatchObject({ name: "WarehouseError", failure: "unauthorized", isTemporary: false });
  });

  test("a hundred thousand rows come once each, in batches, and a reader that stops for a while is waited for", async () => {
    let count = 0;
    let sum = 0;
    let largest = 0;
    let columns = 0;
    const before = heldBytes();
    let most = 0;
    let batches = 0;
    for await (const batch of open().read(many, { signal, batchRows: 2_000, onColumns: (all) => void (columns = all.length) })) {
      // As a reader that writes what it got: what comes meanwhile must wait.
      if (count === 0) await new Promise((resolve) => setTimeout(resolve, 100));
      count += batch.length;
      for (const { n } of batch) sum += Number(n);
      largest = Math.max(largest, batch.length);
      batches += 1;
      if (batches % 16 === 0) most = Math.max(most, heldBytes() - before);
    }
    expect({ count, sum, isSeveral: largest <= 2_000 && largest > 1, columns: columns >= 2 }).toEqual({ count: 100_000, sum: 5_000_050_000, isSeveral: true, columns: true });
    // All rows together are more than that.
    expect(most).toBeLessThan(12 * 1024 * 1024);
  });

  test("a preview has so many rows as are asked for, and says that there are more", async () => {
    const { rows, isCut, columns } = await open().preview(many, { signal, limit: 3 });
    expect({ rows: rows.length, isCut, n: columns.some(({ name }) => name === "n") }).toEqual({ rows: 3, isCut: true, n: true });
    expect((await open().preview(many, { signal, limit: 1_000_000 })).rows).toHaveLength(warehouseLimits.previewRowsMax);
  });

  test("what isn't there is refused for good", async () => {
    await expect(rowsOfAll(open(), missing)).rejects.toMatchObject({ name: "WarehouseError", failure: "refused", isTemporary: false });
  });

  test("an abort ends the reading, in the middle and before the first row", async () => {
    const middle = new AbortController();
    await expect((async () => {
      for await (const batch of open().read(many, { signal: middle.signal, batchRows: 100 })) if (batch.length > 0) middle.abort();
    })()).rejects.toMatchObject({ failure: "aborted" });
    if (slow === undefined) return;
    const early = new AbortController();
    const reading = (async () => {
      for await (const batch of open().read(slow, { signal: early.signal })) expect(batch).toEqual([]);
    })();
    setTimeout(() => early.abort(), 200);
    await expect(reading).rejects.toMatchObject({ failure: "aborted" });
    await expect((async () => {
      for await (const batch of open().read(slow, { signal, timeoutMs: 300 })) expect(batch).toEqual([]);
    })()).rejects.toMatchObject({ failure: "timeout", isTemporary: true });
  });

  test("a server that is gone in the middle is told, and never taken for the end", async () => {
    await expect((async () => {
      for await (const batch of open().read(many, { signal, batchRows: 100 })) if (batch.length > 0) cut();
    })()).rejects.toMatchObject({ name: "WarehouseError", failure: expect.stringMatching(/^(cut|unreachable)$/), isTemporary: true });
  });
}
