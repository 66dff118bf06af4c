// Destinations that open sockets by libraries of their own stand under the same rule as HTTP: nothing on this machine or its network is
// reached, and what was not sent is never told as delivered.
import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connectionOf, openBench, orderOf, type ContractBench } from "./testing-contract.ts";

let bench: ContractBench;
let server: Server;
let port: number;
let connections = 0;

beforeAll(async () => {
  bench = await openBench({ client: { file: new URL("./host/guarded-client.ts", import.meta.url).href, options: { privateHosts: [] } }, jobTimeoutMs: 30_000 });
  server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port; // It listens on a port.
});
afterAll(async () => {
  await bench.close();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  connections = 0;
});

const cases: readonly { readonly slug: string; readonly action: string; settings(host: string): Record<string, unknown>; readonly payload: Record<string, unknown> }[] = [
  {
    slug: "kafka", action: "send", payload: { topic: "orders", payload: { total: 1 } },
    settings: (host) => ({ clientId: "c", brokers: `${host}:${port}`, mechanism: "plain", username: "u", password: "password-1", ssl_enabled: false }),
  },
  {
    slug: "sftp", action: "syncEvents",
    settings: (host) => ({ auth_type: "password", sftp_host: host, sftp_port: port, sftp_username: "u", sftp_password: "password-1" }),
    payload: { columns: { total: "1" }, sftp_folder_path: "/in", filename_prefix: "f", delimiter: ",", file_extension: "csv", enable_batching: true, batch_size: 100 },
  },
];

test.each(cases.flatMap((one) => ["127.0.0.1", "localhost", "2130706433"].map((host) => [one.slug, host, one] as const)))("%s to %s: nothing is connected to, and nothing is delivered", async (slug, host, { action, settings, payload }) => {
  const destination = await bench.find(slug);
  const connection = connectionOf(slug, { settings: settings(host) });
  const { outcomes } = await destination.send({ connection, subscription: { id: 1, version: 1, action }, items: [{ event: orderOf(1), payload, idempotencyKey: "k" }] }, new AbortController().signal);
  expect(outcomes.map(({ kind }) => kind)).not.toContain("delivered");
  expect(outcomes.length).toBe(1);
  expect(connections).toBe(0);
});

test("a region, of which AWS's own client makes an address, is no way to another one", async () => {
  const destination = await bench.find("s3");
  const connection = connectionOf("s3", { settings: {
    s3_aws_bucket_name: "b", s3_aws_region: `x@127.0.0.1:${port}/#`, iam_role_arn: "arn:aws:iam::123456789012:role/r", iam_external_id: "external-1", AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret-access-1", AMAZON_S3_ACTIONS_ROLE_ADDRESS: "arn:aws:iam::123456789012:role/b", AMAZON_S3_ACTIONS_EXTERNAL_ID: "external-2",
  } });
  const payload = { columns: { total: "1" }, filename_prefix: "f", delimiter: ",", file_extension: "csv", enable_batching: true, batch_size: 100 };
  const { outcomes } = await destination.send({ connection, subscription: { id: 1, version: 1, action: "syncToS3" }, items: [{ event: orderOf(1), payload, idempotencyKey: "k" }] }, new AbortController().signal);
  expect(outcomes).toMatchObject([{ kind: "refused", detail: expect.stringContaining("not a valid hostname") as string }]);
  expect(connections).toBe(0);
});
