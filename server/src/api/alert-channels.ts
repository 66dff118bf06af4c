// Whom alerts are told. Addresses go in and never come out again: of each only as much is shown as tells it from another.
import { alertChannel, alertChannelChange, alertChannelCreate, alertChannelList, alertChannelTest, alertParams, type AlertChannel } from "@tributary/schema/api/alerts.ts";
import { alertKinds, changeChannel, createChannel, deleteChannel, presentChannel, readChannels, testMessage, type ShownChannel } from "../alerts/alerts.ts";
import { AppError } from "../core/errors.ts";
import { recordAudit } from "../governance/governance.ts";
import { ALERTS_TAG } from "./alerts.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route } from "./define-route.ts";

export function alertChannelRoutes(services: ApiServices): Route[] {
  return [listRoute(services), createRoute(services), changeRoute(services), deleteRoute(services), testRoute(services)];
}

function shownChannel(one: ShownChannel): AlertChannel {
  return {
    id: one.id, kind: one.kind, name: one.name, hint: one.hint, enabled: one.enabled, kinds: one.kinds === null ? null : [...one.kinds], updated_at: one.updatedAt.toISOString(), updated_by: one.updatedBy,
    last_sent_at: one.lastSentAt?.toISOString() ?? null, waiting: one.waiting, last_problem: one.lastDetail,
  };
}

function refuseUnknownKinds(kinds: readonly string[] | null | undefined): void {
  const unknown = kinds?.find((name) => !alertKinds.some(({ kind }) => kind === name));
  if (unknown !== undefined) throw new AppError("bad_request", { detail: `kinds: There is no kind of alert ${JSON.stringify(unknown)}.` });
}

function listRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET", path: "/alert-channels", tag: ALERTS_TAG, scopes: ["admin"], summary: "Whom alerts are told", responses: { 200: alertChannelList },
    handle: async ({ workspaceId }) => ({ status: 200, body: { data: (await deps.workspaceDb.run(workspaceId, (db) => readChannels(db, workspaceId))).map(shownChannel), has_mail: deps.alertChannels.hasMail } }),
  });
}

function createRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "POST", path: "/alert-channels", tag: ALERTS_TAG, scopes: ["admin"], summary: "Add a channel", description: "It is told what changes from now on.", body: alertChannelCreate, responses: { 201: alertChannel },
    handle: async ({ body, workspaceId, actor, nowMs }) => {
      refuseUnknownKinds(body.kinds);
      await deps.alertChannels.check(body.kind, body.settings);
      const made = await deps.workspaceDb.transaction(workspaceId, (db) => createChannel(db, deps.alertChannels.seal, { workspaceId, actor, nowMs }, body));
      return { status: 201, body: shownChannel(made) };
    },
  });
}

function changeRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "PATCH", path: "/alert-channels/{id}", tag: ALERTS_TAG, scopes: ["admin"], summary: "Change a channel", description: "What is left out stays; `settings` are set whole. What waits goes to the new address.",
    params: alertParams, body: alertChannelChange, responses: { 200: alertChannel },
    handle: async ({ params, body, workspaceId, actor, nowMs }) => {
      refuseUnknownKinds(body.kinds);
      const before = await deps.workspaceDb.run(workspaceId, (db) => presentChannel(db, workspaceId, params.id));
      if (body.settings !== undefined) await deps.alertChannels.check(before.kind, body.settings);
      return { status: 200, body: shownChannel(await deps.workspaceDb.transaction(workspaceId, (db) => changeChannel(db, deps.alertChannels.seal, { workspaceId, actor, nowMs }, params.id, body))) };
    },
  });
}

function deleteRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "DELETE", path: "/alert-channels/{id}", tag: ALERTS_TAG, scopes: ["admin"], summary: "Remove a channel", description: "With its record of what it was told.", params: alertParams, responses: { 200: alertChannel },
    handle: async ({ params, workspaceId, actor, nowMs }) => ({ status: 200, body: shownChannel(await deps.workspaceDb.transaction(workspaceId, (db) => deleteChannel(db, { workspaceId, actor, nowMs }, params.id))) }),
  });
}

function testRoute({ deps, tries, tryGate }: ApiServices): Route {
  return defineRoute({
    method: "POST", path: "/alert-channels/{id}/test", tag: ALERTS_TAG, scopes: ["admin"], summary: "Try a channel", description: "Sends one message that says that it is a test.", params: alertParams, responses: { 200: alertChannelTest },
    handle: async ({ params, workspaceId, actor, nowMs }) => {
      const { channel, name } = await deps.workspaceDb.run(workspaceId, async (db) => ({
        channel: await presentChannel(db, workspaceId, params.id), name: (await db.query<{ name: string }>("select name from workspace where id = $1", [workspaceId])).rows[0]?.name ?? "",
      }));
      tries.take(workspaceId, nowMs);
      const told = await tryGate.pass(() => deps.alertChannels.send(channel, testMessage(name, deps.publicUrl, nowMs), `test-${channel.id}-${nowMs}`));
      await deps.workspaceDb.run(workspaceId, (db) => recordAudit(db, { workspaceId, actor, action: "alert_channel.test", target: `alert_channel:${channel.id}`, detail: { ok: told.isSent } }, nowMs));
      return { status: 200, body: { ok: told.isSent, detail: told.isSent ? null : told.detail } };
    },
  });
}
