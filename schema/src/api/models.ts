// Models over the API: queries whose rows have a key, their runs, and what of their rows changed.
import { z } from "zod";
import { columnName, modelDefinition, rowChanges, runCauses, runStatuses } from "../model.ts";
import { isoTime, pageOf, pageQuery } from "./answer-parts.ts";

const name = z.string().trim().min(1).max(200);
export const modelSlug = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "Small letters, digits, - and _, at most 63.").meta({ description: "By which programs name it; never changes." });
const row = z.record(z.string(), z.unknown());

const told = z.strictObject({
  code: z.string().meta({ description: "Stable; programs decide by it." }), message: z.string(), count: z.int().optional().meta({ description: "Of rows." }),
  sample: z.array(z.strictObject({ key: z.string(), lines: z.array(z.int()) })).optional().meta({ description: "Some of them: the key, where there is one, and which rows of the result they are, counted from 1." }),
});

export const modelRun = z
  .strictObject({
    id: z.int(), version: z.int().meta({ description: "Of the model, as it was read." }), status: z.enum(runStatuses), cause: z.enum(runCauses),
    accepts: z.boolean().meta({ description: "What it finds is taken without being asked for." }),
    rows: z.int().meta({ description: "Read so far." }), rows_before: z.int(), bytes: z.int(), compared: z.int().meta({ description: "Of `rows` and `rows_before` together." }),
    added: z.int(), changed: z.int(), removed: z.int(),
    columns: z.array(z.strictObject({ name: z.string(), type: z.string() })).nullable(),
    asks: told.nullable().meta({ description: "Why somebody must take what it found." }), problem: told.nullable().meta({ description: "Why it failed or stopped." }),
    due_at: isoTime.nullable().meta({ description: "For when the schedule meant it." }),
    created_at: isoTime, created_by: z.string(), started_at: isoTime.nullable(), finished_at: isoTime.nullable(), answered_by: z.string().nullable(),
  })
  .meta({ id: "ModelRun" });
export type ModelRunShown = z.infer<typeof modelRun>;

export const model = z
  .strictObject({
    slug: modelSlug, id: z.int().meta({ description: "By which subscriptions name it." }), name: z.string(), definition: modelDefinition, version: z.int(), enabled: z.boolean().meta({ description: "Its schedule runs it, and its rows become events." }),
    status: z.enum(["active", "archived"]), rows: z.int().meta({ description: "As of the last run that is in force." }),
    next_run_at: isoTime.nullable().meta({ description: "By its schedule; null: by hand, after an import, or not yet worked out." }),
    last_run: modelRun.nullable(),
    fed: z.strictObject({ events: z.int(), passed_over: z.int().meta({ description: "Rows that became no event: changed or come again in a track model, or without a person." }), is_current: z.boolean(), problem: z.string().nullable() }).nullable(),
    created_at: isoTime, created_by: z.string(), updated_at: isoTime, updated_by: z.string(), updated_by_name: z.string().nullable(),
  })
  .meta({ id: "Model" });
export type ModelShown = z.infer<typeof model>;
export const modelListQuery = z.strictObject({ status: z.enum(["active", "archived"]).default("active"), search: z.string().max(200).optional() });
export const modelList = z.strictObject({ data: z.array(model) });
export type ModelList = z.infer<typeof modelList>;
export const modelParams = z.strictObject({ slug: modelSlug });
export const modelCreate = z.strictObject({ slug: modelSlug.optional().meta({ description: "Without it, one is made of the name." }), name, definition: modelDefinition, enabled: z.boolean().default(true) });
export const modelChangeBody = z.strictObject({
  name: name.optional(), definition: modelDefinition.optional().meta({ description: "Takes the scope `admin`." }), enabled: z.boolean().optional(),
  version: z.int().optional().meta({ description: "The version that was changed; refused (409) when there is a newer one." }),
});
export const modelChanged = z.strictObject({ changed: z.array(z.string()), model });
export type ModelChanged = z.infer<typeof modelChanged>;
export const modelVersionList = z.strictObject({ data: z.array(z.strictObject({ version: z.int(), definition: modelDefinition, at: isoTime, author: z.string() })) });

/** POST /models/preview */
export const modelPreviewBody = z.strictObject({
  ...modelDefinition.pick({ warehouse: true, query: true }).shape,
  key: z.array(columnName).max(8).default([]).meta({ description: "Columns that may become the key: what is wrong with them in the sample is told." }),
  limit: z.int().min(1).max(100).default(20),
});
export const modelPreview = z.strictObject({
  columns: z.array(z.strictObject({ name: z.string(), type: z.string(), native_type: z.string(), problem: z.string().nullable() })),
  rows: z.array(row), is_cut: z.boolean().meta({ description: "There are more rows." }),
  key_problems: z.array(told).meta({ description: "In these rows alone; a run looks at all." }),
  took_ms: z.number(),
}).meta({ id: "ModelPreview" });
export type ModelPreview = z.infer<typeof modelPreview>;
/** POST /models/check: never 400 for a wrong one. */
export const modelCheckBody = z.strictObject({ definition: modelDefinition });
export const modelCheck = z.strictObject({ ok: z.boolean(), problems: z.array(z.string()), next_runs: z.array(isoTime).meta({ description: "By its schedule." }) });

// ── Runs ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export const modelRunList = pageOf(modelRun);
export type ModelRunList = z.infer<typeof modelRunList>;
export const modelRunQuery = pageQuery;
export const modelRunAsk = z.strictObject({ accept: z.boolean().default(false).meta({ description: "Take what it finds, also of a first run and where much is removed." }) });
export const modelRunParams = modelParams.extend({ run: z.coerce.number().int().min(1).max(2_147_483_647) });

// ── Rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const keyText = z.string().max(4_000).meta({ description: "JSON array of the key's values as text." });
const rowChange = z
  .strictObject({
    seq: z.int(), run: z.int(), change: z.enum(rowChanges), at: isoTime, key: z.array(z.string()),
    row: row.nullable().meta({ description: "Of a removed one as it was last; null where it is about somebody who is suppressed." }),
    before: row.nullable().meta({ description: "Of a changed one." }),
    is_suppressed: z.boolean(),
    in_force: z.boolean().meta({ description: "False: found by a run that asks." }),
  })
  .meta({ id: "RowChange" });
export const modelChangesQuery = pageQuery.extend({
  run: z.coerce.number().int().min(1).optional().meta({ description: "Of one run, also of one that asks: what would change." }),
  change: z.enum(rowChanges).optional(),
  person: z.string().min(3).max(2_100).optional().meta({ description: "About one person: the namespace that the model names, a colon, and the value. Takes the scope `personal_data`." }),
});
export const modelChanges = pageOf(rowChange);
export type ModelChanges = z.infer<typeof modelChanges>;
export const rowHistoryQuery = z.strictObject({ key: keyText });
export const rowHistory = z.strictObject({
  data: z.array(rowChange.extend({
    deliveries: z.array(z.strictObject({
      destination: z.string(), subscription: z.int(), outcome: z.string(), code: z.string(), detail: z.string(), status: z.int(), attempts: z.int(), finished_at: isoTime, request_id: z.string().nullable(),
    })),
  })).meta({ description: "The newest first, at most 200." }),
});
export type RowHistory = z.infer<typeof rowHistory>;
