// For tests of collection: the real door on a loopback port in front of a real Postgres log, with one source, and plain
// HTTP requests whose every header the test decides.
import { request as httpRequest, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Registry } from "prom-client";
import type pg from "pg";
import type { EventsHeader } from "@tributary/schema/log-record.ts";
import { manualClock } from "../core/clock.ts";
import { defaultLimits, type Limits } from "../core/limits.ts";
import { quietLogger, startTestPostgres } from "../engines/testing.ts";
import type { EventLog } from "../log/log.ts";
import { createPostgresLog } from "../log/postgres-log.ts";
import { createSourceDirectory, hashWriteKey } from "../sources/source-directory.ts";
import { createIngest, type Ingest, type IngestOptions } from "./ingest.ts";

export const writeKey = "website-key-1";
export const otherKey = "phone-key-2";
export const receivedAtMs = Date.UTC(2026, 0, 15, 12);

export interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Without a content-length. */
  readonly isChunked?: boolean;
}

export interface Received {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
}

export interface StoredRecord {
  readonly header: EventsHeader;
  readonly events: readonly string[];
}

export interface TestDoor {
  readonly ingest: Ingest;
  readonly server: Server;
  readonly registry: Registry;
  readonly port: number;
  send(sent: Sent): Promise<Received>;
  stop(): Promise<void>;
}

export type DoorChanges = Partial<Omit<IngestOptions, "limits">> & { readonly limits?: Partial<Limits>; readonly port?: number };

export interface TestIngest {
  readonly pool: pg.Pool;
  readonly log: EventLog;
  readonly clock: ReturnType<typeof manualClock>;
  /** A door of its own in front of the same log. */
  open(changes?: DoorChanges): Promise<TestDoor>;
  /** The records appended since the last call. */
  stored(): Promise<readonly StoredRecord[]>;
  stop(): Promise<void>;
}

/** Sources 1 (`website`, key writeKey) and 2 (`phone`, key otherKey) of workspace 1, in partition 0. */
export async function startTestIngest(): Promise<TestIngest> {
  const postgres = await startTestPostgres();
  const pool = postgres.pool("test", 6);
  await pool.query(`
    insert into workspace (id, slug, name, log_partition) values (1, 'default', 'Default', 0);
    insert into source (id, workspace_id, slug, name, kind)
      values (1, 1, 'website', 'Website', 'website'), (2, 1, 'phone', 'Phone', 'mobile')`);
  await pool.query("insert into write_key (workspace_id, source_id, key_hash, prefix) values (1, 1, $1, 'websit'), (1, 2, $2, 'phone-')",
    [hashWriteKey(writeKey), hashWriteKey(otherKey)]);
  const clock = manualClock(receivedAtMs);
  const log = await createPostgresLog({ pool, partitions: 1, clock, logger: quietLogger });
  const doors = new Set<TestDoor>();
  let readTo = 0;
  return {
    pool, log, clock,
    async open(changes = {}) {
      const door = await openDoor({ pool, log, clock, ...changes, limits: { ...defaultLimits, ...changes.limits } });
      doors.add(door);
      return door;
    },
    async stored() {
      const records: StoredRecord[] = [];
      for (;;) {
        const chunks = await log.read(0, readTo, 64 * 1024 * 1024);
        if (chunks.length === 0) return records;
        readTo += chunks.length;
        for (const { header, events } of chunks.flatMap((chunk) => chunk.records)) {
          if (header.kind === "events") records.push({ header, events: events.map((event) => event.toString("utf8")) });
        }
      }
    },
    async stop() {
      for (const door of doors) await door.stop();
      await log.close();
      await postgres.stop();
    },
  };
}

async function openDoor(options: Pick<IngestOptions, "pool" | "log" | "clock" | "limits"> & DoorChanges): Promise<TestDoor> {
  const registry = new Registry();
  const ingest = createIngest({
    sources: createSourceDirectory(options), logger: quietLogger, registry, publicUrl: "https://cdp.example.com", trustProxy: [],
    unknownKeyStatus: 401, websiteEventsPerSecond: 0, version: "1.2.3", ...options,
  });
  const server = ingest.serverFactory((_request, response) => void response.writeHead(418).end());
  server.on("clientError", ingest.answerClientError);
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // listens on TCP, so it is no text.
  return {
    ingest, server, registry, port,
    send: (sent) => sendTo(port, sent),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await ingest.stop();
    },
  };
}

function sendTo(port: number, { method, path, headers = {}, body, isChunked }: Sent): Promise<Received> {
  const { promise, resolve, reject } = Promise.withResolvers<Received>();
  const length = isChunked || body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const options = { port, host: "127.0.0.1", path, method: method ?? "POST", agent: false, headers: { ...length, ...headers } } as const;
  const request = httpRequest(options, (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", reject);
    response.on("end", () => {
      const bytes = Buffer.concat(chunks);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, text: bytes.toString("utf8") });
    });
  });
  request.on("error", reject);
  if (isChunked) request.write(body ?? "");
  request.end(isChunked ? undefined : body);
  return promise;
}

export const basic = (key: string): Record<string, string> => ({ authorization: `Basic ${Buffer.from(`${key}:`).toString("base64")}` });
