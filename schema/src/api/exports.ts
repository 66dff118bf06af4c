// Files about people that left by hand, what questions in SQL answered, and links by which others fetch a file.
import { z } from "zod";
import { guid, isoTime } from "./answer-parts.ts";
import { audienceSlug, memberColumn } from "./audiences.ts";

export const exported = z
  .strictObject({
    id: guid, kind: z.enum(["audience", "people", "share", "table", "query", "answer"]).meta({ description: "`table` and `query`: a file of what a statement in SQL gave; `answer`: what was answered in SQL, as no file." }),
    what: z.string().meta({ description: "The audience's slug, the name of the table; of an answer `console` or `endpoint`; else nothing." }), format: z.string(), columns: z.array(z.string()),
    share_id: guid.nullable(), status: z.enum(["running", "done", "broken_off"]).meta({ description: "`broken_off`: who stands in its set may have left." }), people: z.int(),
    created_at: isoTime, finished_at: isoTime.nullable(), created_by: z.string(), created_by_name: z.string().nullable(),
    rows: z.int().nullable().meta({ description: "Of the last, where it was asked several times; null: not counted." }),
    statement: z.string().nullable().meta({ description: "What was asked in SQL. Without the scope `personal_data` null: it may name somebody." }),
    parameters: z.record(z.string(), z.string()).nullable().meta({ description: "What was bound to it; likewise." }),
    times: z.int().meta({ description: "How often the same was asked by the same that day (UTC); its people are those of all times." }),
    is_masked: z.boolean().meta({ description: "Values of people were masks." }),
  })
  .meta({ id: "Export" });
export type Exported = z.infer<typeof exported>;
export const exportsQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50), cursor: z.string().max(500).optional() });
export const exportList = z.strictObject({ data: z.array(exported), next_cursor: z.string().nullable() });
export type ExportList = z.infer<typeof exportList>;
/** POST /exports */
export const exportCreate = z
  .strictObject({
    table: z.string().min(1).max(200).optional().meta({ description: "A view that GET /sql/views lists." }),
    columns: z.array(z.string().min(1).max(200)).min(1).max(500).refine((all) => new Set(all).size === all.length, "Each column once.").optional().meta({ description: "Of the table, in this order; all when left out." }),
    statement: z.string().min(1).max(65_536).optional().meta({ description: "Instead of a table: one SELECT." }),
    parameters: z.record(z.string().regex(/^[A-Za-z_]\w{0,99}$/), z.string().max(100_000)).default({}),
    format: z.enum(["csv", "ndjson", "parquet"]).default("csv"),
    row_limit: z.int().min(1).max(1_000_000).default(100_000),
  })
  .refine(({ table, statement }) => (table === undefined) !== (statement === undefined), { message: "Either a table or a statement.", path: ["table"] })
  .refine(({ columns, statement }) => columns === undefined || statement === undefined, { message: "A statement names its columns itself.", path: ["columns"] });
export type ExportCreate = z.input<typeof exportCreate>;
export const exportParams = z.strictObject({ id: guid });
export const exportPeople = z.strictObject({ data: z.array(guid).meta({ description: "As they were called when it left; GET /profiles/{ref} tells who that is by now." }), next_cursor: z.string().nullable() });
export type ExportPeople = z.infer<typeof exportPeople>;
/** GET /profiles/{ref}/exports */
export const personExports = z.strictObject({ data: z.array(exported) });

export const share = z
  .strictObject({
    id: guid, audience: audienceSlug, name: z.string(), columns: z.array(z.string()), row_limit: z.int(), format: z.enum(["csv", "ndjson"]), expires_at: isoTime, revoked_at: isoTime.nullable(), downloads: z.int(),
    works: z.boolean(), created_at: isoTime, created_by: z.string(), created_by_name: z.string().nullable(),
  })
  .meta({ id: "Share" });
export type Share = z.infer<typeof share>;
export const shareList = z.strictObject({ data: z.array(share) });
/** POST /audiences/{slug}/shares */
export const shareCreate = z.strictObject({
  name: z.string().trim().min(1).max(200),
  columns: z.array(memberColumn).min(1).max(100).refine((all) => new Set(all).size === all.length, "Each column once.").meta({ description: "What each row holds, in this order: `id`, `since`, `known`, `identifiers`, and traits as `trait.plan`." }),
  row_limit: z.int().min(1).max(1_000_000).default(100_000),
  hours: z.int().min(1).max(720).default(72).meta({ description: "How long the link works." }),
  format: z.enum(["csv", "ndjson"]).default("csv"),
});
export const shareMade = share.extend({ url: z.url().meta({ description: "Whoever has it has the file. It is shown now and never again." }) }).meta({ id: "ShareMade" });
export type ShareMade = z.infer<typeof shareMade>;
