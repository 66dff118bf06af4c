// What clients ask about a server when they connect, answered from what the views are: no table of the engine's own is ever read.
import { DATABASE, PROTOCOL_VERSION } from "./protocol-names.ts";
import type { View, ViewColumn } from "./view.ts";
import { quoted } from "./written.ts";

type Cell = string | number;

/** A view over rows that stand in it. */
function constantView(name: string, columns: Readonly<Record<string, "String" | "UInt8" | "UInt64">>, rows: readonly (readonly Cell[])[]): View {
  const names = Object.entries(columns);
  const tuple = (cells: readonly Cell[]): string => `tuple(${cells.map((cell) => (typeof cell === "number" ? `toUInt64(${cell})` : quoted(cell))).join(", ")})`;
  const empty = tuple(names.map(([, type]) => (type === "String" ? "" : 0)));
  const list = rows.length === 0 ? `arrayFilter(__x -> 0, [${empty}])` : `[${rows.map(tuple).join(", ")}]`;
  return {
    name, kind: "system", about: "",
    columns: names.map(([column, type], i): ViewColumn => ({ name: column, type, about: "", sql: type === "UInt8" ? `toUInt8(__r.${i + 1})` : `__r.${i + 1}` })),
    from: () => `(select arrayJoin(${list}) as __r) as __t`,
  };
}

const settings: readonly (readonly [string, string, string])[] = [
  ["readonly", "1", "UInt64"], ["max_query_size", "65536", "UInt64"], ["date_time_input_format", "basic", "String"], ["session_timezone", "", "Timezone"],
  ["allow_experimental_json_type", "0", "Bool"], ["cast_string_to_dynamic_use_inference", "0", "Bool"], ["enable_json_type", "0", "Bool"],
];

export function systemViews(views: readonly View[]): readonly View[] {
  const tables = views.map(({ name, about }) => [DATABASE, name, "View", about, 0, 0] as const);
  return [
    constantView("system.databases", { name: "String", engine: "String", comment: "String" }, [[DATABASE, "Atomic", ""]]),
    constantView("system.tables", { database: "String", name: "String", engine: "String", comment: "String", is_temporary: "UInt8", total_rows: "UInt64" }, tables),
    columnsView(views),
    constantView("system.settings", { name: "String", value: "String", type: "String", readonly: "UInt8", changed: "UInt8", description: "String" }, settings.map(([name, value, type]) => [name, value, type, 1, 0, ""])),
    constantView("system.one", { dummy: "UInt8" }, [[0]]),
    constantView("system.build_options", { name: "String", value: "String" }, [["VERSION_FULL", PROTOCOL_VERSION]]),
    constantView("system.functions", { name: "String", is_aggregate: "UInt8" }, []),
    constantView("system.table_engines", { name: "String" }, [["View"]]),
    constantView("system.dictionaries", { database: "String", name: "String" }, []),
    constantView("system.clusters", { cluster: "String", host_name: "String" }, []),
  ];
}

const COLUMNS_CHARACTERS_MAX = 150_000;

/** Where there are very many, only those of views that the statement names, as clients do. */
function columnsView(views: readonly View[]): View {
  const at: Readonly<Record<string, string>> = { database: quoted(DATABASE), table: "__r.1", name: "__r.2", type: "__r.3", comment: "__r.5" };
  return {
    name: "system.columns", kind: "system", about: "",
    columns: [
      ...["database", "table", "name", "type", "comment"].map((name): ViewColumn => ({ name, type: "String", about: "", sql: at[name] ?? "''" })),
      { name: "position", type: "UInt64", about: "", sql: "toUInt64(__r.4)" },
      ...["default_kind", "default_expression", "compression_codec"].map((name): ViewColumn => ({ name, type: "String", about: "", sql: "''" })),
      ...["is_in_primary_key", "is_in_sorting_key", "is_in_partition_key"].map((name): ViewColumn => ({ name, type: "UInt8", about: "", sql: "toUInt8(0)" })),
    ],
    from: (_, texts) => {
      const whole = columnRows(views);
      return whole.length <= COLUMNS_CHARACTERS_MAX ? whole : columnRows(views.filter(({ name, kind }) => texts.has(name) || (kind === "base" && !views.some((view) => texts.has(view.name)))));
    },
  };
}

/** As five lists, which the engine reads quickly. */
function columnRows(views: readonly View[]): string {
  const rows = views.flatMap((view) => view.columns.map(({ name, type, about }, i) => [quoted(view.name), quoted(name), quoted(type), String(i + 1), quoted(about)] as const));
  const lists = ([0, 1, 2, 3, 4] as const).map((i) => `[${rows.map((row) => row[i]).join(",")}]`);
  return `(select arrayJoin(arrayZip(${lists.join(", ")})) as __r) as __t`;
}
