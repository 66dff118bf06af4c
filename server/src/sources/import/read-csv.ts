// Physical lines into CSV records (RFC 4180). A record that can't be read costs its first line only: reading goes on at
// the next one, which no CSV library offers and "errors listed per line" needs. The same input gives the same records,
// wherever the lines were cut into batches.
import { isUtf8 } from "node:buffer";
import { importLimits } from "./import-limits.ts";
import type { PhysicalLine } from "./read-lines.ts";
import { refusal, type LineProblem } from "./refusals.ts";

/** One record of a file: its fields, or why it has none. `line` is where it begins, `endLine` and `endByte` where it ends. */
export type FileRecord = { readonly line: number; readonly endLine: number; readonly endByte: number } & (
  | { readonly kind: "fields"; readonly fields: readonly string[] }
  | { readonly kind: "problem"; readonly problem: LineProblem }
);

export interface CsvDialect {
  readonly delimiter: string;
  /** null: quotes mean nothing. */
  readonly quote: string | null;
}

export interface CsvReader {
  push(line: PhysicalLine): readonly FileRecord[];
  /** The file is over: what still waits for its closing quote. */
  end(): readonly FileRecord[];
}

export function createCsvReader(dialect: CsvDialect): CsvReader {
  let waiting: PhysicalLine[] = [];
  let waitingBytes = 0;
  let isQuoteOpen = false;

  function take(line: PhysicalLine, records: FileRecord[]): void {
    if (line.bytes === null) {
      giveUp(records);
      records.push({ kind: "problem", line: line.line, endLine: line.line, endByte: line.endByte, problem: refusal.lineTooLong() });
      return;
    }
    if (waiting.length === 0 && line.bytes.length === 0) return;
    waiting.push(line);
    waitingBytes += line.bytes.length;
    isQuoteOpen = isQuoteOpen !== hasOddQuotes(line.bytes, dialect.quote);
    if (isQuoteOpen && waitingBytes <= importLimits.lineBytesMax) return;
    const record = parseRecord(waiting, dialect);
    if (record.kind === "problem" && waiting.length > 1) giveUp(records);
    else {
      records.push(record);
      reset();
    }
  }
  /** The first waiting line has a quote that leads nowhere: refuse it alone and read the others again. */
  function giveUp(records: FileRecord[]): void {
    const [first, ...others] = waiting;
    reset();
    if (!first) return;
    records.push({ kind: "problem", line: first.line, endLine: first.line, endByte: first.endByte, problem: refusal.quoteNotClosed() });
    for (const line of others) take(line, records);
  }
  function reset(): void {
    waiting = [];
    waitingBytes = 0;
    isQuoteOpen = false;
  }

  return {
    push: (line) => {
      const records: FileRecord[] = [];
      take(line, records);
      return records;
    },
    end: () => {
      const records: FileRecord[] = [];
      while (waiting.length > 0) giveUp(records);
      return records;
    },
  };
}

function hasOddQuotes(bytes: Buffer, quote: string | null): boolean {
  if (quote === null) return false;
  let isOdd = false;
  for (let at = bytes.indexOf(quote); at >= 0; at = bytes.indexOf(quote, at + quote.length)) isOdd = !isOdd;
  return isOdd;
}

function parseRecord(lines: readonly PhysicalLine[], dialect: CsvDialect): FileRecord {
  const pieces = lines.map((line) => line.bytes ?? Buffer.alloc(0));
  const first = lines[0];
  const last = lines[lines.length - 1];
  const place = { line: first?.line ?? 0, endLine: last?.line ?? 0, endByte: last?.endByte ?? 0 };
  if (!pieces.every((piece) => isUtf8(piece))) return { kind: "problem", ...place, problem: refusal.notUtf8() };
  const text = pieces.length === 1 ? String(pieces[0]) : pieces.map(String).join("\n");
  const fields = splitFields(text, dialect);
  if (fields === null) return { kind: "problem", ...place, problem: refusal.badQuote() };
  if (fields.length > importLimits.columnsMax) return { kind: "problem", ...place, problem: refusal.tooManyColumns(fields.length) };
  return { kind: "fields", ...place, fields };
}

/** The fields of one record, or null when a quote stands where none may. */
export function splitFields(text: string, { delimiter, quote }: CsvDialect): string[] | null {
  if (quote === null || !text.includes(quote)) return text.split(delimiter);
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (text.startsWith(quote, at)) {
      const quoted = quotedField(text, at + quote.length, quote);
      if (quoted === null) return null;
      fields.push(quoted.value);
      if (quoted.end === text.length) return fields;
      if (!text.startsWith(delimiter, quoted.end)) return null;
      at = quoted.end + delimiter.length;
    } else {
      const end = text.indexOf(delimiter, at);
      const value = end < 0 ? text.slice(at) : text.slice(at, end);
      if (value.includes(quote)) return null;
      fields.push(value);
      if (end < 0) return fields;
      at = end + delimiter.length;
    }
  }
}

function quotedField(text: string, from: number, quote: string): { value: string; end: number } | null {
  let value = "";
  let start = from;
  for (;;) {
    const at = text.indexOf(quote, start);
    if (at < 0) return null;
    if (!text.startsWith(quote, at + quote.length)) return { value: value + text.slice(start, at), end: at + quote.length };
    value += text.slice(start, at + quote.length);
    start = at + 2 * quote.length;
  }
}
