// ClickHouse's HTTP protocol at /sql, for tools that make reports: a token with the scope `read` as the password, one SELECT, the workspace's
// views. Settings that clients send along are taken and have no effect; those that a statement runs with are the program's own.
import { pipeline } from "node:stream/promises";
import { Transform } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { hasScope } from "../governance/governance.ts";
import { DATABASE, endpointQueryLimits, EngineSaid, hashOf, PROTOCOL_VERSION, said, sqlLimits, SqlRefused, type Answered } from "../sql/sql.ts";
import type { ApiServices } from "./api-services.ts";
import { MASKED_HEADER } from "./masked-reading.ts";
import { RateLimiter } from "./rate-limit.ts";

/** Format → its media type, and how many lines of it are no rows; undefined: its rows can't be counted by lines. */
const formats: ReadonlyMap<string, { readonly type: string; readonly headLines?: number }> = new Map([
  ["JSON", { type: "application/json; charset=UTF-8" }], ["JSONCompact", { type: "application/json; charset=UTF-8" }],
  ["JSONEachRow", { type: "application/x-ndjson; charset=UTF-8", headLines: 0 }], ["JSONCompactEachRow", { type: "application/x-ndjson; charset=UTF-8", headLines: 0 }],
  ["JSONCompactEachRowWithNames", { type: "application/x-ndjson; charset=UTF-8", headLines: 1 }], ["JSONCompactEachRowWithNamesAndTypes", { type: "application/x-ndjson; charset=UTF-8", headLines: 2 }],
  ["JSONStringsEachRow", { type: "application/x-ndjson; charset=UTF-8", headLines: 0 }], ["JSONCompactStringsEachRow", { type: "application/x-ndjson; charset=UTF-8", headLines: 0 }],
  ["CSV", { type: "text/csv; charset=UTF-8; header=absent" }], ["CSVWithNames", { type: "text/csv; charset=UTF-8; header=present" }], ["CSVWithNamesAndTypes", { type: "text/csv; charset=UTF-8; header=present" }],
  ["TabSeparated", { type: "text/tab-separated-values; charset=UTF-8", headLines: 0 }], ["TSV", { type: "text/tab-separated-values; charset=UTF-8", headLines: 0 }],
  ["TabSeparatedWithNames", { type: "text/tab-separated-values; charset=UTF-8", headLines: 1 }], ["TSVWithNames", { type: "text/tab-separated-values; charset=UTF-8", headLines: 1 }],
  ["TabSeparatedWithNamesAndTypes", { type: "text/tab-separated-values; charset=UTF-8", headLines: 2 }], ["TSVWithNamesAndTypes", { type: "text/tab-separated-values; charset=UTF-8", headLines: 2 }],
  ["RowBinary", { type: "application/octet-stream" }], ["RowBinaryWithNames", { type: "application/octet-stream" }], ["RowBinaryWithNamesAndTypes", { type: "application/octet-stream" }],
  ["Native", { type: "application/octet-stream" }], ["Null", { type: "text/plain; charset=UTF-8" }], ["Pretty", { type: "text/plain; charset=UTF-8" }], ["PrettyCompact", { type: "text/plain; charset=UTF-8" }],
  ["ArrowStream", { type: "application/octet-stream" }], ["Parquet", { type: "application/octet-stream" }],
]);
const formatNames: ReadonlySet<string> = new Set(formats.keys());

const BODY_BYTES_MAX = 4 * sqlLimits.textCharactersMax;

interface Reader {
  readonly workspaceId: number;
  readonly actor: string;
  readonly isMasked: boolean;
}

