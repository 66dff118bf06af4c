// What a named view is: columns over a table of record, within one workspace. All of its SQL is this program's own; what a workspace chose (names
// of events and fields) stands in it quoted. Names within it begin with `__`, which no statement may use, so that no alias
// of a statement can take a column's place; and every column of a table is named with its table.

export interface ViewColumn {
  readonly name: string;
  /** As the engine calls it. */
  readonly type: string;
  readonly about: string;
  readonly sql: string;
  /** For those who see people masked; absent: it tells nothing about a person. */
  readonly masked?: string;
  readonly maskedType?: string;
  /** A text that may tell who somebody is: an answer that holds it may be about one person, grouped or not. */
  readonly isPersonal?: true;
}

export const column = (name: string, type: string, sql: string, about: string, masked?: string): ViewColumn => ({ name, type, sql, about, ...(masked === undefined ? {} : { masked }) });
export const personal = (...given: Parameters<typeof column>): ViewColumn => ({ ...column(...given), isPersonal: true });

export interface View {
  readonly name: string;
  readonly about: string;
  /** Of one event; about the views themselves. */
  readonly kind: "base" | "event" | "system";
  readonly columns: readonly ViewColumn[];
  /** What stands behind FROM, given which columns are read, and the texts in the statement. */
  readonly from: (columns: readonly ViewColumn[], texts: ReadonlySet<string>) => string;
}
