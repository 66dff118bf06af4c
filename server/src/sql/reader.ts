// Where a statement is being read, and what is known of it so far.
import { SqlRefused, type RefusedName } from "./refused.ts";
import { sqlLimits } from "./sql-limits.ts";
import { tokensOf, type Token } from "./tokens.ts";
import { OWN_PREFIX, type Written } from "./written.ts";

/** The CTEs that may be named at a place, the nearest first. */
export interface Scope {
  readonly ctes: Map<string, Written>;
  readonly outer: Scope | undefined;
}

/** What is known of a select that may have to tell whose rows it gives (whose.ts). */
export interface SelectRead {
  /** Columns of its tables that tell people: one in each row, or a list. */
  readonly people: { readonly who: string; readonly isList: boolean }[];
  isGrouped: boolean;
  /** Lists values of many rows in one, as groupArray does. */
  isListing: boolean;
  isDistinct: boolean;
  /** By LIMIT, and before that by ORDER BY. */
  isCut: boolean;
  isOrdered: boolean;
  /** A column of its answer that is a person's id. */
  person: Written | undefined;
  /** Those whose rows are compared with its own: by UNION DISTINCT and the like. */
  compared: readonly SelectRead[] | undefined;
}

export function selectRead(): SelectRead {
  return { people: [], isGrouped: false, isListing: false, isDistinct: false, isCut: false, isOrdered: false, person: undefined, compared: undefined };
}

/** Words that begin or join parts of a statement: none of them is a name unless it is quoted. */
const reserved = new Set(
  `select from where prewhere group order having limit offset union except intersect join inner left right full cross outer any all asof semi anti array global on using with as
  and or not in like ilike between is null case when then else end settings format into outfile window qualify sample final distinct by asc desc nulls fill to step interpolate
  interval exists cast over partition rows range groups div mod totals rollup cube ties paste explain`.split(/\s+/),
);

/** The parts of the grammar that stand within each other: each file knows those below it, and comes back to the top by these. */
export interface Grammar {
  readonly expression: (reader: Reader) => Written;
  readonly query: (reader: Reader) => Written;
  readonly window: (reader: Reader) => Written;
}

export class Reader {
  readonly source: string;
  readonly grammar: Grammar;
  readonly parameters: Readonly<Record<string, string>>;
  /** All quoted texts in it. */
  readonly texts: ReadonlySet<string>;
  /** Names that stand anywhere in it; which columns of a view are needed follows from them. */
  readonly mentioned = new Set<string>();
  /** A `*` stands somewhere. */
  hasStar = false;
  /** Views that are read, with where each was named first. */
  readonly views = new Map<string, Token>();
  /** The select that is being read; and those, one beside the other, of the query that was read last. */
  select: SelectRead = selectRead();
  selects: readonly SelectRead[] = [];
  scope: Scope = { ctes: new Map(), outer: undefined };
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  #own = 0;

  constructor(source: string, grammar: Grammar, parameters: Readonly<Record<string, string>> = {}) {
    this.source = source;
    this.grammar = grammar;
    this.parameters = parameters;
    this.#tokens = tokensOf(source);
    this.texts = new Set(this.#tokens.filter(({ kind }) => kind === "text").map(({ text }) => text));
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)] as Token; // There is always an end.
  }

  next(): Token {
    const token = this.peek();
    if (token.kind !== "end") this.#at++;
    return token;
  }

  refusal(code: RefusedName, text: string, token: Token = this.peek()): SqlRefused {
    return new SqlRefused(code, text, token.at);
  }

  unexpected(wanted: string): SqlRefused {
    const token = this.peek();
    const found = token.kind === "end" ? "the end" : token.kind === "text" ? "a text" : `\`${token.text}\``;
    return this.refusal("SYNTAX_ERROR", `${wanted} is expected here, and not ${found}.`, token);
  }

  isMark(mark: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === "mark" && token.text === mark;
  }

  takeMark(mark: string): boolean {
    if (!this.isMark(mark)) return false;
    this.next();
    return true;
  }

  mark(mark: string): void {
    if (!this.takeMark(mark)) throw this.unexpected(`\`${mark}\``);
  }

  isWord(word: string, ahead = 0): boolean {
    return this.peek(ahead).word === word;
  }

  /** All of these words, one behind the other. */
  takeWords(...words: readonly string[]): boolean {
    if (!words.every((word, i) => this.isWord(word, i))) return false;
    for (const _ of words) this.next();
    return true;
  }

  takeOneOf<const W extends string>(...words: readonly W[]): W | undefined {
    const found = words.find((word) => this.isWord(word));
    if (found !== undefined) this.next();
    return found;
  }

  word(word: string): void {
    if (!this.takeWords(word)) throw this.unexpected(word.toUpperCase());
  }

  isName(ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === "name" || (token.kind === "word" && !reserved.has(token.word));
  }

  /** A name that somebody chose. */
  name(wanted = "A name"): Token {
    if (!this.isName()) throw this.unexpected(wanted);
    return this.next();
  }

  /** Behind a dot any word is a name. */
  isNameBehind(ahead = 0): boolean {
    const { kind } = this.peek(ahead);
    return kind === "name" || kind === "word";
  }

  nameBehind(wanted = "A name"): Token {
    if (!this.isNameBehind()) throw this.unexpected(wanted);
    return this.next();
  }

  number(): string {
    const token = this.peek();
    if (token.kind !== "number" || !/^\d{1,15}$/.test(token.text)) throw this.unexpected("A whole number");
    return this.next().text;
  }

  textToken(): string {
    if (this.peek().kind !== "text") throw this.unexpected("A quoted text");
    return this.next().text;
  }

  useView(view: string, token: Token): void {
    if (!this.views.has(view)) this.views.set(view, token);
  }

  /** One of this program's own, which stands nowhere else in the statement. */
  ownName(): string {
    return `${OWN_PREFIX}w${++this.#own}`;
  }

  /** What a name of a CTE stands for here. */
  cte(name: string): Written | undefined {
    for (let scope: Scope | undefined = this.scope; scope !== undefined; scope = scope.outer) {
      const found = scope.ctes.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** What is named within is forgotten behind it. */
  inScope<T>(read: () => T): T {
    const outer = this.scope;
    this.scope = { ctes: new Map(), outer };
    try {
      return read();
    } finally {
      this.scope = outer;
    }
  }

  /** The words and names of what was read since a token; whether it was made of literals alone. */
  isLiteralSince(token: Token): boolean {
    for (let at = this.#at - 1; at >= 0; at--) {
      const one = this.#tokens[at] as Token; // Within bounds.
      if (one.at < token.at) return true;
      if (one.kind === "name" || one.kind === "placeholder" || (one.kind === "word" && !["null", "true", "false"].includes(one.word))) return false;
    }
    return true;
  }

  /** One level down; too many are refused long before they cost a stack. */
  deeper<T>(read: () => T): T {
    if (++this.#depth > sqlLimits.depthMax) throw this.refusal("TOO_DEEP_RECURSION", `The statement is nested deeper than ${sqlLimits.depthMax} levels.`);
    try {
      return read();
    } finally {
      this.#depth--;
    }
  }
}
