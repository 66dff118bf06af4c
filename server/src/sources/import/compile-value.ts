// One value of the mapping into a function that writes it as JSON text. Functions never throw for a bad line: they report
// it and write nothing, so that one line's fault is listed and the event is left out whole.
import type { ImportLineValue, ImportMapping, ImportValue } from "@tributary/schema/import.ts";
import { AppError } from "../../core/errors.ts";
import { addDecimals, compareDecimals, decimalOf, decimalText, multiplyDecimals, numberText, zeroDecimal, type Decimal, type NumberMarks } from "./decimals.ts";
import { createTimeReader, patternProblem } from "./local-time.ts";
import { importLimits } from "./import-limits.ts";
import { refusal, type LineProblem } from "./refusals.ts";

/** One line of a file: its values in the order of the header. */
export interface Line {
  readonly line: number;
  readonly values: readonly string[];
}

export interface RefusedLine {
  readonly line: number;
  readonly problem: LineProblem;
}

/** Writes the value that these lines give, as JSON text; undefined when there is none or a refusal was reported. */
export type WriteValue = (lines: readonly Line[], refused: RefusedLine[]) => string | undefined;

/** The mapping's columns by name, and how its values are read. */
export interface Reading {
  /** Index of a column in the header; an unknown one is noted and refused for the whole file. */
  indexOf(column: string): number;
  readonly mapping: ImportMapping;
  /** null when the file's decimal mark was not said. */
  readonly marks: NumberMarks | null;
}

interface ColumnSpec extends Extract<ImportLineValue, { column: string }> {}

/** JSON text, undefined for none, or what is wrong. */
type Convert = (text: string) => string | undefined | LineProblem;

export function compileValue(spec: ImportValue, reading: Reading): WriteValue {
  if (typeof spec === "string") return columnWriter({ column: spec }, reading);
  if ("column" in spec) return columnWriter(spec, reading);
  if ("value" in spec) return constantWriter(spec.value);
  if ("sum" in spec) return sumWriter(spec.sum, reading);
  return linesWriter(spec.lines, reading);
}

function constantWriter(value: unknown): WriteValue {
  const text = JSON.stringify(value);
  return () => text;
}

/** The marks for numbers; throws AppError `bad_request` when the decimal mark was not said. */
export function marksOf(reading: Reading, column: string): NumberMarks {
  if (reading.marks) return reading.marks;
  throw new AppError("bad_request", {
    detail: `The column ${column} holds numbers, and nothing says how they are written.`,
    hint: "Say `decimal_mark: \".\"` or `decimal_mark: \",\"` in the mapping, or --decimal-mark.",
  });
}

function columnWriter(spec: ColumnSpec, reading: Reading): WriteValue {
  const index = reading.indexOf(spec.column);
  const convert = converterOf(spec, reading);
  const take = spec.take;
  function write(line: Line, refused: RefusedLine[]): string | undefined {
    const result = convert(line.values[index] ?? "");
    if (typeof result !== "object") return result;
    refused.push({ line: line.line, problem: result });
    return undefined;
  }
  return (lines, refused) => {
    const first = lines[0];
    if (!first) return undefined;
    if (lines.length === 1 || take === "first") return write(first, refused);
    if (take === "last") return write(lines[lines.length - 1] ?? first, refused);
    if (take === "min" || take === "max") return extreme(lines.map((line) => write(line, refused)), spec.type ?? "text", take);
    const text = first.values[index];
    const other = lines.find((line) => line.values[index] !== text);
    if (other) refused.push({ line: other.line, problem: refusal.linesDisagree(spec.column) });
    return write(first, refused);
  };
}

function extreme(texts: readonly (string | undefined)[], type: string, take: "min" | "max"): string | undefined {
  const wanted = take === "min" ? -1 : 1;
  let best: string | undefined;
  for (const text of texts) {
    if (text === undefined || text === "null") continue;
    if (best === undefined || Math.sign(compareJson(text, best, type)) === wanted) best = text;
  }
  return best;
}

function compareJson(a: string, b: string, type: string): number {
  if (type === "number") return compareDecimals(decimalOf(a), decimalOf(b));
  if (type === "time") return Temporal.Instant.compare(String(JSON.parse(a)), String(JSON.parse(b)));
  return a < b ? -1 : a > b ? 1 : 0;
}

function converterOf(spec: ColumnSpec, reading: Reading): Convert {
  const convert = typeConverter(spec, reading);
  const replace = spec.replace;
  return (raw) => {
    const text = replace && Object.hasOwn(replace, raw) ? replace[raw] ?? "" : raw;
    if (text.trim() !== "") return convert(text);
    if (spec.required) return refusal.missing(spec.column);
    return spec.when_empty === "null" ? "null" : undefined;
  };
}

