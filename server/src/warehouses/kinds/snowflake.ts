// Snowflake by its SQL API (v2) with a key pair: a statement is handed in, waited for, and its partitions are fetched one after another.
import type { ColumnType } from "@tributary/schema/warehouse/query.ts";
import { defineWarehouse, type At, type Reading, type Want } from "../define-warehouse.ts";
import { batchesOf, type SizedRow } from "../pulled-rows.ts";
import { said, tablesOf } from "../said.ts";
import { fingerprintOf, keyProblem, privateKeyOf, signedToken } from "../signed-token.ts";
import { askJson, asSubquery, letGo, listIn, recordIn, rowsOfCells, textIn, waitFor, type Asked, type Failed } from "../statement-api.ts";
import { decimalOf, instantOf, instantOfMs, integerOf, jsonOf, numberOf } from "../values.ts";
import { WarehouseError, warehouseLimits as limits, type Column, type Value } from "../warehouse.ts";
import { isOrigin } from "./clickhouse.ts";

/** Snowflake takes tokens of an hour at most. */
const TOKEN_SECONDS = 50 * 60;

export const snowflake = defineWarehouse({
  slug: "snowflake",
  name: "Snowflake",
  description: "Reads tables and views of Snowflake by SQL, with a key pair.",
  reads: "sql",
  notes: ["Names that are not quoted come in capitals, as Snowflake keeps them.", "A time without a zone is taken as UTC."],
  proof: "documentation",
  settings: [
    { key: "url", label: "Address of the account", type: "string", required: true, placeholder: "https://myorg-shop.snowflakecomputing.com" },
    { key: "account", label: "Account", type: "string", required: true, placeholder: "MYORG-SHOP", description: "Its identifier; of a locator without region and cloud." },
    { key: "user", label: "User", type: "string", required: true, description: "One whose role may read, and nothing else." },
    { key: "privateKey", label: "Private key", type: "password", required: true, description: "RSA, as PEM; its public half belongs to the user in Snowflake." },
    { key: "passphrase", label: "Passphrase of the key", type: "password" },
    { key: "warehouse", label: "Warehouse", type: "string", description: "Which computes; none: the user's own." },
    { key: "database", label: "Database", type: "string" },
    { key: "schema", label: "Schema", type: "string" },
    { key: "role", label: "Role", type: "string" },
  ],
  check: ({ url, privateKey, passphrase }) => {
    const key = keyProblem(privateKey, passphrase);
    return [
      ...(isOrigin(String(url)) ? [] : [{ field: "url", problem: "An address is https:// and a host, without a path." }]),
      ...(key === undefined ? [] : [{ field: "privateKey", problem: key }]),
    ];
  },
  places: ({ url }) => [{ field: "url", url: String(url) }],
  async test(at) {
    const reading = await openSnowflake(at, "SELECT 1 AS ONE", { batchRows: 1, rowsMax: 1 });
    await reading.next().finally(() => reading.close());
  },
  open: (at, query, want) => openSnowflake(at, query.kind === "sql" ? query.sql : "", want),
  async tables(at, search) {
    const sql = `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, DATA_TYPE FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA <> 'INFORMATION_SCHEMA' AND CONTAINS(LOWER(TABLE_SCHEMA || '.' || TABLE_NAME), ?)
      ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION LIMIT ${limits.tableColumnsMax}`;
    const rows: (string | null)[][] = [];
    const reading = await openSnowflake(at, sql, { batchRows: limits.tableColumnsMax, rowsMax: undefined }, { bindings: { "1": { type: "TEXT", value: search.toLowerCase() } } });
    for (let batch = await reading.next(); batch !== undefined; batch = await reading.next()) rows.push(...batch.map((row) => Object.values(row).map(String)));
    return tablesOf(rows);
  },
});

const failed = (at: At): Failed => (status, body) => {
  const shown = said(at.clean(textIn(body["message"])));
  const [code, state] = [textIn(body["code"]), textIn(body["sqlState"])];
  // A missing object and a missing right are told apart by nobody: Snowflake says the same of both.
  if (status === 401 || status === 403 || code.startsWith("39")) return new WarehouseError("unauthorized", `Snowflake does not let us in (${status}). ${shown}`);
  if (status === 408 || code === "000604" || code === "000630") return new WarehouseError("timeout", `Snowflake stopped the statement. ${shown}`);
  if (status === 429 || status >= 500) return new WarehouseError("failed", `Snowflake is busy or failed (${status}). ${shown}`);
  return new WarehouseError("refused", `Snowflake does not take the statement (${[code, state].filter((one) => one !== "").join(", ") || status}). ${shown}`);
};

const origin = ({ settings }: At): string => String(settings["url"]).replace(/\/$/, "");

/** A token of its own for each request costs a signature, and never is too old. */
function headersFor({ settings, parts }: At): Record<string, string> {
  const key = privateKeyOf(String(settings["privateKey"]), typeof settings["passphrase"] === "string" ? settings["passphrase"] : undefined);
  const name = `${String(settings["account"]).toUpperCase().replaceAll(".", "-")}.${String(settings["user"]).toUpperCase()}`;
  const nowSeconds = Math.floor(parts.nowMs() / 1000);
  const token = signedToken(key, { iss: `${name}.${fingerprintOf(key)}`, sub: name, iat: nowSeconds, exp: nowSeconds + TOKEN_SECONDS });
  return { authorization: `Bearer ${token}`, "x-snowflake-authorization-token-type": "KEYPAIR_JWT", accept: "application/json", "content-type": "application/json" };
}

