// Why a line became no event: every code with its message, in one place. The messages never hold values of the file,
// which may be personal data; they name the line, the column and what to do.
import { importLimits } from "./import-limits.ts";

export interface LineProblem {
  readonly code: string;
  readonly message: string;
}

function problem(code: string, message: string): LineProblem {
  return { code, message };
}

export const refusal = {
  lineTooLong: () => problem("line_too_long", `The line is longer than ${importLimits.lineBytesMax} bytes.`),
  quoteNotClosed: () => problem("quote_not_closed", "A quote opens here and never closes rightly. Close it, or write quotes inside a field twice."),
  badQuote: () => problem("quote_misplaced", "A quote stands inside a field. Put the field in quotes and write its quotes twice, or set csv.quote to `none`."),
  notUtf8: () => problem("not_utf8", "The line is not UTF-8. Save the file as UTF-8."),
  tooManyColumns: (count: number) => problem("too_many_columns", `The line has ${count} columns; the limit is ${importLimits.columnsMax}.`),
  columnCount: (found: number, expected: number) => problem("wrong_column_count", `The line has ${found} columns, the header ${expected}.`),
  notJson: () => problem("invalid_json", "The line is not one JSON object."),
  tooDeep: () => problem("too_deep", "The JSON is nested too deeply."),
  missing: (column: string) => problem("missing_value", `The column ${column} is empty, and the mapping requires it.`),
  notNumber: (column: string) => problem("not_a_number", `The column ${column} is not a plain decimal number in the way the mapping says.`),
  notInteger: (column: string) => problem("not_an_integer", `The column ${column} is not a whole number.`),
  notBoolean: (column: string) => problem("not_a_boolean", `The column ${column} is none of true, false, yes, no, 1, 0.`),
  notJsonValue: (column: string) => problem("not_json", `The column ${column} is not JSON.`),
  notTime: (column: string) => problem("not_a_time", `The column ${column} is not a time in the form that the mapping says.`),
  timeZoneMissing: (column: string) => problem("time_zone_missing", `The time in ${column} has no offset: name the zone it is in (time_zone, --time-zone).`),
  timeAmbiguous: (column: string) => problem("time_ambiguous", `The local time in ${column} was skipped or came twice when the clocks changed.`),
  linesDisagree: (column: string) => problem("lines_disagree", `The lines of this group differ in ${column}. Say which counts with \`take\`, or write it for each line.`),
  groupTooLarge: () => problem("group_too_large", `The group has more than ${importLimits.groupLinesMax} lines.`),
  groupReopened: () => problem("group_reopened", "The line's group had ended before. Sort the file by the group's columns, or raise group_window."),
  groupBroken: (line: number) => problem("group_refused", `The line's group was left out whole because of line ${line}.`),
  neighbourUnread: (line: number) => problem("group_refused", `Line ${line} can't be read and may belong to this line's group, which was left out whole.`),
  noRule: () => problem("no_rule", "No rule under `events` holds for it. Add a rule without a condition, or one with `skip: true`."),
  noName: () => problem("missing_event_name", "A track call needs an event name."),
  noIdentifier: () => problem("no_identifier", "It names nobody: neither a user id nor an anonymous id nor another identifier."),
  noMessageId: (column: string) => problem("missing_message_id", `The column ${column}, of which the message id is made, is empty.`),
  noTimestamp: () => problem("missing_timestamp", "A track, page or screen call from a file must say when it happened."),
  unknownType: () => problem("unknown_type", "The type is none of track, page, screen, identify, group, alias."),
  eventTooLarge: (bytes: number) => problem("event_too_large", `The event has ${bytes} bytes; the limit is ${importLimits.eventBytesMax}.`),
} as const;
