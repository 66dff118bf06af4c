// What clients ask before their first question, SHOW TABLES, DESCRIBE and the like: each becomes a SELECT over the views that tell of views.
import { readEnd } from "./read-end.ts";
import { databases, DATABASE } from "./protocol-names.ts";
import type { Reader } from "./reader.ts";
import type { View } from "./view.ts";
import { quoted } from "./written.ts";

export interface Shown {
  readonly select: string;
  readonly format: string | undefined;
}

/** Undefined, and nothing is read: it is something else. */
export function readShow(reader: Reader, views: ReadonlyMap<string, View>): Shown | undefined {
  if (reader.takeWords("show")) return readShown(reader, views);
  if (reader.isWord("exists") && !reader.isMark("(", 1)) {
    reader.next();
    reader.takeOneOf("table", "view");
    const found = views.has(tableName(reader)) ? 1 : 0;
    return { select: `select ${found} as result`, format: readEnd(reader) };
  }
  if (reader.takeOneOf("describe", "desc") === undefined) return undefined;
  reader.takeOneOf("table");
  return columnsOf(reader, "name, type, default_kind as default_type, default_expression, comment, '' as codec_expression, '' as ttl_expression");
}

function readShown(reader: Reader, views: ReadonlyMap<string, View>): Shown {
  reader.takeOneOf("full");
  switch (reader.takeOneOf("tables", "databases", "columns", "create", "settings")) {
    case "databases": return { select: "select name from system.databases order by name", format: readEnd(reader) };
    case "tables": {
      if (reader.takeOneOf("from", "in") !== undefined && !databases.has(reader.name().text)) return { select: "select name from system.tables where 1 = 0", format: readEnd(reader) };
      const like = reader.takeWords("like") ? ` and name like ${quoted(reader.textToken())}` : "";
      return { select: `select name from system.tables where database = ${quoted(DATABASE)}${like} order by name`, format: readEnd(reader) };
    }
    case "columns":
      if (reader.takeOneOf("from", "in") === undefined) throw reader.unexpected("FROM");
      return columnsOf(reader, "name as field, type, 'NO' as `null`, '' as `key`, '' as `default`, '' as extra");
    case "create": {
      reader.takeOneOf("table", "view");
      const at = reader.peek();
      const view = tableName(reader);
      if (!views.has(view)) throw reader.refusal("UNKNOWN_TABLE", `There is no view ${view}.`, at);
      return { select: `select ${quoted(`CREATE VIEW ${DATABASE}.${view}`)} as statement`, format: readEnd(reader) };
    }
    case "settings": return { select: "select name, '' as type, value from system.settings", format: readEnd(reader) };
    case undefined: throw reader.unexpected("TABLES, DATABASES, COLUMNS or CREATE");
  }
}

function tableName(reader: Reader): string {
  const first = reader.name("A view").text;
  if (!reader.takeMark(".")) return first;
  const second = reader.nameBehind("A view").text;
  return databases.has(first) ? second : `${first}.${second}`;
}

function columnsOf(reader: Reader, columns: string): Shown {
  const view = tableName(reader);
  if (reader.takeOneOf("from", "in") !== undefined) reader.name();
  return { select: `select ${columns} from system.columns where database = ${quoted(DATABASE)} and \`table\` = ${quoted(view)} order by position`, format: readEnd(reader) };
}
