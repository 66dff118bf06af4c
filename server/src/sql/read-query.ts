// Reads a query: CTEs, selects joined by UNION and the like, and their parts in order. A table is a view, a CTE or a query in brackets, and is
// always written as a query in brackets: no name of a table that somebody chose ever reaches the engine.
import { readExpression } from "./read-expression.ts";
import { readAliased, readAll } from "./read-list.ts";
import { databases } from "./protocol-names.ts";
import { selectRead, type Reader, type SelectRead } from "./reader.ts";
import { sqlLimits } from "./sql-limits.ts";
import { distinctOf, groupingOf, PERSON_COLUMN, toldOf, withoutTold } from "./whose.ts";
import { comma, constant, innerQuery, joined, name, nothing, number, sql, viewUse, type Written } from "./written.ts";

/** One that is a value or a set. */
export function readQuery(reader: Reader): Written {
  return innerQuery(readRows(reader));
}

/** One whose rows are rows of something: it may be asked to tell people. */
export function readRows(reader: Reader): Written {
  const outer = reader.select;
  try {
    return reader.deeper(() => reader.inScope(() => {
      reader.select = selectRead();
      const values = readWith(reader);
      return sql`${values}${readUnion(reader, reader.select)}`;
    }));
  } finally {
    reader.select = outer;
  }
}

/** Queries are kept for where they are named; values are written before the first select. */
function readWith(reader: Reader): Written {
  if (!reader.takeWords("with")) return nothing;
  if (reader.isWord("recursive") && reader.isName(1)) throw reader.refusal("SYNTAX_ERROR", "WITH RECURSIVE is not taken.");
  const values: Written[] = [];
  do {
    if (reader.isName() && reader.isWord("as", 1) && reader.isMark("(", 2)) {
      const token = reader.name();
      reader.next();
      reader.mark("(");
      const query = readRows(reader);
      reader.mark(")");
      name(token.text, token.at);
      reader.scope.ctes.set(token.text, query);
    } else {
      const value = readExpression(reader);
      reader.word("as");
      const token = reader.name();
      values.push(sql`${value} as ${name(token.text, token.at)}`);
    }
  } while (reader.takeMark(","));
  return values.length === 0 ? nothing : sql`with ${joined(values, comma)} `;
}

/** `values`: what is known of those that WITH names. */
function readUnion(reader: Reader, values: SelectRead): Written {
  const selects: SelectRead[] = [];
  const term = (): Written => {
    const written = readTerm(reader, values);
    selects.push(...reader.selects);
    return written;
  };
  const all = [term()];
  let isCompared = false;
  for (;;) {
    const kind = reader.takeOneOf("union", "intersect", "except");
    if (kind === undefined) break;
    const isAll = reader.takeOneOf("all", "distinct") === "all";
    isCompared ||= kind !== "union" || !isAll;
    const how = kind === "union" ? (isAll ? sql`union all` : sql`union distinct`) : kind === "intersect" ? (isAll ? sql`intersect all` : sql`intersect`) : isAll ? sql`except all` : sql`except`;
    all.push(how, term());
  }
  if (isCompared) for (const one of selects) one.compared = selects;
  reader.selects = selects;
  return joined(all, sql` `);
}

function readTerm(reader: Reader, values: SelectRead): Written {
  if (!reader.takeMark("(")) return readSelect(reader, values);
  const query = readRows(reader);
  reader.mark(")");
  return sql`(${query})`;
}

