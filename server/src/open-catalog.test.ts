// What a server offers: our own destinations, and Segment's beside them.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { expect, test } from "vitest";
import { openCatalog } from "./open-catalog.ts";

test("the catalog of a server holds ours and Segment's, and a slug that is in neither is in none", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "open-catalog-"));
  const catalog = openCatalog({ dataDir, privateHosts: [], version: "0.0.0" }, pino({ level: "silent" }));
  try {
    const all = await catalog.list();
    expect(all.filter(({ origin }) => origin === "catalog").length).toBe(214);
    expect(all.filter(({ origin }) => origin === "own").length).toBeGreaterThan(2);
    expect((await catalog.find("slack"))?.definition).toMatchObject({ origin: "catalog", proof: "contract" });
    expect(await catalog.find("../../package.json")).toBeUndefined();
  } finally {
    await catalog.close();
    await rm(dataDir, { recursive: true, force: true });
  }
});
