// A vendor for tests, on loopback: it keeps every request as it came and answers as it is told, also badly.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createOutbound, type Outbound } from "../outbound/outbound.ts";

export interface TakenRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** As it came. */
  readonly bytes: Buffer;
}

export type Reply =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Buffer }
  /** Takes the request and says nothing. */
  | "hang"
  /** Cuts the connection without a word. */
  | "cut"
  /** Cuts it within the body of a 200. */
  | "cut_body";

export interface TestVendor {
  readonly url: string;
  readonly requests: readonly TakenRequest[];
  /** From now on; a function is asked for each request. */
  answer(reply: Reply | ((request: TakenRequest) => Reply)): void;
  forget(): void;
  stop(): Promise<void>;
}

export async function startTestVendor(): Promise<TestVendor> {
  const requests: TakenRequest[] = [];
  let answer: (request: TakenRequest) => Reply = () => ({ status: 200 });
  const server = createServer((incoming, response) => {
    void taken(incoming).then((request) => {
      requests.push(request);
      give(response, answer(request));
    }, () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // A server that listens on a port has one.
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    answer: (reply) => void (answer = typeof reply === "function" ? reply : () => reply),
    forget: () => void requests.splice(0),
    stop: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
}

async function taken(incoming: IncomingMessage): Promise<TakenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer); // A request without an encoding gives buffers.
  const bytes = Buffer.concat(chunks);
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
  return { method: incoming.method ?? "", path: incoming.url ?? "", headers, body: bytes.toString("utf8"), bytes };
}

function give(response: ServerResponse, reply: Reply): void {
  if (reply === "hang") return;
  if (reply === "cut") return void response.destroy();
  if (reply === "cut_body") {
    response.writeHead(200, { "content-length": "1000" });
    response.write("{", () => response.destroy());
    return;
  }
  response.writeHead(reply.status, reply.headers);
  response.end(reply.body);
}

/** The guarded client, which may reach loopback for once; `redirected`: whose API stands on the test's server instead. */
export function outboundToLoopback(redirected: Readonly<Record<string, string>> = {}): Outbound {
  const outbound = createOutbound({ privateHosts: ["127.0.0.1"] });
  const moved = (url: string): string => {
    const origin = Object.keys(redirected).find((one) => url.startsWith(`${one}/`));
    return origin === undefined ? url : `${redirected[origin] ?? ""}${url.slice(origin.length)}`;
  };
  return { ...outbound, fetch: (request) => outbound.fetch({ ...request, url: moved(request.url) }) };
}
