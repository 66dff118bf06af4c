// ClickHouse's HTTP protocol as far as its official client speaks it: reads a request into a query with its data, and
// writes results and errors in ClickHouse's form. Knows nothing of how queries are run.
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import { randomUUID } from "node:crypto";
import { isClickHouseUse, rowsFileHeader, useHeader, type ClickHouseUse } from "./clickhouse-use.ts";
import { quoteText, readStatement, type Statement } from "./sql-text.ts";

/** The largest body, after decompression. */
export const bodyBytesMax = 128 * 1024 * 1024;
/** The largest statement, unless the setting max_query_size asks for another; ClickHouse's own default. */
export const queryBytesMaxDefault = 262_144;
/** A sender that stops sending for so long loses its place. */
export const bodyIdleMsMax = 30_000;

export interface HttpQuery {
  readonly use: ClickHouseUse;
  readonly queryId: string;
  /** The statement without its data. */
  readonly sql: string;
  /** Where in `sql` the source of an insert's data is named. */
  readonly infileAt: number;
  readonly statement: Statement;
  /** The rows of an INSERT, byte for byte; or the file that has them. */
  readonly data: Buffer | { readonly file: string };
  readonly format: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, string>>;
  readonly database: string;
}

/** An error with ClickHouse's number and name. */
export class ClickHouseException extends Error {
  readonly code: number;

  constructor(code: number, name: string, text: string) {
    super(`Code: ${code}. DB::Exception: ${text} (${name})`);
    this.name = "ClickHouseException";
    this.code = code;
  }
}

// What the protocol itself takes from the URL; everything else there is a setting.
const reserved = new Set([
  "query", "query_id", "database", "default_format", "session_id", "session_timeout", "session_check", "role", "user", "password",
  "quota_key", "compress", "decompress", "enable_http_compression", "wait_end_of_query", "buffer_size", "stacktrace",
  "client_protocol_version", "http_write_exception_in_output_format", "max_query_size",
]);
const namePattern = /^[A-Za-z_][A-Za-z_0-9.]*$/;
const queryIdPattern = /^[\w.:-]{1,128}$/;

/** Which connections a request wants; "api" unless its header names another use. */
export function useOf(request: IncomingMessage): ClickHouseUse {
  const header = request.headers[useHeader];
  if (header === undefined) return "api";
  if (typeof header === "string" && isClickHouseUse(header)) return header;
  throw new ClickHouseException(36, "BAD_ARGUMENTS", `Unknown ${useHeader}: ${String(header)}.`);
}

const rowsFilePattern = /^rows-[\da-f-]{36}$/;

/** The file in the shared folder that has the rows, where they don't come with the request. */
function rowsFileOf(request: IncomingMessage): { readonly file: string } | undefined {
  const header = request.headers[rowsFileHeader];
  if (header === undefined) return undefined;
  if (typeof header === "string" && rowsFilePattern.test(header)) return { file: header };
  throw new ClickHouseException(36, "BAD_ARGUMENTS", `${rowsFileHeader} is not the name of such a file.`);
}

/** The id that the request brings, or a new one. */
export function queryIdOf(url: URL): string {
  const id = url.searchParams.get("query_id");
  if (!id) return randomUUID();
  if (queryIdPattern.test(id)) return id;
  throw new ClickHouseException(36, "BAD_ARGUMENTS", "A query_id has 1 to 128 letters, digits, dots, colons, dashes or underscores.");
}

