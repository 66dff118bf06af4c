// Parts of views that several of them share.
import type { FieldPlace } from "@tributary/schema/field.ts";
import { NOBODY } from "../core/nobody.ts";
import { MASK } from "../governance/governance.ts";
import type { Facts, Named } from "./facts.ts";
import { maskEmailsSql, maskWithinSql } from "./mask-sql.ts";
import type { ViewColumn } from "./view.ts";
import { quoted } from "./written.ts";

/** All tables of record that views are made over. */
export type Table = "events" | "profiles" | "profile_override" | "audience_log" | "computed_value" | "deliveries" | "model_change";

export function tableOf({ database }: Facts, table: Table): string {
  return `\`${database.replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\`.\`${table}\``;
}

/** `transform(id, [1, 2], ['web', 'shop'], '')` */
export function wordOf(id: string, named: readonly Named[], word: "slug" | "name" = "slug"): string {
  return named.length === 0 ? "''" : `transform(${id}, [${named.map((one) => one.id).join(", ")}], [${named.map((one) => quoted(one[word])).join(", ")}], '')`;
}

export function livePeople(facts: Facts, alias: string): string {
  return `${tableOf(facts, "profiles")} as ${alias} final where ${alias}.workspace_id = ${facts.workspaceId} and ${alias}.deleted = 0`;
}

/** Who a row's person is now. `own`: who they were when it was written. */
export function personOf({ hasOverrides }: Facts, alias: string, own = `${alias}.profile_id`): string {
  return hasOverrides ? `if(__m.__to = toUUID('${NOBODY}'), ${own}, __m.__to)` : own;
}

/** Merged away, or suppressed. */
export function deletedOf(facts: Facts): string {
  return `select __x.profile_id from ${tableOf(facts, "profiles")} as __x final where __x.workspace_id = ${facts.workspaceId} and __x.deleted = 1`;
}

const SHOWN_MAX = 60;

/** The value at a path of a JSON column, as the engine has it. */
export function valueAt(json: string, path: string): string {
  const steps = path.split(".");
  if (steps.every((step) => /^[A-Za-z_]\w*$/.test(step))) return `${json}.${steps.map((step) => `\`${step}\``).join(".")}`;
  return `getSubcolumn(${json}, ${quoted(path)})`;
}

export function jsonText(json: string): string {
  return `toJSONString(${json})`;
}

/** By their paths: those that are decided not to be personal as they are, of all others that they are there. */
export function maskedJsonText(json: string, { fields, decisions }: Facts, place: FieldPlace, event: string): string {
  const known = [...new Set(fields.filter((field) => field.place === place && (event === "" || field.event === event)).map(({ path }) => path))];
  const shown = known.filter((path) => !path.includes("@") && !decisions.isPersonal(place, event, path)).slice(0, SHOWN_MAX);
  const values = shown.flatMap((path) => [`__n = ${quoted(path)}`, maskEmailsSql(`ifNull(toString(${valueAt(json, path)}), '')`)]);
  const value = values.length === 0 ? `'${MASK}'` : `multiIf(${values.join(", ")}, '${MASK}')`;
  const names = `JSONAllPaths(${json})`;
  return `toJSONString(mapFromArrays(arrayMap(__n -> ${maskWithinSql("__n")}, ${names}), arrayMap(__n -> ${value}, ${names})))`;
}

/** Without duplicates and what was held, and without the events of people who are suppressed. */
export function storedEvents(facts: Facts, columns: readonly ViewColumn[], event?: string): string {
  const where = [`__e.workspace_id = ${facts.workspaceId}`, ...(event === undefined ? [] : [`__e.event = ${quoted(event)}`, "__e.type = 'track'"]), "__e.outcome = 'stored'"];
  return withPeople(facts, { table: "events", alias: "__e", columns, where });
}

interface Wanted {
  readonly table: Table;
  readonly alias: string;
  readonly columns: readonly ViewColumn[];
  readonly where: readonly string[];
  readonly final?: boolean;
  /** Whose a row was when it was written, where no column says so by itself. */
  readonly own?: string;
}

/** Joined with who they are now, where that is asked for and anybody was merged lately. */
export function withPeople(facts: Facts, { table, alias, columns, where, final, own = `${alias}.profile_id` }: Wanted): string {
  const isMoved = facts.hasOverrides && (facts.hasSuppressed || columns.some(({ name }) => name === "profile_id"));
  const moved = isMoved
    ? ` left any join (select __o.profile_id as __from, __o.survivor_id as __to from ${tableOf(facts, "profile_override")} as __o final where __o.workspace_id = ${facts.workspaceId} and __o.profile_id != __o.survivor_id) as __m on __m.__from = ${own}`
    : "";
  const shown = facts.hasSuppressed ? [...where, `${isMoved ? personOf(facts, alias, own) : own} not in (${deletedOf(facts)})`] : where;
  return `${tableOf(facts, table)} as ${alias}${final === true ? " final" : ""}${moved} where ${shown.join(" and ")}`;
}
