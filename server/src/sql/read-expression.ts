// Reads an expression and writes it anew, each operation in brackets of its own. Loosest first: `? :`, or, and, not, comparisons, ||, + -,
// * / %, the sign, and what is put behind a value.
import { readAll } from "./read-list.ts";
import { readPrimary } from "./read-primary.ts";
import type { Reader } from "./reader.ts";
import { readType } from "./read-type.ts";
import { comma, innerQuery, joined, name, nothing, number, sql, text, type Written } from "./written.ts";

/** Of signs that follow one another without brackets, each around all before it. */
const CHAIN_MAX = 40;

export function readExpression(reader: Reader): Written {
  return reader.deeper(() => {
    const condition = readOr(reader);
    if (!reader.takeMark("?")) return condition;
    const then = readExpression(reader);
    reader.mark(":");
    return sql`if(${condition}, ${then}, ${readExpression(reader)})`;
  });
}

/** `a + b - c` in one pair of brackets. */
function chain(reader: Reader, next: (reader: Reader) => Written, sign: (reader: Reader) => Written | undefined): Written {
  const first = next(reader);
  const all = [first];
  for (let found = sign(reader); found !== undefined; found = sign(reader)) all.push(found, next(reader));
  return all.length === 1 ? first : sql`(${joined(all, sql` `)})`;
}

const readOr = (reader: Reader): Written => chain(reader, readAnd, (at) => (at.takeWords("or") ? sql`or` : undefined));
const readAnd = (reader: Reader): Written => chain(reader, readNot, (at) => (at.takeWords("and") ? sql`and` : undefined));

function readNot(reader: Reader): Written {
  if (!reader.isWord("not")) return readComparisons(reader);
  reader.next();
  return reader.deeper(() => sql`(not ${readNot(reader)})`);
}

const comparisons: ReadonlyMap<string, Written> = new Map([
  ["=", sql`=`], ["==", sql`=`], ["!=", sql`!=`], ["<>", sql`!=`], ["<", sql`<`], ["<=", sql`<=`], [">", sql`>`], [">=", sql`>=`],
]);

function readComparisons(reader: Reader): Written {
  let left = readConcat(reader);
  for (let count = 0; ; count++) {
    const found = readComparison(reader, left);
    if (found === undefined) return left;
    if (count >= CHAIN_MAX) throw reader.refusal("TOO_DEEP_RECURSION", "Too many comparisons in a row; put brackets around them.");
    left = found;
  }
}

function readComparison(reader: Reader, left: Written): Written | undefined {
  const token = reader.peek();
  const sign = token.kind === "mark" ? comparisons.get(token.text) : undefined;
  if (sign !== undefined) {
    reader.next();
    return sql`(${left} ${sign} ${readConcat(reader)})`;
  }
  if (reader.takeWords("is")) return readIs(reader, left);
  const isNot = reader.isWord("not") && ["in", "like", "ilike", "between", "global"].includes(reader.peek(1).word);
  if (isNot) reader.next();
  const not = isNot ? sql`not ` : nothing;
  reader.takeWords("global");
  switch (reader.takeOneOf("in", "like", "ilike", "between")) {
    case "in": return sql`(${not}${readIn(reader, left)})`;
    case "like": return sql`(${not}like(${left}, ${readConcat(reader)}))`;
    case "ilike": return sql`(${not}ilike(${left}, ${readConcat(reader)}))`;
    case "between": {
      const from = readConcat(reader);
      reader.word("and");
      return sql`(${not}((${left} >= ${from}) and (${left} <= ${readConcat(reader)})))`;
    }
    case undefined: return undefined;
  }
}

function readIs(reader: Reader, left: Written): Written {
  const not = reader.takeWords("not") ? sql`not ` : nothing;
  if (reader.takeWords("distinct")) {
    reader.word("from");
    return sql`(${not}isDistinctFrom(${left}, ${readConcat(reader)}))`;
  }
  reader.word("null");
  return sql`(${not}isNull(${left}))`;
}

/**
 * The engine takes a name on the right of IN for a table, with brackets around it and without. So a name never gets there: a list of literals
 * stays a list, anything else becomes comparisons.
 */
function readIn(reader: Reader, left: Written): Written {
  const start = reader.peek();
  if (start.kind === "placeholder") return sql`has(${readPrimary(reader)}, ${left})`;
  if (start.kind === "word" || start.kind === "name") {
    const cte = reader.cte(start.text);
    if (cte === undefined || reader.isMark(".", 1) || reader.isMark("(", 1)) throw reader.refusal("SYNTAX_ERROR", "Behind IN stands a list in brackets or a query; of a value that is a list, write has(list, value).", start);
    reader.next();
    return sql`${left} in (${innerQuery(cte)})`;
  }
  const closing = reader.takeMark("[") ? "]" : ")";
  if (closing === ")") reader.mark("(");
  if (closing === ")" && (reader.isWord("select") || reader.isWord("with"))) {
    const query = reader.grammar.query(reader);
    reader.mark(")");
    return sql`${left} in (${query})`;
  }
  const values = readAll(reader);
  reader.mark(closing);
  if (reader.isLiteralSince(start)) return sql`${left} in (${joined(values, comma)})`;
  return sql`(${joined(values.map((value) => sql`(${left} = ${value})`), sql` or `)})`;
}

const readConcat = (reader: Reader): Written => {
  const first = readSum(reader);
  if (!reader.isMark("||")) return first;
  const all = [first];
  while (reader.takeMark("||")) all.push(readSum(reader));
  return sql`concat(${joined(all, comma)})`;
};

const readSum = (reader: Reader): Written => chain(reader, readProduct, (at) => (at.takeMark("+") ? sql`+` : at.takeMark("-") ? sql`-` : undefined));

const readProduct = (reader: Reader): Written => chain(reader, readSigned, (at) => {
  if (at.takeMark("*")) return sql`*`;
  if (at.takeMark("/")) return sql`/`;
  if (at.takeMark("%") || at.takeWords("mod")) return sql`%`;
  return at.takeWords("div") ? sql`div` : undefined;
});

function readSigned(reader: Reader): Written {
  if (reader.takeMark("-")) return reader.deeper(() => sql`(-${readSigned(reader)})`);
  if (reader.takeMark("+")) return reader.deeper(() => readSigned(reader));
  return readBehind(reader);
}

/** `[i]`, `.1`, `.name` and `::Type`. */
function readBehind(reader: Reader): Written {
  let value = readPrimary(reader);
  for (let count = 0; ; count++) {
    if (count > CHAIN_MAX) throw reader.refusal("TOO_DEEP_RECURSION", "Too much is put behind one value.");
    if (reader.takeMark("[")) {
      value = sql`arrayElement(${value}, ${readExpression(reader)})`;
      reader.mark("]");
    } else if (reader.takeMark("::")) {
      value = sql`cast(${value} as ${readType(reader)})`;
    } else if (reader.isMark(".") && reader.peek(1).kind === "number") {
      reader.next();
      value = sql`tupleElement(${value}, ${number(reader.number())})`;
    } else if (reader.isMark(".") && reader.isNameBehind(1)) {
      reader.next();
      value = sql`tupleElement(${value}, ${text(reader.nameBehind().text)})`;
    } else {
      return value;
    }
  }
}

