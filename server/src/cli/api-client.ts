// The command line's way to the server: JSON in, JSON out, checked by the schemas of the API; every failure a CliError.
import { Readable } from "node:stream";
import { Agent, request, type Dispatcher } from "undici";
import { z } from "zod";
import { CliError } from "./cli-error.ts";
import { findServer, type Environment, type ServerAddress } from "./server-address.ts";

const CONNECT_TIMEOUT_MS = 5_000;
const ANSWER_TIMEOUT_MS = 60_000;
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

export interface ApiClient {
  readonly server: ServerAddress;
  get<T extends z.ZodType>(path: string, answer: T): Promise<z.output<T>>;
  post<T extends z.ZodType>(path: string, body: unknown, answer: T): Promise<z.output<T>>;
  put<T extends z.ZodType>(path: string, body: unknown, answer: T): Promise<z.output<T>>;
  patch<T extends z.ZodType>(path: string, body: unknown, answer: T): Promise<z.output<T>>;
  put<T extends z.ZodType>(path: string, body: unknown, answer: T): Promise<z.output<T>>;
  delete<T extends z.ZodType>(path: string, answer: T): Promise<z.output<T>>;
  /** Streams a body for as long as it takes. */
  upload<T extends z.ZodType>(path: string, body: Readable, answer: T): Promise<z.output<T>>;
  /** A file that the server writes for as long as it takes; its headers tell more of it. */
  download(path: string, body: unknown): Promise<{ readonly stream: Readable; readonly headers: Readonly<Record<string, string | string[] | undefined>> }>;
  /** Whatever the server answers, with its status. */
  read(path: string): Promise<{ readonly status: number; readonly body: unknown }>;
  close(): Promise<void>;
}

/** Finds the server, lets `work` talk to it, and hangs up. */
export async function withServer<T>(env: Environment, work: (client: ApiClient) => Promise<T>): Promise<T> {
  const client = createApiClient(await findServer(env));
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

const PAGE_ROWS = 200;

/** All rows of a list, page by page. `page`: the schema of one. */
export async function readAll<Row>(client: ApiClient, path: string, page: z.ZodType<{ data: Row[]; next_cursor: string | null }>): Promise<Row[]> {
  const rows: Row[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const { data, next_cursor: next }: { data: Row[]; next_cursor: string | null } = await client.get(
      `${path}?limit=${PAGE_ROWS}${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`, page,
    );
    rows.push(...data);
    cursor = next;
  }
  return rows;
}

export type Query = Readonly<Record<string, string | number | undefined>>;

/** The first rows of a list, however many pages those are, whether there are more, and the first page, which may say more than its rows. */
export async function readFirst<Page extends { readonly data: readonly unknown[]; readonly next_cursor: string | null }>(
  client: ApiClient, path: string, { query, limit, page }: { readonly query: Query; readonly limit: number; readonly page: z.ZodType<Page> },
): Promise<{ readonly rows: readonly Page["data"][number][]; readonly isMore: boolean; readonly first: Page }> {
  const asked = (cursor: string | undefined, left: number): Promise<Page> => client.get(`${path}?${queryText({ ...query, limit: Math.min(PAGE_ROWS, left), cursor })}`, page);
  const first = await asked(undefined, limit);
  const rows: Page["data"][number][] = [...first.data];
  let next = first.next_cursor;
  while (next !== null && rows.length < limit) {
    const more = await asked(next, limit - rows.length);
    rows.push(...more.data);
    next = more.next_cursor;
  }
  return { rows, isMore: next !== null, first };
}

export function queryText(query: Query): string {
  return String(new URLSearchParams(Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))));
}

const problemAnswer = z.object({ code: z.string(), message: z.string(), hint: z.string().optional() });

export function createApiClient(server: ServerAddress): ApiClient {
  const agent = new Agent({ connect: { timeout: CONNECT_TIMEOUT_MS, ...(server.socketPath ? { socketPath: server.socketPath } : {}) } });

  async function send(method: Dispatcher.HttpMethod, path: string, body?: { json?: unknown; stream?: Readable; isLong?: boolean }): Promise<Dispatcher.ResponseData> {
    const isUpload = body?.stream !== undefined;
    const isLong = isUpload || body?.isLong === true;
    try {
      return await request(`${server.url}${path}`, {
        method, dispatcher: agent, headersTimeout: isLong ? 0 : ANSWER_TIMEOUT_MS, bodyTimeout: isLong ? 0 : ANSWER_TIMEOUT_MS,
        headers: {
          authorization: `Bearer ${server.token}`,
          ...(isUpload ? { "content-type": "application/octet-stream" } : {}),
          ...(body?.json === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body?.stream ? { body: body.stream } : body?.json === undefined ? {} : { body: JSON.stringify(body.json) }),
      });
    } catch (error) {
      throw unreachable(server, error);
    }
  }
  async function ask<T extends z.ZodType>(method: Dispatcher.HttpMethod, path: string, answer: T, body?: { json?: unknown; stream?: Readable }): Promise<z.output<T>> {
    return readAnswer(server, await send(method, path, body), answer);
  }
  return {
    server,
    get: (path, answer) => ask("GET", path, answer),
    post: (path, json, answer) => ask("POST", path, answer, { json }),
    put: (path, json, answer) => ask("PUT", path, answer, { json }),
    patch: (path, json, answer) => ask("PATCH", path, answer, { json }),
    delete: (path, answer) => ask("DELETE", path, answer),
    upload: (path, stream, answer) => ask("PUT", path, answer, { stream }),
    download: async (path, json) => {
      const response = await send("POST", path, { json, isLong: true });
      if (response.statusCode >= 400) await readAnswer(server, response, z.never());
      return { stream: response.body, headers: response.headers };
    },
    read: async (path) => {
      const response = await send("GET", path);
      return { status: response.statusCode, body: await readJson(server, response) };
    },
    close: () => agent.close(),
  };
}

async function readAnswer<T extends z.ZodType>(server: ServerAddress, response: Dispatcher.ResponseData, answer: T): Promise<z.output<T>> {
  const body = await readJson(server, response);
  if (response.statusCode >= 400) {
    const problem = problemAnswer.safeParse(body);
    if (problem.success) throw new CliError(problem.data.message, { hint: problem.data.hint ?? "See the server's log.", code: problem.data.code });
    throw new CliError(`The server answered ${response.statusCode}.`, { hint: `Check that a Tributary server is at ${server.url} (${server.saidBy}).` });
  }
  const parsed = answer.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new CliError("The server's answer is not understood.", { hint: "The server and this command may be of different versions; run `tributary doctor`.", cause: parsed.error });
}

async function readJson(server: ServerAddress, response: Dispatcher.ResponseData): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of response.body) {
      parts.push(part);
      bytes += part.length;
      if (bytes > ANSWER_BYTES_MAX) throw new Error("The answer is too large.");
    }
    return JSON.parse(String(Buffer.concat(parts)));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw unreachable(server, error);
  }
}

function unreachable(server: ServerAddress, cause: unknown): CliError {
  const why = cause instanceof Error ? ("code" in cause ? String(cause.code) : cause.message) : String(cause);
  return new CliError(`The server at ${server.url} does not answer (${why}).`, {
    hint: `Check that it runs: \`tributary status\`, its log, and the address in ${server.saidBy}.`, code: "unreachable", cause,
  });
}
