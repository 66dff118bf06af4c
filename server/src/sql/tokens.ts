// Reads a statement into tokens, strictly: what is not known to be harmless is refused and never passed over. Outside of quotes only
// ASCII is taken; there are no heredocs, no `#` comments, no backslash in names. Quoted texts are decoded here, once, and nothing
// behind this file ever sees how they were written.
import { SqlRefused } from "./refused.ts";
import { sqlLimits } from "./sql-limits.ts";

export interface Token {
  /** word: a bare name or keyword; name: a quoted one; text: a string; placeholder: `{name:Type}`. */
  readonly kind: "word" | "name" | "text" | "number" | "placeholder" | "mark" | "end";
  /** Decoded. Of a word as it was written, of a placeholder its name. */
  readonly text: string;
  /** Of a word in small letters; else "". */
  readonly word: string;
  /** Of a placeholder its type. */
  readonly type?: string;
  readonly at: number;
}

const space = /(?:[ \t\r\n\f\v]+|--[^\n]*|\/\*[^]*?\*\/)+/y;
const word = /[A-Za-z_][A-Za-z_0-9]*/y;
const number = /0[xX][0-9A-Fa-f]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const index = /\d+/y;
const placeholder = /\{[ \t]*([A-Za-z_][A-Za-z_0-9]*)[ \t]*:([A-Za-z0-9_(), '\/]+)\}/y;
const mark = /->|::|\|\||==|!=|<>|<=|>=|[-+*\/%=<>()[\],.?:;]/y;

export function tokensOf(sql: string): readonly Token[] {
  if (!sql.isWellFormed()) throw new SqlRefused("SYNTAX_ERROR", "The statement is not well-formed text.");
  if (sql.length > sqlLimits.textCharactersMax) throw new SqlRefused("QUERY_IS_TOO_LARGE", `The statement is longer than ${sqlLimits.textCharactersMax} characters.`);
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += match(space, sql, at)?.[0].length ?? 0;
    if (at >= sql.length) break;
    const [token, end] = tokenAt(sql, at, tokens.at(-1), tokens.at(-2));
    tokens.push(token);
    at = end;
    if (tokens.length > sqlLimits.tokensMax) throw new SqlRefused("QUERY_IS_TOO_LARGE", `The statement has more than ${sqlLimits.tokensMax} words and marks.`, at);
  }
  return [...tokens, { kind: "end", text: "", word: "", at: sql.length }];
}

function match(pattern: RegExp, sql: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(sql);
}

function tokenAt(sql: string, at: number, before: Token | undefined, second: Token | undefined): readonly [Token, number] {
  const character = sql.charAt(at);
  if (character === "'") {
    const [text, end] = quotedText(sql, at);
    return [{ kind: "text", text, word: "", at }, end];
  }
  if (character === "`" || character === '"') {
    const [text, end] = quotedName(sql, at);
    return [{ kind: "name", text, word: "", at }, end];
  }
  const bound = match(placeholder, sql, at);
  if (bound !== null) return [{ kind: "placeholder", text: bound[1] ?? "", word: "", type: bound[2] ?? "", at }, at + bound[0].length];
  const plain = match(word, sql, at);
  if (plain !== null) return [{ kind: "word", text: plain[0], word: plain[0].toLowerCase(), at }, at + plain[0].length];
  const digits = match(isIndexNext(before, second) ? index : number, sql, at);
  if (digits !== null && !(character === "." && isOperand(before))) return [{ kind: "number", text: digits[0], word: "", at }, endOfNumber(sql, at + digits[0].length)];
  const sign = match(mark, sql, at);
  if (sign !== null) return [{ kind: "mark", text: sign[0], word: "", at }, at + sign[0].length];
  throw new SqlRefused("SYNTAX_ERROR", `Not read here: ${JSON.stringify(String.fromCodePoint(sql.codePointAt(at) ?? 0))}.`, at);
}

function isOperand(token: Token | undefined): boolean {
  return token !== undefined && (token.kind === "word" || token.kind === "name" || token.text === ")" || token.text === "]" || token.kind === "number");
}

/** `t.1.2` are two indices and not a number with a fraction. */
function isIndexNext(before: Token | undefined, second: Token | undefined): boolean {
  return before?.kind === "mark" && before.text === "." && isOperand(second);
}

function endOfNumber(sql: string, end: number): number {
  if (/[A-Za-z_0-9]/.test(sql.charAt(end))) throw new SqlRefused("SYNTAX_ERROR", "A number ends where no number can end.", end);
  return end;
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", v: "\v", a: "\x07", e: "\x1b", "0": "\0", "\\": "\\", "'": "'", '"': '"', "`": "`" };

function quotedText(sql: string, start: number): readonly [string, number] {
  let text = "";
  let at = start + 1;
  while (at < sql.length) {
    const character = sql.charAt(at);
    if (character === "'") {
      if (sql.charAt(at + 1) !== "'") return [text, at + 1];
      text += "'";
      at += 2;
    } else if (character === "\\") {
      const next = sql.charAt(at + 1);
      if (next === "x" || next === "N" || next === "u" || next === "U") throw new SqlRefused("SYNTAX_ERROR", `The escape \\${next} is not taken.`, at);
      // As ClickHouse does: of an escape that it does not know the backslash stays, as patterns need it.
      text += escapes[next] ?? `\\${next}`;
      at += 2;
    } else {
      text += character;
      at += 1;
    }
  }
  throw new SqlRefused("SYNTAX_ERROR", "A quoted text does not end.", start);
}

function quotedName(sql: string, start: number): readonly [string, number] {
  const quote = sql.charAt(start);
  const end = sql.indexOf(quote, start + 1);
  if (end < 0) throw new SqlRefused("SYNTAX_ERROR", "A quoted name does not end.", start);
  if (sql.charAt(end + 1) === quote) throw new SqlRefused("SYNTAX_ERROR", "A quoted name can't hold its own quote.", end);
  return [sql.slice(start + 1, end), end + 1];
}
