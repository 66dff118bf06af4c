// What is not run, in ClickHouse's own numbers and names, so that its clients know them; with the place in the text.

/** Of ClickHouse's errors those that are said here. */
const codes = {
  SYNTAX_ERROR: 62, UNKNOWN_TABLE: 60, UNKNOWN_IDENTIFIER: 47, UNKNOWN_FUNCTION: 46, UNKNOWN_TYPE: 50, UNKNOWN_FORMAT: 73, UNKNOWN_QUERY_PARAMETER: 456, BAD_QUERY_PARAMETER: 457,
  READONLY: 164, ACCESS_DENIED: 497, TOO_DEEP_RECURSION: 306, QUERY_IS_TOO_LARGE: 66, TOO_MANY_SIMULTANEOUS_QUERIES: 202, AUTHENTICATION_FAILED: 516,
  BAD_ARGUMENTS: 36, TOO_MANY_ROWS_OR_BYTES: 396, QUERY_WAS_CANCELLED: 394,
} as const;
export type RefusedName = keyof typeof codes;

export class SqlRefused extends Error {
  readonly code: number;
  readonly codeName: RefusedName;
  /** What is wrong, without the number. */
  readonly text: string;
  /** The character in the statement, counted from 0. */
  readonly at: number | undefined;

  constructor(codeName: RefusedName, text: string, at?: number) {
    super(`Code: ${codes[codeName]}. DB::Exception: ${text} (${codeName})`);
    this.name = "SqlRefused";
    this.code = codes[codeName];
    this.codeName = codeName;
    this.text = text;
    this.at = at;
  }
}

/** Line and column, counted from 1. */
export function placeIn(text: string, at: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, at).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
