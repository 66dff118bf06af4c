// More about one person: how a trait and a consent came to be, and who else belongs to an account.
import { accountParams, accountPeople, consentHistoryParams, traitHistory, traitHistoryParams, traitNames } from "@tributary/schema/api/profiles.ts";
import { NOBODY } from "../core/nobody.ts";
import { consentHistoryMask, traitHistoryMask, traitNamesMask } from "./answer-masks.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { readConsentHistory, readTraitHistory } from "./person-history.ts";
import { readPeople } from "./profile-store.ts";
import { personOpened } from "./profiles.ts";
import { deviceNamespacesOf, profileSummary } from "./profile-view.ts";

const TAG = "Profiles";
const ACCOUNT_PEOPLE_MAX = 100;
const NAMES_FROM_PEOPLE = 20_000;
const NAMES_MAX = 300;

export function personRoutes(services: ApiServices): Route[] {
  return [traitRoute(services), consentRoute(services), accountRoute(services), namesRoute(services)];
}

function traitRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/profiles/{ref}/traits/{name}/history",
    tag: TAG,
    scopes: ["read"],
    masks: traitHistoryMask,
    summary: "How a trait came to be",
    description: "Each value that was said, the latest first, with the event, source and time that said it first.",
    params: traitHistoryParams,
    responses: { 200: traitHistory },
    handle: async ({ params, workspaceId, nowMs, saw }) => {
      const profile = await services.finder.get(workspaceId, params.ref, nowMs);
      await saw(personOpened(profile.id));
      return { status: 200, body: await readTraitHistory(services, workspaceId, profile, params.name) };
    },
  });
}

function consentRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/profiles/{ref}/consents/{category}/history",
    tag: TAG,
    scopes: ["read"],
    masks: consentHistoryMask,
    summary: "How a consent came to be",
    params: consentHistoryParams,
    responses: { 200: traitHistory },
    handle: async ({ params, workspaceId, nowMs, saw }) => {
      const profile = await services.finder.get(workspaceId, params.ref, nowMs);
      await saw(personOpened(profile.id));
      return { status: 200, body: await readConsentHistory(services, workspaceId, profile, params.category) };
    },
  });
}

function accountRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/profiles/{ref}/accounts/{account}/people",
    tag: TAG,
    scopes: ["read", "personal_data"],
    summary: "Who else belongs to an account of this person",
    description: "By the group calls that name it.",
    params: accountParams,
    responses: { 200: accountPeople },
    handle: async ({ params, workspaceId, nowMs, saw }) => {
      const profile = await services.finder.get(workspaceId, params.ref, nowMs);
      await saw(personOpened(profile.id));
      if (!Object.hasOwn(profile.doc.accounts, params.account)) return { status: 200, body: { data: [], more: false } };
      const rows = await services.scan<{ id: string }>(
        workspaceId,
        `select toString(profile_id) as id from events
          where workspace_id = {workspace:UInt32} and event = 'group' and group_id = {account:String} and outcome = 'stored' and profile_id != {nobody:UUID}
          group by profile_id order by max(timestamp) desc limit {limit:UInt32}`,
        { account: params.account, nobody: NOBODY, limit: ACCOUNT_PEOPLE_MAX + 1 },
      );
      const ids = rows.slice(0, ACCOUNT_PEOPLE_MAX).map(({ id }) => id);
      const people = await services.deps.workspaceDb.run(workspaceId, (db) => readPeople(db, workspaceId, ids));
      const devices = deviceNamespacesOf(await services.settings.get(workspaceId, nowMs));
      // Whoever was merged or split since answers for themselves: their document says whether they belong to it.
      const members = people.filter(({ id, doc }) => id !== profile.id && Object.hasOwn(doc.accounts, params.account));
      return {
        status: 200,
        body: { data: members.map(({ id, doc }) => profileSummary(id, doc, devices)), more: rows.length > ACCOUNT_PEOPLE_MAX },
      };
    },
  });
}

function namesRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/trait-names",
    tag: TAG,
    scopes: ["read"],
    masks: traitNamesMask,
    summary: "Which traits people have",
    description: `Among ${NAMES_FROM_PEOPLE.toLocaleString("en-GB")} people, those that most have first.`,
    responses: { 200: traitNames },
    handle: async ({ workspaceId }) => {
      const rows = await services.scan<{ name: string; people: number }>(
        workspaceId,
        `select name, count() as people from (
           select arrayJoin(JSONAllPaths(traits)) as name from (
             select traits from profiles where workspace_id = {workspace:UInt32} and deleted = 0 limit {people:UInt32}))
         group by name order by people desc, name limit {limit:UInt32}`,
        { people: NAMES_FROM_PEOPLE, limit: NAMES_MAX },
      );
      return { status: 200, body: { data: rows } };
    },
  });
}
