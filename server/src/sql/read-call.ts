// Reads a call of a function. What may be called, functions.ts says; what tells of the server is answered with constants.
import { isLambdaNext } from "./read-lambda.ts";
import { readAliased, readAll } from "./read-list.ts";
import { typeIn, unitOf, units } from "./read-words.ts";
import { DATABASE, PROTOCOL_VERSION } from "./protocol-names.ts";
import { findFunction, type KnownFunction } from "./functions.ts";
import type { Reader } from "./reader.ts";
import type { Token } from "./tokens.ts";
import { comma, constant, joined, name, nothing, sql, text, type Written } from "./written.ts";

const told: ReadonlyMap<string, string> = new Map([
  ["version", PROTOCOL_VERSION], ["timezone", "UTC"], ["servertimezone", "UTC"], ["currentdatabase", DATABASE], ["database", DATABASE], ["schema", DATABASE],
  ["currentuser", "reader"], ["user", "reader"], ["hostname", "tributary"], ["fqdn", "tributary"], ["displayname", "Tributary"],
]);

/** What they answer holds values of many rows. */
const listing = /^(?:group(?:Array|UniqArray|Concat)|topK|approx_top)/;

export function readCall(reader: Reader): Written {
  const token = reader.next();
  const answer = told.get(token.word);
  if (answer !== undefined && reader.isMark(")", 1)) {
    reader.mark("(");
    reader.mark(")");
    return text(answer);
  }
  const found = findFunction(token.text);
  if (found === undefined) throw reader.refusal("UNKNOWN_FUNCTION", `The function ${token.text} is not among those that may be called here.`, token);
  const byUnit = readByUnit(reader, found, token);
  if (byUnit !== undefined) return byUnit;
  let call = readArguments(reader, found);
  // quantile(0.9)(price): what was read were the parameters.
  if (found.kind === "aggregate" && reader.isMark("(")) call = sql`${call}${readBrackets(reader, found)}`;
  return readCallEnd(reader, found, call);
}

function readArguments(reader: Reader, found: KnownFunction): Written {
  return sql`${constant(found.spelling)}${readBrackets(reader, found)}`;
}

function readBrackets(reader: Reader, found: KnownFunction): Written {
  reader.mark("(");
  if (reader.takeMark(")")) return sql`()`;
  if (found.kind === "aggregate" && reader.isMark("*") && reader.isMark(")", 1)) {
    reader.next();
    reader.next();
    return sql`()`;
  }
  const distinct = found.kind === "aggregate" && reader.takeWords("distinct") ? sql`distinct ` : nothing;
  const start = reader.peek();
  const isLambda = found.takesLambda && isLambdaNext(reader);
  const values = found.kind === "typed" ? readTyped(reader) : readAll(reader, readAliased);
  if (found.takesLambda && values.length > 1 && !isLambda && start.kind !== "number") throw reader.refusal("SYNTAX_ERROR", `${found.spelling} takes a lambda first, such as x -> x + 1.`, start);
  reader.mark(")");
  return sql`(${distinct}${joined(values, comma)})`;
}

/** The last argument is the name of a type, as a text. */
function readTyped(reader: Reader): readonly Written[] {
  const values: Written[] = [];
  for (;;) {
    if (reader.peek().kind === "text" && reader.isMark(")", 1)) {
      const type = typeIn(reader.textToken(), reader);
      return [...values, sql`'${type}'`];
    }
    values.push(reader.grammar.expression(reader));
    if (!reader.takeMark(",")) throw reader.unexpected("The name of a type as a text");
  }
}

function readCallEnd(reader: Reader, found: KnownFunction, call: Written): Written {
  let whole = call;
  if (found.kind === "aggregate" || found.kind === "window") {
    if (reader.takeWords("ignore", "nulls")) whole = sql`${whole} ignore nulls`;
    else if (reader.takeWords("respect", "nulls")) whole = sql`${whole} respect nulls`;
    if (reader.takeWords("filter")) {
      reader.mark("(");
      reader.word("where");
      whole = sql`${whole} filter (where ${reader.grammar.expression(reader)})`;
      reader.mark(")");
    }
    if (reader.takeWords("over")) {
      if (reader.isMark("(")) return sql`${whole} over ${reader.grammar.window(reader)}`;
      const window = reader.name();
      return sql`${whole} over ${name(window.text, window.at)}`;
    }
  }
  if (found.kind === "window") throw reader.unexpected("OVER");
  if (found.kind === "aggregate") {
    reader.select.isGrouped = true;
    if (listing.test(found.spelling)) reader.select.isListing = true;
  }
  return whole;
}

/** dateDiff(day, a, b) with the unit as a bare word or as a text; dateAdd and dateSub become what they mean. */
function readByUnit(reader: Reader, { spelling }: KnownFunction, token: Token): Written | undefined {
  const isAdding = spelling === "dateAdd" || spelling === "dateSub";
  const first = reader.peek(1);
  const isUnit = (first.kind === "text" || first.kind === "word") && units.has(first.text.toLowerCase()) && reader.isMark(",", 2);
  if (!isUnit || !(isAdding || spelling === "dateDiff" || spelling === "dateTrunc" || spelling === "age")) {
    if (isAdding) throw reader.refusal("SYNTAX_ERROR", "Write dateAdd(day, 3, when), or when + interval 3 day.", token);
    return undefined;
  }
  reader.mark("(");
  reader.next();
  reader.mark(",");
  const values = readAll(reader);
  reader.mark(")");
  const unit = units.get(first.text.toLowerCase()) ?? "";
  if (!isAdding) return sql`${constant(spelling)}(${text(unit.toLowerCase())}, ${joined(values, comma)})`;
  const [amount, when] = values;
  if (amount === undefined || when === undefined || values.length > 2) throw reader.refusal("SYNTAX_ERROR", `${spelling} takes a unit, an amount and a time.`, token);
  return spelling === "dateAdd" ? sql`(${when} + toInterval${constant(unit)}(${amount}))` : sql`(${when} - toInterval${constant(unit)}(${amount}))`;
}

