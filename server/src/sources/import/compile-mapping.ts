// A mapping and a header into one function from the lines of an event to its Segment-shaped JSON. Everything that can be
// wrong with the mapping itself (a column the file hasn't, an unsaid decimal mark) is found here, before the first line.
import type { ImportCallType, ImportEventRule, ImportMapping, ImportValue } from "@tributary/schema/import.ts";
import { AppError } from "../../core/errors.ts";
import { compileCondition, type Holds } from "./compile-condition.ts";
import { compileObject, compileValue, type Line, type Reading, type RefusedLine, type WriteValue } from "./compile-value.ts";
import { importLimits } from "./import-limits.ts";
import { isTimeZone } from "./local-time.ts";
import { refusal } from "./refusals.ts";

export interface BuiltEvent {
  readonly kind: "event";
  readonly json: Buffer;
  /** The track name; the call type for all others. */
  readonly name: string;
}
export type BuildResult = BuiltEvent | { readonly kind: "skipped" } | { readonly kind: "refused"; readonly refused: readonly RefusedLine[] };

export interface CompiledMapping {
  /** Leaves a line out before it is grouped. */
  readonly isSkipped: Holds;
  /** The key of a line's group; null when each line is an event of its own. */
  readonly groupKey: ((line: Line) => string) | null;
  /** Whether the group's columns are the first of the line, so that a fault further on can't have moved them. */
  readonly isKeyLeading: boolean;
  readonly groupWindow: number;
  /** `fallbackId`: the message id when the mapping makes none. */
  build(lines: readonly Line[], fallbackId: string): BuildResult;
  /** Columns of the header that nothing in the mapping reads. */
  readonly unusedColumns: readonly string[];
}

export function compileMapping(mapping: ImportMapping, header: readonly string[]): CompiledMapping {
  checkZone(mapping);
  const columns = columnFinder(header);
  const reading: Reading = {
    indexOf: columns.indexOf,
    mapping,
    marks: mapping.decimal_mark ? { decimal: mapping.decimal_mark, thousands: mapping.thousands_mark ?? null } : null,
  };
  if (mapping.decimal_mark !== undefined && mapping.decimal_mark === mapping.thousands_mark) {
    throw new AppError("bad_request", { detail: "decimal_mark and thousands_mark are the same.", hint: "Say which is which." });
  }
  const isSkipped = mapping.skip_lines ? compileCondition(mapping.skip_lines, reading) : () => false;
  const groupIndexes = mapping.group_by?.map(columns.indexOf);
  const build = compileBuild(mapping, reading, columns.unused);
  columns.check();
  return {
    isSkipped,
    groupKey: groupIndexes ? (line) => JSON.stringify(groupIndexes.map((index) => line.values[index] ?? "")) : null,
    isKeyLeading: groupIndexes?.every((index) => index < groupIndexes.length) ?? false,
    groupWindow: mapping.group_window ?? importLimits.groupWindowDefault,
    build,
    unusedColumns: mapping.other_columns ? [] : columns.unused(),
  };
}

function checkZone(mapping: ImportMapping): void {
  if (mapping.time_zone === undefined || isTimeZone(mapping.time_zone)) return;
  throw new AppError("bad_request", { detail: `There is no time zone ${mapping.time_zone}.`, hint: "Use an IANA name such as Europe/London or UTC." });
}

function columnFinder(header: readonly string[]) {
  const used = new Set<string>();
  const missing = new Set<string>();
  const twice = new Set<string>();
  return {
    indexOf: (column: string): number => {
      const index = header.indexOf(column);
      used.add(column);
      if (index < 0) missing.add(column);
      else if (header.lastIndexOf(column) !== index) twice.add(column);
      return index;
    },
    unused: () => header.filter((column) => column !== "" && !used.has(column)),
    check: () => {
      if (missing.size > 0) {
        throw new AppError("bad_request", {
          detail: `The file has no column ${[...missing].join(", ")}; its first line names ${header.length} columns: ${shown(header)}.`,
          hint: "Correct the mapping; if the file has no header line, name its columns under csv.columns.",
        });
      }
      if (twice.size > 0) {
        throw new AppError("bad_request", { detail: `The header names ${[...twice].join(", ")} more than once.`, hint: "Give each column its own name." });
      }
    },
  };
}

