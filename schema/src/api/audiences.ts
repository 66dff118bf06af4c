// Audiences over the API: kept ones, and questions about a definition that nobody has saved.
import { z } from "zod";
import { definition } from "../audience/definition.ts";
import { guid, isoTime, nextCursor, pageQuery } from "./answer-parts.ts";

export const audienceSlug = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "Small letters, digits, - and _, at most 63.").meta({ description: "By which other audiences and programs name it; never changes." });
export const audienceStatus = z.enum(["filling", "active", "failed", "archived"]).meta({ id: "AudienceStatus", description: "`filling`: counted for the first time, or anew after a change." });
const folder = z.string().max(200).meta({ description: "Names joined by /; empty for none." });

export const audience = z
  .strictObject({
    slug: audienceSlug,
    name: z.string(),
    description: z.string(),
    folder,
    status: audienceStatus,
    problem: z.string().nullable().meta({ description: "Why it failed, and what to do." }),
    size: z.int().meta({ description: "People in it now." }),
    filled_at: isoTime.nullable(),
    version: z.int(),
    sentence: z.strictObject({ en: z.string(), de: z.string() }),
    created_at: isoTime,
    created_by: z.string(),
    updated_at: isoTime,
    updated_by: z.string(),
    updated_by_name: z.string().nullable().meta({ description: "What that member or token is called; null for one that is not there any more." }),
  })
  .meta({ id: "Audience" });
export type Audience = z.infer<typeof audience>;

export const usedBy = z.strictObject({ kind: z.enum(["audience", "computed_trait", "list", "subscription"]).meta({ description: "Of a subscription, `slug` is the destination's." }), slug: z.string(), name: z.string() }).meta({ id: "UsedBy" });
export const audienceDetail = audience.extend({ definition, used_by: z.array(usedBy), uses: z.array(usedBy) }).meta({ id: "AudienceDetail" });
export type AudienceDetail = z.infer<typeof audienceDetail>;

/** GET /audiences */
export const audienceListQuery = pageQuery.extend({
  search: z.string().max(200).optional().meta({ description: "In names, slugs, descriptions and sentences." }),
  folder: folder.optional(),
  status: z.enum(["filling", "active", "failed", "archived", "in_use"]).default("in_use").meta({ description: "`in_use`: all but archived ones." }),
});
export const audienceList = z.strictObject({ data: z.array(audience), next_cursor: nextCursor, folders: z.array(z.strictObject({ folder, count: z.int() })) });
export type AudienceList = z.infer<typeof audienceList>;

/** POST /audiences */
export const audienceCreate = z.strictObject({
  slug: audienceSlug.optional().meta({ description: "Without it, one is made of the name." }),
  name: z.string().trim().min(1).max(200),
  description: z.string().max(2_000).default(""),
  folder: folder.default(""),
  definition,
});
/** PATCH /audiences/{slug}; a new definition is a new version. */
export const audienceChange = z.strictObject({
  name: z.string().trim().min(1).max(200).optional(),
  description: z.string().max(2_000).optional(),
  folder: folder.optional(),
  definition: definition.optional(),
  version: z.int().optional().meta({ description: "The version that was changed; refused (409) when there is a newer one." }),
});
/** POST /audiences/{slug}/archive: refused (409, `in_use`) while others refer to it, which the message names. POST …/restore */
export const audienceVersion = z.strictObject({ version: z.int(), definition, at: isoTime, author: z.string(), author_name: z.string().nullable(), sentence: z.strictObject({ en: z.string(), de: z.string() }) }).meta({ id: "AudienceVersion" });
/** GET /audiences/{slug}/versions */
export const audienceVersions = z.strictObject({ data: z.array(audienceVersion) });
export type AudienceVersions = z.infer<typeof audienceVersions>;

