// One file of an import: bytes in, steps out. A step holds the events that became complete and the lines that became
// none; after each step the reader can say from where, and with what, another reader would go on to the same events. No
// clock, no database: the same bytes, mapping and import id always give the same events.
import { isUtf8 } from "node:buffer";
import type { ImportFormat, ImportMapping, ImportReading } from "@tributary/schema/import.ts";
import { AppError } from "../../core/errors.ts";
import { compileMapping, type BuildResult, type BuiltEvent, type CompiledMapping } from "./compile-mapping.ts";
import type { Line, RefusedLine } from "./compile-value.ts";
import { createGroups, type ClosedGroup, type Groups, type GroupsState } from "./group-lines.ts";
import { importLimits } from "./import-limits.ts";
import { jsonColumns } from "./json-columns.ts";
import { mappingColumns } from "./mapping-columns.ts";
import { createCsvReader, type CsvReader, type FileRecord } from "./read-csv.ts";
import { readLines, type PhysicalLine } from "./read-lines.ts";
import { refusal } from "./refusals.ts";
import { createCallBuilder } from "./segment-line.ts";
import { segmentMapping } from "./segment-mapping.ts";

export interface ImportPlan {
  readonly format: ImportFormat;
  /** null: the file is Segment-shaped. */
  readonly mapping: ImportMapping | null;
  readonly reading: ImportReading;
  /** The message id of an event that starts at this line, when the file gives none. */
  readonly messageIdOf: (line: number) => string;
}

export interface ImportCounts {
  /** Lines of data: without the header and empty lines; a CSV record that runs over several counts as one. */
  readonly lines: number;
  readonly events: number;
  readonly refused: number;
  readonly skipped: number;
}

export interface ImportStep {
  readonly events: readonly BuiltEvent[];
  readonly refused: readonly RefusedLine[];
  readonly counts: ImportCounts;
}

/** Where reading can go on: at this byte, after this line, with this header and these open groups. */
export interface ImportCheckpoint {
  readonly byte: number;
  readonly line: number;
  readonly header: readonly string[] | null;
  readonly counts: ImportCounts;
  readonly groups: GroupsState | null;
}

export interface ImportReader {
  readonly steps: AsyncGenerator<ImportStep>;
  /** The state after the last step given. */
  checkpoint(): ImportCheckpoint;
  /** Columns of the header that the mapping doesn't read. */
  unusedColumns(): readonly string[];
}

export const startOfFile: ImportCheckpoint = {
  byte: 0, line: 0, header: null, counts: { lines: 0, events: 0, refused: 0, skipped: 0 }, groups: null,
};

/**
 * Reads `chunks`, which begin at the checkpoint's byte. With `isLastPart` the end of the chunks is the end of the file.
 * `steps` throws AppError (`bad_request`, `limit_reached`) for what is wrong with the file or the mapping as a whole.
 */
export function readImport(
  chunks: AsyncIterable<Buffer>, plan: ImportPlan, { from = startOfFile, isLastPart = true }: { from?: ImportCheckpoint; isLastPart?: boolean } = {},
): ImportReader {
  const rows = plan.format === "csv" ? createCsvRows(plan, from) : createJsonRows(plan, from);
  async function* steps(): AsyncGenerator<ImportStep> {
    for await (const lines of readLines(chunks, { line: from.line, byte: from.byte }, isLastPart)) {
      for (const line of lines) {
        rows.push(line);
        if (rows.hasStep()) yield rows.takeStep();
      }
    }
    if (isLastPart) rows.end();
    yield rows.takeStep();
  }
  return { steps: steps(), checkpoint: rows.checkpoint, unusedColumns: rows.unusedColumns };
}

interface Rows {
  push(line: PhysicalLine): void;
  end(): void;
  hasStep(): boolean;
  takeStep(): ImportStep;
  checkpoint(): ImportCheckpoint;
  unusedColumns(): readonly string[];
}

