// The workspace's own views as a warehouse: models over them go through the very same guard, views and limits as everybody else.
import type { ColumnType, WarehouseQuery } from "@tributary/schema/warehouse/query.ts";
import { WarehouseError, warehouseLimits, type Column, type ReadOptions, type Row, type Value, type Warehouse } from "../warehouses/warehouses.ts";
import { answerLines } from "./answer-lines.ts";
import { EngineSaid, said, withoutViews, type Asker, type SqlService } from "./ask.ts";
import { SqlRefused } from "./refused.ts";
import { modelQueryLimits } from "./sql-limits.ts";

/** Formats as a clickhouse warehouse reads them: wide numbers as text, times in ISO 8601. */
const settings = { output_format_json_quote_64bit_integers: "1", output_format_json_quote_decimals: "1", output_format_json_quote_denormals: "0", date_time_output_format: "iso" };
const FORMAT = "JSONCompactEachRowWithNamesAndTypes";

export function tributaryWarehouse(sql: SqlService, asker: Asker): Warehouse {
  return {
    test: async () => ({ isGood: true, exchanges: [] }),
    async tables({ search }) {
      const views = [...(await sql.views(asker)).values()].filter(({ kind, name }) => kind !== "system" && (search === undefined || name.includes(search.toLowerCase())));
      return views.slice(0, warehouseLimits.tablesMax).map(({ name, columns }) => ({ name, columns: columns.map((column) => ({ name: column.name, nativeType: column.type })) }));
    },
    async columns(query, { signal }) {
      const reading = open(sql, asker, query, { signal, rowsMax: 0, timeoutMs: warehouseLimits.lookMs });
      for await (const one of reading) if ("columns" in one) return one.columns;
      throw new WarehouseError("broken", "The answer names no columns.");
    },
    async preview(query, { signal, limit }) {
      let columns: readonly Column[] = [];
      const rows: Row[] = [];
      for await (const one of open(sql, asker, query, { signal, rowsMax: limit + 1, timeoutMs: warehouseLimits.lookMs })) {
        if ("columns" in one) columns = one.columns;
        else rows.push(one.row);
      }
      return { columns, rows: rows.slice(0, limit), isCut: rows.length > limit };
    },
    read: (query, options) => batches(open(sql, asker, query, options), options),
  };
}

interface Opening {
  readonly signal: AbortSignal;
  readonly rowsMax?: number;
  readonly timeoutMs?: number;
}

type Read = { readonly columns: readonly Column[] } | { readonly row: Row; readonly bytes: number };

async function* batches(reading: AsyncGenerator<Read>, { onColumns, batchRows = warehouseLimits.batchRows }: ReadOptions): AsyncGenerator<readonly Row[]> {
  let rows: Row[] = [];
  let bytes = 0;
  for await (const one of reading) {
    if ("columns" in one) {
      onColumns?.(one.columns);
      continue;
    }
    rows.push(one.row);
    bytes += one.bytes;
    if (rows.length < Math.min(batchRows, warehouseLimits.batchRowsMax) && bytes < warehouseLimits.batchBytes) continue;
    yield rows;
    rows = [];
    bytes = 0;
  }
  if (rows.length > 0) yield rows;
}

/** The columns once, then row by row; the statement ends when the reader does. */
async function* open(sql: SqlService, asker: Asker, query: WarehouseQuery, { signal, rowsMax, timeoutMs = warehouseLimits.readMs }: Opening): AsyncGenerator<Read> {
  if (query.kind !== "sql") throw new WarehouseError("refused", "The workspace's own tables are asked in SQL.");
  const ended = new AbortController();
  const limits = { ...modelQueryLimits, seconds: Math.min(modelQueryLimits.seconds, Math.ceil(timeoutMs / 1000)) };
  try {
    const { stream } = await sql.ask({
      ...asker, statement: query.sql, limits, format: FORMAT, formats: new Set([FORMAT]), settings, signal: AbortSignal.any([signal, ended.signal]), ...(rowsMax === undefined ? {} : { rowsMax: Math.max(1, rowsMax) }),
    });
    let names: readonly unknown[] | undefined;
    let columns: readonly Column[] | undefined;
    for await (const line of answerLines(stream, brokenOff)) {
      const cells = parsed(line);
      if (names === undefined) names = cells;
      else if (columns === undefined) yield { columns: (columns = names.map((name, i) => columnOf(String(name), String(cells[i])))) };
      else yield { row: rowOf(columns, cells), bytes: line.length };
    }
  } catch (error) {
    throw failureOf(error, signal);
  } finally {
    ended.abort();
  }
}

function brokenOff(words: string): WarehouseError {
  if (words === "") return new WarehouseError("cut", "The answer broke off.");
  return new WarehouseError(/Timeout|TIMEOUT/.test(words) ? "timeout" : "failed", withoutViews(words));
}

function parsed(line: string): readonly unknown[] {
  if (line.length > warehouseLimits.rowBytesMax) throw new WarehouseError("too_large", "A row is larger than may be.");
  try {
    const cells: unknown = JSON.parse(line);
    if (Array.isArray(cells)) return cells;
  } catch {
    // Told below.
  }
  throw new WarehouseError("cut", "The answer broke off.");
}

const plainType = (type: string): string => {
  const inner = /^(?:Nullable|LowCardinality)\((.*)\)$/.exec(type)?.[1];
  return inner === undefined ? type : plainType(inner);
};

function columnOf(name: string, nativeType: string): Column {
  const plain = plainType(nativeType);
  const type = ((): ColumnType => {
    if (/^U?Int\d+$|^B?Float\d+$/.test(plain)) return "number";
    if (plain.startsWith("Decimal")) return "decimal";
    if (plain === "Bool") return "boolean";
    if (/^Date(32)?$/.test(plain)) return "date";
    if (plain.startsWith("DateTime")) return "instant";
    return /^(Array|Map|Tuple|Nested|JSON)\b/.test(plain) ? "json" : "text";
  })();
  return { name, type, nativeType };
}

function rowOf(columns: readonly Column[], cells: readonly unknown[]): Row {
  return Object.fromEntries(columns.map(({ name, type }, i) => [name, valueOf(type, cells[i])]));
}

/** Numbers that are too wide to be exact stay text; times keep the milliseconds that they have. */
function valueOf(type: ColumnType, cell: unknown): Value {
  if (cell === undefined || cell === null) return null;
  if (type === "number" && typeof cell === "string") return Number.isSafeInteger(Number(cell)) ? Number(cell) : cell;
  if (type === "decimal") return String(cell);
  return cell as Value; // From JSON.
}

function failureOf(error: unknown, signal: AbortSignal): WarehouseError {
  if (error instanceof WarehouseError) return error;
  if (signal.aborted) return new WarehouseError("aborted", "The reading was ended.", { cause: error });
  const known = error instanceof SqlRefused || error instanceof EngineSaid ? error : said(error);
  if (known instanceof SqlRefused) return known.codeName === "TOO_MANY_SIMULTANEOUS_QUERIES" ? new WarehouseError("failed", known.text) : new WarehouseError("refused", known.text, { position: known.at === undefined ? undefined : known.at + 1 });
  if (!(known instanceof EngineSaid)) return new WarehouseError("failed", "The engine could not be asked.", { cause: error });
  return new WarehouseError(known.code === 159 ? "timeout" : [241, 158, 307, 396].includes(known.code) ? "too_large" : "refused", known.text);
}
