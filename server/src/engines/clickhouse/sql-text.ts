// Reads SQL just far enough to know where a statement ends, where an INSERT's data begin, which format is named and which
// parameters are used. It never looks inside strings, quoted names and comments. It works on any text in which one
// character is one byte (latin1), so that positions are byte positions and binary data behind a statement do no harm.

interface Token {
  /** word: a name or keyword; placeholder: `{name:Type}`, whose text is the name; mark: any other single character. */
  readonly kind: "word" | "placeholder" | "mark" | "quoted";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const wordPattern = /[A-Za-z_0-9$\x80-\xff]+/y;
const placeholderPattern = /\{\s*([A-Za-z_][A-Za-z_0-9]*)\s*:[^{}]+\}/y;
const spacePattern = /(?:[\s\0]+|--[^\n]*|#[ !][^\n]*|\/\*[^]*?\*\/)+/y;
const heredocPattern = /\$([A-Za-z_0-9]*)\$/y;

function* tokensOf(sql: string): Generator<Token> {
  let at = 0;
  while (at < sql.length) {
    const space = match(spacePattern, sql, at);
    if (space) {
      at += space[0].length;
      continue;
    }
    const token = quotedAt(sql, at) ?? placeholderAt(sql, at) ?? wordAt(sql, at) ?? mark(sql, at);
    at = token.end;
    yield token;
  }
}

function match(pattern: RegExp, sql: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(sql);
}

function quotedAt(sql: string, start: number): Token | undefined {
  const quote = sql.charAt(start);
  if (quote === "$") return heredocAt(sql, start);
  if (quote !== "'" && quote !== '"' && quote !== "`") return undefined;
  let at = start + 1;
  while (at < sql.length) {
    const character = sql.charAt(at);
    if (character === "\\") at += 2;
    else if (character !== quote) at += 1;
    else if (sql.charAt(at + 1) === quote) at += 2;
    else break;
  }
  const end = Math.min(at + 1, sql.length);
  return { kind: "quoted", text: sql.slice(start, end), start, end };
}

function heredocAt(sql: string, start: number): Token | undefined {
  const opening = match(heredocPattern, sql, start);
  if (!opening) return undefined;
  const close = sql.indexOf(opening[0], start + opening[0].length);
  if (close < 0) return undefined;
  const end = close + opening[0].length;
  return { kind: "quoted", text: sql.slice(start, end), start, end };
}

function placeholderAt(sql: string, start: number): Token | undefined {
  const found = match(placeholderPattern, sql, start);
  if (!found) return undefined;
  return { kind: "placeholder", text: found[1] ?? "", start, end: start + found[0].length };
}

function wordAt(sql: string, start: number): Token | undefined {
  const found = match(wordPattern, sql, start);
  return found ? { kind: "word", text: found[0], start, end: start + found[0].length } : undefined;
}

function mark(sql: string, start: number): Token {
  return { kind: "mark", text: sql.charAt(start), start, end: start + 1 };
}

export type StatementKind = "select" | "insert" | "insert_values" | "set" | "other" | "empty";

/** What is known of one statement without asking the engine. */
export interface Statement {
  /** insert: data in a format follow; insert_values: VALUES follow; an INSERT … SELECT is "other". */
  readonly kind: StatementKind;
  /** Where the statement ends (exclusive): before its data, its final semicolon, or at the end of the text. */
  readonly end: number;
  /** Where the data of an insert begin; the end of the text for all others. */
  readonly dataStart: number;
  /** Where `FROM INFILE` stands in an insert: before SETTINGS and FORMAT or VALUES. The same as `end` for all others. */
  readonly infileAt: number;
  readonly format: string | undefined;
  readonly placeholders: ReadonlySet<string>;
  /** Something stands behind the final semicolon. */
  readonly hasMore: boolean;
}

const selectWords = new Set(["select", "with", "show", "describe", "desc", "exists", "explain", "from"]);

/** Reads the first statement of a text whose characters are bytes. */
export function readStatement(sql: string): Statement {
  const placeholders = new Set<string>();
  let first: string | undefined;
  let depth = 0;
  let format: string | undefined;
  let formatNext = false;
  let takesData = false;
  let settingsAt: number | undefined;
  let formatAt = 0;
  for (const token of tokensOf(sql)) {
    const word = token.kind === "word" ? token.text.toLowerCase() : "";
    if (first === undefined && token.text !== "(") {
      first = word;
      takesData = word === "insert";
    }
    if (token.kind === "placeholder") placeholders.add(token.text);
    if (formatNext) {
      format = token.text;
      formatNext = false;
      if (takesData) {
        const dataStart = afterFormat(sql, token.end);
        return { kind: "insert", end: token.end, dataStart, infileAt: settingsAt ?? formatAt, format, placeholders, hasMore: false };
      }
    }
    if (token.text === "(" && token.kind === "mark") depth += 1;
    if (token.text === ")" && token.kind === "mark") depth -= 1;
    if (depth === 0 && word === "format") {
      formatNext = true;
      formatAt = token.start;
    }
    if (depth === 0 && word === "settings") settingsAt ??= token.start;
    if (depth === 0 && takesData && (word === "select" || word === "with" || word === "from")) takesData = false;
    if (depth === 0 && takesData && word === "values") {
      const infileAt = settingsAt ?? token.start;
      return { kind: "insert_values", end: token.start, dataStart: token.end, infileAt, format: "Values", placeholders, hasMore: false };
    }
    if (token.text === ";" && token.kind === "mark") {
      const hasMore = !tokensOf(sql.slice(token.end)).next().done;
      return { kind: kindOf(first), end: token.start, dataStart: sql.length, infileAt: token.start, format, placeholders, hasMore };
    }
  }
  return { kind: kindOf(first), end: sql.length, dataStart: sql.length, infileAt: sql.length, format, placeholders, hasMore: false };
}

function kindOf(first: string | undefined): StatementKind {
  if (first === undefined) return "empty";
  if (first === "set") return "set";
  return selectWords.has(first) ? "select" : "other";
}

/** ClickHouse's rule: blanks after the format's name are skipped, then exactly one line end. */
function afterFormat(sql: string, end: number): number {
  let at = end;
  while (sql.charAt(at) === " " || sql.charAt(at) === "\t" || sql.charAt(at) === "\f") at += 1;
  if (sql.charAt(at) === "\r") at += 1;
  if (sql.charAt(at) === "\n") at += 1;
  return at;
}

/** The statements of a migration file, without their semicolons, comments kept; the file has no inline data. */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let start = 0;
  let hasContent = false;
  for (const token of tokensOf(sql)) {
    if (token.kind === "mark" && token.text === ";") {
      if (hasContent) statements.push(sql.slice(start, token.start).trim());
      start = token.end;
      hasContent = false;
    } else {
      hasContent = true;
    }
  }
  if (hasContent) statements.push(sql.slice(start).trim());
  return statements;
}

/** A string literal of ClickHouse's SQL. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
