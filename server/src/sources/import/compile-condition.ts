// Conditions of a mapping into functions. Over a group, a test of a column holds when it holds for every line, or with
// `lines: any` for one; texts are compared as they stand in the file, numbers as exact decimals.
import type { ImportColumnCondition, ImportCondition } from "@tributary/schema/import.ts";
import { compareDecimals, decimalOf, numberText } from "./decimals.ts";
import { marksOf, type Line, type Reading } from "./compile-value.ts";

export type Holds = (lines: readonly Line[]) => boolean;

export function compileCondition(condition: ImportCondition, reading: Reading): Holds {
  if ("all" in condition) {
    const parts = condition.all.map((part) => compileCondition(part, reading));
    return (lines) => parts.every((holds) => holds(lines));
  }
  if ("any" in condition) {
    const parts = condition.any.map((part) => compileCondition(part, reading));
    return (lines) => parts.some((holds) => holds(lines));
  }
  if ("not" in condition) {
    const holds = compileCondition(condition.not, reading);
    return (lines) => !holds(lines);
  }
  const index = reading.indexOf(condition.column);
  const test = textTest(condition, reading);
  return condition.lines === "any"
    ? (lines) => lines.some((line) => test(line.values[index] ?? ""))
    : (lines) => lines.every((line) => test(line.values[index] ?? ""));
}

function textTest(condition: ImportColumnCondition, reading: Reading): (text: string) => boolean {
  if ("equals" in condition) return (text) => text === condition.equals;
  if ("one_of" in condition) return (text) => condition.one_of.includes(text);
  if ("starts_with" in condition) return (text) => text.startsWith(condition.starts_with);
  if ("ends_with" in condition) return (text) => text.endsWith(condition.ends_with);
  if ("contains" in condition) return (text) => text.includes(condition.contains);
  if ("empty" in condition) return (text) => (text.trim() === "") === condition.empty;
  if ("number_equals" in condition) return numberTest(condition.column, condition.number_equals, reading, (order) => order === 0);
  if ("number_less_than" in condition) return numberTest(condition.column, condition.number_less_than, reading, (order) => order < 0);
  return numberTest(condition.column, condition.number_greater_than, reading, (order) => order > 0);
}

/** False for what is no number. */
function numberTest(column: string, bound: string, reading: Reading, accepts: (order: number) => boolean): (text: string) => boolean {
  const marks = marksOf(reading, column);
  const limit = decimalOf(bound);
  return (text) => {
    const number = numberText(text, marks);
    return number !== null && accepts(compareDecimals(decimalOf(number), limit));
  };
}
