// Snowflake, BigQuery and Databricks as their documentation says they answer, on loopback: statements that are waited for, partitions, pages
// and links. What a test plants instead of an answer is given as it is.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { gzipSync } from "node:zlib";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** undefined: hangs. */
export type Answer = { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly json?: unknown; readonly text?: string; readonly isPacked?: boolean } | undefined;

export interface TestCloud {
  readonly url: string;
  readonly asked: Asked[];
  answer(answerer: (asked: Asked, count: number) => Answer): void;
  /** Cuts what is connected, and goes on refusing. */
  cut(): void;
  heal(): void;
  stop(): Promise<void>;
}

export async function startTestCloud(): Promise<TestCloud> {
  const asked: Asked[] = [];
  const sockets = new Set<Socket>();
  let answerer: (one: Asked, count: number) => Answer = () => ({ status: 404, json: {} });
  let isCut = false;
  const server = createServer((request, response) => void take(request, response).catch((error: unknown) => response.writeHead(500).end(String(error))));
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = "";
    for await (const part of request.setEncoding("utf8")) body += String(part);
    if (isCut) return void response.destroy();
    const one = { method: request.method ?? "", path: request.url ?? "", headers: request.headers as Record<string, string>, body };
    asked.push(one);
    const answer = answerer(one, asked.length);
    if (answer === undefined) return;
    const text = answer.text ?? JSON.stringify(answer.json ?? {});
    response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...(answer.isPacked === true ? { "content-encoding": "gzip" } : {}), ...answer.headers });
    response.end(answer.isPacked === true ? gzipSync(text) : text);
  };
  server.on("connection", (socket) => void sockets.add(socket.on("close", () => sockets.delete(socket))));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // It listens.
    asked,
    answer: (given) => {
      answerer = given;
      isCut = false;
    },
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    heal: () => void (isCut = false),
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}
