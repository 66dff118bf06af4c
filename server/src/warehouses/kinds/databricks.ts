// Databricks by its SQL Statement Execution API: a statement is handed in, waited for, and its chunks are fetched one after another from
// where it put them, which is a store of its cloud: to that the token is not sent.
import type { ColumnType } from "@tributary/schema/warehouse/query.ts";
import { defineWarehouse, type At, type Reading, type Want } from "../define-warehouse.ts";
import { batchesOf, type SizedRow } from "../pulled-rows.ts";
import { said, tablesOf } from "../said.ts";
import { askJson, asSubquery, letGo, listIn, recordIn, rowsOfCells, textIn, waitFor, type Failed, type Json } from "../statement-api.ts";
import { dateOf, decimalOf, instantOf, integerOf, jsonOf, numberOf } from "../values.ts";
import { WarehouseError, warehouseLimits as limits, type Column, type Value } from "../warehouse.ts";
import { isOrigin } from "./clickhouse.ts";

const CHUNK_BYTES_MAX = 96 * 1024 * 1024;

export const databricks = defineWarehouse({
  slug: "databricks",
  name: "Databricks",
  description: "Reads tables and views of a Databricks SQL warehouse by SQL.",
  reads: "sql",
  notes: ["Large results are fetched from the store of Databricks' cloud: its address must be reachable from here, too."],
  proof: "documentation",
  settings: [
    { key: "url", label: "Address of the workspace", type: "string", required: true, placeholder: "https://dbc-a1b2345c-d6e7.cloud.databricks.com" },
    { key: "warehouseId", label: "SQL warehouse", type: "string", required: true, description: "Its id." },
    { key: "token", label: "Token", type: "password", required: true, description: "Of a principal that may read, and nothing else." },
    { key: "catalog", label: "Catalog", type: "string" },
    { key: "schema", label: "Schema", type: "string" },
  ],
  check: ({ url, warehouseId }) => [
    ...(isOrigin(String(url)) ? [] : [{ field: "url", problem: "An address is https:// and a host, without a path." }]),
    ...(/^[\w-]{1,100}$/.test(String(warehouseId)) ? [] : [{ field: "warehouseId", problem: "This is no id of a SQL warehouse." }]),
  ],
  places: ({ url }) => [{ field: "url", url: String(url) }],
  async test(at) {
    const reading = await openDatabricks(at, "SELECT 1 AS one", { batchRows: 1, rowsMax: 1 });
    await reading.next().finally(() => reading.close());
  },
  open: (at, query, want) => openDatabricks(at, query.kind === "sql" ? query.sql : "", want),
  async tables(at, search) {
    const sql = `SELECT table_schema, table_name, column_name, full_data_type FROM information_schema.columns WHERE table_schema <> 'information_schema' AND contains(lower(concat(table_schema, '.', table_name)), :search)
      ORDER BY table_schema, table_name, ordinal_position LIMIT ${limits.tableColumnsMax}`;
    const rows: string[][] = [];
    const reading = await openDatabricks(at, sql, { batchRows: limits.tableColumnsMax, rowsMax: limits.tableColumnsMax }, [{ name: "search", value: search.toLowerCase() }]);
    for (let batch = await reading.next(); batch !== undefined; batch = await reading.next()) rows.push(...batch.map((row) => Object.values(row).map(String)));
    return tablesOf(rows);
  },
});

const failed = (at: At): Failed => (status, body) => {
  const shown = said(at.clean(textIn(body["message"])));
  if (status === 401 || status === 403) return new WarehouseError("unauthorized", `Databricks does not let us in (${status}). ${shown}`);
  if (status === 429 || status >= 500) return new WarehouseError("failed", `Databricks is busy or failed (${status}). ${shown}`);
  return new WarehouseError("refused", `Databricks does not take the request (${status}, ${textIn(body["error_code"])}). ${shown}`);
};

const origin = ({ settings }: At): string => `${String(settings["url"]).replace(/\/$/, "")}/api/2.0/sql/statements`;
const headersFor = ({ settings }: At): Record<string, string> => ({ authorization: `Bearer ${String(settings["token"])}`, "content-type": "application/json", accept: "application/json" });

/** Undefined: not yet. */
function doneOf(at: At, body: Json): Json | undefined {
  const status = recordIn(body["status"]);
  const state = textIn(status["state"]);
  if (state === "SUCCEEDED") return body;
  if (state === "PENDING" || state === "RUNNING") return undefined;
  const error = recordIn(status["error"]);
  const code = textIn(error["error_code"]);
  const shown = said(at.clean(textIn(error["message"])));
  if (state === "" || !["FAILED", "CANCELED", "CLOSED"].includes(state)) throw new WarehouseError("broken", "What answered is no Databricks: it doesn't say how the statement does.");
  if (/PERMISSION|INSUFFICIENT/.test(`${code} ${shown}`)) throw new WarehouseError("unauthorized", `Databricks does not let us read this. ${shown}`);
  if (state !== "FAILED" || /TEMPORARILY|INTERNAL|RESOURCE|DEADLINE|ABORTED|IO_ERROR|UNKNOWN/.test(code)) throw new WarehouseError("failed", `Databricks ended the statement (${state} ${code}). ${shown}`);
  throw new WarehouseError("refused", `Databricks does not take the statement (${code}). ${shown}`);
}

