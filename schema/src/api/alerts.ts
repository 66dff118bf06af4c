// Alerts over the API: what is wrong and was, what is watched with which settings, and whom it is told.
import { z } from "zod";
import { isoTime, pageOf, pageQuery } from "./answer-parts.ts";

const id = z.coerce.number().int().min(1).max(2_147_483_647);
const facts = z.record(z.string(), z.union([z.string(), z.number(), z.null()])).meta({ description: "Figures, by kind." });

export const alertStatus = z.enum(["open", "acknowledged", "closed"]);
export type AlertStatus = z.infer<typeof alertStatus>;

const author = { by: z.string(), by_name: z.string().nullable() };

export const alertShown = z
  .strictObject({
    id: z.int(),
    kind: z.string(),
    subject: z.string().meta({ description: "What it is about, such as `source:4` or `destination:its-slug`; empty for the workspace itself." }),
    name: z.string().meta({ description: "What that is called." }),
    link: z.string().meta({ description: "Its page in the console." }),
    status: alertStatus,
    sentence: z.string().meta({ description: "What is wrong, or was, in words with figures." }),
    since: isoTime.meta({ description: "When it began to be wrong." }),
    opened_at: isoTime,
    closed_at: isoTime.nullable(),
    closed_why: z.enum(["", "well", "gone", "off"]).meta({ description: "`gone`: what it was about is gone or switched off; `off`: its rule is." }),
    facts,
    acknowledged: z.strictObject({ at: isoTime, ...author }).nullable(),
    snoozed: z.strictObject({ until: isoTime, ...author }).nullable(),
    told: z.strictObject({ sent: z.int(), waiting: z.int(), failed: z.int() }).meta({ description: "Tellings to channels, by what became of them." }),
  })
  .meta({ id: "Alert" });
export type AlertShown = z.infer<typeof alertShown>;

export const alertListQuery = pageQuery.extend({
  status: z.enum(["open", "closed", "all"]).default("all").meta({ description: "`open`: acknowledged ones too." }),
  kind: z.string().max(60).optional(),
});
export const alertList = pageOf(alertShown);
export type AlertList = z.infer<typeof alertList>;

export const alertParams = z.strictObject({ id });

export const alertTelling = z.strictObject({
  channel_id: z.int(), channel_name: z.string(), channel_kind: z.string(), change: z.enum(["opened", "closed", "still_open"]), at: isoTime, status: z.enum(["waiting", "sent", "failed"]), attempts: z.int(),
  sent_at: isoTime.nullable(), next_at: isoTime.nullable(), detail: z.string().meta({ description: "Why the last attempt failed." }),
});
export const alertDetail = alertShown.extend({ tellings: z.array(alertTelling) }).meta({ id: "AlertDetail" });
export type AlertDetail = z.infer<typeof alertDetail>;

export const alertSummary = z
  .strictObject({ open: z.int().meta({ description: "That nobody has acknowledged, and that are not snoozed." }), acknowledged: z.int(), snoozed: z.int().meta({ description: "Of those that nobody has acknowledged." }) })
  .meta({ id: "AlertSummary" });
export type AlertSummary = z.infer<typeof alertSummary>;

export const snoozeBody = z.strictObject({ until: z.iso.datetime({ offset: true }).nullable().meta({ description: "Null ends it at once." }) });

// ── Rules ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const params = z.record(z.string().max(60), z.union([z.string().max(60), z.number(), z.boolean()]));
const rule = { enabled: z.boolean(), params, is_default: z.boolean(), updated_at: isoTime.nullable(), updated_by: z.string().nullable() };

export const alertRules = z
  .strictObject({
    data: z.array(z.strictObject({
      kind: z.string(), name: z.string(), what: z.string(), ...rule,
      fields: z.array(z.strictObject({
        key: z.string(), title: z.string(), description: z.string(), default: z.union([z.string(), z.number(), z.boolean()]), choices: z.array(z.string()).nullable(), min: z.number().nullable(), max: z.number().nullable(),
        is_whole: z.boolean(),
      })),
      subjects: z.strictObject({ of: z.string(), own: z.array(z.strictObject({ subject: z.string(), name: z.string(), ...rule })) }).nullable()
        .meta({ description: "Single things with settings of their own; null where there is one rule for all." }),
    })),
  })
  .meta({ id: "AlertRules" });
export type AlertRules = z.infer<typeof alertRules>;
export type AlertRuleShown = AlertRules["data"][number];

export const alertRuleBody = z.strictObject({
  kind: z.string().max(60), subject: z.string().max(200).default(""), enabled: z.boolean().default(true), params: z.record(z.string().max(60), z.unknown()).default({}),
});
export const alertRuleReset = z.strictObject({ kind: z.string().max(60), subject: z.string().max(200).default("") });

// ── Channels ──────────────────────────────────────────────────────────────────────────────────────────────────────

export const alertChannelKind = z.enum(["mail", "webhook", "chat"]);
export type AlertChannelKind = z.infer<typeof alertChannelKind>;

export const alertChannel = z
  .strictObject({
    id: z.int(), kind: alertChannelKind, name: z.string(), hint: z.string().meta({ description: "What may be shown of where it goes; addresses are never told again." }), enabled: z.boolean(),
    kinds: z.array(z.string()).nullable().meta({ description: "Of the alerts that it is told; null: all." }), updated_at: isoTime, updated_by: z.string(), last_sent_at: isoTime.nullable(), waiting: z.int(), last_problem: z.string(),
  })
  .meta({ id: "AlertChannel" });
export type AlertChannel = z.infer<typeof alertChannel>;

export const alertChannelList = z.strictObject({ data: z.array(alertChannel), has_mail: z.boolean().meta({ description: "Whether this server can send mail." }) });
export type AlertChannelList = z.infer<typeof alertChannelList>;

const settings = z.record(z.string().max(60), z.unknown()).meta({ description: "Mail: `to`, addresses. Webhook: `url` and, to be signed, `secret`. Chat: `url` of an incoming webhook." });
const name = z.string().trim().min(1).max(100);
const kinds = z.array(z.string().max(60)).min(1).max(50).nullable();

export const alertChannelCreate = z.strictObject({ kind: alertChannelKind, name, settings, enabled: z.boolean().default(true), kinds: kinds.default(null) });
export const alertChannelChange = z.strictObject({ name: name.optional(), settings: settings.optional(), enabled: z.boolean().optional(), kinds: kinds.optional() });
export const alertChannelTest = z.strictObject({ ok: z.boolean(), detail: z.string().nullable() });
export type AlertChannelTest = z.infer<typeof alertChannelTest>;