export async function registerSqlEndpoint(scope: FastifyInstance, services: ApiServices): Promise<void> {
  const failures = new RateLimiter<string>(services.limits.failuresPerSecond, services.limits.failuresBurst);
  const rate = new RateLimiter<number>(services.limits.requestsPerSecond, services.limits.requestsBurst);
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: BODY_BYTES_MAX }, (_, body, done) => done(null, body));
  const ping = async (_: FastifyRequest, reply: FastifyReply) => reply.type("text/plain; charset=UTF-8").send("Ok.\n");
  for (const url of ["/ping", "/sql/ping"]) scope.get(url, { exposeHeadRoute: false }, ping);
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const statement = statementOf(request);
    // The console's page has the same address; it is for whoever wants a page and asks nothing.
    const page = statement === "" ? services.deps.page?.(request, reply) : undefined;
    if (page !== undefined) return page;
    reply.header("x-content-type-options", "nosniff").header("cache-control", "no-store");
    let reader: Reader | undefined;
    try {
      reader = await readerOf(services, request, { failures, rate });
      if (statement.trim() === "") {
        if (request.method === "GET") return await ping(request, reply);
        throw new SqlRefused("SYNTAX_ERROR", "Empty query.");
      }
      return await answer(services, reader, { statement, request, reply });
    } catch (error) {
      return refuse(services, { error, reader, statement, reply });
    }
  };
  for (const url of ["/sql", "/sql/"]) {
    scope.get(url, { exposeHeadRoute: false }, handler);
    scope.post(url, handler);
  }
  // Some clients know no path: what they send to the root can be nothing else.
  scope.post("/", handler);
}

/** From the address and the body, as ClickHouse puts them together. */
function statementOf(request: FastifyRequest): string {
  const asked = params(request).get("query") ?? "";
  const body = Buffer.isBuffer(request.body) ? request.body.toString("utf8") : "";
  return asked === "" ? body : body === "" ? asked : `${asked}\n${body}`;
}

function params(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams(request.url.split("?", 2)[1] ?? "");
}

/** The token stands where a password does; the user's name says nothing. */
function secretOf(request: FastifyRequest): string | undefined {
  const key = request.headers["x-clickhouse-key"];
  if (typeof key === "string" && key !== "") return key;
  const [, scheme, given = ""] = /^(basic|bearer) +(\S{1,2000}) *$/i.exec(request.headers.authorization ?? "") ?? [];
  if (scheme?.toLowerCase() === "bearer") return given;
  if (scheme !== undefined) return Buffer.from(given, "base64").toString("utf8").split(":").slice(1).join(":");
  return params(request).get("password") ?? undefined;
}

interface Rates {
  readonly failures: RateLimiter<string>;
  readonly rate: RateLimiter<number>;
}

async function readerOf({ tokens, deps }: ApiServices, request: FastifyRequest, { failures, rate }: Rates): Promise<Reader> {
  const nowMs = deps.clock.nowMs();
  const secret = secretOf(request);
  const token = secret === undefined || secret === "" ? undefined : await tokens.find(secret, nowMs, () => failures.check(request.ip, nowMs));
  if (token === undefined) {
    failures.take(request.ip, nowMs);
    throw new SqlRefused("AUTHENTICATION_FAILED", "No valid API token was sent. Use any user name, and a token with the scope read as the password.");
  }
  rate.take(token.id, nowMs);
  if (!hasScope(token, "read")) throw new SqlRefused("ACCESS_DENIED", "This token has not the scope read.");
  return { workspaceId: token.workspaceId, actor: `token:${token.id}`, isMasked: !hasScope(token, "personal_data") };
}

