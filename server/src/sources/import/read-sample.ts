// The first lines of a file as an import would read them: with the same reader, the same mapping and the same refusals. What
// nobody said yet (delimiter, marks, columns) is guessed and handed back to be confirmed.
import { parse as parseYaml, stringify as yamlText, YAMLParseError } from "yaml";
import { z } from "zod";
import type { ImportSample, importSampleBody } from "@tributary/schema/api/import-sample.ts";
import { importColumnName, importMapping, importTargetPath, type ImportError, type ImportFormat, type ImportMapping, type ImportValue } from "@tributary/schema/import.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { AppError } from "../../core/errors.ts";
import { guessColumn, isNumber, looksLikeOrders } from "./guess-columns.ts";
import { importLimits } from "./import-limits.ts";
import { splitFields } from "./read-csv.ts";
import { readImport, type ImportPlan } from "./read-import.ts";

type Body = z.output<typeof importSampleBody>;

const EVENTS_SHOWN = 20;
const ERRORS_SHOWN = 100;
const VALUES_LOOKED_AT = 200;
const SAMPLES_SHOWN = 3;
const delimiters = [",", ";", "\t", "|"] as const;

export async function readSample(body: Body): Promise<ImportSample> {
  const text = wholeLines(body.text, body.whole);
  const format = formatOf(body, text);
  const given = givenMapping(body);
  const delimiter = given.mapping?.csv?.delimiter ?? delimiterOf(text);
  const table = format === "csv" ? csvTable(text, delimiter, given.mapping) : jsonTable(text);
  const isCalls = looksLikeCalls(table.names, format);
  const isOrders = looksLikeOrders(table.names);
  const columns = table.names.map((name, index) => columnOf(name, table.rows.map((row) => row[index] ?? ""), isOrders));
  const marks = marksOf(columns.map(({ guess }, index) => (guess.type === "number" ? table.rows.map((row) => row[index] ?? "") : [])).flat());
  const guess: ImportSample["guess"] = {
    format, delimiter, ...marks, needs_zone: needsZone(columns), kind: isCalls ? "calls" : isOrders ? "events" : "people", event_name: "Order Completed",
  };
  const proposed = isCalls ? null : proposal(guess, columns, body);
  const mapping = given.problem ? null : (given.mapping ?? proposed);
  const read = given.problem ? nothing(given.problem) : await readWith(text, { format, mapping, reading: readingOf(body), messageIdOf: (line) => `line-${line}` }, body.name);
  const answer = { guess, columns, mapping, yaml: body.yaml ?? (mapping ? yamlText(mapping) : "") };
  return { ...answer, ...read };
}

/** Without the line that the sample broke off in. */
function wholeLines(text: string, isWhole: boolean): string {
  // As bytes, which the reader reads, half a pair of surrogates is another character.
  const clean = (text.startsWith("\ufeff") ? text.slice(1) : text).toWellFormed();
  if (isWhole) return clean;
  const end = clean.lastIndexOf("\n");
  return end < 0 ? clean : clean.slice(0, end + 1);
}

function formatOf({ mapping, name }: Body, text: string): ImportFormat {
  if (mapping?.format !== undefined) return mapping.format;
  if (/\.(ndjson|jsonl|json)$/i.test(name)) return "ndjson";
  if (/\.(csv|tsv|txt)$/i.test(name)) return "csv";
  return text.trimStart().startsWith("{") ? "ndjson" : "csv";
}

function givenMapping({ mapping, yaml }: Body): { readonly mapping?: ImportMapping; readonly problem?: { message: string; hint: string } } {
  if (yaml === undefined) return mapping ? { mapping } : {};
  const hint = "What a mapping holds stands in docs/import.md.";
  try {
    const parsed = importMapping.safeParse(parseYaml(yaml));
    return parsed.success ? { mapping: parsed.data } : { problem: { message: z.prettifyError(parsed.error), hint } };
  } catch (error) {
    if (error instanceof YAMLParseError) return { problem: { message: `The text is not YAML: ${error.message}`, hint: "Correct it." } };
    throw error;
  }
}

