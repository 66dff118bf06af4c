// The certificate and key that TLS_CERT_FILE and TLS_KEY_FILE name, read and tried before anything is started, and followed
// while the server runs: they are renewed every few weeks, and nobody should have to think of it.
import { readFile } from "node:fs/promises";
import { createSecureContext, type Server as TlsServer } from "node:tls";
import type { Config } from "./config.ts";
import { AppError } from "./core/errors.ts";
import type { Logger } from "./core/logger.ts";

export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Undefined when the server speaks plain HTTP. Throws AppError invalid_config that names the setting. */
export async function readTlsFiles(tls: Config["tls"]): Promise<TlsFiles | undefined> {
  if (tls === undefined) return undefined;
  const [cert, key] = await Promise.all([read("TLS_CERT_FILE", tls.certFile), read("TLS_KEY_FILE", tls.keyFile)]);
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw new AppError("invalid_config", {
      detail: "TLS_CERT_FILE and TLS_KEY_FILE: they are no certificate and its key.", hint: "Give both as PEM; the key must be the certificate's and not encrypted.", cause,
    });
  }
  return { cert, key };
}

const LOOK_EVERY_MS = 60_000;

export interface FollowOptions {
  readonly tls: NonNullable<Config["tls"]>;
  /** What the server was made with. */
  readonly current: TlsFiles;
  readonly server: Pick<TlsServer, "setSecureContext">;
  readonly logger: Logger;
  readonly everyMs?: number;
}

/**
 * Hands renewed files to the server, for connections from then on; files that don't go together, half of a renewal for instance,
 * change nothing. By their content, since renewals replace links and folders. Gives how to stop.
 */
export function followTlsFiles({ tls, server, logger, everyMs = LOOK_EVERY_MS, ...options }: FollowOptions): () => void {
  let { current } = options;
  let isBad = false;

  async function look(): Promise<void> {
    try {
      const files = await readTlsFiles(tls);
      isBad = false;
      if (files === undefined || (files.cert.equals(current.cert) && files.key.equals(current.key))) return;
      server.setSecureContext({ cert: files.cert, key: files.key });
      current = files;
      logger.info({}, "the TLS certificate was renewed");
    } catch (error) {
      if (!isBad) logger.warn({ err: error }, "the TLS certificate's files can't be used; the one that was read before stays");
      isBad = true;
    }
  }

  const timer = setInterval(() => void look(), everyMs).unref();
  return () => clearInterval(timer);
}

async function read(setting: string, file: string): Promise<Buffer> {
  return readFile(file).catch((cause: unknown) => {
    throw new AppError("invalid_config", { detail: `${setting}: ${file} can't be read.`, cause });
  });
}
