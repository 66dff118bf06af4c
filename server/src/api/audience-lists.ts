// Lists of people: kept by hand, uploaded, or frozen from an audience.
import { z } from "zod";
import { guid, pageQuery } from "@tributary/schema/api/answer-parts.ts";
import { list, listChange, listCreate, listDeleted, listDetail, listMemberList, listMembersAnswer, listMembersBody, lists } from "@tributary/schema/api/audiences.ts";
import { changeListPeople, createList, deleteList, presentList, readListPeople, readLists, renameList, usersOfList, type StoredList } from "../audiences/audiences.ts";
import { AppError } from "../core/errors.ts";
import { asOwner } from "../governance/governance.ts";
import type { ClientBase } from "pg";
import { fields, identifierMask, keep, listOf, pageOf } from "./answer-masks.ts";
import type { ApiServices } from "./api-services.ts";
import { membersOf, nameMask } from "./audience-members-shown.ts";
import { slugParams } from "./audiences.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { currentPeople } from "./profile-store.ts";

const TAG = "Lists of people";

export function audienceListRoutes(services: ApiServices): Route[] {
  return [allRoute(services), createRoute(services), readRoute(services), renameRoute(services), deleteRoute(services), peopleRoute(services), membersRoute(services)];
}

function allRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/audience-lists",
    tag: TAG,
    scopes: ["read"],
    summary: "All lists of people",
    responses: { 200: lists },
    handle: async ({ workspaceId }) => ({ status: 200, body: { data: (await deps.workspaceDb.run(workspaceId, (db) => readLists(db, workspaceId))).map(shownList) } }),
  });
}

function createRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/audience-lists",
    tag: TAG,
    scopes: ["write"],
    summary: "Make a list, or freeze an audience",
    description: "With `frozen_of`, a copy of who is in an audience at this moment, which stays as it is whatever becomes of the audience.",
    body: listCreate,
    responses: { 201: list },
    handle: async ({ body, workspaceId, actor, nowMs }) => {
      const { frozen_of: frozenOf, ...rest } = body;
      return { status: 201, body: shownList(await asOwner(deps.pool, (tx) => createList(tx, { workspaceId, actor, nowMs }, { ...rest, frozenOf }))) };
    },
  });
}

function readRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/audience-lists/{slug}",
    tag: TAG,
    scopes: ["read"],
    summary: "One list, and the audiences that ask for it",
    params: slugParams,
    responses: { 200: listDetail },
    handle: async ({ params, workspaceId }) => ({
      status: 200,
      body: await deps.workspaceDb.run(workspaceId, async (db) => {
        const found = await presentList(db, workspaceId, params.slug);
        return { ...shownList(found), used_by: await usersOfList(db, workspaceId, params.slug) };
      }),
    }),
  });
}

function renameRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "PATCH",
    path: "/audience-lists/{slug}",
    tag: TAG,
    scopes: ["write"],
    summary: "Rename a list",
    params: slugParams,
    body: listChange,
    responses: { 200: list },
    handle: async ({ params, body, workspaceId, actor, nowMs }) => ({
      status: 200, body: shownList(await deps.workspaceDb.transaction(workspaceId, (db) => renameList(db, { workspaceId, actor, nowMs }, params.slug, body.name))),
    }),
  });
}

function deleteRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "DELETE",
    path: "/audience-lists/{slug}",
    tag: TAG,
    scopes: ["write"],
    summary: "Delete a list",
    description: "Refused with `in_use` while audiences ask for it, archived ones too.",
    params: slugParams,
    responses: { 200: listDeleted },
    handle: async ({ params, workspaceId, actor, nowMs }) => {
      const { slug, size } = await asOwner(deps.pool, (tx) => deleteList(tx, { workspaceId, actor, nowMs }, params.slug));
      return { status: 200, body: { slug, size } };
    },
  });
}

const personPlace = z.tuple([guid]);

function peopleRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/audience-lists/{slug}/members",
    tag: TAG,
    scopes: ["read"],
    masks: pageOf(fields({ profile_id: keep, since: keep, name: nameMask, identifiers: listOf(identifierMask()), added_by: keep })),
    summary: "Who is on a list",
    description: "Each as the person that they are today, in the order of their ids, with when and by whom they were put on it.",
    params: slugParams,
    query: pageQuery,
    responses: { 200: listMemberList },
    handle: async ({ params, query, workspaceId, saw }) => {
      await saw({ action: "audience_list.open", target: `audience_list:${params.slug}` });
      const page = { after: decodeCursor(personPlace, query.cursor)?.[0], limit: query.limit + 1 };
      const found = await services.deps.workspaceDb.run(workspaceId, (db) => readListPeople(db, workspaceId, params.slug, page));
      const listed = found.slice(0, query.limit);
      const last = listed.at(-1);
      const people = new Map((await membersOf(services, workspaceId, listed.map(({ id }) => ({ id, since: null })))).map((one) => [one.profile_id, one]));
      const data = listed.flatMap(({ id, addedAt, addedBy }) => {
        const person = people.get(id);
        return person === undefined ? [] : [{ ...person, since: addedAt.toISOString(), added_by: addedBy }];
      });
      return { status: 200, body: { data, next_cursor: found.length > listed.length && last !== undefined ? encodeCursor([last.id]) : null } };
    },
  });
}

function membersRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/audience-lists/{slug}/members",
    tag: TAG,
    scopes: ["write"],
    summary: "Put people on a list, and take them off",
    description:
      "By id, or by identifier, which takes the scope `personal_data` besides: whether it is somebody's is told back. Who was merged is the person that they are today. Audiences that ask " +
      "for the list follow within seconds.",
    params: slugParams,
    body: listMembersBody,
    responses: { 200: listMembersAnswer },
    handle: async ({ params, body, workspaceId, actor, nowMs, isMasked }) => {
      if (isMasked && [...body.add, ...body.remove].some((one) => "namespace" in one)) {
        throw new AppError("forbidden", { detail: "To name people by identifiers, the scope personal_data is needed.", hint: "Name them by id, or ask somebody who may see people." });
      }
      const changed = await asOwner(services.deps.pool, async (tx) => {
        const add = await peopleNamed(services, tx, workspaceId, body.add, nowMs);
        const remove = await peopleNamed(services, tx, workspaceId, body.remove, nowMs);
        const isSomebody = (id: string | null): id is string => id !== null;
        const done = await changeListPeople(tx, { workspaceId, actor, nowMs }, params.slug, { add: add.filter(isSomebody), remove: remove.filter(isSomebody) });
        return { ...done, unknown: add.flatMap((id, place) => (id === null ? [place] : [])) };
      });
      return { status: 200, body: changed };
    },
  });
}

type Named = z.output<typeof listMembersBody>["add"][number];

/** Who each of them is today; null: nobody. */
async function peopleNamed({ settings, findIdentifier }: ApiServices, tx: ClientBase, workspaceId: number, named: readonly Named[], nowMs: number): Promise<(string | null)[]> {
  const inForce = await settings.get(workspaceId, nowMs);
  const keys = named.map((one) => ("namespace" in one ? (findIdentifier(workspaceId, inForce, one)?.key ?? null) : null));
  const { rows } = await tx.query<{ key: string; profile_id: string }>(
    "select key, profile_id from identifier where workspace_id = $1 and key = any($2::uuid[]) and profile_id is not null and not shared", [workspaceId, keys.filter((key) => key !== null)],
  );
  const owners = new Map(rows.map(({ key, profile_id }) => [key, profile_id]));
  const ids = named.map((one, i) => ("profile_id" in one ? one.profile_id : (owners.get(keys[i] ?? "") ?? null)));
  const people = await currentPeople(tx, workspaceId, [...new Set(ids.filter((id) => id !== null))]);
  return ids.map((id) => (id === null ? null : (people.get(id) ?? null)));
}

function shownList(one: StoredList): z.input<typeof list> {
  return { slug: one.slug, name: one.name, kind: one.kind, frozen_of: one.frozenOf, size: one.size, created_at: one.createdAt.toISOString(), created_by: one.createdBy };
}
