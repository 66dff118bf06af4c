// Reads one value: a literal, a bound parameter, a column, a call, what stands in brackets, a lambda.
import { readAliased, readAll } from "./read-list.ts";
import { readCall } from "./read-call.ts";
import { lambdaNames, readLambda } from "./read-lambda.ts";
import { databases } from "./protocol-names.ts";
import type { Reader } from "./reader.ts";
import { typeIn, unitOf } from "./read-words.ts";
import type { Token } from "./tokens.ts";
import { readType } from "./read-type.ts";
import { unescapeParameter } from "./unescape-parameter.ts";
import { comma, joined, name, number, sql, text, type Written } from "./written.ts";

export function readPrimary(reader: Reader): Written {
  const token = reader.peek();
  switch (token.kind) {
    case "text":
      reader.next();
      return text(token.text);
    case "number":
      reader.next();
      return number(token.text);
    case "placeholder": return readPlaceholder(reader);
    case "mark": return readMarked(reader, token);
    case "name":
    case "word": return readWord(reader, token);
    case "end": throw reader.unexpected("A value");
  }
}

function readMarked(reader: Reader, token: Token): Written {
  if (token.text === "[") {
    reader.next();
    if (reader.takeMark("]")) return sql`[]`;
    const items = readAll(reader);
    reader.mark("]");
    return sql`[${joined(items, comma)}]`;
  }
  if (token.text === "*") throw reader.refusal("SYNTAX_ERROR", "A * stands alone in a list of columns, or in count(*).", token);
  if (token.text !== "(") throw reader.unexpected("A value");
  const lambda = lambdaNames(reader);
  if (lambda !== undefined) return readLambda(reader, lambda);
  reader.next();
  if (reader.isWord("select") || reader.isWord("with")) {
    const query = reader.grammar.query(reader);
    reader.mark(")");
    return sql`(${query})`;
  }
  const items = [readAliased(reader)];
  let isTuple = false;
  while (reader.takeMark(",")) {
    isTuple = true;
    if (!reader.isMark(")")) items.push(readAliased(reader));
  }
  reader.mark(")");
  // One value in brackets is that value, and in the engine's eyes may be a table; a tuple of one is written as what it is.
  return isTuple ? (items.length === 1 ? sql`tuple(${joined(items, comma)})` : sql`(${joined(items, comma)})`) : sql`(${joined(items, comma)})`;
}

const constants: ReadonlyMap<string, Written> = new Map([["null", sql`null`], ["true", sql`true`], ["false", sql`false`]]);

function readWord(reader: Reader, token: Token): Written {
  const isCalled = reader.isMark("(", 1);
  switch (token.word) {
    case "case": return readCase(reader);
    case "interval": return readInterval(reader);
    case "cast": if (isCalled) return readCast(reader); break;
    case "extract": if (isCalled && reader.isWord("from", 3)) return readExtract(reader); break;
    case "exists": if (isCalled) return readExists(reader); break;
    case "date":
    case "timestamp": if (reader.peek(1).kind === "text") return readDated(reader, token.word); break;
  }
  if (reader.isMark("->", 1) && reader.isName()) {
    reader.next();
    reader.mark("->");
    reader.mentioned.add(token.text);
    return sql`(${name(token.text, token.at)} -> ${reader.grammar.expression(reader)})`;
  }
  if (isCalled && token.kind === "word") return readCall(reader);
  const known = constants.get(token.word);
  if (known !== undefined) {
    reader.next();
    return known;
  }
  return readColumn(reader);
}

/** `column`, `view.column`, `database.view.column`. */
function readColumn(reader: Reader): Written {
  const parts = [reader.name("A value")];
  while (reader.isMark(".") && reader.isNameBehind(1)) {
    reader.next();
    parts.push(reader.nameBehind());
  }
  if (reader.isMark(".") && reader.isMark("*", 1)) throw reader.refusal("SYNTAX_ERROR", "A * stands alone in a list of columns.");
  const own = parts.length > 2 && databases.has(parts[0]?.text ?? "") ? parts.slice(1) : parts;
  for (const { text: one } of own) reader.mentioned.add(one);
  return joined(own.map((part) => name(part.text, part.at)), sql`.`);
}

function readCase(reader: Reader): Written {
  reader.word("case");
  const of = reader.isWord("when") ? undefined : reader.grammar.expression(reader);
  const branches: Written[] = [];
  while (reader.takeWords("when")) {
    const when = reader.grammar.expression(reader);
    reader.word("then");
    branches.push(sql` when ${when} then ${reader.grammar.expression(reader)}`);
  }
  if (branches.length === 0) throw reader.unexpected("WHEN");
  const otherwise = reader.takeWords("else") ? sql` else ${reader.grammar.expression(reader)}` : sql``;
  reader.word("end");
  return of === undefined ? sql`(case${joined(branches, sql``)}${otherwise} end)` : sql`(case ${of}${joined(branches, sql``)}${otherwise} end)`;
}

function readInterval(reader: Reader): Written {
  reader.word("interval");
  const told = reader.peek();
  const [, amount, unit] = told.kind === "text" ? (/^(-?\d{1,9}) +([a-z]+)$/i.exec(told.text) ?? []) : [];
  if (amount !== undefined && unit !== undefined) {
    reader.next();
    return sql`toInterval${unitOf(reader, unit, told)}(${amount.startsWith("-") ? sql`(-${number(amount.slice(1))})` : number(amount)})`;
  }
  const value = readPrimary(reader);
  const token = reader.next();
  return sql`toInterval${unitOf(reader, token.text, token)}(${value})`;
}

function readCast(reader: Reader): Written {
  reader.word("cast");
  reader.mark("(");
  const value = reader.grammar.expression(reader);
  if (reader.takeWords("as")) {
    const type = readType(reader);
    reader.mark(")");
    return sql`cast(${value} as ${type})`;
  }
  reader.mark(",");
  const type = typeIn(reader.textToken(), reader);
  reader.mark(")");
  return sql`cast(${value} as ${type})`;
}

function readExtract(reader: Reader): Written {
  reader.word("extract");
  reader.mark("(");
  const token = reader.next();
  const unit = unitOf(reader, token.text, token);
  reader.word("from");
  const value = reader.grammar.expression(reader);
  reader.mark(")");
  return token.word.startsWith("day") ? sql`toDayOfMonth(${value})` : sql`to${unit}(${value})`;
}

function readExists(reader: Reader): Written {
  reader.word("exists");
  reader.mark("(");
  const query = reader.grammar.query(reader);
  reader.mark(")");
  return sql`exists (${query})`;
}

function readDated(reader: Reader, word: "date" | "timestamp"): Written {
  reader.next();
  const given = text(reader.textToken());
  return word === "date" ? sql`toDate(${given})` : sql`toDateTime64(${given}, 3, 'UTC')`;
}

/** A bound value is a text of its own, cast to the type that the statement names: nothing in it is ever read as SQL. */
function readPlaceholder(reader: Reader): Written {
  const token = reader.next();
  const value = Object.hasOwn(reader.parameters, token.text) ? reader.parameters[token.text] : undefined;
  if (value === undefined) throw reader.refusal("UNKNOWN_QUERY_PARAMETER", `The parameter ${token.text} is not given.`, token);
  const given = token.type?.trim() ?? "";
  if (given.toLowerCase() === "identifier") {
    reader.mentioned.add(value);
    return name(value, token.at);
  }
  const type = typeIn(given, reader);
  if (value === "\\N") return sql`cast(null as ${type})`;
  return sql`cast(${text(unescapeParameter(value))} as ${type})`;
}

