// For tests: all vendors at once, on loopback. It keeps what it is sent and answers as it is told.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface TakenRequest {
  readonly method: string;
  /** As the destination meant it, the vendor's host included. */
  readonly url: string;
  /** Without those that belong to the connection. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, taken apart; text otherwise. */
  readonly body: unknown;
}

export type Reply = { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly json?: unknown; readonly text?: string } | "hang" | "cut";
export type Answering = (request: TakenRequest, at: number) => Reply;

export interface Vendor {
  readonly port: number;
  readonly requests: TakenRequest[];
  answer(answering: Answering): void;
  close(): Promise<void>;
}

const ofTheConnection = new Set(["host", "connection", "content-length", "x-test-origin", "transfer-encoding"]);

export async function startVendor(): Promise<Vendor> {
  const requests: TakenRequest[] = [];
  let answering: Answering = () => ({ status: 200, json: {} });
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const headers = Object.entries(incoming.headers).filter(([name]) => !ofTheConnection.has(name)).map(([name, value]) => [name, String(value)]);
      const request = {
        method: incoming.method ?? "", url: `${String(incoming.headers["x-test-origin"])}${incoming.url ?? ""}`,
        headers: Object.fromEntries(headers) as Record<string, string>, body: parsed(Buffer.concat(chunks).toString("utf8")), // Pairs of text.
      };
      requests.push(request);
      give(response, answering(request, requests.length - 1));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port, // It listens on a port.
    requests,
    answer: (given) => {
      answering = given;
    },
    close: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function give(response: ServerResponse, reply: Reply): void {
  if (reply === "hang") return;
  if (reply === "cut") return void response.destroy();
  const isJson = reply.text === undefined;
  response.writeHead(reply.status, { "content-type": isJson || reply.text?.startsWith("{") === true ? "application/json" : "text/plain", ...reply.headers });
  response.end(isJson ? JSON.stringify(reply.json ?? {}) : reply.text);
}
