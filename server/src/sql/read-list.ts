// Values one behind the other, each with a name of its own where it has one.
import type { Reader } from "./reader.ts";
import { name, sql, type Written } from "./written.ts";

/** With `as name` behind it, where it has one. */
export function readAliased(reader: Reader): Written {
  const value = reader.grammar.expression(reader);
  if (!reader.takeWords("as")) return value;
  const alias = reader.name();
  return sql`(${value} as ${name(alias.text, alias.at)})`;
}

export function readAll(reader: Reader, read: (reader: Reader) => Written = reader.grammar.expression): readonly Written[] {
  const all = [read(reader)];
  while (reader.takeMark(",")) all.push(read(reader));
  return all;
}
