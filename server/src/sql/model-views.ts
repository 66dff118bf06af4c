// Rows of models as views: as they stand, and what runs found of them. Only what is in force; rows about people who are suppressed are left out. Whom a row is about is looked up by
// the value that its model names, among people as they are now.
import type { Facts, SeenModel } from "./facts.ts";
import { emptyOrHiddenSql } from "./mask-sql.ts";
import { livePeople, tableOf, wordOf } from "./view-parts.ts";
import { column, personal, type View, type ViewColumn } from "./view.ts";
import { quoted } from "./written.ts";

export function modelViews(facts: Facts): readonly View[] {
  const common: readonly ViewColumn[] = [
    column("model", "String", wordOf("__c.model_id", facts.models), "Short name of the model."),
    personal("key", "String", "__c.key", "JSON list: the values of the key's columns.", emptyOrHiddenSql("__c.key")),
    personal("data", "String", "__c.row", "The row's columns as JSON; of a removed one as it was last.", emptyOrHiddenSql("__c.row")),
    personal("profile_id", "UUID", "__w.__of", "Whom the row is about, after all merges; all zeros: nobody who is known."),
    column("run_id", "UInt32", "__c.run_id", "The run that found it."), column("seq", "UInt64", "__c.seq", "The order of a model's changes; `row_seq` in deliveries."),
    column("at", "DateTime64(3, 'UTC')", "__c.at", "When it was found."),
  ];
  return [
    { name: "model_rows", kind: "base", about: "Rows of models as they stand: each with its last change.", columns: common, from: (columns) => changesOf(facts, columns, standing(facts)) },
    {
      name: "model_changes", kind: "base", about: "What runs of models found added, changed and removed, row by row.",
      columns: [
        ...common, column("change", "String", "cast(__c.change as String)", "added, changed or removed."),
        personal("before", "String", "__c.before", "Of a changed row: its columns as JSON, as they were; else empty.", emptyOrHiddenSql("__c.before")),
      ],
      from: (columns) => changesOf(facts, columns, []),
    },
  ];
}

function changesOf(facts: Facts, columns: readonly ViewColumn[], more: readonly string[]): string {
  const where = [`__c.workspace_id = ${facts.workspaceId}`, inForce(facts, "__c"), ...hidden(facts), ...more];
  return `${tableOf(facts, "model_change")} as __c${columns.some(({ name }) => name === "profile_id") ? people(facts) : ""} where ${where.join(" and ")}`;
}

/** What a run found that is not done, or was refused, stands behind the model's last change. */
function inForce({ models }: Facts, alias: string): string {
  const ids = models.map(({ id }) => id).join(", ");
  return models.length === 0 ? "0" : `${alias}.seq <= transform(${alias}.model_id, [${ids}], [${models.map(({ lastSeq }) => `toUInt64(${lastSeq})`).join(", ")}], toUInt64(0))`;
}

function standing(facts: Facts): readonly string[] {
  const newest = `select __d.model_id, max(__d.seq) from ${tableOf(facts, "model_change")} as __d where __d.workspace_id = ${facts.workspaceId} and ${inForce(facts, "__d")} group by __d.model_id, __d.key_hash, __d.key`;
  return ["__c.change != 'removed'", `(__c.model_id, __c.seq) in (${newest})`];
}

function people(facts: Facts): string {
  const named = facts.models.filter(({ namespace }) => namespace !== "");
  const namespace = named.length === 0 ? "''" : `transform(__c.model_id, [${named.map(({ id }) => id).join(", ")}], [${named.map((one) => quoted(one.namespace)).join(", ")}], '')`;
  const known = `select arrayJoin(__q.identifiers) as __i, __q.profile_id as __of from ${livePeople(facts, "__q")}`;
  return ` left any join (${known}) as __w on __w.__i = concat(${namespace}, ':', arrayElement(__c.person, 1))`;
}

/** Without knowing who is suppressed among a model's people, none of its rows about anybody are shown. */
function hidden({ models, hasSuppressed, hiddenRows }: Facts): readonly string[] {
  if (!hasSuppressed) return [];
  return models.filter(({ namespaces }) => namespaces.length > 0).flatMap((model) => {
    const hashes = hiddenRows?.get(model.id) ?? "all";
    if (hashes === "all") return [`not (__c.model_id = ${model.id} and arrayExists(__x -> __x != '', __c.person))`];
    return hashes.length === 0 ? [] : [`not (__c.model_id = ${model.id} and hasAny(arrayMap(__x -> sipHash64(__x), __c.person), [${hashes.map((hash) => `toUInt64(${hash})`).join(", ")}]))`];
  });
}

/** Whether a statement may read them: only then it is worth finding out who of their people is suppressed. */
export function readsModelRows(statement: string): boolean {
  return /model_(rows|changes)/i.test(statement);
}

/** Of a delivery: the row's model, and the number of its change; none where it sent no row. */
export function deliveredRow({ models, modelSubscriptions }: Pick<Facts, "models" | "modelSubscriptions">, alias: string): { readonly model: string; readonly seq: string; readonly person: string } {
  const isRow = `(startsWith(${alias}.stream, 'model ') or startsWith(${alias}.stream, 'rows '))`;
  const slugs = new Map<number, SeenModel>(models.map((model) => [model.id, model]));
  const named = modelSubscriptions.map(({ id, modelId }) => ({ id, slug: slugs.get(modelId)?.slug ?? "", name: "" }));
  return { model: `if(${isRow}, ${wordOf(`${alias}.subscription_id`, named)}, '')`, seq: `if(${isRow}, ${alias}.position, toUInt64(0))`, person: `if(${isRow}, ${alias}.person_id, ${alias}.profile_id)` };
}
