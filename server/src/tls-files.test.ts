import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLogger } from "./core/logger.ts";
import { followTlsFiles, readTlsFiles } from "./tls-files.ts";

const run = promisify(execFile);
const hasOpenssl = await run("openssl", ["version"]).then(() => true, () => false);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trib-tls-files-"));
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  await writeFile(join(folder, "key.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
  await writeFile(join(folder, "text.pem"), "no certificate");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const reading = (cert: string, key: string) => readTlsFiles({ certFile: join(folder, cert), keyFile: join(folder, key) });

test("without the settings there is nothing to read", async () => {
  expect(await readTlsFiles(undefined)).toBeUndefined();
});

test.each([
  ["absent.pem", "key.pem", /TLS_CERT_FILE: .*absent\.pem can't be read/],
  ["text.pem", "absent.pem", /TLS_KEY_FILE: .*absent\.pem can't be read/],
  ["text.pem", "key.pem", /no certificate and its key/],
  ["key.pem", "text.pem", /no certificate and its key/],
])("%s with the key %s is refused by name", async (cert, key, message) => {
  await expect(reading(cert, key)).rejects.toMatchObject({ code: "invalid_config", message: expect.stringMatching(message) });
});

test.skipIf(!hasOpenssl)("a renewed certificate is served without a restart, half of a renewal is not (skipped where there is no openssl)", async () => {
  const at = (name: string): string => join(folder, name);
  const makeCertificate = (name: string) => run("openssl", [
    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", at(`${name}-key.pem`), "-out", at(`${name}.pem`), "-days", "2", "-subj", `/CN=${name}`,
  ]);
  await Promise.all([makeCertificate("first"), makeCertificate("second")]);
  const put = (part: string, name: string): Promise<void> => copyFile(at(`${name}${part}`), at(`served${part}`));
  await Promise.all([put(".pem", "first"), put("-key.pem", "first")]);
  const tls = { certFile: at("served.pem"), keyFile: at("served-key.pem") };
  const current = await readTlsFiles(tls);
  if (!current) throw new Error("there are files");
  const server = createServer(current).listen(0, "127.0.0.1");
  await once(server, "listening");
  const warned = Promise.withResolvers<void>();
  const logger = createLogger("silent");
  logger.warn = (() => warned.resolve()) as typeof logger.warn;
  const stop = followTlsFiles({ tls, current, server, logger, everyMs: 5 });
  const servedName = async (): Promise<string | undefined> => {
    const socket = connect({ host: "127.0.0.1", port: (server.address() as AddressInfo).port, rejectUnauthorized: false });
    await once(socket, "secureConnect");
    const name = socket.getPeerCertificate().subject.CN;
    socket.destroy();
    return String(name);
  };
  try {
    expect(await servedName()).toBe("first");
    await put(".pem", "second");
    await warned.promise;
    expect(await servedName(), "the key is not there yet").toBe("first");
    await put("-key.pem", "second");
    await expect.poll(servedName).toBe("second");
  } finally {
    stop();
    server.close();
  }
});