/** GET /audiences/{slug}/members (masked like other people). GET /audiences/{slug}/members/export?format=csv|ndjson|parquet streams. */
export const member = z.strictObject({ profile_id: guid, since: isoTime.nullable().meta({ description: "When they entered; null where nobody is a member yet." }), name: z.string().nullable(), identifiers: z.array(z.strictObject({ namespace: z.string(), value: z.string() })) }).meta({ id: "AudienceMember" });
export const memberList = z.strictObject({ data: z.array(member), next_cursor: nextCursor });
/** Of somebody in an audience, in a file. */
export const memberColumn = z.string().min(1).max(520).regex(/^(id|since|known|identifiers|trait\..+)$/su, "`id`, `since`, `known`, `identifiers`, or `trait.` and its name.");
/** GET /audiences/{slug}/members/export */
export const memberExportQuery = z.strictObject({
  format: z.enum(["csv", "ndjson", "parquet"]).default("csv"),
  traits: z.string().max(8_000).default("").meta({ description: "Names of traits, one a column, with commas between." })
    .transform((text) => [...new Set(text.split(",").map((name) => name.trim()).filter((name) => name !== ""))]).pipe(z.array(z.string().max(512)).max(100)),
  columns: z.string().max(8_000).optional().meta({ description: "Instead of `traits`: what each row holds, in this order, with commas between: `id`, `since`, `known`, `identifiers`, and traits as `trait.plan`." })
    .transform((text) => (text === undefined ? undefined : [...new Set(text.split(",").map((name) => name.trim()).filter((name) => name !== ""))])).pipe(z.array(memberColumn).min(1).max(100).optional()),
  row_limit: z.coerce.number().int().min(1).max(1_000_000).optional().meta({ description: "At most so many; everybody when left out." }),
});
export const whyQuery = z.strictObject({ at: z.iso.datetime({ offset: true }).optional() });
/** GET /audiences/{slug}/… about one person. */
export const audiencePersonParams = z.strictObject({ slug: audienceSlug, profile_id: guid });
export const audienceReason = z.enum(["event", "deadline", "trait", "definition", "merge", "unmerge", "deletion", "list", "first_fill", "late_event", "import", "repair"]);
export const changesQuery = pageQuery.extend({ reason: audienceReason.optional() });
export const sizesQuery = z.strictObject({ days: z.coerce.number().int().min(1).max(730).default(30).meta({ description: "Up to 3 days are told by the hour, more by the day in the workspace's time zone." }) });
export const asOfQuery = z.strictObject({ at: z.iso.datetime({ offset: true }), sample: z.coerce.number().int().min(0).max(50).default(10) });
export type AudienceMembers = z.infer<typeof memberList>;

// ── While editing ─────────────────────────────────────────────────────────────────────────────────────────────────

/** POST /audiences/preview */
export const previewBody = z.strictObject({
  definition,
  /** What is wanted; each costs time of its own. */
  sample: z.int().min(0).max(50).default(0),
  by: z.string().max(512).optional().meta({ description: "A trait: how many have each value of it." }),
  by_computed: z.string().min(1).max(128).optional().meta({ description: "The same of a computed trait, by its slug, where no trait is asked for." }),
  overlap: z.array(audienceSlug).max(6).default([]),
  reach: z.boolean().default(false),
  parts: z.boolean().default(false).meta({ description: "How many meet each condition of the definition on its own." }),
});
export const preview = z
  .strictObject({
    size: z.int(),
    of: z.int().meta({ description: "People whom the definition is drawn from." }),
    at: isoTime.meta({ description: "All of it is exact for this instant, at most a minute ago." }),
    took_ms: z.number(),
    sentence: z.strictObject({ en: z.string(), de: z.string() }),
    next_change_at: isoTime.nullable().meta({ description: "When the passing of time first changes somebody." }),
    parts: z.array(z.strictObject({ path: z.string().meta({ description: "JSON pointer of the condition in `who`." }), size: z.int() })),
    sample: z.array(member),
    breakdown: z.array(z.strictObject({ value: z.string().nullable(), size: z.int() })).meta({ description: "The most frequent values; null: the trait is not set." }),
    breakdown_rest: z.int().meta({ description: "People with a value that `breakdown` does not name." }),
    overlap: z.array(z.strictObject({ audiences: z.array(audienceSlug), only: z.int().meta({ description: "In the previewed one and in exactly these of the chosen." }) })),
    reach: z.array(z.strictObject({ channel: z.enum(["email", "phone", "push"]), address: z.int(), consent: z.int(), reachable: z.int() })),
  })
  .meta({ id: "AudiencePreview" });
