// Models, their runs and their rows as the API tells them.
import type { ModelRunShown, ModelShown } from "@tributary/schema/api/models.ts";
import type { LoggedChange, ProblemTold, StoredModel, StoredRun } from "../models/models.ts";
import { fields, hide, keep, listOf, pageOf, within } from "./answer-masks.ts";

const isoOf = (at: Date | null): string | null => (at === null ? null : at.toISOString());

function shownTold(told: ProblemTold | null): ModelRunShown["problem"] {
  if (told === null) return null;
  return { code: told.code, message: told.message, ...(told.count === undefined ? {} : { count: told.count }), ...(told.sample === undefined ? {} : { sample: told.sample.map(({ key, lines }) => ({ key, lines: [...lines] })) }) };
}

export function shownRun(run: StoredRun): ModelRunShown {
  return {
    id: run.id, version: run.version, status: run.status, cause: run.cause, accepts: run.accept, rows: run.rows, rows_before: run.rowsBefore, bytes: run.bytes, compared: run.compared, added: run.added,
    changed: run.changed, removed: run.removed, columns: run.columns === null ? null : run.columns.map(({ name, type }) => ({ name, type })), asks: shownTold(run.asks), problem: shownTold(run.problem),
    due_at: isoOf(run.dueAt), created_at: run.createdAt.toISOString(), created_by: run.createdBy, started_at: isoOf(run.startedAt), finished_at: isoOf(run.finishedAt), answered_by: run.answeredBy,
  };
}

export function shownModel(one: StoredModel, lastRun: StoredRun | undefined, names: ReadonlyMap<string, string>): ModelShown {
  return {
    slug: one.slug, id: one.id, name: one.name, definition: one.definition, version: one.version, enabled: one.enabled, status: one.status, rows: one.rows, next_run_at: isoOf(one.dueAt),
    last_run: lastRun === undefined ? null : shownRun(lastRun),
    fed: one.definition.feeds === undefined ? null : { events: one.fed?.events ?? 0, passed_over: one.fed?.passed_over ?? 0, is_current: (one.fed?.seq ?? 0) >= one.lastSeq, problem: one.fed?.problem ?? null },
    created_at: one.createdAt.toISOString(), created_by: one.createdBy, updated_at: one.updatedAt.toISOString(), updated_by: one.updatedBy, updated_by_name: names.get(one.updatedBy) ?? null,
  };
}

export function shownChange(change: LoggedChange, isSuppressed: boolean, inForce: boolean) {
  return {
    seq: change.seq, run: change.runId, change: change.change, at: new Date(change.atMs).toISOString(), key: isSuppressed ? [] : [...change.key], row: isSuppressed ? null : { ...change.row },
    before: isSuppressed || change.before === undefined ? null : { ...change.before }, is_suppressed: isSuppressed, in_force: inForce,
  };
}

// ── Without personal data: values of rows are hidden, whatever their columns are called; a statement shows nobody's address ──

const told = fields({ code: keep, message: within, count: keep, sample: listOf(fields({ key: hide, lines: keep })) });
const toldOrNone: typeof told = (value, masking) => (value === null ? null : told(value, masking));
const runFields = {
  id: keep, version: keep, status: keep, cause: keep, accepts: keep, rows: keep, rows_before: keep, bytes: keep, compared: keep, added: keep, changed: keep, removed: keep, columns: keep, asks: toldOrNone,
  problem: toldOrNone, due_at: keep, created_at: keep, created_by: keep, started_at: keep, finished_at: keep, answered_by: keep,
};
export const runMask = fields(runFields);
export const runPageMask = pageOf(runMask);
const definitionMask = fields({
  warehouse: keep, query: fields({ kind: keep, sql: within, files: within, format: keep, columns: keep }), key: keep, person: keep, schedule: keep, feeds: keep, stopShare: keep,
});
export const modelMask = fields({
  slug: keep, id: keep, name: within, definition: definitionMask, version: keep, enabled: keep, status: keep, rows: keep, next_run_at: keep, last_run: (value, masking) => (value === null ? null : runMask(value, masking)),
  fed: keep, created_at: keep, created_by: keep, updated_at: keep, updated_by: keep, updated_by_name: keep,
});
export const modelListMask = fields({ data: listOf(modelMask) });
export const modelChangedMask = fields({ changed: keep, model: modelMask });
export const versionListMask = fields({ data: listOf(fields({ version: keep, definition: definitionMask, at: keep, author: keep })) });
export const previewMask = fields({ columns: keep, rows: listOf(hide), is_cut: keep, key_problems: listOf(told), took_ms: keep });
export const changesMask = pageOf(fields({ seq: keep, run: keep, change: keep, at: keep, key: hide, row: hide, before: hide, is_suppressed: keep, in_force: keep }));
