// The guard. A statement that somebody wrote is read by a parser of our own, which knows one SELECT and nothing else, and what is run is
// written anew from what was understood: constants of this program, quoted names and texts, functions of an allow-list, and in the place of
// every table a query in brackets that this program wrote for that workspace. Nothing is passed through.
import { Reader } from "./reader.ts";
import { readEnd } from "./read-end.ts";
import { readExpression } from "./read-expression.ts";
import { readQuery, readRows, readWindow } from "./read-query.ts";
import { readShow } from "./read-show.ts";
import { SqlRefused } from "./refused.ts";
import { NOBODY } from "../core/nobody.ts";
import type { View } from "./view.ts";
import { PEOPLE_COLUMN, PERSON_COLUMN } from "./whose.ts";
import { name, render, type Written } from "./written.ts";

export interface CompileOptions {
  /** Of the workspace, as its caller sees people; by their names, those of other databases with it before them. */
  readonly views: ReadonlyMap<string, View>;
  readonly parameters?: Readonly<Record<string, string>>;
  /** Whose rows they are is asked as well. */
  readonly tells?: boolean;
}

export interface Compiled {
  /** To be run, without a format. */
  readonly sql: string;
  /** The same with whose each row is in a last column, `__people`; undefined: nothing of a person can be in it, or nobody asked. */
  readonly telling: string | undefined;
  /** It is cut without an order, so that which rows are answered is the engine's choice. */
  readonly isLoose: boolean;
  /** Which views it reads. */
  readonly views: readonly string[];
  /** Named by the statement. */
  readonly format: string | undefined;
}

const commands = /^(?:insert|update|delete|alter|create|drop|truncate|rename|attach|detach|optimize|grant|revoke|system|kill|set|use|backup|restore|exchange|move|check|undrop|explain)$/;

/** Throws SqlRefused. */
export function compile(statement: string, options: CompileOptions): Compiled {
  const reader = new Reader(statement, { expression: readExpression, query: readQuery, window: readWindow }, options.parameters);
  const show = readShow(reader, options.views);
  if (show !== undefined) return { ...compile(show.select, options), format: show.format };
  const first = reader.peek();
  if (commands.test(first.word)) throw reader.refusal("READONLY", `Only one SELECT is run here, and no ${first.word.toUpperCase()}.`, first);
  const query = readRows(reader);
  const format = readEnd(reader);
  for (const [view, token] of reader.views) {
    if (!options.views.has(view)) throw reader.refusal("UNKNOWN_TABLE", `There is no view ${view}. SHOW TABLES names those that there are.`, token);
  }
  return {
    sql: writeOut(query, reader, options), telling: options.tells === true && mayTell(reader, options) ? writeOut(query, reader, options, PEOPLE_COLUMN) : undefined, isLoose: reader.selects.some(({ isCut, isOrdered }) => isCut && !isOrdered),
    views: [...reader.views.keys()], format,
  };
}

/** Rows of a view of people, or something of a person said anywhere in it. */
function mayTell(reader: Reader, { views }: CompileOptions): boolean {
  const read = [...reader.views.keys()].flatMap((one) => views.get(one) ?? []).filter(({ columns }) => columns.some(({ name: column }) => column === PERSON_COLUMN));
  if (read.length === 0) return false;
  if (reader.selects.some(({ isGrouped, isDistinct }) => !isGrouped && !isDistinct)) return true;
  return read.some(({ columns }) => columns.some(({ name: column, isPersonal }) => isPersonal === true && (reader.hasStar || reader.mentioned.has(column))));
}

/** Of each view only the columns that are named anywhere, unless a * asks for all. `who`: it tells people, in a column of that name. */
function writeOut(query: Written, reader: Reader, { views }: CompileOptions, who?: string): string {
  const written = new Map<string, string>();
  return render(query, ({ view: asked, alias, who: told }, isTelling) => {
    const key = isTelling ? `${asked} ${told}` : asked;
    let body = written.get(key);
    if (body === undefined) {
      const view = views.get(asked);
      if (view === undefined) throw new SqlRefused("UNKNOWN_TABLE", `There is no view ${asked}.`);
      written.set(key, (body = viewSql(view, reader, isTelling ? told : undefined)));
    }
    return `(${body}) as ${name(alias).parts.join("")}`;
  }, who);
}

function viewSql(view: View, reader: Reader, who?: string): string {
  const columns = view.columns.filter((column) => reader.hasStar || reader.mentioned.has(column.name));
  const told = columns.map((column) => `${column.sql} as \`${column.name}\``);
  const person = who === undefined ? undefined : view.columns.find((column) => column.name === PERSON_COLUMN);
  if (who !== undefined) told.push(`${person?.sql ?? `toUUID('${NOBODY}')`} as ${who}`);
  const read = person === undefined || columns.includes(person) ? columns : [...columns, person];
  return `select ${told.length === 0 ? "1 as `__one`" : told.join(", ")} from ${view.from(read, reader.texts)}`;
}