export type Preview = z.infer<typeof preview>;

/** POST /audiences/flow: expected entries and exits for each of the last days, as the definition would have seen them. */
export const flowBody = z.strictObject({ definition, days: z.int().min(1).max(90).default(14) });
export const flow = z.strictObject({ days: z.array(z.strictObject({ day: z.string(), size: z.int(), entered: z.int(), left: z.int() })), took_ms: z.number() }).meta({ id: "AudienceFlow" });
export type AudienceFlow = z.infer<typeof flow>;

/** POST /audiences/compare: who would enter and leave, before saving. */
export const compareBody = z.strictObject({ slug: audienceSlug, definition, sample: z.int().min(0).max(50).default(10) });
export const comparison = z
  .strictObject({
    stay: z.int(), enter: z.int(), leave: z.int(), entering: z.array(member), leaving: z.array(member), took_ms: z.number(),
    sends: z.array(z.strictObject({
      destination: z.string().meta({ description: "Its slug." }), name: z.string(), adds: z.int().meta({ description: "At most: who does not allow it is not told." }), removes: z.int(),
      asks: z.boolean().meta({ description: "It is more than the subscription's share, so that it stops and asks before anything is sent." }),
    })).meta({ description: "What subscriptions of destinations would send, by this audience itself." }),
  })
  .meta({ id: "AudienceComparison" });
export type AudienceComparison = z.infer<typeof comparison>;

const inEach = z.strictObject({ en: z.string(), de: z.string() });
/** What is wrong with a definition; `message` and `hint` are the English ones. */
export const definitionProblem = z.strictObject({
  path: z.string().meta({ description: "JSON pointer within the definition." }), message: z.string(), hint: z.string().nullable(),
  messages: inEach.meta({ description: "`message` in each language." }), hints: inEach.nullable().meta({ description: "`hint` in each language." }),
});
/** POST /audiences/check: what is wrong with a definition, and what it would read. Never 400 for a wrong definition. */
export const checkBody = z.strictObject({
  definition: z.unknown().optional(),
  slug: audienceSlug.optional().meta({ description: "Of the audience that is changed: references that lead back to it are told." }),
});
export const check = z
  .strictObject({
    ok: z.boolean(),
    problems: z.array(definitionProblem),
    warnings: z.array(definitionProblem.pick({ path: true, message: true, messages: true })).meta({ description: "Such as events and properties that never arrived." }),
    sentence: z.strictObject({ en: z.string(), de: z.string() }).nullable(),
    yaml: z.string().nullable(),
    sql: z.string().nullable().meta({ description: "The query that is run, with its bound values written in." }),
  })
  .meta({ id: "AudienceCheck" });
export type AudienceCheck = z.infer<typeof check>;

// ── Why ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** GET /audiences/{slug}/why/{profile_id}?at= */
export const whyNode = z.strictObject({
  path: z.string(), holds: z.boolean(), sentence: z.strictObject({ en: z.string(), de: z.string() }),
  evidence: z.array(z.strictObject({ event: z.string(), row_id: z.int(), message_id: z.string().optional(), at: isoTime, leaves_at: isoTime.nullable(), detail: z.string() })).meta({ description: "Events that decide it, latest first; at most 5." }),
  value: z.strictObject({ en: z.string(), de: z.string() }).nullable().meta({ description: "What was measured or stands there, in words; masked like the trait." }),
  next_at: isoTime.nullable().meta({ description: "When time alone may change it." }),
  to_flip: z.strictObject({ en: z.string(), de: z.string() }).nullable().meta({ description: "The nearest change that would turn it." }),
}).meta({ id: "AudienceWhyNode" });
export const why = z
  .strictObject({
    member: z.boolean(),
    since: isoTime.nullable(),
    at: isoTime,
    reason: z.strictObject({ reason: z.string(), cause_row: z.int().nullable(), version: z.int() }).nullable().meta({ description: "Of the latest entry or exit." }),
    decisive: z.string().nullable().meta({ description: "The path of the first condition that fails, when not a member." }),
    nodes: z.array(whyNode).meta({ description: "The whole first, then each condition with those inside it behind it. The path `from` says whether they are drawn from." }),
    complete: z.boolean().meta({ description: "False: they have more events than were looked at for values and evidence. Whether a condition holds is always exact." }),
  })
  .meta({ id: "AudienceWhy" });
