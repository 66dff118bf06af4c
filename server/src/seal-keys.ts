// The keys under which settings and tokens of destinations are sealed, and which can be replaced: from the environment, from
// a file of the data directory, and as the last the one that every installation has, made of its secret. The first seals;
// each opens what it sealed. They are in no database. Threads and processes on one data directory each hold their own ring and
// notice by the file when another has added a key.
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { AppError } from "./core/errors.ts";
import { createSeal, openUnder, sealKey, sealUnder, unguessable, type Seal } from "./core/sealed-text.ts";

/** Where the keys are; plain data, for threads. */
export interface SealKeysPlace {
  readonly installSecret: string;
  /** TRIBUTARY_SECRET_KEYS, the newest first. */
  readonly given: readonly string[];
  /** One key a line, the newest first; need not be there. */
  readonly file: string;
}

export interface SealKey {
  /** Of a hash of it: says nothing about it. */
  readonly id: string;
  readonly from: "setting" | "file" | "install";
}

export interface SealKeys {
  /** The ring as it is now, the key that seals first. */
  keys(): readonly SealKey[];
  /** A seal for one purpose; what it can't open it answers as `Seal` says. */
  seal(purpose: string): Seal;
  /** Undefined: none of the keys opens it for this workspace. */
  open(sealed: string, workspaceId: number, purpose: string): string | undefined;
}

/** What the key made of the install's secret is called. */
export const INSTALL_KEY = "install";

const oldPrefix = "sealed.v1.";
const keyedPrefix = "sealed.v2.";
const KEY_LENGTH_MIN = 32;

interface HeldKey extends SealKey {
  readonly secret: string;
}

/** The id of the key that sealed a text; undefined where it is no sealed text. The same in SQL: `SEALED_BY`. */
export function sealedBy(sealed: string): string | undefined {
  if (sealed.startsWith(oldPrefix)) return INSTALL_KEY;
  return /^sealed\.v2\.([0-9a-f]{12})\./.exec(sealed)?.[1];
}

export function sealKeyId(secret: string): string {
  return createHash("sha256").update(sealKey(secret, "name of a key")).digest("hex").slice(0, 12);
}

/** Throws AppError invalid_config where the file is damaged. */
export function openSealKeys(place: SealKeysPlace): SealKeys {
  let ring = ringOf(place);
  let version = versionOf(place.file);
  /** A look at the file's date: sealing and unknown keys are rare. */
  const current = (): readonly HeldKey[] => {
    const now = versionOf(place.file);
    if (now !== version) [ring, version] = [ringOf(place), now];
    return ring;
  };
  const open = (sealed: string, workspaceId: number, purpose: string): string | undefined => {
    const id = sealedBy(sealed);
    const held = ring.find((key) => key.id === id) ?? current().find((key) => key.id === id);
    return held && openUnder(sealKey(held.secret, purpose), bodyOf(sealed), workspaceId);
  };
  return {
    keys: () => current().map(({ id, from }) => ({ id, from })),
    open,
    seal: (purpose) => ({
      seal(text, workspaceId) {
        const first = current()[0];
        if (!first || first.id === INSTALL_KEY) return createSeal(place.installSecret, purpose).seal(text, workspaceId);
        return `${keyedPrefix}${first.id}.${sealUnder(sealKey(first.secret, purpose), text, workspaceId)}`;
      },
      open: (sealed, workspaceId) => open(sealed, workspaceId, purpose) ?? unguessable(sealKey(place.installSecret, purpose), sealed),
    }),
  };
}

function bodyOf(sealed: string): string {
  return sealed.startsWith(oldPrefix) ? sealed.slice(oldPrefix.length) : sealed.slice(keyedPrefix.length).replace(/^[^.]*\./, "");
}

function ringOf({ given, file, installSecret }: SealKeysPlace): HeldKey[] {
  const keyed = (from: "setting" | "file") => (secret: string): HeldKey => ({ id: sealKeyId(secret), from, secret });
  const ring = [...given.map(keyed("setting")), ...readSealKeys(file).map(keyed("file"))];
  return [...ring.filter((key, i) => ring.findIndex(({ id }) => id === key.id) === i), { id: INSTALL_KEY, from: "install", secret: installSecret }];
}

/** The keys of the file, the newest first; none where there is no file. Throws AppError invalid_config where it is damaged. */
export function readSealKeys(file: string): string[] {
  const keys = textOf(file).split("\n").map((line) => line.trim()).filter((line) => line !== "");
  if (keys.every((key) => key.length >= KEY_LENGTH_MIN)) return keys;
  throw new AppError("invalid_config", { detail: `The file ${file} is damaged.`, hint: "Restore it from a copy: settings of destinations can't be opened without it." });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}

function versionOf(file: string): string {
  const status = statSync(file, { throwIfNoEntry: false });
  return status === undefined ? "" : `${status.ino} ${status.mtimeMs} ${status.size}`;
}
