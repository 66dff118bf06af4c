// How a file becomes events: the mapping that a person writes in YAML or JSON, and the bodies of the imports API.
// Nothing about a file is guessed that could be guessed wrongly: time zones and decimal marks are said, never assumed.
import { z } from "zod";
import { sourceSlug } from "./api/workspace.ts";

export const importColumnName = z.string().min(1).max(512);
export const importTargetPath = z.string().min(1).max(512).refine((path) => path.split(".").every((part) => part !== "" && part !== "__proto__"), {
  message: "is a dotted path such as `address.city`, without empty parts",
});

/** What a column's text is turned into. `integer_text` is an id that a spreadsheet wrote as 13995.0: the text "13995". */
export const importValueType = z.enum(["text", "integer_text", "number", "time", "boolean", "json"]);
export type ImportValueType = z.infer<typeof importValueType>;

const columnValue = z.strictObject({
  column: importColumnName,
  type: importValueType.optional(),
  /** `iso` (the default), `unix_seconds`, `unix_milliseconds`, or a pattern such as `d/M/yyyy HH:mm`. */
  time_format: z.string().min(1).max(100).optional(),
  /** A line without this value is refused. */
  required: z.boolean().optional(),
  /** What an empty value becomes. */
  when_empty: z.enum(["omit", "null"]).optional(),
  /** Which line of a group gives the value. Without it, all lines of a group must agree. */
  take: z.enum(["first", "last", "min", "max"]).optional(),
  /** Replaces texts before they are converted. */
  replace: z.record(z.string(), z.string()).optional(),
});
const constantValue = z.strictObject({ value: z.json() });
/** The sum, over the lines of the event, of the product of these columns; exact in decimals. */
const sumValue = z.strictObject({ sum: z.array(importColumnName).min(1).max(8) });
/** A column's name alone is its text. */
const scalarSpec = z.union([importColumnName, columnValue, constantValue, sumValue]);
const lineSpec = z.union([importColumnName, columnValue, constantValue]);
/** An array with one object for each line of the event. */
const linesValue = z.strictObject({ lines: z.record(importTargetPath, lineSpec) });

export const importValue = z.union([scalarSpec, linesValue]);
export type ImportValue = z.infer<typeof importValue>;
export type ImportLineValue = z.infer<typeof lineSpec>;

const decimalText = z.union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/)]).transform(String).pipe(z.string().regex(/^-?\d+(\.\d+)?$/));
const leaf = { column: importColumnName, lines: z.enum(["every", "any"]).optional() };

export type ImportCondition =
  | { all: ImportCondition[] } | { any: ImportCondition[] } | { not: ImportCondition }
  | ImportColumnCondition;
/** A test of one column. Within a group it must hold for every line, or with `lines: any` for one. */
export const importColumnCondition = z.union([
  z.strictObject({ ...leaf, equals: z.string() }),
  z.strictObject({ ...leaf, one_of: z.array(z.string()).min(1).max(1000) }),
  z.strictObject({ ...leaf, starts_with: z.string().min(1) }),
  z.strictObject({ ...leaf, ends_with: z.string().min(1) }),
  z.strictObject({ ...leaf, contains: z.string().min(1) }),
  z.strictObject({ ...leaf, empty: z.boolean() }),
  z.strictObject({ ...leaf, number_equals: decimalText }),
  z.strictObject({ ...leaf, number_less_than: decimalText }),
  z.strictObject({ ...leaf, number_greater_than: decimalText }),
]);
export type ImportColumnCondition = z.infer<typeof importColumnCondition>;
export const importCondition: z.ZodType<ImportCondition> = z.lazy(() => z.union([
  z.strictObject({ all: z.array(importCondition).min(1).max(50) }),
  z.strictObject({ any: z.array(importCondition).min(1).max(50) }),
  z.strictObject({ not: importCondition }),
  importColumnCondition,
]));

export const importCallType = z.enum(["track", "page", "screen", "identify", "group", "alias"]);
export type ImportCallType = z.infer<typeof importCallType>;

/** The first rule whose condition holds says what the event is; a rule without a condition always holds. */
const eventRule = z.strictObject({
  when: importCondition.optional(),
  type: importCallType.optional(),
  /** The event's name (of track), or the page's or screen's. */
  name: z.union([z.string().min(1).max(512), z.strictObject({ column: importColumnName })]).optional(),
  /** Leaves the lines out on purpose; they are counted as skipped. */
  skip: z.literal(true).optional(),
});
export type ImportEventRule = z.infer<typeof eventRule>;

export const importFormat = z.enum(["csv", "ndjson"]);
export type ImportFormat = z.infer<typeof importFormat>;

const oneCharacter = z.string().regex(/^[^\r\n]$/, "is one character");

/** What must be said about a file that its bytes don't say. */
export const importReading = z.strictObject({
  /** IANA name of the zone in which times without an offset are read. */
  time_zone: z.string().min(1).max(100).optional(),
  decimal_mark: z.enum([".", ","]).optional(),
});
export type ImportReading = z.infer<typeof importReading>;