export type AudienceWhy = z.infer<typeof why>;

const change = z.strictObject({ at: isoTime, entered: z.boolean(), reason: z.string(), cause_row: z.int().nullable(), version: z.int() });
/** GET /audiences/{slug}/history/{profile_id}; GET /profiles/{id}/audiences has the audiences of a person. */
export const personHistory = z.strictObject({ data: z.array(change) });
export type PersonHistory = z.infer<typeof personHistory>;
export const personAudiences = z.strictObject({ data: z.array(z.strictObject({ slug: audienceSlug, name: z.string(), since: isoTime.nullable(), reason: z.string().nullable() })) }).meta({ id: "PersonAudiences" });
export type PersonAudiences = z.infer<typeof personAudiences>;
/** GET /audience-preview-progress: while the first preview of somebody who begins to edit is made. */
export const previewProgress = z.strictObject({
  asked: z.int().meta({ description: "Questions that previews of this workspace have lately asked of the engine." }), answered: z.int(),
  people: z.int().meta({ description: "People found so far." }),
}).meta({ id: "AudiencePreviewProgress" });
export type PreviewProgress = z.infer<typeof previewProgress>;
/** GET /audiences/{slug}/sizes?days= */
export const sizes = z.strictObject({ data: z.array(z.strictObject({ at: isoTime, size: z.int(), entered: z.int(), left: z.int() })) }).meta({ id: "AudienceSizes" });
export type AudienceSizes = z.infer<typeof sizes>;
/** GET /audience-trends: how large several audiences were, a number a day. */
export const trendsQuery = z.strictObject({
  audiences: z.string().max(16_000).meta({ description: "Their slugs, with commas between; at most 200. What is none is left out of the answer." })
    .transform((text) => [...new Set(text.split(",").map((slug) => slug.trim()).filter((slug) => slug !== ""))]).pipe(z.array(z.string()).max(200)),
  days: z.coerce.number().int().min(4).max(90).default(28),
});
export const trends = z.strictObject({
  data: z.array(z.strictObject({ slug: audienceSlug, sizes: z.array(z.int().nullable()) })),
  at: z.array(isoTime).meta({ description: "Of the numbers in `sizes`: the end of each day in the workspace's time zone, and now. There is null until an audience was first counted." }),
}).meta({ id: "AudienceTrends" });
export type AudienceTrends = z.infer<typeof trends>;
/** GET /audiences/{slug}/changes: the membership log, newest first, with whom each is about (masked like other people). */
export const changeList = z.strictObject({
  data: z.array(change.extend({
    profile_id: guid.meta({ description: "As it was written. Of who has since been merged, the person whom it names is the one that is left." }),
    name: member.shape.name, identifiers: member.shape.identifiers,
  })),
  next_cursor: nextCursor,
});
export type AudienceChanges = z.infer<typeof changeList>;
/** GET /audiences/{slug}/as-of?at=: who we had in (`log`), and how many a recompute with the events known today gives (`recomputed`). */
export const asOf = z.strictObject({ at: isoTime, log: z.int(), recomputed: z.int().nullable(), sample: z.array(member) }).meta({ id: "AudienceAsOf" });
export type AudienceAsOf = z.infer<typeof asOf>;

// ── Suggestions ───────────────────────────────────────────────────────────────────────────────────────────────────

/** GET /audiences/values?place=trait|property&event=&path=: the most frequent values, with counts; masked when personal. */
export const valuesQuery = z.strictObject({ place: z.enum(["trait", "property", "context"]), event: z.string().max(512).default(""), path: z.string().min(1).max(2_000), search: z.string().max(200).default("") });
export const values = z.strictObject({ data: z.array(z.strictObject({ value: z.union([z.string(), z.number(), z.boolean()]), count: z.int() })), masked: z.boolean() });
export type AudienceValues = z.infer<typeof values>;