/** What became of lines, since the last step and in all. */
function createTally(from: ImportCounts) {
  const counts = { ...from };
  let linesBeforeStep = counts.lines;
  let events: BuiltEvent[] = [];
  let refused: RefusedLine[] = [];
  return {
    line: () => void (counts.lines += 1),
    skip: (lines: number) => void (counts.skipped += lines),
    refuse: (...lines: readonly RefusedLine[]) => {
      const unsaid = lines.find(({ problem }) => problem.code === "time_zone_missing");
      if (unsaid && counts.events === 0) throw zoneUnsaid(unsaid);
      refused.push(...lines);
      counts.refused += new Set(lines.map(({ line }) => line)).size;
    },
    take: (result: BuildResult, lines: readonly Line[], refuse: (lines: readonly RefusedLine[]) => void) => {
      if (result.kind === "event") {
        events.push(result);
        counts.events += 1;
      } else if (result.kind === "skipped") counts.skipped += lines.length;
      else refuse(result.refused);
    },
    hasStep: () => events.length > 0 || refused.length > 0 || counts.lines - linesBeforeStep >= importLimits.linesPerStepMax,
    takeStep: (): ImportStep => {
      const step = { events, refused, counts: { ...counts } };
      events = [];
      refused = [];
      linesBeforeStep = counts.lines;
      return step;
    },
    counts: (): ImportCounts => ({ ...counts }),
  };
}

/** Nothing of a file is taken in while it is unclear when its events happened. */
function zoneUnsaid({ line, problem }: RefusedLine): AppError {
  return new AppError("bad_request", {
    detail: `Line ${line}: ${problem.message}`, hint: "Say `time_zone: Europe/London` (or another) in the mapping, or --time-zone.",
  });
}

function createJsonRows(plan: ImportPlan, from: ImportCheckpoint): Rows {
  const tally = createTally(from.counts);
  const mapping = plan.mapping ? { ...plan.mapping, ...plan.reading } : null;
  const columns = mapping ? mappingColumns(mapping) : [];
  const mapped = mapping ? createMappedRows(compileMapping(mapping, columns), plan, tally, from) : null;
  const buildCall = createCallBuilder(plan.reading);
  let place = { line: from.line, byte: from.byte };
  return {
    push: (line) => {
      place = { line: line.line, byte: line.endByte };
      if (line.bytes !== null && String(line.bytes).trim() === "") return;
      tally.line();
      const problem = line.bytes === null ? refusal.lineTooLong() : isUtf8(line.bytes) ? null : refusal.notUtf8();
      if (problem) return mapped ? mapped.unread({ line: line.line, problem }) : tally.refuse({ line: line.line, problem });
      const text = String(line.bytes);
      if (!mapped) {
        const lineOf = { line: line.line, values: [] };
        return tally.take(buildCall(line.line, text, plan.messageIdOf(line.line)), [lineOf], (refused) => tally.refuse(...refused));
      }
      const values = jsonColumns(text, columns);
      if (values === null) mapped.unread({ line: line.line, problem: refusal.notJson() });
      else mapped.add({ line: line.line, values });
    },
    end: () => mapped?.end(),
    hasStep: tally.hasStep,
    takeStep: tally.takeStep,
    checkpoint: () => ({ ...place, header: null, counts: tally.counts(), groups: mapped?.state() ?? null }),
    unusedColumns: () => [],
  };
}

