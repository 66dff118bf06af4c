// Readers that give what a test says, for want of a warehouse.
import { RunProblem } from "./run-problem.ts";
import type { ModelColumn, ModelReader, OpenReader, Row } from "./reader.ts";

/** Rows in batches, with columns of these types. */
export function rowsReader(rows: () => Iterable<Row> | AsyncIterable<Row>, columns: Readonly<Record<string, string>>, batch = 1_000): ModelReader {
  const told: readonly ModelColumn[] = Object.entries(columns).map(([name, type]) => ({ name, type, nativeType: type }));
  return {
    async *read(_, { signal, onColumns }) {
      onColumns?.(told);
      let some: Row[] = [];
      for await (const row of rows()) {
        signal.throwIfAborted();
        some.push(row);
        if (some.length < batch) continue;
        yield some;
        some = [];
      }
      if (some.length > 0) yield some;
    },
    async preview(_, { limit }) {
      const all: Row[] = [];
      for await (const row of rows()) if (all.push(row) > limit) break;
      return { columns: told, rows: all.slice(0, limit), isCut: all.length > limit };
    },
  };
}

/** A warehouse called `shop`, of which every query gives these rows. */
export const testRows: { columns: Readonly<Record<string, string>>; rows: Row[] } = { columns: { id: "number", email: "text", plan: "text" }, rows: [] };

export const testModelReader: OpenReader = (_, slug) =>
  slug === "shop" ? Promise.resolve(rowsReader(() => testRows.rows, testRows.columns)) : Promise.reject(new RunProblem({ code: "warehouse_not_found", message: `There is no warehouse \`${slug}\`.` }));
