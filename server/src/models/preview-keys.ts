// What is wrong with columns as a key, in the rows of a preview: the same rule as a run's, over few rows.
import type { ModelColumn, Row } from "./reader.ts";
import { modelLimits } from "./model-limits.ts";
import { keyWriter } from "./normalise-row.ts";
import type { ProblemTold } from "./run-problem.ts";

export function previewKeys(columns: readonly ModelColumn[], rows: readonly Row[], key: readonly string[]): ProblemTold[] {
  if (key.length === 0) return [];
  const missing = key.filter((name) => !columns.some((column) => column.name === name));
  if (missing.length > 0) return [{ code: "column_missing", message: `The result has no column ${missing.join(", ")}.` }];
  const write = keyWriter(columns, key, modelLimits.keyCharactersMax);
  const lines = new Map<string, number[]>();
  const without: number[] = [];
  for (const [i, row] of rows.entries()) {
    const made = write(row);
    if ("problem" in made) without.push(i + 1);
    else lines.set(made.key, [...(lines.get(made.key) ?? []), i + 1]);
  }
  const double = [...lines].filter(([, where]) => where.length > 1);
  const problems: ProblemTold[] = [];
  if (without.length > 0) problems.push({ code: "key_null", count: without.length, message: `${without.length} of these rows have no usable key: a value is missing, an object, or too long.`, sample: without.slice(0, modelLimits.sampleMax).map((line) => ({ key: "", lines: [line] })) });
  if (double.length > 0) problems.push({ code: "key_double", count: double.length, message: `${double.length} keys stand in several of these rows.`, sample: double.slice(0, modelLimits.sampleMax).map(([name, where]) => ({ key: name, lines: where })) });
  return problems;
}