/** Names of a header, cut short: without a header line these are somebody's data. */
function shown(header: readonly string[]): string {
  const names = header.slice(0, 12).map((name) => (name.length > 24 ? `${name.slice(0, 24)}…` : name));
  return names.join(", ") + (header.length > 12 ? ", …" : "");
}

interface Sections {
  readonly ids: readonly (readonly [string, WriteValue])[];
  readonly messageId: WriteValue | null;
  readonly properties: WriteValue;
  readonly traits: WriteValue;
  /** The context of identify and group calls, and of all others, which carry traits in it. */
  readonly context: WriteValue;
  readonly contextWithTraits: WriteValue;
}

function compileBuild(mapping: ImportMapping, reading: Reading, unused: () => readonly string[]): CompiledMapping["build"] {
  const rules = mapping.events.map((rule) => compileRule(rule, reading));
  const sections = compileSections(mapping, reading, unused);
  return (lines, fallbackId) => {
    const refused: RefusedLine[] = [];
    const first = lines[0];
    if (!first) return { kind: "skipped" };
    const rule = rules.find((each) => each.holds(lines));
    if (rule?.isSkip) return { kind: "skipped" };
    if (!rule) return { kind: "refused", refused: [{ line: first.line, problem: refusal.noRule() }] };
    const event = writeEvent(rule, sections, lines, { refused, fallbackId });
    return refused.length > 0 || event === null ? { kind: "refused", refused } : event;
  };
}

interface CompiledRule {
  readonly holds: Holds;
  readonly isSkip: boolean;
  readonly type: ImportCallType;
  readonly name: WriteValue;
}

function compileRule(rule: ImportEventRule, reading: Reading): CompiledRule {
  const type = rule.type ?? "track";
  const name = rule.name;
  if (!rule.skip && type === "track" && name === undefined) {
    throw new AppError("bad_request", { detail: "A rule under `events` makes track calls and names no event.", hint: "Give it a `name`, or another `type`." });
  }
  return {
    holds: rule.when ? compileCondition(rule.when, reading) : () => true,
    isSkip: rule.skip === true,
    type,
    name: name === undefined ? () => undefined : compileValue(typeof name === "string" ? { value: name } : name, reading),
  };
}

function compileSections(mapping: ImportMapping, reading: Reading, unused: () => readonly string[]): Sections {
  const ids: [string, ImportValue | undefined][] = [
    ["userId", mapping.user_id], ["anonymousId", mapping.anonymous_id], ["groupId", mapping.group_id], ["previousId", mapping.previous_id],
    ["timestamp", asTime(mapping.timestamp)],
  ];
  const messageIdColumns = mapping.message_id?.columns.map((column) => ({ column, write: compileValue({ column }, reading) }));
  const compiledIds = ids.flatMap(([name, spec]) => (spec === undefined ? [] : [[name, compileValue(spec, reading)] as const]));
  let properties = Object.entries(mapping.properties ?? {});
  let traits = Object.entries(mapping.traits ?? {});
  const context = Object.entries(mapping.context ?? {});
  if (mapping.other_columns) {
    compileObject([...properties, ...traits, ...context], reading); // so that all that is named counts as used
    const others = otherColumns(mapping, unused());
    if (mapping.other_columns === "properties") properties = [...properties, ...others];
    else traits = [...traits, ...others];
  }
  return {
    ids: compiledIds,
    messageId: messageIdColumns ? messageIdWriter(mapping.message_id?.prefix ?? "", messageIdColumns) : null,
    properties: compileObject(properties, reading),
    traits: compileObject(traits, reading),
    context: compileObject(context, reading),
    contextWithTraits: compileObject([...context, ...traits.map(([path, spec]) => [`traits.${path}`, spec] as const)], reading),
  };
}

/** The time of an event is a time, and of a group's lines the first unless the mapping says otherwise is not assumed. */
function asTime(spec: ImportMapping["timestamp"]): ImportValue | undefined {
  if (spec === undefined) return undefined;
  return typeof spec === "string" ? { column: spec, type: "time" } : { ...spec, type: "time" };
}

