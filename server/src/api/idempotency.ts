// `Idempotency-Key` on POST: the same key with the same request gives the stored answer, whatever came in between and
// however many ask at once; with another request it is refused. Answers may hold secrets and personal data, so they are
// kept sealed by a key that derives from a secret of the caller and the idempotency key, neither of which is stored.
import { createCipheriv, createDecipheriv, hash, hkdfSync, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { apartMs } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import { hash128 } from "../core/hash.ts";
import type { ApiDeps } from "./api-deps.ts";

export const IDEMPOTENCY_KEY_LENGTH_MAX = 255;
/** How long an answer is kept. */
const KEEP_MS = 24 * 3_600_000;
/** A request that has not ended after this long has died with its process; the next one with its key takes over. */
const ABANDONED_MS = 60_000;
const WAIT_MS = 10_000;
const POLL_MS = 50;
const PURGE_EVERY_MS = 10 * 60_000;
const STORE_ATTEMPTS = 3;

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface IdempotentRequest {
  readonly workspaceId: number;
  /** Who asks: a token's number, or an account's id. */
  readonly callerKey: string | number;
  /** The caller's, such as the token itself: part of the sealing key. */
  readonly secret: string;
  readonly key: string;
  /** Method, path and body: what must be the same. */
  readonly content: readonly string[];
  readonly nowMs: number;
}

interface StoredRow {
  request_hash: Buffer;
  status: number | null;
  response: unknown;
}

const sealedAnswer = z.object({ status: z.int(), body: z.unknown(), headers: z.record(z.string(), z.string()).optional() });

/** `pool` works as the owner of the tables: old answers are deleted in all workspaces at once. */
export function createIdempotency({ workspaceDb, pool, logger }: Pick<ApiDeps, "workspaceDb" | "pool" | "logger">) {
  let purgedAtMs = 0;

  /** Of all workspaces: the answers of one that is silent since must not be kept by its silence. */
  async function purge(nowMs: number): Promise<void> {
    if (apartMs(nowMs, purgedAtMs) < PURGE_EVERY_MS) return;
    purgedAtMs = nowMs;
    await pool.query("delete from idempotency_key where created_at < $1", [new Date(nowMs - KEEP_MS)]);
  }

  /** True when this request is the one that must do the work. */
  async function claim(request: IdempotentRequest, name: string, digest: Buffer): Promise<boolean> {
    const { rowCount } = await workspaceDb.run(request.workspaceId, (db) =>
      db.query(
        `insert into idempotency_key (workspace_id, key, request_hash, created_at) values ($1, $2, $3, $4)
       on conflict (workspace_id, key) do update set request_hash = excluded.request_hash, created_at = excluded.created_at, status =
         null, response = null
       where idempotency_key.created_at < $5 or (idempotency_key.status is null and idempotency_key.created_at < $6)`,
        [
          request.workspaceId,
          name,
          digest,
          new Date(request.nowMs),
          new Date(request.nowMs - KEEP_MS),
          new Date(request.nowMs - ABANDONED_MS),
        ],
      ),
    );
    return rowCount === 1;
  }

  async function stored(request: IdempotentRequest, name: string): Promise<StoredRow | undefined> {
    const { rows } = await workspaceDb.run(request.workspaceId, (db) =>
      db.query<StoredRow>("select request_hash, status, response from idempotency_key where workspace_id = $1 and key = $2", [
        request.workspaceId,
        name,
      ]),
    );
    return rows[0];
  }

  async function work(request: IdempotentRequest, name: string, handle: () => Promise<Answer>): Promise<Answer> {
    const answer = await handle().catch(async (error: unknown) => {
      // Nothing was done, or it is not known: the caller may try again with the same key, if need be after ABANDONED_MS.
      await workspaceDb
        .run(request.workspaceId, (db) =>
          db.query("delete from idempotency_key where workspace_id = $1 and key = $2 and status is null", [request.workspaceId, name]),
        )
        .catch(() => undefined);
      throw error;
    });
    await store(request, name, answer);
    return answer;
  }

  /**
   * The change is made by now, so whatever happens here the caller gets its answer and the key stays: a repeat within
   * ABANDONED_MS is told that the first one still runs, and none makes the change again in that time.
   */
  async function store(request: IdempotentRequest, name: string, answer: Answer): Promise<void> {
    const response = JSON.stringify({ sealed: seal(request, answer) });
    const write = () =>
      workspaceDb.run(request.workspaceId, (db) =>
        db.query("update idempotency_key set status = $3, response = $4 where workspace_id = $1 and key = $2", [
          request.workspaceId,
          name,
          answer.status,
          response,
        ]),
      );
    for (let attempt = 1; attempt <= STORE_ATTEMPTS; attempt++) {
      try {
        await write();
        return;
      } catch (error) {
        logger.warn({ attempt, code: codeOf(error) }, "the answer of a request with an idempotency key could not be stored");
        await sleep(POLL_MS * attempt);
      }
    }
  }

  return async function once(request: IdempotentRequest, handle: () => Promise<Answer>): Promise<Answer & { readonly replayed: boolean }> {
    if (request.key.length > IDEMPOTENCY_KEY_LENGTH_MAX || !/^[\x21-\x7e]+$/.test(request.key)) {
      throw new AppError("bad_request", { detail: `An idempotency key has 1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} visible ASCII characters.` });
    }
    await purge(request.nowMs);
    const name = hash128("idempotency", request.callerKey, request.key);
    const digest = hash("sha256", JSON.stringify(request.content), "buffer");
    for (let waitedMs = 0; ; waitedMs += POLL_MS) {
      if (await claim(request, name, digest)) return { ...(await work(request, name, handle)), replayed: false };
      const row = await stored(request, name);
      if (row !== undefined) {
        if (!row.request_hash.equals(digest)) throw new AppError("idempotency_mismatch");
        if (row.status !== null) return { ...unseal(request, row.response), replayed: true };
      }
      if (waitedMs >= WAIT_MS) {
        throw new AppError("conflict", { detail: "The first request with this idempotency key is still running.", retryAfterSeconds: 5 });
      }
      await sleep(POLL_MS);
    }
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}

function sealingKey(request: IdempotentRequest): Buffer {
  return Buffer.from(hkdfSync("sha256", request.secret, request.key, "tributary idempotent answer", 32));
}

function seal(request: IdempotentRequest, answer: Answer): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", sealingKey(request), nonce);
  const body = Buffer.concat([cipher.update(JSON.stringify(answer), "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64");
}

function unseal(request: IdempotentRequest, response: unknown): Answer {
  const { sealed } = z.object({ sealed: z.string() }).parse(response);
  const bytes = Buffer.from(sealed, "base64");
  const decipher = createDecipheriv("aes-256-gcm", sealingKey(request), bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(12, 28));
  const text = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString("utf8");
  const { status, body, headers } = sealedAnswer.parse(JSON.parse(text));
  return { status, body, ...(headers ? { headers } : {}) };
}