async function openSnowflake(at: At, sql: string, want: Want, more: object = {}): Promise<Reading> {
  const { warehouse, database, schema, role } = at.settings;
  const place = Object.fromEntries(Object.entries({ warehouse, database, schema, role }).filter(([, value]) => typeof value === "string" && value !== ""));
  const parameters = { TIMEZONE: "UTC", QUERY_TAG: "tributary" };
  const statement = { statement: asSubquery(sql, want.rowsMax), timeout: Math.ceil(at.timeoutMs / 1000), ...place, parameters, ...more };
  const first = await askJson(at, { method: "POST", url: `${origin(at)}/api/v2/statements`, headers: headersFor(at), body: JSON.stringify(statement) }, failed(at));
  const handle = textIn(first.body["statementHandle"]);
  if (!/^[\w-]{8,100}$/.test(handle)) throw new WarehouseError("broken", "What answered is no Snowflake: it gave the statement no handle.");
  const at2 = `${origin(at)}/api/v2/statements/${handle}`;
  const cancel = (): Promise<void> => letGo(at, { method: "POST", url: `${at2}/cancel`, headers: headersFor(at) });
  try {
    let asked: Asked | undefined = first;
    const { body } = await waitFor(at, async () => {
      asked ??= await askJson(at, { method: "GET", url: at2, headers: headersFor(at) }, failed(at), { isRepeatable: true });
      const now = asked;
      asked = undefined;
      return now.status === 202 ? undefined : now;
    });
    const meta = recordIn(body["resultSetMetaData"]);
    const types = listIn(meta["rowType"]).map(recordIn);
    if (types.length === 0) throw new WarehouseError("broken", "Snowflake's reply does not name its columns.");
    const columns = types.map((type): Column => ({ name: textIn(type["name"]), ...typeOf(textIn(type["type"]), Number(type["scale"] ?? 0)) }));
    const partitions = listIn(meta["partitionInfo"]).length;
    const fetchPartition = async (index: number): Promise<unknown> =>
      (await askJson(at, { method: "GET", url: `${at2}?partition=${index}`, headers: headersFor(at) }, failed(at), { isRepeatable: true })).body["data"];
    const rows = rowsOf(columns, types.map((type) => readerOf(textIn(type["type"]), Number(type["scale"] ?? 0))), body["data"], { partitions, fetchPartition });
    return { columns, ...batchesOf(rows, want) };
  } catch (error) {
    if (at.signal.aborted) await cancel();
    throw error;
  }
}

interface Partitions {
  readonly partitions: number;
  fetchPartition(index: number): Promise<unknown>;
}

async function* rowsOf(columns: readonly Column[], readers: readonly ((text: string) => Value)[], first: unknown, { partitions, fetchPartition }: Partitions): AsyncGenerator<SizedRow> {
  yield* rowsOfCells(first, columns, readers, "Snowflake");
  for (let index = 1; index < partitions; index += 1) yield* rowsOfCells(await fetchPartition(index), columns, readers, "Snowflake");
}

function typeOf(nativeType: string, scale: number): { readonly type: ColumnType; readonly nativeType: string } {
  const lower = nativeType.toLowerCase();
  const type = ((): ColumnType => {
    if (lower === "fixed") return scale > 0 ? "decimal" : "number";
    if (lower === "real") return "number";
    if (lower === "boolean") return "boolean";
    if (lower === "date") return "date";
    if (lower.startsWith("timestamp")) return "instant";
    if (["variant", "object", "array", "map", "vector"].includes(lower)) return "json";
    return lower === "binary" ? "binary" : "text";
  })();
  return { type, nativeType: lower === "fixed" ? `number(scale ${scale})` : lower };
}

/** Dates come as days and times as seconds since 1970. */
function readerOf(nativeType: string, scale: number): (text: string) => Value {
  const { type } = typeOf(nativeType, scale);
  switch (type) {
    case "number": return nativeType.toLowerCase() === "real" ? numberOf : integerOf;
    case "decimal": return decimalOf;
    case "boolean": return (text) => text === "true" || text === "1";
    case "date": return (text) => instantOfMs(Number(text) * 86_400_000)?.slice(0, 10) ?? null;
    case "instant": return secondsOf;
    case "json": return jsonOf;
    default: return nativeType.toLowerCase() === "time" ? clockOf : (text) => text;
  }
}

/** `1714557600.250000000`, and behind a space the minutes of a zone, which change nothing about when it was. */
function secondsOf(text: string): string | null {
  const [, whole = "", fraction = ""] = /^(-?\d+)(?:\.(\d{1,9}))?(?: \d+)?$/.exec(text) ?? [];
  if (whole === "") return null;
  // Before 1970 the fraction counts backwards.
  const isBefore = whole.startsWith("-") && Number(fraction) > 0;
  const nanos = isBefore ? String(10 ** 9 - Number(fraction.padEnd(9, "0"))).padStart(9, "0") : fraction;
  const iso = instantOfMs((Number(whole) - (isBefore ? 1 : 0)) * 1000);
  return iso === null ? null : instantOf(`${iso.slice(0, 19)}${nanos === "" ? "" : `.${nanos}`}Z`);
}

function clockOf(text: string): Value {
  const seconds = Number(text);
  return Number.isFinite(seconds) && seconds >= 0 && seconds < 86_400 ? new Date(Math.round(seconds * 1000)).toISOString().slice(11, 23) : text;
}