/** GET /audiences/templates: ready definitions in the words of this workspace. */
export const template = z.strictObject({
  id: z.string(), name: z.strictObject({ en: z.string(), de: z.string() }), about: z.strictObject({ en: z.string(), de: z.string() }),
  definition: definition.nullable().meta({ description: "Null where the vocabulary lacks a word that it needs." }), needs: z.array(z.string()),
}).meta({ id: "AudienceTemplate" });
export const templates = z.strictObject({ data: z.array(template) });
export type AudienceTemplates = z.infer<typeof templates>;

// ── Lists ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export const list = z.strictObject({ slug: audienceSlug, name: z.string(), kind: z.enum(["uploaded", "by_hand", "frozen"]), frozen_of: z.string().nullable(), size: z.int(), created_at: isoTime, created_by: z.string() }).meta({ id: "AudienceList" });
export const lists = z.strictObject({ data: z.array(list) });
export type AudienceLists = z.infer<typeof lists>;
export const listDetail = list.extend({ used_by: z.array(usedBy) }).meta({ id: "AudienceListDetail" });
/** POST /audience-lists */
export const listCreate = z.strictObject({
  slug: audienceSlug.optional().meta({ description: "Without it, one is made of the name." }),
  name: z.string().trim().min(1).max(200),
  kind: z.enum(["uploaded", "by_hand"]).default("by_hand").meta({ description: "Of a list that is no frozen copy." }),
  frozen_of: audienceSlug.optional().meta({ description: "An audience: a copy of who is in it now, which never changes by itself or by hand." }),
});
/** PATCH /audience-lists/{slug} */
export const listChange = z.strictObject({ name: z.string().trim().min(1).max(200) });
/** DELETE /audience-lists/{slug}: refused (409, `in_use`) while audiences refer to it. */
export const listDeleted = z.strictObject({ slug: audienceSlug, size: z.int() });
/** GET /audience-lists/{slug}/members: by the person's id. `since`: when they were put on it. */
export const listMemberList = z.strictObject({ data: z.array(member.extend({ since: isoTime, added_by: z.string() })), next_cursor: nextCursor });
/** POST /audience-lists/{slug}/members: at most 10,000 at once; identifiers that nobody has are told back. */
export const listMembersBody = z.strictObject({
  add: z.array(z.union([z.strictObject({ profile_id: guid }), z.strictObject({ namespace: z.string(), value: z.string() })])).max(10_000).default([]),
  remove: z.array(z.union([z.strictObject({ profile_id: guid }), z.strictObject({ namespace: z.string(), value: z.string() })])).max(10_000).default([]),
});
export const listMembersAnswer = z.strictObject({
  added: z.int().meta({ description: "People who were not on it before." }), removed: z.int(),
  unknown: z.array(z.int()).meta({ description: "Places in `add` that name nobody." }), size: z.int(),
});
export type ListMembersAnswer = z.infer<typeof listMembersAnswer>;

// ── Apply ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** GET /audiences/export: a file (YAML) of the audiences in use; as `application/yaml` when that is asked for by `Accept`. */
export const exportQuery = z.strictObject({ folder: folder.optional().meta({ description: "Those of it, and of the folders within it." }) });
export const exportAnswer = z.strictObject({ yaml: z.string() }).meta({ id: "AudienceExport" });
/** POST /audiences/apply?dry_run=true: makes the workspace's audiences as such a file says. */
export const applyQuery = z.strictObject({ dry_run: z.enum(["true", "false"]).default("false") });
export const applyBody = z.strictObject({ yaml: z.string().max(2_000_000), prune: z.boolean().default(false).meta({ description: "Archives those in use that the file leaves out." }) });
export const applyAnswer = z.strictObject({
  dry_run: z.boolean(),
  plan: z.array(z.strictObject({
    slug: z.string(), action: z.enum(["create", "change", "restore", "archive", "keep"]), fields: z.array(z.string()),
    enter: z.int().nullable().meta({ description: "People who would enter; null where it was not counted." }), leave: z.int().nullable(),
  })),
}).meta({ id: "AudienceApply" });
