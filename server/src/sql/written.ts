// SQL that is being written. A piece is made of constants of this program and of holes, and a hole takes only another piece: so text
// from outside gets in by name() and text() alone, which quote it, and by number() and the words of allow-lists.
import { SqlRefused } from "./refused.ts";
import { sqlLimits } from "./sql-limits.ts";

/** A use of a named view: what is written for it is decided when all of the statement is known. */
export interface ViewUse {
  readonly view: string;
  readonly alias: string;
  /** What the column is called in which it tells people, where that is asked for. */
  readonly who: string;
}

/** A query within another. `who` likewise; undefined: it is a value or a set, and has no place for such a column. */
export interface Inner {
  readonly query: Written;
  readonly who: string | undefined;
}

/** What is written otherwise where the select tells people, in a column of that name. */
export interface IfTelling {
  readonly telling: (who: string) => Written;
  readonly otherwise: Written;
}

type Part = string | Written | ViewUse | Inner | IfTelling;

export class Written {
  readonly parts: readonly Part[];

  /** Only for this file: `sql` and what is below it. */
  constructor(parts: readonly Part[]) {
    this.parts = parts;
  }
}

/** Its texts are constants of the program: a template. */
export function sql(constants: TemplateStringsArray, ...holes: readonly Written[]): Written {
  return new Written(constants.flatMap((constant, i) => [constant, ...holes.slice(i, i + 1)]));
}

export const nothing = new Written([]);

export function joined(pieces: readonly Written[], separator: Written): Written {
  return new Written(pieces.flatMap((piece, i) => (i === 0 ? [piece] : [separator, piece])));
}

export const comma = sql`, `;

/** A number that the tokenizer or this program made. */
export function number(digits: string): Written {
  if (!/^(?:0[xX][0-9A-Fa-f]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)$/.test(digits)) throw new SqlRefused("SYNTAX_ERROR", "That is no number.");
  return new Written([digits]);
}

/** One of the words that an allow-list knows, as the list spells it. */
export function listed<T extends string>(list: ReadonlyMap<string, T>, wanted: string): Written | undefined {
  const found = list.get(wanted);
  return found === undefined ? undefined : new Written([found]);
}

/** The same for words that stand in the caller's own code. */
export function constant(text: string): Written {
  if (!/^[A-Za-z0-9_ ()']*$/.test(text)) throw new Error(`not a constant: ${text}`);
  return new Written([text]);
}

export function viewUse(use: ViewUse): Written {
  return new Written([use]);
}

export function innerQuery(query: Written, who?: string): Written {
  return new Written([{ query, who }]);
}

export function ifTelling(telling: (who: string) => Written, otherwise: Written = nothing): Written {
  return new Written([{ telling, otherwise }]);
}

/** Names that begin so are this program's own, within the views. */
export const OWN_PREFIX = "__";

/** A name that somebody chose: quoted, and never one of ours. */
export function name(chosen: string, at?: number): Written {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (chosen === "" || chosen.length > sqlLimits.nameLengthMax || /[`"'\\\x00-\x1f\x7f\u2028\u2029]/.test(chosen)) {
    throw new SqlRefused("SYNTAX_ERROR", `A name has 1 to ${sqlLimits.nameLengthMax} characters, without quotes, backslashes and control characters.`, at);
  }
  if (chosen.startsWith(OWN_PREFIX)) throw new SqlRefused("SYNTAX_ERROR", `Names that begin with ${OWN_PREFIX} are reserved.`, at);
  return new Written([`\`${chosen}\``]);
}

export function text(value: string): Written {
  return new Written([quoted(value)]);
}

/** A string literal, in plain ASCII but for letters of other alphabets. */
export function quoted(value: string): string {
  const escaped = value.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\0", "\\0");
  return `'${escaped}'`;
}

/** The text of all pieces. Throws when it grows beyond the limit, as CTEs that use each other twice do. `who`: it tells people, in a column of that name. */
export function render(written: Written, writeView: (use: ViewUse, isTelling: boolean) => string, who?: string): string {
  const out: string[] = [];
  let length = 0;
  const put = (part: string): void => {
    length += part.length;
    if (length > sqlLimits.writtenCharactersMax) throw new SqlRefused("QUERY_IS_TOO_LARGE", "With its views and CTEs written out the statement is too long. Name columns instead of *, and use each CTE less often.");
    out.push(part);
  };
  // Without a call for each level: CTEs within CTEs may lie deep.
  const left: (readonly [Part, string | undefined])[] = [[written, who]];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [part, telling] = next;
    if (typeof part === "string") put(part);
    else if (part instanceof Written) for (let i = part.parts.length - 1; i >= 0; i--) left.push([part.parts[i] as Part, telling]);
    else if ("view" in part) put(writeView(part, telling !== undefined));
    else if ("query" in part) left.push([part.query, telling === undefined ? undefined : part.who]);
    else left.push([telling === undefined ? part.otherwise : part.telling(telling), telling]);
  }
  return out.join("");
}
