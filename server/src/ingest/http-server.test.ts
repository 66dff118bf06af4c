import type { Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { limitsWith } from "../core/limits.ts";
import { boundBody, createHttpServer, type Listener } from "./http-server.ts";

let server: Server | undefined;
afterEach(() => void server?.closeAllConnections());
afterEach(() => new Promise((resolve) => server?.close(resolve)));

async function start(listener: Listener, bodyTimeoutMs = 100): Promise<number> {
  const limits = limitsWith({ bodyTimeoutMs, headerBytesMax: 2_000, connectionsMax: 2 });
  server = createHttpServer((request, response) => {
    boundBody(request, response, limits);
    listener(request, response);
  }, limits);
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // Listens on TCP, so it is no text.
  return port;
}

/** Sends the head and a byte of the body every 20 ms; resolves with what came back when the server ends the connection. */
function trickle(port: number, head: string, bytes = Infinity): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let answer = "";
  let sent = 0;
  const socket = connect(port, "127.0.0.1", () => socket.write(`${head} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n`));
  const timer = setInterval(() => sent++ < bytes && socket.write("x"), 20);
  socket.on("data", (chunk) => (answer += chunk.toString())).on("error", () => undefined).on("close", () => {
    clearInterval(timer);
    resolve(answer);
  });
  return promise;
}

describe("a body", () => {
  test("that trickles is answered 408 when its time is over, and its connection ended", async () => {
    const port = await start((request) => void request.resume());
    const answer = await trickle(port, "POST /api/v1/tokens");
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toContain('"code":"request_timeout"');
    expect(answer).toContain("TRIBUTARY_LIMIT_BODY_TIMEOUT_MS");
  });

  test("that goes on trickling after it was answered ends with its connection, too", async () => {
    const port = await start((_request, response) => void response.writeHead(401).end());
    expect(await trickle(port, "POST /api/v1/tokens")).toMatch(/^HTTP\/1.1 401 /);
  });

  test("of an upload may take long as long as it moves, and ends when it no longer does", async () => {
    let received = 0;
    const port = await start((request) => void request.on("data", (chunk: Buffer) => (received += chunk.length)).on("error", () => undefined), 300);
    // Forty bytes take more than twice as long as any other body may.
    expect(await trickle(port, "PUT /api/v1/imports/7/content?offset=0", 40)).toBe("");
    expect(received).toBe(40);
  });

  test("that was read in time leaves an answer all the time it needs", async () => {
    const port = await start((request, response) => void request.resume().on("end", () => setTimeout(() => response.end("late"), 250)));
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/tokens`, { method: "POST", body: "x" });
    expect([answer.status, await answer.text()]).toEqual([200, "late"]);
  });
});

test("headers and connections are bounded by the limits of the configuration", async () => {
  const port = await start((_request, response) => void response.end());
  expect(server).toMatchObject({ maxConnections: 2, headersTimeout: 100, requestTimeout: 0 });
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { long: "x".repeat(3_000) } });
  expect(answer.status).toBe(431);
});
