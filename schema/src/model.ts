// A model: a query whose rows have a key. What of it changes between two readings becomes row changes, which subscriptions send to
// destinations and which may feed people and events.
import { z } from "zod";
import { sourceSlug } from "./api/workspace.ts";
import { isTimeZone } from "./time-zone.ts";
import { warehouseQuery } from "./warehouse/query.ts";

export const columnName = z.string().min(1).max(300);
const slug = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "Small letters, digits, - and _, at most 63.");

/** When it is read, besides by hand. */
export const modelSchedule = z.union([
  z.strictObject({
    cron: z.string().min(9).max(200).meta({ description: "Five fields: minute, hour, day of the month, month, day of the week." }),
    zone: z.string().max(64).refine(isTimeZone, "A name such as Europe/Berlin.").meta({ description: "Whose clock the fields are read by." }),
  }),
  z.strictObject({ everyMinutes: z.int().min(1).max(44_640) }),
  z.strictObject({ afterImport: sourceSlug.meta({ description: "Whenever an import into this source is done." }) }),
]);
export type ModelSchedule = z.infer<typeof modelSchedule>;

/** Where values of a call come from: columns by the name that they get there. `"*"`: every column that is not used otherwise, by its own name. */
const taken = z.union([z.literal("*"), z.record(z.string().min(1).max(300), columnName).refine((all) => Object.keys(all).length <= 1_000, "At most 1,000 columns.")]);
const person = {
  userId: columnName.optional(),
  anonymousId: columnName.optional(),
};
const fed = {
  source: sourceSlug.meta({ description: "The source that the calls belong to." }),
  /** Calls of rows that are history move nothing outward, as those of imports. */
  historical: z.boolean().default(true),
  /** When it happened; without it, when the row was read. */
  timestamp: columnName.optional(),
};

/** What rows become in a source of the workspace. A row of a track model is sent once. */
export const modelFeeds = z.discriminatedUnion("call", [
  z.strictObject({ call: z.literal("identify"), ...fed, ...person, traits: taken.default("*") }),
  z.strictObject({ call: z.literal("group"), ...fed, ...person, groupId: columnName, traits: taken.default("*") }),
  z.strictObject({
    call: z.literal("track"), ...fed, ...person, properties: taken.default("*"),
    event: z.union([z.strictObject({ name: z.string().min(1).max(512) }), z.strictObject({ column: columnName })]),
  }),
]);
export type ModelFeeds = z.infer<typeof modelFeeds>;

export const modelDefinition = z.strictObject({
  warehouse: slug.nullable().meta({ description: "Where it is read; null: the workspace's own tables." }),
  query: warehouseQuery,
  key: z.array(columnName).min(1).max(8).refine((names) => new Set(names).size === names.length, "Each column once.").meta({ description: "The columns that say which row it is: together in no two rows, and in none null." }),
  person: z.strictObject({ column: columnName, namespace: z.string().regex(/^[a-z][a-z0-9_]{0,62}$/) }).optional().meta({ description: "Whom a row is about." }),
  schedule: modelSchedule.optional(),
  feeds: modelFeeds.optional(),
  stopShare: z.number().min(0).max(1).default(0.3).meta({ description: "A run that would remove more than this part of the rows stops and asks; 1: none does." }),
});
export type ModelDefinition = z.infer<typeof modelDefinition>;

export const rowChanges = ["added", "changed", "removed"] as const;
export type RowChange = (typeof rowChanges)[number];

/**
 * `asking`: compared, and waits for somebody to accept what it found. `done`: what it found is in force. `failed`: nothing of it is.
 * `stopped`: somebody stopped or refused it, or a later run took its place; nothing of it is in force.
 */
export const runStatuses = ["waiting", "reading", "comparing", "asking", "done", "failed", "stopped"] as const;
export type RunStatus = (typeof runStatuses)[number];
/** `forget`: nothing was read; rows about somebody who is to be forgotten were taken away. */
export const runCauses = ["schedule", "manual", "import", "forget"] as const;
export type RunCause = (typeof runCauses)[number];