function readSelect(reader: Reader, values: SelectRead): Written {
  const outer = reader.select;
  const select = { ...selectRead(), isGrouped: values.isGrouped, isListing: values.isListing };
  reader.select = select;
  reader.word("select");
  const parts = [readDistinct(reader)];
  parts.push(joined(readAll(reader, readSelected), comma), toldOf(select));
  if (reader.takeWords("from")) parts.push(sql` from ${readJoins(reader)}`);
  if (reader.takeWords("prewhere") || reader.takeWords("where")) parts.push(sql` where ${readExpression(reader)}`);
  if (reader.takeWords("group", "by")) {
    select.isGrouped = true;
    parts.push(sql` group by ${readGrouping(reader)}`);
  } else {
    parts.push(groupingOf(select));
  }
  if (reader.takeWords("with", "totals")) parts.push(sql` with totals`);
  if (reader.takeWords("having")) parts.push(sql` having ${readExpression(reader)}`);
  if (reader.takeWords("window")) parts.push(sql` window ${joined(readAll(reader, readNamedWindow), comma)}`);
  if (reader.takeWords("qualify")) parts.push(sql` qualify ${readExpression(reader)}`);
  select.isOrdered = reader.takeWords("order", "by");
  if (select.isOrdered) parts.push(sql` order by ${readOrder(reader)}`);
  select.isCut = reader.isWord("limit") || reader.isWord("offset");
  parts.push(readLimits(reader));
  reader.select = outer;
  reader.selects = [select];
  return sql`select ${joined(parts, nothing)}`;
}

function readDistinct(reader: Reader): Written {
  if (reader.takeWords("all")) return nothing;
  if (!reader.takeWords("distinct")) return nothing;
  if (!reader.takeWords("on")) {
    reader.select.isDistinct = true;
    return distinctOf(reader.select);
  }
  reader.mark("(");
  const by = readAll(reader);
  reader.mark(")");
  return sql`distinct on (${joined(by, comma)}) `;
}

/** `*`, `view.*`, either with columns left out, or a value with or without a name. */
function readSelected(reader: Reader): Written {
  if (reader.takeMark("*")) return sql`*${readExcept(reader)}`;
  for (let ahead = 0; reader.isName(ahead) && reader.isMark(".", ahead + 1); ahead += 2) {
    if (!reader.isMark("*", ahead + 2)) continue;
    const parts = [];
    for (let count = 0; count <= ahead; count += 2) {
      parts.push(reader.name());
      reader.next();
    }
    reader.next();
    const own = parts.length > 1 && databases.has(parts[0]?.text ?? "") ? parts.slice(1) : parts;
    return sql`${joined(own.map((part) => name(part.text, part.at)), sql`.`)}.*${readExcept(reader)}`;
  }
  const isPerson = isPersonNext(reader);
  const value = readExpression(reader);
  if (isPerson) reader.select.person ??= value;
  const hasAs = reader.takeWords("as");
  if (!hasAs && !reader.isName()) return value;
  const token = reader.name();
  return sql`${value} as ${name(token.text, token.at)}`;
}

/** A bare column with a person's id. */
function isPersonNext(reader: Reader): boolean {
  let ahead = 0;
  while (reader.isName(ahead) && reader.isMark(".", ahead + 1)) ahead += 2;
  return reader.isName(ahead) && reader.peek(ahead).text === PERSON_COLUMN && (reader.isMark(",", ahead + 1) || reader.isWord("as", ahead + 1) || reader.isWord("from", ahead + 1));
}

function readExcept(reader: Reader): Written {
  reader.hasStar = true;
  const own = withoutTold(reader.select);
  if (!(reader.isWord("except") && (reader.isMark("(", 1) ? reader.isName(2) : reader.isName(1)))) return own;
  reader.next();
  const hasBrackets = reader.takeMark("(");
  const columns = hasBrackets ? readAll(reader, readName) : [readName(reader)];
  if (hasBrackets) reader.mark(")");
  return sql` except (${joined(columns, comma)})${own}`;
}

function readName(reader: Reader): Written {
  const token = reader.name();
  reader.mentioned.add(token.text);
  return name(token.text, token.at);
}

/** What is joined, by what, as the engine spells it. */
function readJoins(reader: Reader): Written {
  const parts = [readTable(reader)];
  for (;;) {
    if (reader.takeMark(",")) {
      parts.push(sql`, ${readTable(reader)}`);
      continue;
    }
    const isLeft = reader.isWord("left") && reader.isWord("array", 1);
    if (isLeft || (reader.isWord("array") && reader.isWord("join", 1))) {
      if (isLeft) reader.next();
      reader.next();
      reader.word("join");
      parts.push(sql`${isLeft ? sql` left` : nothing} array join ${joined(readAll(reader, readSelected), comma)}`);
      continue;
    }
    const join = readJoinWords(reader);
    if (join === undefined) return joined(parts, nothing);
    parts.push(sql` ${join.written} ${readTable(reader)}`, readJoinCondition(reader, join.isCross));
  }
}

