// The log of changes as people ask for it: of a run, of a kind, of a row, about somebody. Only what is in force, and what one run that asks
// has found.
import type { RowChange } from "@tributary/schema/model.ts";
import { changeOf, type ModelChange } from "./read-changes.ts";
import { CHANGES_PER_READING_MAX, seqOf } from "./seq.ts";

/** Rows of ClickHouse as objects; the SQL names the workspace as `{workspace:UInt32}`. */
export type ReadRows = <Row>(sql: string, params: Readonly<Record<string, unknown>>) => Promise<Row[]>;

export interface LoggedChange extends ModelChange {
  /** By the value of the model's column, as it is and as it was. */
  readonly person: readonly string[];
}

export interface ChangesWish {
  readonly modelId: number;
  readonly lastSeq: number;
  /** Of one run; `nr` where it asks, for what it found is not in force. */
  readonly run?: { readonly id: number; readonly askingNr: number | undefined } | undefined;
  readonly change?: RowChange | undefined;
  readonly person?: string | undefined;
  readonly keyText?: string | undefined;
  /** Those before it. */
  readonly beforeSeq?: number | undefined;
  readonly limit: number;
}

type Stored = Parameters<typeof changeOf>[0] & { readonly person: readonly string[] };

/** The newest first. */
export async function readRowLog(read: ReadRows, wish: ChangesWish): Promise<LoggedChange[]> {
  const where = ["workspace_id = {workspace:UInt32} and model_id = {model:UInt32}"];
  const params: Record<string, unknown> = { model: wish.modelId, limit: wish.limit };
  const take = (condition: string, values: Record<string, unknown>): void => {
    where.push(condition);
    Object.assign(params, values);
  };
  const asking = wish.run?.askingNr;
  if (asking === undefined) take("seq <= {until:UInt64}", { until: wish.lastSeq });
  else take("seq between {from:UInt64} and {until:UInt64}", { from: seqOf(asking, 0), until: seqOf(asking, CHANGES_PER_READING_MAX) });
  if (wish.run !== undefined) take("run_id = {run:UInt32}", { run: wish.run.id });
  if (wish.change !== undefined) take("change = {change:String}", { change: wish.change });
  if (wish.person !== undefined) take("has(person, {person:String})", { person: wish.person });
  if (wish.keyText !== undefined) take("key_hash = cityHash64({key:String}) and key = {key:String}", { key: wish.keyText });
  if (wish.beforeSeq !== undefined) take("seq < {before:UInt64}", { before: wish.beforeSeq });
  // Which they are is asked without the rows themselves, which are many times as large.
  const rows = await read<Stored>(
    `select seq, run_id, change, key, row, before, person, toInt64(toUnixTimestamp64Milli(at)) as at_ms from model_change where workspace_id = {workspace:UInt32} and model_id = {model:UInt32}
       and seq in (select seq from model_change where ${where.join(" and ")} order by seq desc limit {limit:UInt32}) order by seq desc`, params,
  );
  return rows.map((stored) => ({ ...changeOf(stored), person: stored.person }));
}
