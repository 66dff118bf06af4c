// Subscriptions before they are switched on: what they would make of real events, and one of these sent for real.
import { randomUUID } from "node:crypto";
import { destinationParams, previewSubscription, previewSubscriptionBody, testSend, testSendBody, type TestSend, type WrittenSubscription } from "@tributary/schema/api/destinations.ts";
import { checkFields } from "@tributary/schema/destination/check-fields.ts";
import type { Action, DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import { withoutOptInSettings } from "@tributary/schema/destination/opt-in.ts";
import { payloadOf } from "@tributary/schema/destination/payload.ts";
import type { SubscriptionDefinition } from "@tributary/schema/destination/subscription.ts";
import {
  actionOf, presentDestination, presentSubscription, subscriptionProblems, type AudienceSending, type FieldProblem, type Outcome, type SendResult,
} from "../destinations/destinations.ts";
import { AppError } from "../core/errors.ts";
import { recordAudit } from "../governance/governance.ts";
import { fields, keep, listOf, within, type Mask } from "./answer-masks.ts";
import type { ApiServices } from "./api-services.ts";
import { presentKind } from "./catalog.ts";
import { defineRoute, type Route, type RouteContext } from "./define-route.ts";
import { calling, type Called } from "./destinations.ts";
import { exchangesMask, shownExchange, withoutSecrets } from "./destinations-shown.ts";
import { maskPayload } from "./mask-payload.ts";
import { takeTriggerGuess } from "./subscription-guess.ts";
import { SUBSCRIPTIONS_TAG } from "./subscriptions.ts";
import { rowTries } from "./tried-rows.ts";
import { audienceTries, recentTries, sendingOf, tryOfGiven, tryOfPerson, tryOfRow, type Tried } from "./tried-events.ts";

export function subscriptionTryRoutes(services: ApiServices): Route[] {
  return [previewRoute(services), testSendRoute(services)];
}

type Asking = Pick<RouteContext<unknown, unknown, unknown>, "caller" | "workspaceId" | "nowMs" | "shown">;

/** An event on its way out, for those who see people masked: as its payload is. */
const outgoingMask: Mask = (value, masking) => {
  const type = typeof value === "object" && value !== null && "type" in value ? String(value.type) : "";
  return JSON.parse(maskPayload(JSON.stringify(value), type, masking)) as unknown;
};

/** For callers who see people masked, a filter on what is personal is a guess: what passes tells whether it was right. */
async function takeGuess(services: ApiServices, asking: Asking, { trigger }: WrittenSubscription): Promise<void> {
  if (trigger.kind === "events") await takeTriggerGuess(services, asking, trigger);
}

interface Made {
  readonly payload: Record<string, unknown> | null;
  readonly problems: FieldProblem[];
}

/** What the mapping makes of an event. `mapped`: of the event as it is; whoever may not see people is shown what it makes of the masked one. */
function madeOf(definition: WrittenSubscription, action: Action | undefined, event: Tried["event"], shown: Asking["shown"]): Made & { readonly mapped: Readonly<Record<string, unknown>> | undefined } {
  const how = { action, identifiers: definition.identifiers, consent: definition.consent };
  const made = payloadOf(definition.mapping, event, how);
  if (!made.isGood) return { payload: null, problems: [{ field: made.field, problem: made.problem }], mapped: undefined };
  const masked = shown(outgoingMask, event);
  const toShow = masked === event ? made : payloadOf(definition.mapping, masked, how);
  const problems = action === undefined ? [] : checkFields(action.fields, made.payload, { syncMode: definition.syncMode });
  return { payload: toShow.isGood ? { ...toShow.payload } : null, problems: [...made.leftOut.map(leftOutOf), ...problems.map((one) => ({ ...one }))], mapped: made.payload };
}

const leftOutOf = (field: string) => ({ field, problem: "Left out: it opts people in, and is not filled from the consent that they gave here." });

/** Problems of the definition itself; an audience counts as there, for whether it is was asked before. */
function problemsOf(kind: DestinationDefinition, { trigger, ...rest }: WrittenSubscription): FieldProblem[] {
  const definition: SubscriptionDefinition = trigger.kind === "events" ? { ...rest, trigger } : trigger.kind === "model" ? { ...rest, trigger: { ...trigger, modelId: 1 } } : { ...rest, trigger: { ...trigger, audienceId: 1 } };
  return subscriptionProblems(kind, definition);
}

async function externalIdOf({ deps }: ApiServices, workspaceId: number, slug: string, id: number | undefined): Promise<string | undefined> {
  if (id === undefined) return undefined;
  return deps.workspaceDb.run(workspaceId, async (db) => (await presentSubscription(db, workspaceId, (await presentDestination(db, workspaceId, slug)).id, id)).externalId ?? undefined);
}

// ── Preview ───────────────────────────────────────────────────────────────────────────────────────────────────────

function previewRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/destinations/{slug}/subscriptions/preview",
    tag: SUBSCRIPTIONS_TAG,
    scopes: ["read"],
    summary: "What a subscription would make of real events",
    description:
      "Of recent events of the workspace, or of one: whether it passes, by which clause not, what would be sent, and what the destination would not take of it. Consent, history and lateness are looked at " +
      "when it is sent. Nothing is kept, and nobody is called. Events of more than 100 kB are left out.",
    masks: fields({
      data: listOf(fields({ row_id: keep, profile_id: keep, message_id: within, type: keep, event: within, at: keep, passes: keep, why: keep, payload: keep, problems: keep })), examined: keep, passing: keep, problems: keep,
    }),
    params: destinationParams,
    body: previewSubscriptionBody,
    responses: { 200: previewSubscription },
    handle: async (context) => {
      const { params, body, workspaceId, saw, shown } = context;
      const { definition } = body;
      await takeGuess(services, context, definition);
      const stored = await services.deps.workspaceDb.run(workspaceId, (db) => presentDestination(db, workspaceId, params.slug));
      const { definition: kind } = await presentKind(services, stored.definition);
      await saw({ action: "subscription.preview", target: `destination:${params.slug}` });
      const tries = await triesFor(services, context, body, () => externalIdOf(services, workspaceId, params.slug, body.subscription));
      const passing = tries.filter(({ why }) => why === null);
      const action = actionOf(kind, definition.action);
      const data = [...passing, ...tries.filter(({ why }) => why !== null)].slice(0, body.limit).map((one) => {
        const { payload, problems } = madeOf(definition, action, one.event, shown);
        return {
          row_id: one.rowId, profile_id: one.profileId, message_id: one.event.messageId, type: one.event.type, event: one.name, at: one.event.timestamp, passes: one.why === null, why: one.why, payload, problems,
        };
      });
      return { status: 200, body: { data, examined: tries.length, passing: passing.length, problems: problemsOf(kind, definition) } };
    },
  });
}