function otherColumns(mapping: ImportMapping, names: readonly string[]): [string, ImportValue][] {
  if (mapping.group_by) {
    throw new AppError("bad_request", { detail: "other_columns can't be used with group_by.", hint: "Name each column under `properties` or in `lines`." });
  }
  return names.map((name) => [name.split(".").filter((part) => part !== "" && part !== "__proto__").join(".") || "_", name]);
}

function messageIdWriter(prefix: string, columns: readonly { column: string; write: WriteValue }[]): WriteValue {
  return (lines, refused) => {
    const parts: string[] = [];
    for (const { column, write } of columns) {
      const value = write(lines, refused);
      if (value === undefined) refused.push({ line: lines[0]?.line ?? 0, problem: refusal.noMessageId(column) });
      else parts.push(String(JSON.parse(value)));
    }
    return JSON.stringify(prefix + parts.join("-"));
  };
}

interface Outcome {
  readonly refused: RefusedLine[];
  readonly fallbackId: string;
}

function writeEvent(rule: CompiledRule, sections: Sections, lines: readonly Line[], { refused, fallbackId }: Outcome): BuiltEvent | null {
  const line = lines[0]?.line ?? 0;
  const isAboutTraits = rule.type === "identify" || rule.type === "group";
  const messageId = sections.messageId === null ? JSON.stringify(fallbackId) : sections.messageId(lines, refused);
  const name = rule.name(lines, refused);
  const written = new Map(sections.ids.map(([key, write]) => [key, key === "timestamp" ? write(lines, refused) : asText(write(lines, refused))]));
  if (rule.type === "track" && name === undefined) refused.push({ line, problem: refusal.noName() });
  const isMoment = rule.type === "track" || rule.type === "page" || rule.type === "screen";
  if (isMoment && written.get("timestamp") === undefined && refused.length === 0) refused.push({ line, problem: refusal.noTimestamp() });
  const parts: [string, string | undefined][] = [
    ["type", JSON.stringify(rule.type)], ["messageId", messageId], [rule.type === "track" ? "event" : "name", name], ...written,
    ["properties", rule.type === "identify" || rule.type === "group" || rule.type === "alias" ? undefined : sections.properties(lines, refused)],
    ["traits", isAboutTraits ? sections.traits(lines, refused) : undefined],
    ["context", (isAboutTraits ? sections.context : sections.contextWithTraits)(lines, refused)],
  ];
  if (refused.length > 0) return null;
  const json = Buffer.from(`{${parts.flatMap(([key, value]) => (value === undefined ? [] : [`"${key}":${value}`])).join(",")}}`);
  if (json.length > importLimits.eventBytesMax) refused.push({ line, problem: refusal.eventTooLarge(json.length) });
  else if (!isMoment && !namesSomebody(written, json)) refused.push({ line, problem: refusal.noIdentifier() });
  return { kind: "event", json, name: rule.type === "track" && name !== undefined ? String(JSON.parse(name)) : rule.type };
}

/** Ids are texts, whatever the mapping makes of them. */
function asText(json: string | undefined): string | undefined {
  if (json === undefined || json === "null") return undefined;
  return json.startsWith("\"") ? json : JSON.stringify(json);
}

function namesSomebody(ids: ReadonlyMap<string, string | undefined>, json: Buffer): boolean {
  if (ids.get("userId") !== undefined || ids.get("anonymousId") !== undefined || ids.get("groupId") !== undefined) return true;
  return hasOtherIdentifier(JSON.parse(json.toString()));
}

/** Whether a call without user id and anonymous id still names somebody. Which of them count is the workspace's setting. */
export function hasOtherIdentifier(event: { traits?: Record<string, unknown>; context?: Record<string, unknown> }): boolean {
  const traits = event.traits ?? {};
  const context = event.context ?? {};
  return ["email", "phone"].some((key) => typeof traits[key] === "string" && traits[key] !== "")
    || context["externalIds"] !== undefined || context["device"] !== undefined;
}
