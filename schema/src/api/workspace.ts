// The control plane: workspace, settings, sources and their write keys, API tokens, rejected keys, audit.
import { z } from "zod";
import { sourceSettings, workspaceSettings } from "../settings.ts";
import { ORIGIN_LENGTH_MAX, originPattern, ORIGINS_MAX } from "./origin.ts";
import { changeReceipt, isoTime, pageOf, pageQuery, scope } from "./answer-parts.ts";

export const workspaceAnswer = z
  .strictObject({
    id: z.int(),
    slug: z.string(),
    name: z.string(),
    time_zone: z.string().meta({ description: "Where its days, weeks and months begin, such as Europe/Berlin." }),
    created_at: isoTime,
    token: z.strictObject({ id: z.int(), name: z.string(), scopes: z.array(scope) }).nullable().meta({ description: "Null for an account." }),
    property_paths: z.strictObject({ known: z.int(), limit: z.int() }).meta({
      description:
        "Names of properties, as paths, that have a place in the event table, first come. Once the limit is reached, a new name is found in the payload as received only.",
    }),
  })
  .meta({ id: "Workspace" });
export type WorkspaceAnswer = z.infer<typeof workspaceAnswer>;

export const settingsAnswer = z.strictObject({
  settings: workspaceSettings,
  row_id: z.int().nullable().meta({ description: "The change that set them; null while the defaults stand." }),
});

export type SettingsAnswer = z.infer<typeof settingsAnswer>;

export const settingsChanged = changeReceipt.extend({ settings: workspaceSettings });

export const sourceKind = z.enum(["website", "server", "mobile", "import", "webhook"]);
/** `console` is built in: what people record in the console itself. Nobody makes one, and it takes no key. */
export const shownSourceKind = z.enum([...sourceKind.options, "console"]);

export const writeKeyAnswer = z.strictObject({
  id: z.int(),
  prefix: z.string(),
  created_at: isoTime,
  revoked_at: isoTime.nullable(),
  expires_at: isoTime.nullable().meta({ description: "From then on it is refused; null: it lives until it is revoked." }),
  events_per_second: z.int().nullable().meta({ description: "What it may send beside what holds for its source; null: no limit of its own." }),
});
export type WriteKeyAnswer = z.infer<typeof writeKeyAnswer>;

const hiddenSecret = sourceSettings.omit({ identityTokenSecret: true, name: true }).extend({ hasIdentityTokenSecret: z.boolean() });

export const sourceAnswer = z
  .strictObject({
    id: z.int(),
    slug: z.string(),
    name: z.string(),
    kind: shownSourceKind,
    enabled: z.boolean(),
    allowed_origins: z.array(z.string()).meta({ description: "Empty: any." }),
    events_per_second: z.int().nullable().meta({ description: "Of all its keys together." }),
    settings: hiddenSecret,
    write_keys: z.array(writeKeyAnswer),
    created_at: isoTime,
  })
  .meta({ id: "Source" });
export type SourceAnswer = z.infer<typeof sourceAnswer>;

export const sourceList = pageOf(sourceAnswer);

const originText = z
  .string()
  .max(ORIGIN_LENGTH_MAX)
  .regex(originPattern, "An origin is a scheme and a host, such as https://shop.example.com.");
// As a caller knows it; it is sealed before it goes anywhere.
const identityTokenSecret = z.string().min(16).max(500);
const sourceWishes = sourceSettings.omit({ name: true }).partial().extend({ identityTokenSecret: identityTokenSecret.optional() });

/** What a source is found by in settings and imports, besides its id. */
export const sourceSlug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "A slug has up to 63 lower-case letters, digits and hyphens, and begins with no hyphen.");

export const sourceCreateBody = z.strictObject({
  name: z.string().trim().min(1).max(200),
  slug: sourceSlug.optional().meta({ description: "Made from the name when absent." }),
  kind: sourceKind.default("website"),
  allowed_origins: z.array(originText).max(ORIGINS_MAX).default([]),
  events_per_second: z.int().min(1).max(1_000_000).nullable().default(null),
  settings: sourceWishes.default({}),
});