interface Asking {
  readonly statement: string;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

async function answer({ sql, deps, keepAnswer }: ApiServices, reader: Reader, { statement, request, reply }: Asking): Promise<FastifyReply> {
  if (Buffer.isBuffer(request.body) && (request.headers["content-encoding"] ?? "identity") !== "identity") throw new SqlRefused("BAD_ARGUMENTS", "Send statements uncompressed.");
  const given = params(request);
  const parameters = Object.fromEntries([...given].flatMap(([name, value]) => (name.startsWith("param_") ? [[name.slice("param_".length), value]] : [])));
  const format = request.headers["x-clickhouse-format"] ?? given.get("default_format") ?? "TabSeparated";
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  const began = performance.now();
  const kept = keepAnswer({ ...reader, statement, parameters, via: "endpoint" });
  const asked = { ...reader, statement, parameters, limits: endpointQueryLimits, format: String(format), formats: formatNames, signal: gone.signal, people: kept.add };
  const answered = await sql.ask(asked).catch(async (error: unknown) => {
    await kept.end({ isWhole: false, rows: null });
    throw error;
  });
  const out = reply.hijack().raw;
  out.writeHead(200, { ...headersOf(answered, reader, given.get("query_id") ?? answered.queryId), ...(kept.id() === undefined ? {} : { "x-export-id": kept.id() }) });
  const counted = counter(answered.format);
  let failure: string | undefined;
  try {
    await pipeline(answered.stream, counted.stream, out);
  } catch (error) {
    // Whoever went away hears nothing; whoever is there sees that it broke off.
    failure = gone.signal.aborted ? "QUERY_WAS_CANCELLED" : "BROKEN_OFF";
    if (!gone.signal.aborted) deps.logger.warn({ err: error }, "an answer in SQL broke off");
    out.destroy();
  }
  const rows = failure === undefined ? counted.rows() : null;
  await kept.end({ isWhole: failure === undefined, rows });
  await sql.record({ ...reader, hash: answered.hash, views: answered.views, via: "endpoint", rows, bytes: counted.bytes(), durationMs: performance.now() - began, exportId: kept.id(), ...(failure === undefined ? {} : { failure }) });
  return reply;
}

function headersOf({ format, summary }: Answered, reader: Reader, queryId: string): Record<string, string> {
  return {
    "content-type": formats.get(format)?.type ?? "text/plain; charset=UTF-8", "cache-control": "no-store", "x-content-type-options": "nosniff",
    "X-ClickHouse-Query-Id": /^[\w.:-]{1,128}$/.test(queryId) ? queryId : "", "X-ClickHouse-Format": format, "X-ClickHouse-Timezone": "UTC", "X-ClickHouse-Server-Display-Name": DATABASE,
    "X-ClickHouse-Summary": JSON.stringify({ read_rows: "0", read_bytes: "0", written_rows: "0", written_bytes: "0", total_rows_to_read: "0", result_rows: "0", result_bytes: "0", ...summary }),
    ...(reader.isMasked ? { [MASKED_HEADER]: "true" } : {}),
  };
}

const LINE_END = 10;

/** Counts what goes through, lines where lines are rows. */
function counter(format: string) {
  const headLines = formats.get(format)?.headLines;
  let bytes = 0;
  let lines = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      if (headLines !== undefined) for (let at = chunk.indexOf(LINE_END); at !== -1; at = chunk.indexOf(LINE_END, at + 1)) lines++;
      done(null, chunk);
    },
  });
  return { stream, bytes: () => bytes, rows: () => (headLines === undefined ? null : Math.max(0, lines - headLines)) };
}

interface Refusing {
  readonly error: unknown;
  readonly reader: Reader | undefined;
  readonly statement: string;
  readonly reply: FastifyReply;
}

const statusByCode: Readonly<Record<number, number>> = { 60: 404, 46: 404, 47: 404, 50: 404, 81: 404, 159: 408, 202: 503, 307: 413, 394: 499, 497: 403, 516: 401 };

/** In ClickHouse's form, which its clients read. */
async function refuse({ sql, deps }: ApiServices, { error, reader, statement, reply }: Refusing): Promise<FastifyReply> {
  const told = said(error);
  const known = told instanceof SqlRefused || told instanceof EngineSaid ? told : undefined;
  if (reader !== undefined && known !== undefined) {
    await sql.record({ ...reader, hash: hashOf(statement), views: [], via: "endpoint", rows: null, bytes: 0, durationMs: 0, failure: known.codeName });
  }
  const isLimited = error instanceof Error && "status" in error && error.status === 429;
  if (known === undefined && !isLimited) deps.logger.error({ err: error }, "a statement could not be answered");
  const text = known?.message ?? (isLimited ? "Code: 202. DB::Exception: Too many requests. (TOO_MANY_SIMULTANEOUS_QUERIES)" : "Code: 1002. DB::Exception: The server failed to answer. (UNKNOWN_EXCEPTION)");
  const place = known instanceof SqlRefused && known.at !== undefined ? ` (position ${known.at + 1})` : "";
  return reply
    .code(known === undefined ? (isLimited ? 429 : 500) : statusByCode[known.code] ?? (known instanceof SqlRefused ? 400 : 500))
    .header("content-type", "text/plain; charset=UTF-8").header("X-ClickHouse-Exception-Code", String(known?.code ?? (isLimited ? 202 : 1002)))
    .send(`${text.replace(/ \(([A-Z_]+)\)$/, `${place} ($1)`)} (version ${PROTOCOL_VERSION})\n`);
}
