// A query of files, whatever store they lie in: the files of a pattern one after another, in the order of their names. The first one says
// what columns there are, unless the query does.
import type { FilesQuery, WarehouseQuery } from "@tributary/schema/warehouse/query.ts";
import type { Reading, Want } from "./define-warehouse.ts";
import { formatOf } from "./file-names.ts";
import { csvRows, ndjsonRows, parquetRows, type FileRows, type StoredFile } from "./file-rows.ts";
import { batchesOf, type SizedRow } from "./pulled-rows.ts";
import { WarehouseError, type Column } from "./warehouse.ts";

export const FILES_MAX = 10_000;

export async function openFiles(query: WarehouseQuery, want: Want, listFiles: (pattern: string) => Promise<readonly StoredFile[]>): Promise<Reading> {
  if (query.kind !== "files") throw new WarehouseError("refused", "Files are read by their names, and take no SQL.");
  const opened: (() => void)[] = [];
  // What was begun and not read to its end is closed with the reading.
  const tracked = (file: StoredFile): StoredFile => ({
    ...file,
    async stream() {
      const stream = await file.stream();
      opened.push(() => stream.cancel());
      return stream;
    },
  });
  const close = async (): Promise<void> => opened.forEach((cancel) => cancel());
  try {
    return { ...await readingOf(query, want, (await listFiles(query.files)).map(tracked)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function readingOf(query: FilesQuery, want: Want, all: readonly StoredFile[]): Promise<Omit<Reading, "close">> {
  const files = [...all].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const [first, ...others] = files;
  if (first === undefined) throw new WarehouseError("refused", `There is no file ${query.files}.`);
  if (files.length > FILES_MAX) throw new WarehouseError("too_large", `More than ${FILES_MAX} files have such a name. Name fewer.`);
  const opened = await openFile(first, query);
  const columns = query.columns === undefined ? opened.columns : query.columns.map((name) => opened.columns.find((column) => column.name === name) ?? missing(first, name));
  return { columns, ...batchesOf(rowsOfAll(query, columns, opened, others), want) };
}

function missing(file: StoredFile, name: string): Column {
  throw new WarehouseError("refused", `${file.name} has no column ${name}.`);
}

async function* rowsOfAll(query: FilesQuery, columns: readonly Column[], first: FileRows, others: readonly StoredFile[]): AsyncGenerator<SizedRow> {
  const names = new Set(columns.map(({ name }) => name));
  const isChosen = query.columns !== undefined;
  const own = async function* (opened: FileRows, name: string): AsyncGenerator<SizedRow> {
    const strange = isChosen ? undefined : opened.columns.find((column) => !names.has(column.name));
    if (strange !== undefined) throw otherColumn(name, strange.name);
    for await (const { row, bytes } of opened.rows) {
      const unknown = isChosen ? undefined : Object.keys(row).find((key) => !names.has(key));
      if (unknown !== undefined) throw otherColumn(name, unknown);
      yield { row: Object.fromEntries(columns.map((column) => [column.name, Object.hasOwn(row, column.name) ? row[column.name] ?? null : null])), bytes };
    }
  };
  yield* own(first, "The first file");
  for (const file of others) yield* own(await openFile(file, query), file.name);
}

/** What isn't read for want of a column would be missed by nobody. */
const otherColumn = (file: string, column: string): WarehouseError => new WarehouseError("refused", `${file} has a column ${column}, which the beginning of the first one has not: name the columns that are to be read.`);

function openFile(file: StoredFile, query: FilesQuery): Promise<FileRows> {
  const found = formatOf(file.name);
  const format = query.format ?? found?.format;
  const isPacked = found?.isPacked ?? file.name.toLowerCase().endsWith(".gz");
  if (format === "csv") return csvRows(file, { isPacked, delimiter: found?.delimiter });
  if (format === "ndjson") return ndjsonRows(file, { isPacked });
  if (format === "parquet") return parquetRows(file, query.columns);
  throw new WarehouseError("refused", `${file.name}: its ending doesn't say what it is; say the format.`);
}
