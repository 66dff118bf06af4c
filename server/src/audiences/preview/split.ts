// Everybody's value of something, as one byte each: of a trait, or of a computed trait worked out for the view's instant.
import { rawsSql, textSql } from "@tributary/schema/audience/value.ts";
import { compileAudiences } from "../compile.ts";
import type { Read } from "./preview.ts";
import type { Around, View } from "./previews.ts";

/** By what people are divided. */
export interface Split {
  readonly key: string;
  /** Gives `profile_id` and `value`, of which the empty text is "not set". */
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Values named, the most frequent among all people. */
const VALUES_MAX = 100;
/** The code of a value that is not named; 0: it is not set. */
export const REST = 255;

export interface SplitColumn {
  readonly values: readonly string[];
  readonly codes: Uint8Array;
}

const textOfRaws = (raws: string): string => `arrayStringConcat(arrayMap(raw -> ${textSql("raw")}, ${raws}), ', ')`;

export function splitByTrait(trait: string): Split {
  const params: Record<string, unknown> = {};
  const bind = (type: string, value: unknown): string => {
    const name = `v${Object.keys(params).length}`;
    params[name] = value;
    return `{${name}:${type}}`;
  };
  const value = textOfRaws(rawsSql(bind, "traits", trait));
  return { key: JSON.stringify(["trait", trait]), sql: `select profile_id, ${value} as value from profiles final where workspace_id = {workspace:UInt32} and deleted = 0`, params };
}

export function splitByComputed(slug: string, around: Around, { atMs, hasOverrides }: Pick<View, "atMs" | "hasOverrides">): Split {
  const { sql, params } = compileAudiences({ ...around, nowMs: atMs, hasOverrides, definitions: [], values: [slug] });
  return { key: JSON.stringify(["computed", slug, around.computed?.(slug) ?? null]), sql: `select profile_id, ${textOfRaws("c0")} as value from (${sql})`, params };
}

export async function splitColumn(view: View, { key, sql, params }: Split, read: Read): Promise<SplitColumn> {
  const frequent = await view.noted(JSON.stringify(["values", key]), () =>
    read<{ value: string }>(`select value from (${sql}) where value != '' group by value order by count() desc, value limit ${VALUES_MAX}`, params));
  const values = frequent.map((row) => row.value);
  const code = values.length === 0 ? "toUInt32(0)" : `toUInt32(if(value = '', 0, transform(value, {values:Array(String)}, {codes:Array(UInt32)}, toUInt32(${REST}))))`;
  const codes = await view.column(JSON.stringify(["split", key, values]), {
    sql: `select profile_id, code from (select profile_id, ${code} as code from (${sql})) where code != 0`, params: { ...params, values, codes: values.map((_, i) => i + 1) },
  });
  return { values, codes };
}
