// One reading of a model into ClickHouse, where it stays until it is compared. In memory are the rows of one insert and of the one
// before it that is on its way.
import type { ClickHouseClient } from "@clickhouse/client";
import type { ModelDefinition } from "@tributary/schema/model.ts";
import { insertBlock, waitUntilIdle } from "../engines/clickhouse/insert-block.ts";
import { RowBinaryWriter } from "../engines/clickhouse/row-binary.ts";
import type { ModelLimits } from "./model-limits.ts";
import { keyWriter, rowWriter, type KeyProblem, type TypedColumn } from "./normalise-row.ts";
import type { Row } from "./reader.ts";
import { RunProblem } from "./run-problem.ts";

/** A reading: of a model, by its number within it. */
export interface Reading {
  readonly workspaceId: number;
  readonly modelId: number;
  readonly nr: number;
}

export interface StageOptions {
  readonly clickhouse: ClickHouseClient;
  readonly reading: Reading;
  readonly definition: ModelDefinition;
  readonly batches: AsyncIterable<readonly Row[]>;
  /** Known once the first batch is there. */
  readonly columns: () => readonly TypedColumn[];
  /** The value of the person's column, as it is looked for. */
  readonly personText: (value: unknown) => string;
  /** Rows about such a person, by that text, are as if the query did not give them: nothing of them is stored. */
  readonly isLeftOut: (person: string) => boolean;
  readonly limits: ModelLimits;
  /** Called at least once for each insert. */
  readonly onProgress: (rows: number, bytes: number) => Promise<void>;
}

/** Names whatever a model's readings ask of ClickHouse. */
export const queryPrefix = (modelId: number): string => `model-${modelId}-`;

const problemTexts: Readonly<Record<KeyProblem, readonly [code: string, message: string]>> = {
  null: ["key_null", "have no value in a column of the key. Leave such rows out in the query (`where … is not null`), or choose other columns as the key."],
  object: ["key_not_plain", "have an object or a list in a column of the key. Choose columns of text, numbers, dates or truth values as the key."],
  long: ["key_too_long", "have a key that is too long. Choose shorter columns as the key."],
};

/** `rows`: without those that are left out. Throws RunProblem for rows that have no usable key, and beyond a limit. */
export async function stageRows(options: StageOptions): Promise<{ readonly rows: number; readonly bytes: number }> {
  const { reading, definition, limits } = options;
  const writer = new RowBinaryWriter(4 * 1024 * 1024);
  const wrong = new Map<KeyProblem, { count: number; readonly lines: number[] }>();
  let [rows, bytes, waiting, part, leftOut] = [0, 0, 0, 0, 0];
  let onItsWay: Promise<void> = Promise.resolve();

  async function send(): Promise<void> {
    await onItsWay;
    if (waiting === 0) return;
    const body = writer.take();
    waiting = 0;
    onItsWay = insertBlock(options.clickhouse, {
      statement: "INSERT INTO model_row (workspace_id, model_id, nr, key, row, person, line) FORMAT RowBinary", body, queryId: `${queryPrefix(reading.modelId)}${reading.nr}-stage-${part++}`,
    });
    // Looked at by the next; until then it must not count as unhandled.
    onItsWay.catch(() => undefined);
    await options.onProgress(rows - leftOut, bytes);
  }

  let write: { readonly row: ReturnType<typeof rowWriter>; readonly key: ReturnType<typeof keyWriter> } | undefined;
  try {
    for await (const batch of options.batches) {
      write ??= writersFor(options);
      for (const row of batch) {
        rows++;
        const key = write.key(row);
        if ("problem" in key) {
          note(wrong, key.problem, rows, limits.sampleMax);
          continue;
        }
        const person = definition.person === undefined ? "" : options.personText(row[definition.person.column]);
        if (options.isLeftOut(person)) {
          leftOut++;
          continue;
        }
        const json = write.row(row);
        bytes += json.length;
        if (json.length > limits.rowBytesMax) throw tooMuch("row_too_large", `Row ${rows} has ${json.length} bytes as JSON; the limit \`rowBytesMax\` is ${limits.rowBytesMax}. Read fewer columns.`);
        writer.uint32(reading.workspaceId);
        writer.uint32(reading.modelId);
        writer.uint32(reading.nr);
        writer.string(key.key);
        writer.string(json);
        writer.string(person);
        writer.uint64(rows);
        waiting++;
      }
      if (rows > limits.rowsMax) throw tooMuch("too_many_rows", `The query gives more than ${limits.rowsMax} rows, the limit \`rowsMax\`. Narrow it.`);
      if (bytes > limits.bytesMax) throw tooMuch("too_many_bytes", `The query gives more than ${limits.bytesMax} bytes, the limit \`bytesMax\`. Read fewer columns or rows.`);
      if (waiting >= limits.stageRows || writer.length >= limits.stageBytes) await send();
    }
    await send();
  } finally {
    await onItsWay.catch(() => undefined);
  }
  await onItsWay;
  refuseWrong(wrong, definition);
  return { rows: rows - leftOut, bytes };
}

