import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Outcome } from "../destination.ts";
import { contractEvent, hostileTexts } from "../testing-contract.ts";
import { outboundToLoopback } from "../testing-vendor.ts";
import { files } from "./files.ts";

let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), "files-"))));
afterEach(() => rm(directory, { recursive: true, force: true }));

const destination = (filesDirectory = directory) => files({ outbound: outboundToLoopback(), filesDirectory, nowMs: Date.now, timeoutMs: 1_000 });
async function send(rows: readonly unknown[], settings: Record<string, unknown> = {}, at = destination()): Promise<readonly Outcome[]> {
  const { outcomes, exchanges } = await at.send({
    connection: { workspaceId: 7, destinationId: 8, slug: "files", version: 1, settings: { format: "ndjson", ...settings } },
    subscription: { id: 1, version: 1, action: "write" }, items: rows.map((data, index) => ({ event: contractEvent(index), payload: { data }, idempotencyKey: `key-${index}` })),
  }, new AbortController().signal);
  expect(exchanges).toEqual([]);
  return outcomes;
}
const all = async (): Promise<string[]> => (await readdir(directory, { recursive: true, withFileTypes: true })).filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
const only = async (): Promise<string> => {
  const [file, ...others] = await all();
  expect(others).toEqual([]);
  return readFile(file ?? "", "utf8");
};

test("a batch is one file, in order; the same batch again is the same file, and another is another", async () => {
  expect(await send([{ id: 1 }, { id: 2 }], { folder: "orders/raw" })).toEqual([{ kind: "delivered" }, { kind: "delivered" }]);
  await send([{ id: 1 }, { id: 2 }], { folder: "orders/raw" });
  expect(await only()).toBe('{"id":1}\n{"id":2}\n');
  expect((await all())[0]).toMatch(/\/7\/8\/orders\/raw\/2026-05-01\/[0-9a-f]{32}\.ndjson$/);
  await send([{ id: 1 }], { folder: "orders/raw" });
  expect(await all()).toHaveLength(2);
});

test("CSV has the columns of all rows, in order; nested values are JSON, and formulas are text", async () => {
  await send([{ id: 1, name: 'Ann "A", B' }, { name: "=1+1", tags: ["a"], gone: null }], { format: "csv" });
  expect(await only()).toBe('id,name,tags,gone\r\n1,"Ann ""A"", B",,\r\n,\'=1+1,"[""a""]",\r\n');
});

test.each(hostileTexts.map((text) => [JSON.stringify(text).slice(0, 30), text]))("%s stays in its line", async (_shown, text) => {
  await send([{ [text.slice(0, 50)]: text }, { after: 1 }]);
  const lines = (await only()).split("\n");
  expect(lines).toHaveLength(3);
  expect(JSON.parse(lines[0] ?? "")).toEqual({ [text.slice(0, 50)]: text });
});

test.each(["..", "../x", "a/../../x", "/etc", "a\\b", "a\u0000b", ".ssh", "x".repeat(65), "a/b/c/d/e/f/g/h/i"])("%j is no folder, neither when it is saved nor when it is written", async (folder) => {
  expect(destination().check({ folder, format: "csv" }).map(({ field }) => field)).toEqual(["folder"]);
  expect(await send([{ id: 1 }], { folder })).toMatchObject([{ kind: "retry", isOfDestination: true }]);
  expect(await all()).toEqual([]);
});

test("a folder that can't be written to is a failure of the destination, and leaves nothing half", async () => {
  await writeFile(join(directory, "taken"), "");
  expect(await send([{ id: 1 }], {}, destination(join(directory, "taken")))).toMatchObject([{ kind: "retry", code: "enotdir", isOfDestination: true }]);
  expect(await all()).toHaveLength(1);
});
