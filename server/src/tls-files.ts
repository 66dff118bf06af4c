// The certificate and key that TLS_CERT_FILE and TLS_KEY_FILE name, read and tried before anything is started.
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { Config } from "./config.ts";
import { AppError } from "./core/errors.ts";

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

async function read(setting: string, file: string): Promise<Buffer> {
  return readFile(file).catch((cause: unknown) => {
    throw new AppError("invalid_config", { detail: `${setting}: ${file} can't be read.`, cause });
  });
}
