// What is wrong and what was, who looks after it, and what is watched with which settings.
import { z } from "zod";
import type { ClientBase } from "pg";
import {
  alertDetail, alertList, alertListQuery, alertParams, alertRuleBody, alertRuleReset, alertRules, alertShown, alertSummary, snoozeBody, type AlertRules, type AlertShown,
} from "@tributary/schema/api/alerts.ts";
import {
  acknowledgeAlert, countAlerts, namesOfSubjects, presentAlert, readAlerts, readRulesOf, readTellings, resetRule, sentenceOf, setRule, snoozeAlert, defaultsOf, type AlertKind, type StoredAlert, type StoredRule,
} from "../alerts/alerts.ts";
import { namesOfActors } from "../governance/governance.ts";
import { fields, keep, listOf, pageOf, within, type Mask } from "./answer-masks.ts";
import type { ApiServices } from "./api-services.ts";
import { cursorId, decodeCursor, pageFrom } from "./cursor.ts";
import { defineRoute, type Route } from "./define-route.ts";

export const ALERTS_TAG = "Alerts";
const placeShape = z.tuple([cursorId, cursorId]);

/** What a vendor said stands among the figures, and may quote a value of somebody's. */
const factsMask: Mask = (value, masking) => fields(Object.fromEntries(Object.keys(Object(value)).map((name) => [name, name === "detail" ? within : keep])))(value, masking);
const shownAlert = {
  id: keep, kind: keep, subject: keep, name: keep, link: keep, status: keep, sentence: within, since: keep, opened_at: keep, closed_at: keep, closed_why: keep, acknowledged: keep, snoozed: keep, told: keep,
  facts: factsMask,
};
const alertMask = fields(shownAlert);
const tellingMask = fields({ channel_id: keep, channel_name: keep, channel_kind: keep, change: keep, at: keep, status: keep, attempts: keep, sent_at: keep, next_at: keep, detail: within });

export function alertRoutes(services: ApiServices): Route[] {
  return [listRoute(services), summaryRoute(services), oneRoute(services), acknowledgeRoute(services), snoozeRoute(services), rulesRoute(services), setRuleRoute(services), resetRuleRoute(services)];
}

async function shownAlerts(db: ClientBase, workspaceId: number, alerts: readonly StoredAlert[]): Promise<AlertShown[]> {
  const names = await namesOfActors(db, workspaceId, alerts.flatMap(({ acknowledgedBy, snoozedBy }) => [acknowledgedBy, snoozedBy].filter((by) => by !== null)));
  const byOf = (by: string): { by: string; by_name: string | null } => ({ by, by_name: names.get(by) ?? null });
  return alerts.map((one) => ({
    id: one.id, kind: one.kind, subject: one.subject, name: one.name, link: one.link, status: one.status, sentence: sentenceOf(one, one.facts), since: one.since.toISOString(), opened_at: one.openedAt.toISOString(),
    closed_at: one.closedAt?.toISOString() ?? null, closed_why: one.closedWhy as AlertShown["closed_why"], facts: { ...one.facts }, // Written by the watch, which knows these.
    acknowledged: one.acknowledgedAt === null ? null : { at: one.acknowledgedAt.toISOString(), ...byOf(one.acknowledgedBy ?? "") },
    snoozed: one.snoozedUntil === null ? null : { until: one.snoozedUntil.toISOString(), ...byOf(one.snoozedBy ?? "") },
    told: { sent: one.sent, waiting: one.waiting, failed: one.failed },
  }));
}

async function shownOne(db: ClientBase, workspaceId: number, alert: StoredAlert): Promise<AlertShown> {
  const [shown] = await shownAlerts(db, workspaceId, [alert]);
  return shown as AlertShown; // One alert gives one.
}

function listRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET", path: "/alerts", tag: ALERTS_TAG, scopes: ["read"], summary: "What is wrong, and what was", description: "Open ones first, then closed ones; each the newest first.",
    query: alertListQuery, masks: pageOf(alertMask), responses: { 200: alertList },
    handle: async ({ query, workspaceId }) => {
      const body = await deps.workspaceDb.run(workspaceId, async (db) => {
        const rows = await readAlerts(db, workspaceId, { status: query.status, kind: query.kind, after: decodeCursor(placeShape, query.cursor), limit: query.limit + 1 });
        const page = pageFrom(rows, query.limit, (row) => row, (row) => [row.status === "closed" ? 1 : 0, row.id]);
        return { ...page, data: await shownAlerts(db, workspaceId, page.data) };
      });
      return { status: 200, body };
    },
  });
}

function summaryRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET", path: "/alert-summary", tag: ALERTS_TAG, scopes: ["read"], summary: "How many alerts there are", responses: { 200: alertSummary },
    handle: async ({ workspaceId, nowMs }) => ({ status: 200, body: await deps.workspaceDb.run(workspaceId, (db) => countAlerts(db, workspaceId, nowMs)) }),
  });
}

function oneRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET", path: "/alerts/{id}", tag: ALERTS_TAG, scopes: ["read"], summary: "One alert", description: "With what each channel was told of it, and what became of that.", params: alertParams,
    masks: fields({ ...shownAlert, tellings: listOf(tellingMask) }), responses: { 200: alertDetail },
    handle: async ({ params, workspaceId }) => {
      const body = await deps.workspaceDb.run(workspaceId, async (db) => {
        const alert = await presentAlert(db, workspaceId, params.id);
        const tellings = await readTellings(db, workspaceId, alert.id);
        return {
          ...(await shownOne(db, workspaceId, alert)),
          tellings: tellings.map((one) => ({
            channel_id: one.channelId, channel_name: one.channelName, channel_kind: one.channelKind, change: one.change, at: one.at.toISOString(), status: one.status, attempts: one.attempts,
            sent_at: one.sentAt?.toISOString() ?? null, next_at: one.status === "waiting" ? one.nextAt.toISOString() : null, detail: one.detail,
          })),
        };
      });
      return { status: 200, body };
    },
  });
}

function acknowledgeRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "POST", path: "/alerts/{id}/acknowledge", tag: ALERTS_TAG, scopes: ["write"], summary: "Say that somebody looks after it", description: "It stays open until it is well, and that is told all the same.",
    params: alertParams, masks: alertMask, responses: { 200: alertShown },
    handle: async ({ params, workspaceId, actor, nowMs }) =>
      ({ status: 200, body: await deps.workspaceDb.transaction(workspaceId, async (db) => shownOne(db, workspaceId, await acknowledgeAlert(db, { workspaceId, actor, nowMs }, params.id))) }),
  });
}

function snoozeRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "POST", path: "/alerts/{id}/snooze", tag: ALERTS_TAG, scopes: ["write"], summary: "Tell nobody until then",
    description: "Nor when it closes and opens again meanwhile. If it is open then, the channels are told.", params: alertParams, body: snoozeBody, masks: alertMask, responses: { 200: alertShown },
    handle: async ({ params, body, workspaceId, actor, nowMs }) => ({
      status: 200,
      body: await deps.workspaceDb.transaction(workspaceId, async (db) =>
        shownOne(db, workspaceId, await snoozeAlert(db, { workspaceId, actor, nowMs }, params.id, body.until === null ? undefined : Date.parse(body.until)))),
    }),
  });
}

// ── Rules ─────────────────────────────────────────────────────────────────────────────────────────────────────────

type RuleShown = AlertRules["data"][number];

/** As its schema has them, so that a new setting shows by itself. */
function fieldsOf(kind: AlertKind): RuleShown["fields"] {
  const { properties = {} } = z.toJSONSchema(kind.params, { io: "input" });
  const defaults = defaultsOf(kind);
  return Object.entries(properties).map(([key, one]) => {
    const field = typeof one === "object" ? one : {};
    return {
      key, title: field.title ?? key, description: field.description ?? "", default: defaults[key] ?? "", choices: field.enum?.map(String) ?? null, min: field.minimum ?? null, max: field.maximum ?? null,
      is_whole: field.type === "integer",
    };
  });
}

const ruleOf = (rule: { readonly enabled: boolean; readonly params: RuleShown["params"] }, stored: StoredRule | undefined) => ({
  enabled: rule.enabled, params: { ...rule.params }, is_default: stored === undefined, updated_at: stored?.updatedAt.toISOString() ?? null, updated_by: stored?.updatedBy ?? null,
});

async function shownRules(db: ClientBase, workspaceId: number): Promise<AlertRules> {
  const all = await readRulesOf(db, workspaceId);
  const names = await namesOfSubjects(db, workspaceId, all.flatMap(({ subjects }) => subjects.map(({ subject }) => subject)));
  return {
    data: all.map(({ kind, rule, stored, subjects }) => ({
      kind: kind.kind, name: kind.name, what: kind.what, ...ruleOf(rule, stored), fields: fieldsOf(kind),
      subjects: kind.subjects === undefined ? null : { of: kind.subjects, own: subjects.map((one) => ({ subject: one.subject, name: names.get(one.subject) ?? one.subject, ...ruleOf(one, one) })) },
    })),
  };
}

function rulesRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET", path: "/alert-rules", tag: ALERTS_TAG, scopes: ["read"], summary: "What is watched", description: "Each kind with the settings in force; the defaults where nothing was set.", responses: { 200: alertRules },
    handle: async ({ workspaceId }) => ({ status: 200, body: await deps.workspaceDb.run(workspaceId, (db) => shownRules(db, workspaceId)) }),
  });
}

function setRuleRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "PUT", path: "/alert-rules", tag: ALERTS_TAG, scopes: ["admin"], summary: "Set what is watched", description: "Of a kind, or of one thing of it by `subject`, which then comes before. What `params` leaves out is as by default.",
    body: alertRuleBody, responses: { 200: alertRules },
    handle: async ({ body, workspaceId, actor, nowMs }) => ({
      status: 200,
      body: await deps.workspaceDb.transaction(workspaceId, async (db) => {
        await setRule(db, { workspaceId, actor, nowMs }, body);
        return shownRules(db, workspaceId);
      }),
    }),
  });
}

function resetRuleRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "POST", path: "/alert-rules/reset", tag: ALERTS_TAG, scopes: ["admin"], summary: "Take a rule back", description: "Of one thing: the kind's is in force again; of a kind: its defaults.", body: alertRuleReset, responses: { 200: alertRules },
    handle: async ({ body, workspaceId, actor, nowMs }) => ({
      status: 200,
      body: await deps.workspaceDb.transaction(workspaceId, async (db) => {
        await resetRule(db, { workspaceId, actor, nowMs }, body.kind, body.subject);
        return shownRules(db, workspaceId);
      }),
    }),
  });
}