function createCsvRows(plan: ImportPlan, from: ImportCheckpoint): Rows {
  const tally = createTally(from.counts);
  const csv = plan.mapping?.csv;
  const quote = csv?.quote === "none" ? null : csv?.quote ?? "\"";
  const reader: CsvReader = createCsvReader({ delimiter: csv?.delimiter ?? ",", quote });
  let place = { line: from.line, byte: from.byte };
  let header: readonly string[] | null = from.header ?? csv?.columns ?? null;
  let compiled: CompiledMapping | null = null;
  let mapped: MappedRows | null = null;
  function begin(names: readonly string[]): MappedRows {
    header = names;
    const mapping = plan.mapping ?? segmentMapping(names, plan.reading);
    compiled = compileMapping({ ...mapping, ...plan.reading }, names);
    return (mapped = createMappedRows(compiled, plan, tally, from));
  }
  if (header) begin(header);

  function take(record: FileRecord): void {
    place = { line: record.endLine, byte: record.endByte };
    if (!mapped || !header) {
      if (record.kind === "problem") throw badHeader(record.problem.message);
      begin(record.fields.map((name) => name.trim()));
      return;
    }
    tally.line();
    if (record.kind === "problem") return mapped.unread({ line: record.line, problem: record.problem });
    const line = { line: record.line, values: record.fields };
    if (record.fields.length === header.length) mapped.add(line);
    else mapped.refuse(line, { line: record.line, problem: refusal.columnCount(record.fields.length, header.length) });
  }
  return {
    push: (line) => reader.push(line).forEach(take),
    end: () => {
      reader.end().forEach(take);
      mapped?.end();
    },
    hasStep: tally.hasStep,
    takeStep: tally.takeStep,
    checkpoint: () => ({ ...place, header, counts: tally.counts(), groups: mapped?.state() ?? null }),
    unusedColumns: () => compiled?.unusedColumns ?? [],
  };
}

function badHeader(message: string): AppError {
  return new AppError("bad_request", { detail: `The header line can't be read: ${message}`, hint: "The first line names the columns; correct it, or name them under csv.columns." });
}

interface MappedRows {
  add(line: Line): void;
  /** A line that was read but can't be used; its group, if it has one, is refused with it. */
  refuse(line: Line, refused: RefusedLine): void;
  /** A line of which nothing is known. */
  unread(refused: RefusedLine): void;
  end(): void;
  state(): GroupsState | null;
}

function createMappedRows(compiled: CompiledMapping, plan: ImportPlan, tally: ReturnType<typeof createTally>, from: ImportCheckpoint): MappedRows {
  const { groupKey } = compiled;
  const groups: Groups | null = groupKey ? createGroups(compiled.groupWindow, from.groups ?? undefined) : null;
  function build(lines: readonly Line[]): void {
    const first = lines[0];
    if (!first) return;
    const result = compiled.build(lines, plan.messageIdOf(first.line));
    tally.take(result, lines, (refused) => tally.refuse(...refused, ...restOfGroup(lines, refused)));
  }
  function close(closed: readonly ClosedGroup[]): void {
    for (const group of closed) {
      if (group.broken.length > 0) tally.refuse(...group.broken);
      else build(group.lines);
    }
  }
  return {
    add: (line) => {
      if (compiled.isSkipped([line])) return tally.skip(1);
      if (groups && groupKey) close(groups.add(groupKey(line), line));
      else build([line]);
    },
    refuse: (line, refused) => {
      if (!groups || !groupKey) return tally.refuse(refused);
      const key = groupKey(line);
      // Its key may be another column's value, moved by the fault; then its neighbours' groups may be the ones it belongs to.
      if (!compiled.isKeyLeading && !groups.isOpen(key)) groups.unread(line.line);
      close(groups.breakGroup(key, refused));
    },
    unread: (refused) => {
      groups?.unread(refused.line);
      tally.refuse(refused);
    },
    end: () => close(groups?.end() ?? []),
    state: () => groups?.state() ?? null,
  };
}

/** The lines of a group that are refused only because others are. */
function restOfGroup(lines: readonly Line[], refused: readonly RefusedLine[]): RefusedLine[] {
  const named = new Set(refused.map(({ line }) => line));
  const cause = refused[0]?.line ?? 0;
  return lines.filter(({ line }) => !named.has(line)).map(({ line }) => ({ line, problem: refusal.groupBroken(cause) }));
}