interface Table {
  readonly names: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function delimiterOf(text: string): string {
  const [header = ""] = text.split(/\r?\n/, 1);
  const counts = delimiters.map((mark) => [mark, splitFields(header, { delimiter: mark, quote: "\"" })?.length ?? 0] as const);
  return counts.reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}

/** Loosely, for looking at it: what the import makes of the lines its own reader says. */
function csvTable(text: string, delimiter: string, mapping: ImportMapping | undefined): Table {
  const quote = mapping?.csv?.quote === "none" ? null : (mapping?.csv?.quote ?? "\"");
  const lines = text.split(/\r?\n/).filter((line) => line !== "").slice(0, VALUES_LOOKED_AT + 1).map((line) => splitFields(line, { delimiter, quote }) ?? []);
  const names = mapping?.csv?.columns ?? lines.shift()?.map((name) => name.trim()) ?? [];
  return { names, rows: lines.filter((fields) => fields.length === names.length) };
}

function jsonTable(text: string): Table {
  const objects = text.split("\n").filter((line) => line.trim() !== "").slice(0, VALUES_LOOKED_AT).flatMap((line) => flatObject(line));
  // Lines that share no names would make a table of their product.
  const names = [...new Set(objects.flatMap((object) => [...object.keys()]))].slice(0, importLimits.columnsMax);
  return { names, rows: objects.map((object) => names.map((name) => object.get(name) ?? "")) };
}

function flatObject(line: string): Map<string, string>[] {
  try {
    const found = new Map<string, string>();
    flatten(JSON.parse(line), "", found);
    return [found];
  } catch {
    return [];
  }
}

function flatten(value: unknown, path: string, into: Map<string, string>): void {
  if (!isRecord(value)) {
    if (path !== "" && value !== null) into.set(path, typeof value === "string" ? value : JSON.stringify(value));
    return;
  }
  for (const [name, inner] of Object.entries(value)) flatten(inner, path === "" ? name : `${path}.${name}`, into);
}

function looksLikeCalls(names: readonly string[], format: ImportFormat): boolean {
  const isCallName = (name: string): boolean => /^(type|event|name|messageId|timestamp|userId|anonymousId|groupId|previousId|sentAt|originalTimestamp|(properties|traits|context|integrations)\..+)$/.test(name);
  const isNamed = names.some((name) => name === "userId" || name === "anonymousId" || name.startsWith("traits."));
  return format === "ndjson" ? names.includes("type") && isNamed : isNamed && names.every(isCallName);
}

function columnOf(name: string, values: readonly string[], isOrders: boolean): ImportSample["columns"][number] {
  const filled = values.filter((value) => value.trim() !== "");
  const samples = [...new Set(filled)].slice(0, SAMPLES_SHOWN).map((value) => value.slice(0, 200));
  const guess = guessColumn(name, filled, isOrders);
  // Senders of JSON may use names that no mapping can hold: such a column is left out, and the others are read.
  const canBeMapped = importColumnName.safeParse(name).success && (guess.path === "" || importTargetPath.safeParse(guess.path).success);
  return { name, samples, filled: filled.length, guess: canBeMapped ? guess : { ...guess, to: "none" } };
}

/** From what stands behind the last mark of each number: three digits say nothing, any other count says that it is the decimal mark. */
function marksOf(numbers: readonly string[]): Pick<ImportSample["guess"], "decimal_mark" | "thousands_mark"> {
  for (const text of numbers.map((one) => one.trim()).filter(isNumber)) {
    const found = /([.,])(\d+)$/.exec(text);
    if (!found || (found[2]?.length === 3 && !/[.,].*[.,]/.test(text))) continue;
    const decimal = found[1] === "," ? "," : ".";
    const group = /\d([., '\u00a0\u202f])\d{3}/.exec(numbers.find((one) => /\d[., '\u00a0\u202f]\d{3}[.,]/.test(one)) ?? "")?.[1];
    return { decimal_mark: decimal, thousands_mark: group !== undefined && group !== decimal ? group : null };
  }
  return { decimal_mark: null, thousands_mark: null };
}