export const sourcePatchBody = z.strictObject({
  name: z.string().trim().min(1).max(200).optional(),
  enabled: z.boolean().optional(),
  allowed_origins: z.array(originText).max(ORIGINS_MAX).optional(),
  events_per_second: z.int().min(1).max(1_000_000).nullable().optional(),
  settings: sourceWishes
    .extend({ identityTokenSecret: identityTokenSecret.nullable().optional(), traitRank: z.int().nullable().optional() })
    .optional()
    .meta({ description: "Those named; null takes the secret or the rank away." }),
});

export const newWriteKey = z
  .strictObject({
    id: z.int(),
    prefix: z.string(),
    write_key: z.string().meta({ description: "Shown this once and kept nowhere." }),
  })
  .meta({ id: "NewWriteKey" });
export type NewWriteKey = z.infer<typeof newWriteKey>;

export const sourceCreated = z.strictObject({ source: sourceAnswer, key: newWriteKey });
export type SourceCreated = z.infer<typeof sourceCreated>;
export type SourcePatch = z.input<typeof sourcePatchBody>;

export const numberParam = z.coerce.number().int().min(1).max(2_147_483_647);
export const sourceParams = z.strictObject({ id: numberParam });
export const keyParams = z.strictObject({ id: numberParam, keyId: numberParam });

export const rejectedKeyQuery = z.strictObject({
  prefix: z.string().min(4).max(100).optional().meta({
    description: "The first characters of the key you look for. Needed for unknown keys when the server holds several workspaces.",
  }),
});

export const rejectedKey = z.strictObject({
  key_prefix: z.string(),
  origin: z.string(),
  sdk: z.string(),
  reason: z.string(),
  count: z.int(),
  first_at: isoTime,
  last_at: isoTime,
  source_id: z.int().nullable().meta({ description: "The source that the key belonged to, where it is one of yours." }),
});
export type RejectedKey = z.infer<typeof rejectedKey>;

export const rejectedKeyList = z.strictObject({ data: z.array(rejectedKey), note: z.string() });
export type RejectedKeyList = z.infer<typeof rejectedKeyList>;

export const tokenAnswer = z
  .strictObject({
    id: z.int(),
    name: z.string(),
    prefix: z.string(),
    scopes: z.array(scope),
    created_at: isoTime,
    expires_at: isoTime.nullable(),
    revoked_at: isoTime.nullable(),
    made_by: z.string().nullable().meta({ description: "Who made it, as `actor` in the audit log: it ends when they are removed. Null where nobody is known." }),
  })
  .meta({ id: "Token" });

export type TokenAnswer = z.infer<typeof tokenAnswer>;

export const tokenList = pageOf(tokenAnswer);

export const tokenCreateBody = z.strictObject({
  name: z.string().trim().min(1).max(200),
  scopes: z.array(scope).min(1).max(scope.options.length),
  expires_at: z.iso.datetime({ offset: true }).optional(),
});

export const tokenCreated = z.strictObject({
  token: tokenAnswer,
  secret: z.string().meta({ description: "Shown this once and kept nowhere." }),
});

export type TokenCreated = z.infer<typeof tokenCreated>;

export const tokenParams = z.strictObject({ id: numberParam });

export const auditQuery = pageQuery.extend({
  action: z.string().max(100).optional().meta({ description: "Or how it begins: `person.` for all reads of people." }),
  actor: z.string().max(200).optional(),
  target: z.string().max(300).optional().meta({ description: "`profile:<id>` also finds what tokens read of that person." }),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional().meta({ description: "Not included." }),
  text: z.string().max(200).optional().meta({ description: "Stands in the detail: a reason, a name of a field." }),
});

export const auditEntry = z.strictObject({
  id: z.int(),
  at: isoTime,
  actor: z.string().meta({ description: "`account:<id>`, `token:<id>` or `system`." }),
  actor_name: z.string().nullable().meta({ description: "What the account or token is called now; null once it is gone." }),
  action: z.string(),
  target: z.string(),
  detail: z.record(z.string(), z.unknown()).meta({ description: "Of reads, `count` and `until`: how often it was looked at again, and when last." }),
});
export type AuditEntryAnswer = z.infer<typeof auditEntry>;

export const auditList = pageOf(auditEntry);
export type AuditList = z.infer<typeof auditList>;