export const importMapping = z.strictObject({
  version: z.literal(1),
  format: importFormat.optional(),
  csv: z.strictObject({
    delimiter: oneCharacter.optional(),
    /** `none`: quotes have no meaning in this file. */
    quote: z.union([oneCharacter, z.literal("none")]).optional(),
    /** Names of the columns of a file that has no header line. */
    columns: z.array(importColumnName).min(1).max(1000).optional(),
  }).optional(),
  ...importReading.shape,
  /** The mark between groups of three digits, when numbers are written with one. */
  thousands_mark: z.enum([".", ",", " ", "'", "\u00a0", "\u202f"]).optional(),
  /** A local time that never was moves on by the gap, one that was twice is the earlier; `refuse` refuses both. */
  time_ambiguity: z.enum(["compatible", "refuse"]).optional(),
  /** Lines that are left out before grouping; they are counted as skipped. */
  skip_lines: importCondition.optional(),
  /** Lines with the same values here are one event. */
  group_by: z.array(importColumnName).min(1).max(8).optional(),
  /** A group ends when this many lines have passed since its last. */
  group_window: z.int().min(1).max(50_000).optional(),
  events: z.array(eventRule).min(1).max(200),
  /** An id made of columns, the same for the same row in any import; without it, an id made of the import and the line. */
  message_id: z.strictObject({ prefix: z.string().max(100).optional(), columns: z.array(importColumnName).min(1).max(8) }).optional(),
  user_id: scalarSpec.optional(),
  anonymous_id: scalarSpec.optional(),
  group_id: scalarSpec.optional(),
  previous_id: scalarSpec.optional(),
  timestamp: z.union([importColumnName, columnValue]).optional(),
  properties: z.record(importTargetPath, importValue).optional(),
  /** Of identify and group calls; other calls carry them as `context.traits`. */
  traits: z.record(importTargetPath, importValue).optional(),
  context: z.record(importTargetPath, importValue).optional(),
  /** Where columns that the mapping doesn't name go, as text. Left out when not given. */
  other_columns: z.enum(["properties", "traits"]).optional(),
});
export type ImportMapping = z.infer<typeof importMapping>;

export const importFile = z.strictObject({ name: z.string().min(1).max(512), bytes: z.int().min(0).optional() });

/** Body of POST /api/v1/imports. */
export const createImport = z.strictObject({
  name: z.string().min(1).max(200),
  /** Slug of the source that the events belong to; one is made when none is named. */
  source: sourceSlug.optional(),
  /** Needed when there is no mapping that says it. */
  format: importFormat.optional(),
  /** Without a mapping the file is Segment-shaped: calls as JSON lines, or columns named like their paths. */
  mapping: importMapping.optional(),
  ...importReading.shape,
  /** The files that make up this import, in order; one file called `content` when not given. */
  files: z.array(importFile).min(1).max(10_000).optional(),
  /** SHA-256 (hex) over the content, by which the same content is recognised. */
  content_hash: z.string().regex(/^[0-9a-f]{64}$/).optional(),
  /** Take it in although the same content was imported before. */
  again: z.boolean().optional(),
  /** false: the events are news, and destinations, journeys and alerts act on them. */
  historical: z.boolean().optional(),
  dry_run: z.boolean().optional(),
});
export type CreateImport = z.infer<typeof createImport>;

export const importStatus = z.enum(["uploading", "running", "done", "failed", "withdrawing", "withdrawn"]);
export type ImportStatus = z.infer<typeof importStatus>;

/** Where an import stands. `lines` = lines of events + refused + skipped + waiting in groups not yet complete. */
export const importState = z.object({
  id: z.int(),
  name: z.string(),
  source: z.string(),
  status: importStatus,
  dry_run: z.boolean(),
  historical: z.boolean(),
  file_count: z.int(),
  /** With `include=files`. */
  files: z.array(importFile).optional(),
  /** With `include=files`: how they are read, to be used again. */
  mapping: importMapping.nullable().optional(),
  reading: importReading.optional(),
  /** Of all files together; null when nobody said. */
  bytes: z.int().nullable(),
  /** Who made it, and who took it back. */
  created_by: z.string(),
  withdrawn_by: z.string(),
  /** Index of the file being read; equal to the number of files when all are read. */
  file: z.int(),
  /** Bytes of that file (uncompressed) that need not be sent again. */
  bytes_done: z.int(),
  lines: z.int(),
  /** Events in the log. */
  accepted: z.int(),
  /** Lines that became no event, listed by …/errors. */
  refused: z.int(),
  skipped: z.int(),
  /** Why it failed, and what to do. */
  failure: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
});
export type ImportState = z.infer<typeof importState>;

export const importError = z.object({ file: z.string(), line: z.int(), code: z.string(), message: z.string() });
export type ImportError = z.infer<typeof importError>;

/** What a dry run found in the files sent so far. */
export const importPreview = z.object({
  lines: z.int(),
  events: z.int(),
  refused: z.int(),
  skipped: z.int(),
  events_by_name: z.record(z.string(), z.int()),
  errors_by_code: z.record(z.string(), z.int()),
  errors: z.array(importError),
  columns_not_used: z.array(z.string()),
  /** People are told apart by the strongest identifier of their events; when `complete` is false there are at least so many. */
  people: z.object({ new: z.int(), matched: z.int(), complete: z.boolean(), events_without_person: z.int() }),
  first_events: z.array(z.unknown()),
});
export type ImportPreview = z.infer<typeof importPreview>;

/** Answer to PUT …/content. */
export const importContentAnswer = z.object({ import: importState, preview: importPreview.optional() });
export type ImportContentAnswer = z.infer<typeof importContentAnswer>;
