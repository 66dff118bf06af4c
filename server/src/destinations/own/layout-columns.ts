// Which columns the tables of a destination's files have, and of which type: kept, since a file says nothing of the others. A column has the type
// that it first came with, for good, whoever writes.
import type { Pool } from "pg";
import { inTransaction } from "../../engines/postgres/in-transaction.ts";
import { EVENT_TABLES_MAX } from "./warehouse-layout.ts";

type KeptType = "text" | "number" | "boolean" | "time";
type Columns = ReadonlyMap<string, KeptType>;

export interface ClaimedTable {
  readonly name: string;
  /** Of one kind of event. */
  readonly isOfEvent: boolean;
  readonly columns: Columns;
}

export interface LayoutColumns {
  /** The columns that each table has by now: those that there is room for. A table that there is no room for is in no answer. */
  claim(of: { readonly workspaceId: number; readonly destinationId: number }, tables: readonly ClaimedTable[]): Promise<ReadonlyMap<string, Columns>>;
}

/** Of one table, beside those that every table of its kind has: with those, as many as a Parquet file of ours takes. */
const COLUMNS_MAX = 980;

interface Tables {
  readonly known: Map<string, Map<string, KeptType>>;
  ofEvents: number;
}

/** What the tables lack gets its place among what is known. */
function claimIn(tables: Tables, asked: readonly ClaimedTable[]): { readonly answer: Map<string, Columns>; readonly changed: ClaimedTable[] } {
  const [answer, changed] = [new Map<string, Columns>(), [] as ClaimedTable[]];
  for (const { name, isOfEvent, columns } of asked) {
    let table = tables.known.get(name);
    const isNew = table === undefined;
    if (table === undefined) {
      if (isOfEvent && tables.ofEvents >= EVENT_TABLES_MAX) continue;
      if (isOfEvent) tables.ofEvents++;
      tables.known.set(name, (table = new Map<string, KeptType>()));
    }
    const before = table.size;
    for (const [column, type] of columns) if (!table.has(column) && table.size < COLUMNS_MAX) table.set(column, type);
    if (isNew || table.size > before) changed.push({ name, isOfEvent, columns: table });
    answer.set(name, table);
  }
  return { answer, changed };
}

/** Of one life: for tests, which have no other. */
export function layoutColumnsInMemory(): LayoutColumns {
  const all = new Map<number, Tables>();
  return {
    claim({ destinationId }, asked) {
      const tables = all.get(destinationId) ?? { known: new Map<string, Map<string, KeptType>>(), ofEvents: 0 };
      all.set(destinationId, tables);
      return Promise.resolve(claimIn(tables, asked).answer);
    },
  };
}

/** Destinations whose columns are remembered: what has its place once keeps it, so that nothing is asked for twice. */
const REMEMBERED = 100;

export function createLayoutColumns({ pool }: { readonly pool: Pool }): LayoutColumns {
  const remembered = new Map<number, ReadonlyMap<string, Columns>>();

  return {
    async claim({ workspaceId, destinationId }, asked) {
      const before = remembered.get(destinationId);
      if (before !== undefined && asked.every(({ name, columns }) => hasAll(before.get(name), columns))) return before;
      const answer = await inTransaction(pool, async (tx) => {
        // One after another: two that claim at once must not both be the first.
        await tx.query("select from destination where id = $1 for no key update", [destinationId]);
        const { rows } = await tx.query<{ name: string; columns: Record<string, KeptType> | null }>(
          "select name, case when name = any ($2::text[]) then columns end as columns from layout_table where destination_id = $1", [destinationId, asked.map(({ name }) => name)]);
        const { rows: [count] } = await tx.query<{ n: number }>("select count(*)::integer as n from layout_table where destination_id = $1 and is_of_event", [destinationId]);
        const known = new Map(rows.flatMap(({ name, columns }) => (columns === null ? [] : [[name, new Map(Object.entries(columns))] as const])));
        const claimed = claimIn({ known, ofEvents: count?.n ?? 0 }, asked);
        for (const { name, isOfEvent, columns } of claimed.changed) {
          await tx.query(
            `insert into layout_table (destination_id, name, workspace_id, is_of_event, columns) values ($1, $2, $3, $4, $5)
             on conflict (destination_id, name) do update set columns = excluded.columns`, [destinationId, name, workspaceId, isOfEvent, JSON.stringify(Object.fromEntries(columns))]);
        }
        return claimed.answer;
      });
      remembered.delete(destinationId);
      remembered.set(destinationId, new Map([...(before ?? []), ...answer]));
      for (const old of [...remembered.keys()].slice(0, Math.max(0, remembered.size - REMEMBERED))) remembered.delete(old);
      return answer;
    },
  };
}

/** A table that is full has all it will ever have. */
function hasAll(table: Columns | undefined, columns: Columns): boolean {
  return table !== undefined && (table.size >= COLUMNS_MAX || [...columns.keys()].every((name) => table.has(name)));
}
