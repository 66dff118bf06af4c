// ClickHouse over its HTTP interface: the reply is read line by line as it comes, one line a row, behind two that name the columns and their
// types. The statement runs with `readonly`, so that it writes nothing.
import type { ColumnType } from "@tributary/schema/warehouse/query.ts";
import { defineWarehouse, type At, type Reading, type Want } from "../define-warehouse.ts";
import { linesOf } from "../lines.ts";
import { batchesOf, type SizedRow } from "../pulled-rows.ts";
import { said, tablesOf } from "../said.ts";
import { dateOf, decimalOf, instantOf, integerOf } from "../values.ts";
import { WarehouseError, warehouseLimits as limits, type Column, type Value } from "../warehouse.ts";

export const clickhouse = defineWarehouse({
  slug: "clickhouse",
  name: "ClickHouse",
  description: "Reads tables and views of a ClickHouse by SQL, over its HTTP interface.",
  reads: "sql",
  notes: ["Leave FORMAT out of the statement: how rows travel is chosen here."],
  proof: "server",
  settings: [
    { key: "url", label: "Address", type: "string", required: true, placeholder: "https://clickhouse.example.com:8443" },
    { key: "database", label: "Database", type: "string", required: true, default: "default" },
    { key: "user", label: "User", type: "string", required: true, default: "default", description: "One that may read, and nothing else." },
    { key: "password", label: "Password", type: "password" },
  ],
  check: ({ url }) => (typeof url === "string" && !isOrigin(url) ? [{ field: "url", problem: "An address is https:// or http:// and a host, without a path." }] : []),
  places: ({ url }) => [{ field: "url", url: String(url) }],
  async test(at) {
    const { status, headers, body } = await at.fetch({ ...requestFor(at, "SELECT 1", {}), responseBytesMax: 100_000 });
    if (status !== 200) throw failureOf(at, headers, body.toString("utf8"), status);
    if (body.toString("utf8").trim() !== '["1"]\n["UInt8"]\n[1]') throw new WarehouseError("broken", "What answered is no ClickHouse.");
  },
  open: (at, query, want) => openClickHouse(at, query.kind === "sql" ? query.sql : "", want),
  async tables(at, search) {
    const sql = `SELECT if(database = {mine:String}, '', database), table, name, type FROM system.columns WHERE database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema')
      AND positionCaseInsensitiveUTF8(concat(database, '.', table), {search:String}) > 0 ORDER BY database != {mine:String}, database, table, position LIMIT ${limits.tableColumnsMax}`;
    const reading = await openClickHouse(at, sql, { batchRows: limits.tableColumnsMax, rowsMax: limits.tableColumnsMax }, { param_search: search, param_mine: String(at.settings["database"]) });
    try {
      const rows: (string | null)[][] = [];
      for (let batch = await reading.next(); batch !== undefined; batch = await reading.next()) rows.push(...batch.map((row) => Object.values(row).map(String)));
      return tablesOf(rows);
    } finally {
      await reading.close();
    }
  },
});

export function isOrigin(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && (url.protocol === "https:" || url.protocol === "http:") && url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "" && url.password === "";
}

function requestFor({ settings, timeoutMs }: At, sql: string, more: Readonly<Record<string, string>>) {
  const query = new URLSearchParams({
    database: String(settings["database"]), default_format: "JSONCompactEachRowWithNamesAndTypes", max_execution_time: String(Math.ceil(timeoutMs / 1000)), cancel_http_readonly_queries_on_client_close: "1",
    output_format_json_quote_64bit_integers: "1", output_format_json_quote_decimals: "1", output_format_json_quote_denormals: "0", date_time_output_format: "iso", output_format_decimal_trailing_zeros: "1", ...more,
    // 2: of settings the statement may say its own; of data it changes nothing.
    readonly: "2",
  });
  return {
    method: "POST", url: `${String(settings["url"]).replace(/\/$/, "")}/?${query.toString()}`, body: sql,
    headers: { "content-type": "text/plain; charset=utf-8", "x-clickhouse-user": String(settings["user"]), "x-clickhouse-key": String(settings["password"] ?? "") },
  };
}

