import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { openSealKeys, sealedBy, sealKeyId, type SealKeysPlace } from "./seal-keys.ts";
import { createSeal } from "./core/sealed-text.ts";

const folder = mkdtempSync(join(tmpdir(), "trib-seal-keys-"));
const file = join(folder, "secret-keys");
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => rmSync(file, { force: true }));

const installSecret = "an install secret of at least thirty-two bytes";
const [one, two, three] = ["first", "second", "third"].map((word) => `the ${word} key of at least thirty-two bytes`) as [string, string, string];
const ring = (rest: Partial<SealKeysPlace> = {}) => openSealKeys({ installSecret, given: [], file, ...rest });
const purpose = "destination settings";
const idsOf = (keys: ReturnType<typeof ring>): string[] => keys.keys().map(({ id }) => id);

test("without a key of its own an installation seals under its secret, as it always did", () => {
  const sealed = ring().seal(purpose).seal("text", 1);
  expect(sealedBy(sealed)).toBe("install");
  expect(createSeal(installSecret, purpose).open(sealed, 1)).toBe("text");
  expect(ring().seal(purpose).open(createSeal(installSecret, purpose).seal("text", 1), 1)).toBe("text");
});

test("the first key seals and each opens what it sealed", () => {
  const before = ring().seal(purpose).seal("text", 1);
  const under = ring({ given: [one] }).seal(purpose).seal("text", 1);
  const both = ring({ given: [two, one] });
  const last = both.seal(purpose).seal("text", 1);
  expect([under, last].map(sealedBy)).toEqual([sealKeyId(one), sealKeyId(two)]);
  expect([before, under, last].map((sealed) => both.seal(purpose).open(sealed, 1))).toEqual(["text", "text", "text"]);
  expect(idsOf(both)).toEqual([sealKeyId(two), sealKeyId(one), "install"]);
  expect(under).not.toContain(one.slice(0, 12));
});

/** Another character some way before the end: the last one holds bits that nothing reads. */
const damaged = (sealed: string): string => sealed.replace(/.(?=.{5}$)/, (character) => (character === "A" ? "B" : "A"));

test("nothing opens for another workspace, purpose or key, or when it is damaged", () => {
  const keys = ring({ given: [one] });
  const sealed = keys.seal(purpose).seal("text", 1);
  const without = ring({ given: [two] });
  for (const opened of [keys.open(sealed, 2, purpose), keys.open(sealed, 1, "other"), without.open(sealed, 1, purpose), keys.open(damaged(sealed), 1, purpose), keys.open("text", 1, purpose), keys.open("", 1, purpose)]) {
    expect(opened).toBeUndefined();
  }
  expect(without.seal(purpose).open(sealed, 1)).toMatch(/^[\w-]{43}$/);
});

test("a key that another process puts into the file is used from then on, to open and to seal", () => {
  const here = ring();
  expect(idsOf(here)).toEqual(["install"]);
  writeFileSync(file, `${one}\n`);
  const elsewhere = ring().seal(purpose).seal("text", 1);
  expect(here.open(elsewhere, 1, purpose)).toBe("text");
  writeFileSync(file, `${three}\n${one}\n`);
  expect(sealedBy(here.seal(purpose).seal("text", 1))).toBe(sealKeyId(three));
  expect(here.keys()).toEqual([{ id: sealKeyId(three), from: "file" }, { id: sealKeyId(one), from: "file" }, { id: "install", from: "install" }]);
});

test("the setting's keys go before the file's, and each counts once", () => {
  writeFileSync(file, `${one}\n${three}\n`);
  expect(ring({ given: [two, one] }).keys().map(({ from }) => from)).toEqual(["setting", "setting", "file", "install"]);
});

test("a damaged file is refused", () => {
  writeFileSync(file, "short\n");
  expect(() => ring()).toThrow(/is damaged/);
});
