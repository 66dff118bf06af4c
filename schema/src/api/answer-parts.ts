// What every answer of the API shares: ids, times, paging, problem details.
import { z } from "zod";

/** How many rows a page has when the caller does not say, and at most. */
export const PAGE_LIMIT_DEFAULT = 50;
export const PAGE_LIMIT_MAX = 200;

/** An id in the form of a UUID. Ids are hashes, so the version digits carry no meaning. */
export const guid = z.guid().toLowerCase();

export const isoTime = z.string().meta({ format: "date-time", description: "ISO 8601 in UTC, with milliseconds." });

export const rowIdNumber = z.int().nonnegative().meta({ description: "Position in the event log; grows in log order." });

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(PAGE_LIMIT_DEFAULT),
  cursor: z.string().max(2000).optional().meta({ description: "`next_cursor` of the page before." }),
});

/** Beside `raw`, for callers without the scope `personal_data`. */
export const rawMasked = z.literal(true).optional().meta({
  description: "`raw` is not what was received: it was parsed, and what is personal in it is masked.",
});

export const nextCursor = z.string().nullable().meta({ description: "Send it as `cursor` for the next page; null on the last." });

/** A page of rows: `{data, next_cursor}`. */
export function pageOf<T extends z.ZodType>(row: T) {
  return z.strictObject({ data: z.array(row), next_cursor: nextCursor });
}

export const problem = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: "Stable; programs decide by it." }),
    message: z.string(),
    hint: z.string().meta({ description: "What to do next." }),
    request_id: z.string(),
  })
  .meta({ id: "Problem", description: "Problem details (RFC 9457)." });
export type Problem = z.infer<typeof problem>;

export const identifier = z
  .strictObject({ namespace: z.string().min(1).max(63), value: z.string().min(1).max(2048) })
  .meta({ id: "Identifier" });

/** What a change answers: its place in the log, and whether the pipeline has already acted on it. */
export const changeReceipt = z
  .strictObject({
    row_id: rowIdNumber,
    processed: z.boolean().meta({ description: "False with status 202: accepted and durable, not yet in force." }),
  })
  .meta({ id: "ChangeReceipt" });

export const scope = z.enum(["read", "write", "admin", "personal_data", "reveal", "audit", "service", "installation"]).meta({
  id: "Scope",
  description:
    "`read` looks, and sees people masked; `write` changes people and events, `admin` changes the workspace (and includes both and `audit`), " +
    "`personal_data` may see and touch what is known about people (and includes `reveal`), `reveal` may see one hidden value at a time for a stated reason, " +
    "`audit` reads the audit log, `service` helps one person at a time: corrections, notes, promises, consents, " +
    "`installation` makes workspaces, sees and renames all of them, and begins copies of the server.",
});
export type Scope = z.infer<typeof scope>;