async function openClickHouse(at: At, sql: string, want: Want, more: Readonly<Record<string, string>> = {}): Promise<Reading> {
  const rowsMax = want.rowsMax === undefined ? {} : { limit: String(Math.max(1, want.rowsMax)) };
  // Until the first row a statement may think; between rows it says something now and then.
  const reply = await at.stream({ ...requestFor(at, sql, { ...rowsMax, ...more }), timeoutMs: at.timeoutMs });
  const lines = linesOf(reply.body);
  const close = async (): Promise<void> => {
    await lines.return(undefined).catch(() => undefined);
    reply.cancel();
  };
  try {
    if (reply.status !== 200) throw failureOf(at, reply.headers, await beginningOf(lines), reply.status);
    const names = parsed(at, await lines.next());
    const types = parsed(at, await lines.next());
    const columns = names.map((name, index): Column => ({ name: String(name), ...typeOf(String(types[index])) }));
    const readers = types.map((type) => readerOf(String(type)));
    const batches = batchesOf(rowsOf(at, lines, columns, readers), want);
    return { columns, next: () => batches.next(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function beginningOf(lines: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const line of lines) {
    text += `${line}\n`;
    if (text.length > 4_000) break;
  }
  return text;
}

async function* rowsOf(at: At, lines: AsyncGenerator<string>, columns: readonly Column[], readers: readonly ((value: unknown) => Value)[]): AsyncGenerator<SizedRow> {
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
    if (line.value === "") continue;
    const cells = parsed(at, line);
    if (cells.length !== columns.length) throw new WarehouseError("broken", "A row of ClickHouse's reply has not as many values as there are columns.");
    yield { row: Object.fromEntries(columns.map(({ name }, index) => [name, cells[index] === null ? null : readers[index]?.(cells[index]) ?? null])), bytes: line.value.length };
  }
}

/** An error in the middle of a reply stands where a row would. */
function parsed(at: At, { done, value }: IteratorResult<string, unknown>): readonly unknown[] {
  if (done === true || typeof value !== "string") throw new WarehouseError("broken", "ClickHouse's reply does not name its columns. Leave FORMAT out of the statement.");
  if (/^(__exception__|Code: \d+\.)/.test(value)) throw failureOf(at, {}, value, 500);
  try {
    const read: unknown = JSON.parse(value);
    if (Array.isArray(read)) return read;
  } catch {
    if (/Code: \d+\. DB::Exception/.test(value)) throw failureOf(at, {}, value.slice(value.indexOf("Code: ")), 500);
  }
  throw new WarehouseError("broken", "ClickHouse's reply is not in the format that was asked for. Leave FORMAT out of the statement.");
}

// ── Types ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const plainType = (type: string): string => {
  const inner = /^(?:Nullable|LowCardinality)\((.*)\)$/.exec(type)?.[1];
  return inner === undefined ? type : plainType(inner);
};

function typeOf(nativeType: string): { readonly type: ColumnType; readonly nativeType: string } {
  const plain = plainType(nativeType);
  const type = ((): ColumnType => {
    if (/^U?Int\d+$|^B?Float\d+$/.test(plain)) return "number";
    if (plain.startsWith("Decimal")) return "decimal";
    if (plain === "Bool") return "boolean";
    if (/^Date(32)?$/.test(plain)) return "date";
    if (plain.startsWith("DateTime")) return "instant";
    if (/^(Array|Map|Tuple|Nested|Object|JSON|Variant|Dynamic|Point|Ring|Polygon|MultiPolygon|LineString|MultiLineString)\b/.test(plain)) return "json";
    return plain.startsWith("AggregateFunction") ? "binary" : "text";
  })();
  return { type, nativeType };
}

/** Numbers of 64 bits and more come as text, so that none is rounded on the way. */
function readerOf(nativeType: string): (value: unknown) => Value {
  const plain = plainType(nativeType);
  const element = /^Array\((.*)\)$/.exec(plain)?.[1];
  if (element !== undefined) {
    const read = readerOf(element);
    return (value) => (Array.isArray(value) ? value.map((one: unknown) => (one === null ? null : read(one))) : null);
  }
  const { type } = typeOf(plain);
  const asText = (read: (text: string) => Value) => (value: unknown): Value => read(typeof value === "string" ? value : JSON.stringify(value));
  if (type === "number") return (value) => (typeof value === "number" ? value : typeof value === "string" ? integerOf(value) : null);
  if (type === "decimal") return asText(decimalOf);
  if (type === "date") return asText(dateOf);
  if (type === "instant") return asText(instantOf);
  return (value) => value as Value; // JSON.parse gave it.
}

/** Wrong user, no right. */
const ofAccount = new Set([192, 193, 194, 497, 516]);
/** Time, memory, too many at once, network. */
const ofMoment = new Set([159, 160, 202, 203, 209, 210, 241, 242, 243, 252, 319, 394, 425, 439, 999]);

function failureOf(at: At, headers: Readonly<Record<string, string>>, text: string, status: number): WarehouseError {
  const code = Number(headers["x-clickhouse-exception-code"] ?? /Code: (\d+)/.exec(text)?.[1] ?? Number.NaN);
  const shown = said(at.clean(text.replace(/^__exception__\s*/, "")));
  if (ofAccount.has(code) || status === 401 || status === 403) return new WarehouseError("unauthorized", `ClickHouse does not let us in, or not read this. ${shown}`);
  if (code === 159 || code === 160) return new WarehouseError("timeout", `ClickHouse stopped the statement. ${shown}`);
  if (ofMoment.has(code) || (Number.isNaN(code) && status >= 500)) return new WarehouseError("failed", `ClickHouse failed. ${shown}`);
  if (status >= 300 && status < 400) return new WarehouseError("broken", "It answered with a redirect, and redirects are not followed.");
  return Number.isNaN(code) ? new WarehouseError("broken", `What answered (${status}) is no ClickHouse. ${shown}`) : new WarehouseError("refused", `ClickHouse does not take the statement (${code}). ${shown}`);
}
