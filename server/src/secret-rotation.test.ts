// Rotation on a real Postgres and a real file, broken off at each place and met by changes in between.
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openSealKeys, sealedBy, sealKeyId, type SealKeys } from "./seal-keys.ts";
import { createSeal } from "./core/sealed-text.ts";
import type { Postgres } from "./engines/postgres/postgres.ts";
import { startTestPostgres } from "./engines/testing.ts";
import { createSecretRotation, SEAL_KEYS_FILE, sealKeysPlace } from "./secret-rotation.ts";

const installSecret = "an install secret of at least thirty-two bytes";
const purpose = "destination settings";
const canary = JSON.stringify({ apiKey: "canary-of-the-rotation" });
let postgres: Postgres;
let pool: Pool;
let dataDir: string;
beforeAll(async () => {
  postgres = await startTestPostgres();
  pool = postgres.pool("test", 8);
  dataDir = mkdtempSync(join(tmpdir(), "trib-rotation-"));
});
beforeEach(async () => {
  await pool.query("truncate destination cascade");
  rmSync(join(dataDir, SEAL_KEYS_FILE), { force: true });
});
afterAll(async () => {
  await postgres?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const ring = (secretKeys: string[] = []): SealKeys => openSealKeys(sealKeysPlace({ dataDir, secretKeys }, installSecret));
const rotation = (keys = ring(), on = pool, isDatabaseShared = false) => createSecretRotation({ pool: on, keys, dataDir, isDatabaseShared });

/** Sealed under the install's secret, as the first ones are. */
async function plant(count: number, seal = createSeal(installSecret, purpose)): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const workspaceId = 1 + (i % 3);
    await pool.query(
      `insert into destination (workspace_id, slug, name, definition, settings_sealed, tokens_sealed, created_by, updated_by) values ($1, $2, 'A', 'webhook', $3, $4, 't', 't')`,
      [workspaceId, `d${i}-${Math.random()}`, seal.seal(canary, workspaceId), i % 2 === 0 ? seal.seal(canary, workspaceId) : null],
    );
  }
}

interface Row {
  readonly id: number;
  readonly workspace_id: number;
  readonly settings_sealed: string;
  readonly tokens_sealed: string | null;
  readonly version: number;
}

async function rows(): Promise<Row[]> {
  return (await pool.query<Row>("select id, workspace_id, settings_sealed, tokens_sealed, version from destination order by id")).rows;
}

async function sealedByNow(): Promise<Set<string | undefined>> {
  return new Set((await rows()).flatMap((row) => [row.settings_sealed, ...(row.tokens_sealed === null ? [] : [row.tokens_sealed])]).map(sealedBy));
}

async function expectAllOpen(keys: SealKeys): Promise<void> {
  for (const row of await rows()) {
    for (const sealed of [row.settings_sealed, row.tokens_sealed ?? row.settings_sealed]) expect(keys.open(sealed, row.workspace_id, purpose)).toBe(canary);
  }
}

test("everything is sealed under a new key, opens as before, and the old key can go", async () => {
  await plant(450);
  const keys = ring();
  const first = await rotation(keys).rotate();
  expect(first).toEqual({ key: expect.stringMatching(/^[0-9a-f]{12}$/), isNew: true, resealed: 675, unreadable: 0 });
  expect(await sealedByNow()).toEqual(new Set([first.key]));
  await expectAllOpen(keys);
  await expectAllOpen(ring());
  expect((await rows()).every(({ version }) => version === 1), "nothing is another setting").toBe(true);
  expect(statSync(join(dataDir, SEAL_KEYS_FILE)).mode & 0o777).toBe(0o600);

  const second = await rotation(keys).rotate();
  expect(second).toMatchObject({ isNew: true, resealed: 675 });
  expect(await rotation(keys).keys()).toEqual([
    { id: second.key, from: "file", is_current: true, sealed: 675 }, { id: first.key, from: "file", is_current: false, sealed: 0 }, { id: "install", from: "install", is_current: false, sealed: 0 },
  ]);
  expect(await rotation(keys).forgetOld()).toEqual({ removed: [first.key] });
  expect(readFileSync(join(dataDir, SEAL_KEYS_FILE), "utf8").trim().split("\n").map(sealKeyId)).toEqual([second.key]);
  await expectAllOpen(ring());
  expect(await rotation(keys).forgetOld()).toEqual({ removed: [] });
});

test("a copy of the tables opens with no key that was made after it, nor with the install's secret once it is rotated", async () => {
  await plant(2);
  await rotation().rotate();
  const stolen = (await rows())[0]?.settings_sealed ?? "";
  expect(createSeal(installSecret, purpose).open(stolen, 1)).not.toContain("canary");
  expect(openSealKeys({ installSecret, given: [], file: join(dataDir, "none") }).open(stolen, 1, purpose)).toBeUndefined();
});

