// Reads a request's body under all bounds at once: its own size, the time it may take, what it may grow to when it is
// decompressed, and what all bodies together may hold. Nothing here trusts a header: gzip is known by its first bytes,
// sizes are counted as they come.
import type { IncomingMessage } from "node:http";
import { createGunzip } from "node:zlib";
import { AppError } from "../core/errors.ts";
import { limitText, type Limits } from "../core/limits.ts";

/** Bytes held by all requests together. */
export interface BodyBudget {
  readonly heldBytes: number;
  /**
   * One request's share; `take` throws AppError `overloaded` when all together would hold too much, or all of one sender.
   * `sender`: see senderGroup.
   */
  open(sender: string): BodyShare;
}

export interface BodyShare {
  take(bytes: number): void;
  /** Gives back everything taken; the request is answered. */
  release(): void;
}

/** One sender may hold this part of everything, and always enough for one body of the largest size. */
const senderShare = 8;

export function createBodyBudget(limits: Limits): BodyBudget {
  let held = 0;
  // Those who hold anything; nobody stays here without an open request.
  const heldBySender = new Map<string, number>();
  const senderMax = Math.max(limits.bytesInFlightMax / senderShare, limits.bodyBytesMax + limits.inflatedBytesMax);

  function hold(sender: string, bytes: number): void {
    held += bytes;
    const left = (heldBySender.get(sender) ?? 0) + bytes;
    if (left === 0) heldBySender.delete(sender);
    else heldBySender.set(sender, left);
  }

  return {
    get heldBytes() {
      return held;
    },
    open(sender) {
      let taken = 0;
      return {
        take(bytes) {
          if (held + bytes > limits.bytesInFlightMax) {
            throw new AppError("overloaded", { detail: limitText("bytesInFlightMax", limits), retryAfterSeconds: 1 });
          }
          if ((heldBySender.get(sender) ?? 0) + bytes > senderMax) {
            const detail = `One address may hold ${senderMax} bytes of it. ${limitText("bytesInFlightMax", limits)}`;
            const hint = "Wait for the time in Retry-After, then send again. A proxy in front of many senders has to be named in TRUST_PROXY.";
            throw new AppError("overloaded", { detail, hint, retryAfterSeconds: 1 });
          }
          hold(sender, bytes);
          taken += bytes;
        },
        release() {
          if (taken > 0) hold(sender, -taken);
          taken = 0;
        },
      };
    },
  };
}

/** The sender went away before its body was complete: there is nobody to answer. */
export class SenderGone extends Error {}

/** The body, decompressed. Throws AppError (body_too_large, request_timeout, overloaded, …) or SenderGone. */
export async function readBody(request: IncomingMessage, share: BodyShare, limits: Limits): Promise<Buffer> {
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > limits.bodyBytesMax) throw tooLarge("bodyBytesMax", limits);
  const sent = await readSent(request, share, limits);
  if (sent[0] === 0x1f && sent[1] === 0x8b) return inflate(sent, share, limits);
  refuseUnknownEncoding(request, sent);
  return sent;
}

function tooLarge(name: "bodyBytesMax" | "inflatedBytesMax", limits: Limits): AppError {
  return new AppError("body_too_large", { detail: limitText(name, limits) });
}

function readSent(request: IncomingMessage, share: BodyShare, limits: Limits): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const timer = setTimeout(onLate, limits.bodyTimeoutMs);

  function stop(error: Error): void {
    finish();
    chunks.length = 0;
    reject(error);
  }
  function finish(): void {
    clearTimeout(timer);
    request.off("data", onData).off("end", onEnd).off("close", onGone).off("error", onGone);
  }
  function onData(chunk: Buffer): void {
    bytes += chunk.length;
    if (bytes > limits.bodyBytesMax) return stop(tooLarge("bodyBytesMax", limits));
    try {
      share.take(chunk.length);
    } catch (error) {
      return stop(error as AppError); // take throws nothing else.
    }
    chunks.push(chunk);
  }
  function onEnd(): void {
    finish();
    const only = chunks.length === 1 ? chunks[0] : undefined;
    resolve(only ?? Buffer.concat(chunks, bytes));
  }
  function onLate(): void {
    stop(new AppError("request_timeout", { detail: limitText("bodyTimeoutMs", limits) }));
  }
  function onGone(): void {
    stop(new SenderGone("The sender closed the connection."));
  }
  request.on("data", onData).on("end", onEnd).on("close", onGone).on("error", onGone);
  return promise;
}

/** All members of a gzip body; what follows the last one is ignored, as gunzip does with padding. */
function inflate(sent: Buffer, share: BodyShare, limits: Limits): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const gunzip = createGunzip({ chunkSize: Math.min(64 * 1024, Math.max(4096, sent.length * 8)) });
  const chunks: Buffer[] = [];
  let bytes = 0;
  function stop(error: Error): void {
    gunzip.destroy();
    chunks.length = 0;
    reject(error);
  }
  gunzip.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > limits.inflatedBytesMax) return stop(tooLarge("inflatedBytesMax", limits));
    try {
      share.take(chunk.length);
    } catch (error) {
      return stop(error as AppError); // take throws nothing else.
    }
    chunks.push(chunk);
  });
  gunzip.on("end", () => resolve(Buffer.concat(chunks, bytes)));
  gunzip.on("error", (cause) => stop(new AppError("damaged_compression", { cause })));
  gunzip.end(sent);
  return promise;
}

/**
 * A proxy may have decompressed the body and left the header, so a header alone refuses nothing: only a body that does
 * not begin like JSON under an encoding that we can't read.
 */
function refuseUnknownEncoding(request: IncomingMessage, sent: Buffer): void {
  const encoding = request.headers["content-encoding"];
  if (!encoding || encoding === "identity" || sent.length === 0) return;
  const first = sent.toString("latin1", 0, 64).trimStart()[0];
  if (first !== "{" && first !== "[" && first !== "\xef") {
    throw new AppError("unsupported_encoding", { detail: `It was sent with content-encoding ${encoding.slice(0, 40)}.` });
  }
}

/** Lets what is left of a refused body pass, so that the sender gets to read the answer; a bound in bytes and time ends it. */
export function drain(request: IncomingMessage, limits: Limits): void {
  if (request.complete || request.destroyed) return;
  let bytes = 0;
  const timer = setTimeout(() => request.destroy(), limits.bodyTimeoutMs).unref();
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > limits.inflatedBytesMax) request.destroy();
  });
  request.on("close", () => clearTimeout(timer)).on("error", () => undefined);
  request.resume();
}