async function openDatabricks(at: At, sql: string, want: Want, parameters: readonly object[] = []): Promise<Reading> {
  const { warehouseId, catalog, schema } = at.settings;
  const place = Object.fromEntries(Object.entries({ catalog, schema }).filter(([, value]) => typeof value === "string" && value !== ""));
  // Within a reply fits what is looked at; a whole reading is fetched from where it is put.
  const disposition = want.rowsMax === undefined ? "EXTERNAL_LINKS" : "INLINE";
  const statement = { warehouse_id: warehouseId, statement: asSubquery(sql, want.rowsMax), ...place, disposition, format: "JSON_ARRAY", wait_timeout: "10s", on_wait_timeout: "CONTINUE", parameters };
  const first = await askJson(at, { method: "POST", url: `${origin(at)}/`, headers: headersFor(at), body: JSON.stringify(statement) }, failed(at));
  const id = textIn(first.body["statement_id"]);
  if (!/^[\w-]{8,100}$/.test(id)) throw new WarehouseError("broken", "What answered is no Databricks: it gave the statement no id.");
  try {
    let asked: Json | undefined = first.body;
    const body = await waitFor(at, async () => {
      asked ??= (await askJson(at, { method: "GET", url: `${origin(at)}/${id}`, headers: headersFor(at) }, failed(at), { isRepeatable: true })).body;
      const now = asked;
      asked = undefined;
      return doneOf(at, now);
    });
    const manifest = recordIn(body["manifest"]);
    if (manifest["truncated"] === true) throw new WarehouseError("too_large", "Databricks cut the result off: it is larger than it gives away.");
    const types = listIn(recordIn(manifest["schema"])["columns"]).map(recordIn);
    if (types.length === 0) throw new WarehouseError("broken", "Databricks' reply does not name its columns.");
    const columns = types.map((type): Column => ({ name: textIn(type["name"]), type: typeOf(textIn(type["type_name"])), nativeType: textIn(type["type_text"]) || textIn(type["type_name"]) }));
    const readers = types.map((type) => readerOf(textIn(type["type_name"])));
    return { columns, ...batchesOf(rowsOf({ at, id, columns, readers, chunks: Number(manifest["total_chunk_count"] ?? 1) }, recordIn(body["result"])), want) };
  } catch (error) {
    if (at.signal.aborted) await letGo(at, { method: "POST", url: `${origin(at)}/${id}/cancel`, headers: headersFor(at) });
    throw error;
  }
}

interface Chunked {
  readonly at: At;
  readonly id: string;
  readonly columns: readonly Column[];
  readonly readers: readonly ((text: string) => Value)[];
  readonly chunks: number;
}

async function* rowsOf({ at, id, columns, readers, chunks }: Chunked, first: Json): AsyncGenerator<SizedRow> {
  let result = first;
  for (let index = 0; index < chunks; index += 1) {
    // A link lives for some minutes, so each is asked for when its turn comes.
    if (index > 0) result = (await askJson(at, { method: "GET", url: `${origin(at)}/${id}/result/chunks/${index}`, headers: headersFor(at) }, failed(at), { isRepeatable: true })).body;
    const link = textIn(recordIn(listIn(result["external_links"])[0])["external_link"]);
    if (link === "") yield* rowsOfCells(result["data_array"] ?? [], columns, readers, "Databricks");
    else yield* rowsOfCells(await linked(at, link), columns, readers, "Databricks");
  }
}

/** What stands in the link lets in by itself: nothing else is sent there, and nothing of it is shown. */
async function linked(at: At, url: string): Promise<unknown> {
  const { status, body } = await at.fetch({ method: "GET", url, timeoutMs: 120_000, responseBytesMax: CHUNK_BYTES_MAX });
  if (status !== 200) throw new WarehouseError("failed", `The store of Databricks' cloud did not give a chunk (${status}).`);
  try {
    return JSON.parse(body.toString("utf8")) as unknown;
  } catch {
    throw new WarehouseError("broken", "A chunk of Databricks is no JSON.");
  }
}

function typeOf(name: string): ColumnType {
  const upper = name.toUpperCase();
  if (["BYTE", "SHORT", "INT", "LONG", "TINYINT", "SMALLINT", "BIGINT", "FLOAT", "DOUBLE"].includes(upper)) return "number";
  if (upper === "DECIMAL") return "decimal";
  if (upper === "BOOLEAN") return "boolean";
  if (upper === "DATE") return "date";
  if (upper.startsWith("TIMESTAMP")) return "instant";
  if (["ARRAY", "STRUCT", "MAP", "VARIANT", "OBJECT"].includes(upper)) return "json";
  return upper === "BINARY" ? "binary" : "text";
}

function readerOf(name: string): (text: string) => Value {
  switch (typeOf(name)) {
    case "number": return ["FLOAT", "DOUBLE"].includes(name.toUpperCase()) ? numberOf : integerOf;
    case "decimal": return decimalOf;
    case "boolean": return (text) => text === "true";
    case "date": return dateOf;
    case "instant": return instantOf;
    case "json": return jsonOf;
    default: return (text) => text;
  }
}
