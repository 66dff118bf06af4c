import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readTlsFiles } from "./tls-files.ts";

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