const kinds = ["inner", "left", "right", "full", "cross"] as const;
const stricts = ["any", "all", "asof", "semi", "anti"] as const;

function readJoinWords(reader: Reader): { readonly written: Written; readonly isCross: boolean } | undefined {
  const start = reader.peek();
  let kind: string | undefined;
  let strict: string | undefined;
  for (;;) {
    if (reader.takeWords("join")) break;
    if (reader.takeWords("global") || reader.takeWords("outer")) continue;
    const one = reader.takeOneOf(...kinds);
    const how = one === undefined ? reader.takeOneOf(...stricts) : undefined;
    if (one !== undefined && kind === undefined) kind = one;
    else if (how !== undefined && strict === undefined) strict = how;
    else if (reader.peek() === start) return undefined;
    else throw reader.unexpected("JOIN");
  }
  const words = [kind, strict, "join"].filter((word) => word !== undefined);
  return { written: constant(words.join(" ")), isCross: kind === "cross" };
}

function readJoinCondition(reader: Reader, isCross: boolean): Written {
  if (isCross) return nothing;
  if (reader.takeWords("on")) return sql` on ${readExpression(reader)}`;
  if (!reader.takeWords("using")) throw reader.unexpected("ON or USING");
  const hasBrackets = reader.takeMark("(");
  const columns = readAll(reader, readName);
  if (hasBrackets) reader.mark(")");
  return sql` using (${joined(columns, comma)})`;
}

function readTable(reader: Reader): Written {
  if (reader.takeMark("(")) {
    const query = readRows(reader);
    reader.mark(")");
    const alias = readAlias(reader);
    const told = tableOf(reader, query);
    return alias === undefined ? sql`(${told})` : sql`(${told}) as ${name(alias)}`;
  }
  if (reader.isWord("numbers") && reader.isMark("(", 1)) return readNumbers(reader);
  const token = reader.name("A view");
  if (reader.isMark("(")) throw reader.refusal("ACCESS_DENIED", `${token.text}() is a table function, and none may be used but numbers().`, token);
  const database = reader.isMark(".") ? token.text : undefined;
  if (database !== undefined) reader.next();
  const table = database === undefined ? token : reader.nameBehind("A view");
  reader.takeWords("final");
  const alias = readAlias(reader) ?? table.text;
  const cte = database === undefined ? reader.cte(table.text) : undefined;
  if (cte !== undefined) return sql`(${tableOf(reader, cte)}) as ${name(alias, table.at)}`;
  name(alias, table.at);
  const view = database === undefined || databases.has(database) ? table.text : `${database}.${table.text}`;
  reader.useView(view, table);
  const who = reader.ownName();
  reader.select.people.push({ who, isList: false });
  return viewUse({ view, alias, who });
}

/** A query as a table of the select that is being read. */
function tableOf(reader: Reader, query: Written): Written {
  const who = reader.ownName();
  reader.select.people.push({ who, isList: true });
  return innerQuery(query, who);
}

function readAlias(reader: Reader): string | undefined {
  if (reader.takeWords("as")) return reader.name().text;
  return reader.isName() ? reader.name().text : undefined;
}

function readNumbers(reader: Reader): Written {
  const start = reader.next();
  reader.mark("(");
  const bounds = [reader.number()];
  if (reader.takeMark(",")) bounds.push(reader.number());
  reader.mark(")");
  if (Number(bounds.at(-1)) > sqlLimits.numbersMax) throw reader.refusal("BAD_ARGUMENTS", `numbers() gives at most ${sqlLimits.numbersMax} rows here.`, start);
  const alias = readAlias(reader) ?? "numbers";
  return sql`(select number from numbers(${joined(bounds.map(number), comma)})) as ${name(alias)}`;
}

