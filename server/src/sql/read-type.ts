// Names of types, read and written anew: numbers, texts, times, ids, and lists, maps and tuples of them. Types that hold states of
// aggregates or anything at all are not among them.
import type { Reader } from "./reader.ts";
import { comma, constant, joined, name, number, sql, text, type Written } from "./written.ts";

const plain = new Map(
  `Int8 Int16 Int32 Int64 Int128 Int256 UInt8 UInt16 UInt32 UInt64 UInt128 UInt256 Float32 Float64 String Date Date32 UUID Bool IPv4 IPv6`
    .split(" ").map((type) => [type.toLowerCase(), type] as const),
);
const other: Readonly<Record<string, string>> = {
  tinyint: "Int8", smallint: "Int16", int: "Int32", integer: "Int32", bigint: "Int64", real: "Float32", float: "Float32", double: "Float64", text: "String", varchar: "String", char: "String",
  string: "String", boolean: "Bool",
};
const ofTypes = new Map([["nullable", "Nullable"], ["array", "Array"], ["lowcardinality", "LowCardinality"], ["map", "Map"], ["tuple", "Tuple"]]);

/** At the reader's place. */
export function readType(reader: Reader): Written {
  return reader.deeper(() => {
    const token = reader.next();
    if (token.kind !== "word") throw reader.refusal("UNKNOWN_TYPE", "A type is expected.", token);
    const known = plain.get(token.word) ?? other[token.word];
    if (known !== undefined) {
      // varchar(20): the length is not kept to.
      if (reader.takeMark("(")) {
        if (known !== "String") throw reader.refusal("UNKNOWN_TYPE", `${known} takes no length.`, token);
        reader.number();
        reader.mark(")");
      }
      return constant(known);
    }
    switch (token.word) {
      case "datetime": return reader.takeMark("(") ? zoned(reader, sql`DateTime(`) : sql`DateTime`;
      case "timestamp": return sql`DateTime64(3)`;
      case "datetime64": return dateTime64(reader);
      case "decimal":
      case "numeric": return decimal(reader);
      case "fixedstring": return oneNumber(reader, "FixedString");
    }
    const of = ofTypes.get(token.word);
    if (of === undefined) throw reader.refusal("UNKNOWN_TYPE", `The type ${token.text} is not taken here.`, token);
    reader.mark("(");
    const inner = [of === "Tuple" ? element(reader) : readType(reader)];
    while (reader.takeMark(",")) inner.push(of === "Tuple" ? element(reader) : readType(reader));
    reader.mark(")");
    if (of === "Map" ? inner.length !== 2 : of !== "Tuple" && inner.length !== 1) throw reader.refusal("UNKNOWN_TYPE", `${of} takes ${of === "Map" ? "two types" : "one type"}.`, token);
    return sql`${constant(of)}(${joined(inner, comma)})`;
  });
}

/** `name Type`, or the type alone. */
function element(reader: Reader): Written {
  const [first, second] = [reader.peek(), reader.peek(1)];
  if ((first.kind === "word" || first.kind === "name") && second.kind === "word") {
    reader.next();
    return sql`${name(first.text, first.at)} ${readType(reader)}`;
  }
  return readType(reader);
}

function zoned(reader: Reader, opening: Written): Written {
  const zone = reader.textToken();
  reader.mark(")");
  return sql`${opening}${text(zone)})`;
}

function dateTime64(reader: Reader): Written {
  if (!reader.takeMark("(")) return sql`DateTime64(3)`;
  const digits = reader.number();
  if (reader.takeMark(",")) return zoned(reader, sql`DateTime64(${number(digits)}, `);
  reader.mark(")");
  return sql`DateTime64(${number(digits)})`;
}

function decimal(reader: Reader): Written {
  if (!reader.takeMark("(")) return sql`Decimal(10, 0)`;
  const precision = reader.number();
  const scale = reader.takeMark(",") ? reader.number() : "0";
  reader.mark(")");
  return sql`Decimal(${number(precision)}, ${number(scale)})`;
}

function oneNumber(reader: Reader, type: string): Written {
  reader.mark("(");
  const digits = reader.number();
  reader.mark(")");
  return sql`${constant(type)}(${number(digits)})`;
}