function typeConverter(spec: ColumnSpec, reading: Reading): Convert {
  const type = spec.type ?? "text";
  switch (type) {
    case "text": return (text) => JSON.stringify(text);
    case "integer_text": return integerText(spec.column, marksOf(reading, spec.column));
    case "number": return numberConverter(spec.column, marksOf(reading, spec.column));
    case "time": return timeConverter(spec, reading);
    case "boolean": return (text) => booleans.get(text.trim().toLowerCase()) ?? refusal.notBoolean(spec.column);
    case "json": return (text) => isJson(text) ? text.trim() : refusal.notJsonValue(spec.column);
    default: return type satisfies never;
  }
}

const booleans = new Map([
  ["true", "true"], ["yes", "true"], ["y", "true"], ["1", "true"], ["false", "false"], ["no", "false"], ["n", "false"], ["0", "false"],
]);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function numberConverter(column: string, marks: NumberMarks): Convert {
  return (text) => (text.length > importLimits.numberCharactersMax ? null : numberText(text, marks)) ?? refusal.notNumber(column);
}

/** The whole number as text, with the zeros it begins with: it is an id. */
function integerText(column: string, marks: NumberMarks): Convert {
  const pattern = marks.decimal === "." ? /^([+-]?)(\d+)(?:\.0*)?$/ : /^([+-]?)(\d+)(?:,0*)?$/;
  return (text) => {
    const found = pattern.exec(text.trim());
    return found ? JSON.stringify(`${found[1] === "-" ? "-" : ""}${found[2]}`) : refusal.notInteger(column);
  };
}

function timeConverter(spec: ColumnSpec, { mapping }: Reading): Convert {
  const format = spec.time_format ?? "iso";
  const wrong = patternProblem(format);
  if (wrong !== null) {
    throw new AppError("bad_request", {
      detail: `The time format of ${spec.column} can't be used: ${wrong}.`,
      hint: "Use iso, unix_seconds, unix_milliseconds, or a pattern such as `d/M/yyyy HH:mm`.",
    });
  }
  const read = createTimeReader({ zone: mapping.time_zone ?? null, format, ambiguity: mapping.time_ambiguity ?? "compatible" });
  return (text) => {
    const result = read(text);
    if (result.kind === "instant") return `"${result.iso}"`;
    switch (result.problem) {
      case "not_a_time": return refusal.notTime(spec.column);
      case "zone_missing": return refusal.timeZoneMissing(spec.column);
      case "ambiguous": return refusal.timeAmbiguous(spec.column);
      default: return result.problem satisfies never;
    }
  };
}

function sumWriter(columns: readonly string[], reading: Reading): WriteValue {
  const factors = columns.map((column) => ({ column, index: reading.indexOf(column), marks: marksOf(reading, column) }));
  return (lines, refused) => {
    let sum = zeroDecimal;
    for (const line of lines) {
      let product: Decimal | null = { units: 1n, scale: 0 };
      for (const { column, index, marks } of factors) {
        const raw = line.values[index] ?? "";
        const text = raw.length > importLimits.numberCharactersMax ? null : numberText(raw, marks);
        if (text === null) refused.push({ line: line.line, problem: refusal.notNumber(column) });
        product = text === null || product === null ? null : multiplyDecimals(product, decimalOf(text));
      }
      if (product) sum = addDecimals(sum, product);
    }
    return decimalText(sum);
  };
}

function linesWriter(fields: Readonly<Record<string, ImportLineValue>>, reading: Reading): WriteValue {
  const writeLine = compileObject(Object.entries(fields), reading);
  return (lines, refused) => `[${lines.map((line) => writeLine([line], refused) ?? "{}").join(",")}]`;
}

type Node = Map<string, Node | WriteValue>;

/** Fields with dotted paths into a function that writes one JSON object, or nothing when no field has a value. */
export function compileObject(fields: readonly (readonly [string, ImportValue])[], reading: Reading): WriteValue {
  const root: Node = new Map();
  for (const [path, spec] of fields) place(root, path, compileValue(spec, reading));
  return writerOf(root);
}

function place(root: Node, path: string, value: WriteValue): void {
  const parts = path.split(".");
  const name = parts.pop() ?? path;
  let node = root;
  for (const part of parts) {
    const next = node.get(part) ?? new Map<string, Node | WriteValue>();
    if (!(next instanceof Map)) throw clash(path);
    node.set(part, next);
    node = next;
  }
  if (node.has(name)) throw clash(path);
  node.set(name, value);
}

function clash(path: string): AppError {
  return new AppError("bad_request", { detail: `The mapping writes ${path} twice, or both as a value and as an object.`, hint: "Give each value a place of its own." });
}

function writerOf(node: Node): WriteValue {
  const entries = [...node].map(([name, child]) => ({
    prefix: `${JSON.stringify(name)}:`,
    write: child instanceof Map ? writerOf(child) : child,
  }));
  return (lines, refused) => {
    let text = "";
    for (const { prefix, write } of entries) {
      const value = write(lines, refused);
      if (value !== undefined) text += `${text === "" ? "" : ","}${prefix}${value}`;
    }
    return text === "" ? undefined : `{${text}}`;
  };
}