function needsZone(columns: ImportSample["columns"]): boolean {
  return columns.some(({ guess, samples }) => guess.type === "time" && samples.some((value) => !/(?:Z|[+-]\d\d:?\d\d)$/.test(value)));
}

function readingOf({ time_zone: zone, decimal_mark: mark }: Body): ImportPlan["reading"] {
  return { ...(zone === undefined ? {} : { time_zone: zone }), ...(mark === undefined ? {} : { decimal_mark: mark }) };
}

/** The mapping that the guesses make together. */
function proposal(guess: ImportSample["guess"], columns: ImportSample["columns"], body: Body): ImportMapping {
  const named = columns.filter(({ name, guess: { to } }) => name !== "" && to !== "none");
  const isEvents = guess.kind === "events";
  const of = (to: string) => named.find((column) => column.guess.to === to);
  const valueOf = ({ name, guess: { type, time_format: format, replace } }: ImportSample["columns"][number]): ImportValue =>
    type === "text" ? name : { column: name, type, ...(type === "time" && format !== null && format !== "iso" ? { time_format: format } : {}), ...(replace ? { replace } : {}) };
  const values = (to: string): Record<string, ImportValue> => Object.fromEntries(named.filter((column) => column.guess.to === to).map((column) => [column.guess.path, valueOf(column)]));
  const [event, order, message] = [of("event"), named.find((column) => column.guess.path === "order_id" && column.guess.to === "property"), of("message_id")];
  const time = of("timestamp");
  const isPlainCsv = guess.format !== "csv" || guess.delimiter === ",";
  return {
    version: 1, format: guess.format, ...(isPlainCsv ? {} : { csv: { delimiter: guess.delimiter } }), ...readingOf(body),
    ...(thousandsOf(guess.thousands_mark)),
    events: [isEvents ? { type: "track", name: event ? { column: event.name } : guess.event_name } : { type: "identify" }],
    ...(message ? { message_id: { columns: [message.name] } } : order ? { message_id: { prefix: "order-", columns: [order.name] } } : {}),
    ...(of("user_id") ? { user_id: of("user_id")?.name ?? "" } : {}), ...(of("anonymous_id") ? { anonymous_id: of("anonymous_id")?.name ?? "" } : {}),
    ...(time ? { timestamp: valueOf(time) as NonNullable<ImportMapping["timestamp"]> } : {}), // A column, as every guess is.
    ...(Object.keys(values("property")).length > 0 ? { properties: values("property") } : {}), ...(Object.keys(values("trait")).length > 0 ? { traits: values("trait") } : {}),
  };
}

function thousandsOf(mark: string | null): Pick<ImportMapping, "thousands_mark"> {
  const parsed = importMapping.shape.thousands_mark.safeParse(mark ?? undefined);
  return parsed.success && parsed.data !== undefined ? { thousands_mark: parsed.data } : {};
}

type Read = Pick<ImportSample, "problem" | "lines" | "events" | "refused" | "columns_not_used">;

function nothing(problem: Read["problem"]): Read {
  return { problem, lines: 0, events: [], refused: [], columns_not_used: [] };
}

async function readWith(text: string, plan: ImportPlan, file: string): Promise<Read> {
  const events: unknown[] = [];
  const refused: ImportError[] = [];
  try {
    const reader = readImport((async function* () { yield Buffer.from(text); })(), plan);
    for await (const step of reader.steps) {
      for (const { json } of step.events) if (events.length < EVENTS_SHOWN) events.push(JSON.parse(String(json)));
      for (const { line, problem } of step.refused) if (refused.length < ERRORS_SHOWN) refused.push({ file, line, ...problem });
    }
    return { problem: null, lines: reader.checkpoint().counts.lines, events, refused, columns_not_used: [...reader.unusedColumns()] };
  } catch (error) {
    if (error instanceof AppError) return nothing({ message: error.message, hint: error.hint });
    throw error;
  }
}