function writersFor({ columns, definition, limits }: StageOptions): { readonly row: ReturnType<typeof rowWriter>; readonly key: ReturnType<typeof keyWriter> } {
  const known = columns();
  return { row: rowWriter(known), key: keyWriter(known, definition.key, limits.keyCharactersMax) };
}

function note(wrong: Map<KeyProblem, { count: number; readonly lines: number[] }>, problem: KeyProblem, line: number, sampleMax: number): void {
  const known = wrong.get(problem) ?? { count: 0, lines: [] };
  known.count++;
  if (known.lines.length < sampleMax) known.lines.push(line);
  wrong.set(problem, known);
}

function refuseWrong(wrong: ReadonlyMap<KeyProblem, { readonly count: number; readonly lines: readonly number[] }>, { key }: ModelDefinition): void {
  for (const [problem, { count, lines }] of wrong) {
    const [code, text] = problemTexts[problem];
    throw new RunProblem({ code, message: `${count === 1 ? "One row" : `${count} rows`} of the result ${text} The key is ${key.join(", ")}.`, count, sample: lines.map((line) => ({ key: "", lines: [line] })) });
  }
}

function tooMuch(code: string, message: string): RunProblem {
  return new RunProblem({ code, message });
}

/** A key that stands in several rows of the result ends the run: which of them is the row, nobody can say. */
export async function refuseDoubleKeys(clickhouse: ClickHouseClient, { modelId, nr }: Reading, limits: Pick<ModelLimits, "sampleMax">): Promise<void> {
  const result = await clickhouse.query({
    query: `select key, count() as times, arraySlice(arraySort(groupArray(10)(line)), 1, 5) as lines, count() over () as keys from model_row
      where model_id = {model:UInt32} and nr = {nr:UInt32} group by key_hash, key having times > 1 order by times desc, key limit {sample:UInt32}`,
    query_params: { model: modelId, nr, sample: limits.sampleMax }, format: "JSONEachRow", clickhouse_settings: { optimize_aggregation_in_order: 1 },
  });
  const found = await result.json<{ key: string; times: number; lines: number[]; keys: number }>();
  const [first] = found;
  if (first === undefined) return;
  throw new RunProblem({
    code: "key_double", count: first.keys, sample: found.map(({ key, lines }) => ({ key, lines })),
    message: `${first.keys === 1 ? "One key stands" : `${first.keys} keys stand`} in several rows of the result, ${first.key} in ${first.times}. Make them one in the query (\`group by\`, \`distinct\`), or take more columns into the key.`,
  });
}

/** Takes away what a reading left in ClickHouse: rows that are not compared, and with `changes` what it found. Waits for what still runs there. */
export async function dropReading(clickhouse: ClickHouseClient, { workspaceId, modelId, nr }: Reading, changes: { readonly fromSeq: number; readonly toSeq: number } | undefined): Promise<void> {
  if (!(await waitUntilIdle(clickhouse, queryPrefix(modelId)))) throw new Error(`ClickHouse is still at work for reading ${nr} of model ${modelId}.`);
  await clickhouse.command({ query: `alter table model_row drop partition tuple(${modelId}, ${nr})` });
  if (changes === undefined) return;
  const where = "workspace_id = {workspace:UInt32} and model_id = {model:UInt32} and seq between {from:UInt64} and {to:UInt64}";
  const params = { workspace: workspaceId, model: modelId, from: changes.fromSeq, to: changes.toSeq };
  const found = await clickhouse.query({ query: `select 1 from model_change where ${where} limit 1`, query_params: params, format: "JSONEachRow" });
  if ((await found.json()).length === 0) return;
  await clickhouse.command({
    query: `alter table model_change delete where workspace_id = ${workspaceId} and model_id = ${modelId} and seq between ${changes.fromSeq} and ${changes.toSeq}`,
    clickhouse_settings: { mutations_sync: "2" },
  });
}