/** Puts URL and body together as ClickHouse does: the query from the URL, or first in the body, and the data behind it. */
export function readQuery(request: IncomingMessage, url: URL, wholeBody: Buffer): HttpQuery {
  const { fields, body } = readMultipart(request, wholeBody);
  const settings: Record<string, string> = {};
  const parameters: Record<string, string> = {};
  let urlQuery = "";
  for (const [name, value] of [...url.searchParams, ...fields]) {
    if (name === "query") urlQuery = value;
    else if (name.startsWith("param_")) parameters[checkedName(name.slice(6))] = value;
    else if (!reserved.has(name)) settings[checkedName(name)] = value;
  }
  const text = urlQuery === "" ? body : Buffer.from(urlQuery, "utf8");
  const statement = readStatement(text.toString("latin1"));
  const inline = text.subarray(statement.dataStart);
  const data = urlQuery === "" ? inline : inline.length > 0 ? Buffer.concat([inline, Buffer.from("\n"), body]) : body;
  const head = text.toString("utf8", 0, statement.infileAt);
  const tail = text.toString("utf8", statement.infileAt, statement.end);
  const query: HttpQuery = {
    use: useOf(request),
    queryId: queryIdOf(url),
    sql: head + tail,
    infileAt: head.length,
    statement,
    data: rowsFileOf(request) ?? data,
    format: statement.format ?? url.searchParams.get("default_format") ?? "TabSeparated",
    settings,
    parameters,
    database: url.searchParams.get("database") ?? "default",
  };
  refuseUnsafe(query, Number(url.searchParams.get("max_query_size")) || queryBytesMaxDefault);
  return query;
}

function checkedName(name: string): string {
  if (namePattern.test(name)) return name;
  throw new ClickHouseException(115, "UNKNOWN_SETTING", `${quoteText(name)} is not the name of a setting or parameter.`);
}

/** What would leak from one query into the next, or run more than was asked for. */
function refuseUnsafe(query: HttpQuery, queryBytesMax: number): void {
  const { statement, parameters } = query;
  if (statement.kind === "empty") throw new ClickHouseException(62, "SYNTAX_ERROR", "Empty query.");
  if (statement.hasMore) throw new ClickHouseException(62, "SYNTAX_ERROR", "Multi-statements are not allowed.");
  if (statement.kind === "set") {
    throw new ClickHouseException(48, "NOT_IMPLEMENTED", "SET has no effect over HTTP: send settings in the URL.");
  }
  if (Buffer.byteLength(query.sql) > queryBytesMax) {
    throw new ClickHouseException(62, "SYNTAX_ERROR", `The query is longer than max_query_size (${queryBytesMax} bytes).`);
  }
  for (const name of statement.placeholders) {
    if (!Object.hasOwn(parameters, name)) {
      throw new ClickHouseException(456, "UNKNOWN_QUERY_PARAMETER", `Substitution ${quoteText(name)} is not set.`);
    }
  }
}

/** Bound values that are too long for a URL come as form fields. Any other body is left as it is. */
function readMultipart(request: IncomingMessage, body: Buffer): { fields: [string, string][]; body: Buffer } {
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)"?/i.exec(request.headers["content-type"] ?? "")?.[1];
  if (!boundary) return { fields: [], body };
  const fields: [string, string][] = [];
  const separator = Buffer.from(`--${boundary}`);
  let at = body.indexOf(separator);
  while (at >= 0) {
    const next = body.indexOf(separator, at + separator.length);
    if (next < 0) break;
    const part = body.subarray(at + separator.length + 2, next - 2);
    const headerEnd = part.indexOf("\r\n\r\n");
    const name = /name="([^"]*)"/i.exec(part.toString("latin1", 0, Math.max(0, headerEnd)))?.[1];
    if (headerEnd < 0 || name === undefined) throw new ClickHouseException(36, "BAD_ARGUMENTS", "The form body is not valid.");
    fields.push([name, part.toString("utf8", headerEnd + 4)]);
    at = next;
  }
  return { fields, body: Buffer.alloc(0) };
}