test("broken off after any number of texts, the next rotation finishes it under the same key", async () => {
  await plant(5);
  let left = 0;
  // Stands for a kill: the connection is gone in the middle.
  const failing = new Proxy(pool, {
    get(target, name) {
      if (name !== "query") return Reflect.get(target, name).bind(target);
      return (text: string, values: unknown[]) => {
        if (text.startsWith("update") && (left -= 1) < 0) return Promise.reject(new Error("killed"));
        return target.query(text, values);
      };
    },
  });
  let made: string | undefined;
  for (const after of [0, 1, 2, 3]) {
    left = after;
    await expect(rotation(ring(), failing).rotate()).rejects.toThrow("killed");
    made ??= ring().keys()[0]?.id;
    await expectAllOpen(ring());
    expect(ring().keys().filter(({ from }) => from === "file").map(({ id }) => id), "no second key").toEqual([made]);
  }
  await expect(rotation().forgetOld()).resolves.toEqual({ removed: [] });
  expect(await rotation().rotate()).toEqual({ key: made, isNew: false, resealed: 2, unreadable: 0 });
  expect(await sealedByNow()).toEqual(new Set([made]));
});

test("settings that are changed meanwhile stay changed", async () => {
  await plant(3);
  const keys = ring();
  const changed = JSON.stringify({ apiKey: "a new one" });
  const [middle] = (await rows()).slice(1);
  if (!middle) throw new Error("three were planted");
  const racing = new Proxy(pool, {
    get(target, name) {
      if (name !== "query") return Reflect.get(target, name).bind(target);
      return async (text: string, values: unknown[]) => {
        if (text.startsWith("update destination set settings_sealed") && values[0] === middle.id) {
          await target.query("update destination set settings_sealed = $2 where id = $1", [middle.id, keys.seal(purpose).seal(changed, middle.workspace_id)]);
        }
        return target.query(text, values);
      };
    },
  });
  expect(await rotation(keys, racing).rotate()).toMatchObject({ resealed: 4, unreadable: 0 });
  const after = (await rows()).find(({ id }) => id === middle.id);
  expect(keys.open(after?.settings_sealed ?? "", middle.workspace_id, purpose)).toBe(changed);
});

test("what no key opens is counted and left alone, and keeps its key from being removed", async () => {
  await plant(1);
  const lost = "a key that was lost, of more than thirty-two bytes";
  await plant(1, ring([lost]).seal(purpose));
  await pool.query(`insert into destination (workspace_id, slug, name, definition, settings_sealed, created_by, updated_by) values (1, 'damaged', 'A', 'webhook', 'sealed.v1.AAAA', 't', 't')`);
  expect(await rotation().rotate()).toMatchObject({ isNew: true, resealed: 2, unreadable: 3 });
  expect(await rotation().keys()).toContainEqual({ id: sealKeyId(lost), from: "missing", is_current: false, sealed: 2 });
  expect(await rotation(ring([lost])).rotate(), "and is sealed anew once the key is there").toMatchObject({ key: sealKeyId(lost), isNew: false });
  const used = ring().keys()[0]?.id;
  expect(await sealedByNow()).toEqual(new Set([sealKeyId(lost), "install"]));
  expect(used).not.toBe(sealKeyId(lost));
});

test("keys of the setting go before those of the file, which can then be removed", async () => {
  await plant(2);
  const { key } = await rotation().rotate();
  const given = "a key that the settings bring, of thirty-two bytes";
  const withSetting = ring([given]);
  await expect(rotation(withSetting).forgetOld()).rejects.toMatchObject({ code: "in_use", message: expect.stringContaining(key) });
  expect(await rotation(withSetting).rotate()).toEqual({ key: sealKeyId(given), isNew: false, resealed: 3, unreadable: 0 });
  expect(await rotation(withSetting).forgetOld()).toEqual({ removed: [key] });
  await expectAllOpen(ring([given]));
});

test("two at once: one of them is told to wait; and no key is made where other processes would not see it", async () => {
  await plant(20);
  const outcomes = await Promise.allSettled([rotation().rotate(), rotation().rotate()]);
  expect(outcomes.filter(({ status }) => status === "rejected")).toMatchObject([{ reason: { code: "conflict" } }]);
  expect(ring().keys()).toHaveLength(2);
  await expect(rotation(ring(), pool, true).rotate()).rejects.toMatchObject({ code: "conflict", hint: expect.stringContaining("TRIBUTARY_SECRET_KEYS") });
});