function readGrouping(reader: Reader): Written {
  if (reader.takeWords("all")) return sql`all`;
  if (reader.takeWords("grouping", "sets")) {
    reader.mark("(");
    const sets = readAll(reader, readGroupingSet);
    reader.mark(")");
    return sql`grouping sets (${joined(sets, comma)})`;
  }
  const how = reader.isMark("(", 1) ? reader.takeOneOf("rollup", "cube") : undefined;
  if (how !== undefined) return sql`${constant(how)}${readGroupingSet(reader)}`;
  const by = sql`${joined(readAll(reader), comma)}`;
  if (reader.takeWords("with", "rollup")) return sql`${by} with rollup`;
  return reader.takeWords("with", "cube") ? sql`${by} with cube` : by;
}

function readGroupingSet(reader: Reader): Written {
  reader.mark("(");
  if (reader.takeMark(")")) return sql`()`;
  const by = readAll(reader);
  reader.mark(")");
  return sql`(${joined(by, comma)})`;
}

export function readOrder(reader: Reader): Written {
  if (reader.takeWords("all")) return sql`all`;
  return joined(readAll(reader, (at) => {
    const value = readAliased(at);
    const direction = at.takeOneOf("asc", "desc", "ascending", "descending")?.startsWith("desc") === true ? sql`${value} desc` : value;
    if (!at.takeWords("nulls")) return direction;
    return at.takeOneOf("first", "last") === "first" ? sql`${direction} nulls first` : sql`${direction} nulls last`;
  }), comma);
}

function readNamedWindow(reader: Reader): Written {
  const token = reader.name();
  reader.word("as");
  return sql`${name(token.text, token.at)} as ${readWindow(reader)}`;
}

export function readWindow(reader: Reader): Written {
  reader.mark("(");
  const parts: Written[] = [];
  if (reader.takeWords("partition", "by")) parts.push(sql`partition by ${joined(readAll(reader), comma)}`);
  if (reader.takeWords("order", "by")) parts.push(sql`order by ${readOrder(reader)}`);
  const frame = reader.takeOneOf("rows", "range");
  if (frame !== undefined) {
    const isBetween = reader.takeWords("between");
    const from = readFrameEdge(reader);
    if (isBetween) reader.word("and");
    parts.push(isBetween ? sql`${constant(frame)} between ${from} and ${readFrameEdge(reader)}` : sql`${constant(frame)} ${from}`);
  }
  reader.mark(")");
  return sql`(${joined(parts, sql` `)})`;
}

function readFrameEdge(reader: Reader): Written {
  if (reader.takeWords("current", "row")) return sql`current row`;
  const amount = reader.takeWords("unbounded") ? sql`unbounded` : number(reader.number());
  const side = reader.takeOneOf("preceding", "following");
  if (side === undefined) throw reader.unexpected("PRECEDING or FOLLOWING");
  return sql`${amount} ${constant(side)}`;
}

function readLimits(reader: Reader): Written {
  const parts: Written[] = [];
  for (let count = 0; count < 2 && reader.takeWords("limit"); count++) {
    const first = readAmount(reader);
    const second = reader.takeMark(",") ? readAmount(reader) : undefined;
    const offset = second === undefined ? (reader.takeWords("offset") ? readAmount(reader) : undefined) : first;
    parts.push(sql` limit ${second ?? first}${offset === undefined ? nothing : sql` offset ${offset}`}`);
    if (reader.takeWords("by")) parts.push(sql` by ${joined(readAll(reader), comma)}`);
    else break;
  }
  if (reader.takeWords("offset")) {
    parts.push(sql` offset ${readAmount(reader)}`);
    reader.takeOneOf("row", "rows");
  }
  return joined(parts, nothing);
}

/** A whole number, or a parameter that is one. */
function readAmount(reader: Reader): Written {
  const token = reader.peek();
  if (token.kind !== "placeholder") return number(reader.number());
  reader.next();
  const value = Object.hasOwn(reader.parameters, token.text) ? reader.parameters[token.text] : undefined;
  if (value === undefined || !/^\d{1,15}$/.test(value)) throw reader.refusal("BAD_QUERY_PARAMETER", `The parameter ${token.text} is no whole number.`, token);
  return number(value);
}