/** The whole body, decompressed. Throws when it is too large, stalls, or comes in an encoding that we don't know. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  const collect = async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of source) {
      length += chunk.length;
      if (length > bodyBytesMax) throw new ClickHouseException(307, "TOO_MANY_BYTES", `The body is larger than ${bodyBytesMax} bytes.`);
      chunks.push(chunk);
    }
  };
  const giveUp = () => request.destroy();
  request.socket.setTimeout(bodyIdleMsMax, giveUp);
  try {
    const inflate = decompressor(request.headers["content-encoding"]);
    if (inflate) await pipeline(request, inflate, collect);
    else await collect(request);
  } finally {
    // After a failure the request may have lost its socket.
    request.socket?.setTimeout(0, giveUp);
  }
  const [only] = chunks;
  return only && chunks.length === 1 ? only : Buffer.concat(chunks, length);
}

function decompressor(encoding: string | undefined) {
  switch (encoding) {
    case undefined:
    case "":
    case "identity":
      return undefined;
    case "gzip":
    case "x-gzip":
      return createGunzip();
    case "deflate":
      return createInflate();
    case "zstd":
      return createZstdDecompress();
    default:
      throw new ClickHouseException(48, "NOT_IMPLEMENTED", `Content-Encoding ${encoding} is not known; send gzip, zstd or none.`);
  }
}

const contentTypes: Readonly<Record<string, string>> = {
  JSON: "application/json; charset=UTF-8",
  JSONCompact: "application/json; charset=UTF-8",
  JSONEachRow: "application/x-ndjson; charset=UTF-8",
  JSONCompactEachRow: "application/x-ndjson; charset=UTF-8",
  CSV: "text/csv; charset=UTF-8; header=absent",
  TabSeparated: "text/tab-separated-values; charset=UTF-8",
  TSV: "text/tab-separated-values; charset=UTF-8",
  RowBinary: "application/octet-stream",
};

export interface Summary {
  readonly readRows: number;
  readonly readBytes: number;
  readonly writtenRows: number;
  readonly writtenBytes: number;
  readonly elapsedMs: number;
}

export const emptySummary: Summary = { readRows: 0, readBytes: 0, writtenRows: 0, writtenBytes: 0, elapsedMs: 0 };

/** Headers of an answer. Errors that come after them are written into the body behind the tag given here. */
export function writeHead(response: ServerResponse, query: HttpQuery, summary: Summary, exceptionTag?: string, length?: number): void {
  response.writeHead(200, {
    ...(length === undefined ? {} : { "Content-Length": length }),
    "Content-Type": contentTypes[query.format] ?? "text/plain; charset=UTF-8",
    "X-ClickHouse-Query-Id": query.queryId,
    "X-ClickHouse-Format": query.format,
    "X-ClickHouse-Timezone": "UTC",
    "X-ClickHouse-Summary": JSON.stringify({
      read_rows: String(summary.readRows),
      read_bytes: String(summary.readBytes),
      written_rows: String(summary.writtenRows),
      written_bytes: String(summary.writtenBytes),
      total_rows_to_read: "0",
      result_rows: "0",
      result_bytes: "0",
      elapsed_ns: String(Math.round(summary.elapsedMs * 1e6)),
    }),
    ...(exceptionTag ? { "X-ClickHouse-Exception-Tag": exceptionTag } : {}),
  });
}

/** An error before the first byte of a result: ClickHouse's text, number and status. */
export function writeError(response: ServerResponse, error: unknown, queryId: string | undefined): void {
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(message);
  const text = code === undefined ? `Code: 1002. DB::Exception: ${message} (UNKNOWN_EXCEPTION)` : message;
  response.writeHead(statusOf(code), {
    "Content-Type": "text/plain; charset=UTF-8",
    "X-ClickHouse-Exception-Code": String(code ?? 1002),
    ...(queryId ? { "X-ClickHouse-Query-Id": queryId } : {}),
  });
  response.end(`${text}\n`);
}

/** An error after part of a result went out: the block that ClickHouse ends such a body with. */
export function lateErrorBlock(error: unknown, tag: string): string {
  const message = `${error instanceof Error ? error.message : String(error)}\n`;
  return `\r\n__exception__\r\n${tag}\r\n${message}${Buffer.byteLength(message)} ${tag}\r\n__exception__\r\n`;
}

function codeOf(message: string): number | undefined {
  const found = /^Code: (\d+)\./.exec(message);
  return found ? Number(found[1]) : undefined;
}

const notFound = new Set([46, 47, 50, 56, 60, 81, 218, 236]);
const badRequest = new Set([
  6, 25, 26, 27, 33, 34, 35, 36, 38, 41, 42, 43, 44, 53, 59, 62, 69, 70, 72, 115, 117, 131, 158, 386, 396, 456, 457,
]);

/** The HTTP status that ClickHouse answers an error with. */
function statusOf(code: number | undefined): number {
  if (code === undefined) return 500;
  if (badRequest.has(code)) return 400;
  if (notFound.has(code)) return 404;
  if (code === 159) return 408;
  if (code === 307) return 413;
  if (code === 1 || code === 48) return 501;
  if (code === 202) return 503;
  return 500;
}