interface PreviewWish {
  readonly definition: WrittenSubscription;
  readonly event?: Readonly<Record<string, unknown>> | undefined;
  readonly row_id?: number | undefined;
}

async function triesFor(services: ApiServices, { workspaceId, nowMs }: Asking, { definition, event, row_id: row }: PreviewWish, externalId: () => Promise<string | undefined>): Promise<Tried[]> {
  const trying = { workspaceId, nowMs, definition };
  const { trigger } = definition;
  if (event !== undefined) return [await tryOfGiven(services, trying, trigger.kind === "events" ? trigger : undefined, event)];
  if (trigger.kind === "audience") {
    if (row !== undefined) throw new AppError("bad_request", { detail: "`row_id` names an event, and this subscription sends an audience." });
    return audienceTries(services, trying, trigger, await sendingOf(services, trying, trigger, await externalId()));
  }
  if (trigger.kind === "model") {
    if (row !== undefined) throw new AppError("bad_request", { detail: "`row_id` names an event, and this subscription sends rows of a model." });
    return rowTries(services, trying, trigger);
  }
  return row === undefined ? recentTries(services, trying, trigger) : [await tryOfRow(services, trying, trigger, row)];
}

// ── One sent for real ─────────────────────────────────────────────────────────────────────────────────────────────

function testSendRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/destinations/{slug}/subscriptions/test-send",
    tag: SUBSCRIPTIONS_TAG,
    scopes: ["write"],
    summary: "Send one event now",
    description:
      "What the mapping makes of it is sent at once, whether the subscription would take the event or not, and request and reply are shown, without secrets. It really arrives: the vendor can't tell it from " +
      "others. It stands in the audit log as a test, counts as no delivery, and is never tried again.",
    masks: fields({ test: keep, outcome: keep, code: keep, detail: within, status: keep, passes: keep, payload: keep, problems: keep, exchanges: exchangesMask }),
    params: destinationParams,
    body: testSendBody,
    responses: { 200: testSend },
    handle: async (context) => {
      const { params, body, workspaceId, actor, nowMs, saw } = context;
      const { definition } = body;
      await takeGuess(services, context, definition);
      await saw({ action: "subscription.test_send", target: `destination:${params.slug}` });
      const externalId = await externalIdOf(services, workspaceId, params.slug, body.subscription);
      const [tried, to] = await triedOne(services, context, body, externalId);
      const answer = await calling(services, params.slug, context, (called) => sendOne(called, context, { definition, tried, to }));
      await services.deps.workspaceDb.run(workspaceId, (db) =>
        recordAudit(db, { workspaceId, actor, action: "subscription.test_send", target: `destination:${params.slug}`, detail: { action: definition.action, outcome: answer.outcome, ...(tried.rowId === null ? {} : { row_id: tried.rowId }) } }, nowMs),
      );
      return { status: 200, body: answer };
    },
  });
}

type Sending = AudienceSending & { readonly name: string };

interface TestWish extends PreviewWish {
  readonly profile_id?: string | undefined;
  readonly entered: boolean;
}

async function triedOne(services: ApiServices, asking: Asking, wish: TestWish, externalId: string | undefined): Promise<[Tried, Sending | undefined]> {
  const trying = { workspaceId: asking.workspaceId, nowMs: asking.nowMs, definition: wish.definition };
  const { trigger } = wish.definition;
  const to = trigger.kind === "audience" ? await sendingOf(services, trying, trigger, externalId) : undefined;
  if (wish.profile_id !== undefined) {
    if (trigger.kind !== "audience" || to === undefined) throw new AppError("bad_request", { detail: "`profile_id` names somebody of an audience, and this subscription sends events." });
    return [await tryOfPerson(services, trying, trigger, to, { profileId: wish.profile_id, entered: wish.entered }), to];
  }
  const [tried] = await triesFor(services, asking, wish, async () => externalId);
  if (tried === undefined) throw new AppError("not_found", { detail: "There is no such event." });
  return [tried, to];
}

async function sendOne(called: Called, { shown }: Asking, { definition, tried, to }: { readonly definition: WrittenSubscription; readonly tried: Tried; readonly to: Sending | undefined }): Promise<TestSend> {
  const { kind, connection, secrets, signal } = called;
  const action = actionOf(kind.definition, definition.action);
  if (action === undefined) throw new AppError("invalid_definition", { detail: `${kind.definition.name} has no action \`${definition.action}\`.` });
  const { payload, problems: ofMapping, mapped } = madeOf(definition, action, tried.event, shown);
  const { settings, leftOut } = withoutOptInSettings(kind.definition.settings, connection.settings, definition.consent);
  const problems = [...leftOut.map(leftOutOf), ...ofMapping];
  const told = { test: true, passes: tried.why === null, payload, problems } as const;
  const notSent = (detail: string): TestSend => ({ ...told, outcome: "not_sent", code: null, detail, status: null, exchanges: [] });
  if (mapped === undefined) return notSent("The mapping makes nothing of this event.");
  if (to !== undefined && to.externalId === undefined && kind.definition.audience?.isCreated === true) return notSent("The vendor makes the list when the subscription is switched on; until then there is none to send to.");
  const result = await kind.send({
    connection: { ...connection, settings }, subscription: { id: 0, version: 0, action: definition.action, syncMode: definition.syncMode },
    ...(to === undefined ? {} : { audience: { key: to.audience.slug, id: to.audience.id, name: to.name, externalId: to.externalId, settings: to.settings } }),
    items: [{ event: tried.event, payload: mapped, idempotencyKey: `test-${randomUUID()}` }],
  }, signal);
  await called.keep(result.refreshed);
  return { ...told, ...outcomeOf(result), exchanges: result.exchanges.map((one) => shownExchange(one, secrets)), ...detailOf(result, secrets) };
}

function outcomeOf({ outcomes: [outcome] }: SendResult): Pick<TestSend, "outcome" | "code" | "status"> {
  if (outcome === undefined) return { outcome: "nothing", code: null, status: null };
  return { outcome: outcome.kind, code: "code" in outcome ? outcome.code : null, status: ("status" in outcome ? outcome.status : undefined) ?? null };
}

function detailOf({ outcomes: [outcome] }: SendResult, secrets: readonly string[]): Pick<TestSend, "detail"> {
  const detail = outcome === undefined ? undefined : detailIn(outcome);
  return { detail: detail === undefined ? null : withoutSecrets(detail, secrets) };
}

function detailIn(outcome: Outcome): string | undefined {
  return "detail" in outcome ? outcome.detail : undefined;
}
