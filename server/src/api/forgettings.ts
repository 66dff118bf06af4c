// People who ask to be forgotten: asked for by one of their ids, and what came of it at every destination and here.
import { z } from "zod";
import {
  forgetPersonAnswer, forgetPersonBody, forgetPersonParams, forgetting, forgettingAct, forgettingDestinationParams, forgettingDetail, forgettingList, forgettingParams, forgettingsQuery, type ForgettingShown,
} from "@tributary/schema/api/forgettings.ts";
import { AppError } from "../core/errors.ts";
import { actOnForgetting, openForgetting, readForgetting, readForgettingOfRow, readForgettings, type StoredForgetting } from "../delivery/delivery.ts";
import { readExportsById, readExportsOfPerson } from "../exports/exports.ts";
import { namesOfActors } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import { cursorId, decodeCursor, pageFrom } from "./cursor.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { shownExport } from "./exports.ts";
import { parseIdentifierRef, parseProfileRef } from "./identifier-ref.ts";
import { suppressedPerson } from "./profile-store.ts";

const TAG = "Forgetting people";
const FILES_MAX = 200;

export function forgettingRoutes(services: ApiServices): Route[] {
  return [forgetRoute(services), listRoute(services), readRoute(services), actRoute(services)];
}

function forgetRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/profiles/{ref}/forget",
    tag: TAG,
    scopes: ["write", "personal_data"],
    summary: "Forget one person",
    description:
      "Suppresses them, tells every destination to delete them, and erases rows of models about them and what was sent about them. Also for somebody who is suppressed already: then they are named by an identifier, and " +
      "destinations are told the ids that the request names. Their events stay in the event table, hidden from every answer.",
    params: forgetPersonParams,
    body: forgetPersonBody,
    responses: { 200: forgetPersonAnswer, 202: forgetPersonAnswer },
    handle: async ({ params, body, workspaceId, actor, nowMs }) => {
      const { deps, finder, control } = services;
      const detail = body.reason === undefined ? {} : { reason: body.reason };
      const suppressed = await findSuppressed(services, workspaceId, params.ref, body.identifiers, nowMs);
      if (suppressed !== undefined) {
        const made = await deps.workspaceDb.transaction(workspaceId, async (db) => shownOne(db, workspaceId, await openForgetting(db, { workspaceId, actor, nowMs }, suppressed, detail)));
        return { status: 200, body: { id: suppressed.profileId, row_id: null, processed: true, forgetting: made } };
      }
      const { id } = await finder.get(workspaceId, params.ref, nowMs);
      const receipt = await control.submit({ kind: "profile.suppress", profileId: id, forget: true }, { workspaceId, actor, action: "profile.forget", target: `profile:${id}`, detail });
      const made = await deps.workspaceDb.run(workspaceId, async (db) => {
        const found = await readForgettingOfRow(db, workspaceId, receipt.row_id);
        return found === undefined ? null : shownOne(db, workspaceId, found);
      });
      return { status: receipt.processed ? 200 : 202, body: { id, ...receipt, forgetting: made } };
    },
  });
}

/** Undefined: the person is not suppressed, or not known. Throws `bad_request` for ids that are not theirs. */
async function findSuppressed({ deps, settings, findIdentifier }: ApiServices, workspaceId: number, ref: string, more: readonly string[], nowMs: number) {
  const inForce = await settings.get(workspaceId, nowMs);
  const known = (text: string) => findIdentifier(workspaceId, inForce, parseIdentifierRef(text));
  const asked = parseProfileRef(ref);
  const own = asked.kind === "id" ? null : known(ref);
  return deps.workspaceDb.run(workspaceId, async (db) => {
    const person = await suppressedPerson(db, workspaceId, asked.kind === "id" ? { id: asked.id } : { key: own?.key });
    if (person === undefined) return undefined;
    const others = more.map((text) => ({ text, found: known(text) }));
    for (const { text, found } of others) {
      const owner = found === null ? undefined : await suppressedPerson(db, workspaceId, { key: found.key });
      if (owner?.profileId !== person.profileId) throw new AppError("bad_request", { detail: `${text.slice(0, text.indexOf(":"))} in \`identifiers\` is not an id of this person.`, hint: "Name ids that were theirs when they were suppressed." });
    }
    const identifiers = [...(own === null ? [] : [own]), ...others.flatMap(({ found }) => found ?? [])];
    if (identifiers.length === 0) throw new AppError("bad_request", { detail: "They are suppressed, and of their ids only hashes are kept: destinations can't be told whom to forget.", hint: "Name their ids in `identifiers`, such as user_id:42." });
    return { ...person, identifiers };
  });
}

function listRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET", path: "/forgettings", tag: TAG, scopes: ["read", "personal_data"], summary: "People who asked to be forgotten", description: "The newest first, with what every destination was told and answered.",
    query: forgettingsQuery, responses: { 200: forgettingList },
    handle: async ({ query, workspaceId }) => {
      const [beforeId] = decodeCursor(z.tuple([cursorId]), query.cursor) ?? [2_147_483_647];
      const page = await deps.workspaceDb.run(workspaceId, async (db) => {
        const rows = await readForgettings(db, workspaceId, { beforeId, limit: query.limit + 1 });
        const names = await namesOfActors(db, workspaceId, actorsOf(rows));
        return pageFrom(rows, query.limit, (row) => shown(row, names), (row) => [row.id]);
      });
      return { status: 200, body: page };
    },
  });
}

function readRoute({ deps, scan }: ApiServices): Route {
  return defineRoute({
    method: "GET", path: "/forgettings/{id}", tag: TAG, scopes: ["read", "personal_data"], summary: "One person who asked to be forgotten", description: "With the files that left by hand and in which they stood.",
    params: forgettingParams, responses: { 200: forgettingDetail },
    handle: async ({ params, workspaceId }) => {
      const found = await deps.workspaceDb.run(workspaceId, (db) => readForgetting(db, workspaceId, params.id));
      const ids = await readExportsOfPerson((sql, values) => scan(workspaceId, sql, values), found.profileIds, FILES_MAX);
      return {
        status: 200,
        body: await deps.workspaceDb.run(workspaceId, async (db) => {
          const files = await readExportsById(db, workspaceId, ids);
          const names = await namesOfActors(db, workspaceId, [...actorsOf([found]), ...files.map(({ createdBy }) => createdBy)]);
          return { ...shown(found, names), files: files.map((file) => shownExport(file, names, false)) };
        }),
      };
    },
  });
}

function actRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "POST", path: "/forgettings/{id}/destinations/{slug}", tag: TAG, scopes: ["write", "personal_data"], summary: "Tell a destination again, or note what was done by hand",
    params: forgettingDestinationParams, body: forgettingAct, responses: { 200: forgetting },
    handle: async ({ params, body, workspaceId, actor, nowMs }) => ({
      status: 200,
      body: await deps.workspaceDb.transaction(workspaceId, async (db) => shownOne(db, workspaceId, await actOnForgetting(db, { workspaceId, actor, nowMs }, params, body.action))),
    }),
  });
}

const actorsOf = (rows: readonly StoredForgetting[]): readonly string[] => rows.flatMap(({ askedBy, destinations }) => [askedBy, ...destinations.flatMap(({ doneBy }) => doneBy ?? [])]);
const isoOf = (at: string | Date | null): string | null => (at === null ? null : new Date(at).toISOString());

async function shownOne(db: Parameters<typeof namesOfActors>[0], workspaceId: number, found: StoredForgetting): Promise<ForgettingShown> {
  return shown(found, await namesOfActors(db, workspaceId, [...actorsOf([found])]));
}

function shown(one: StoredForgetting, names: ReadonlyMap<string, string>): ForgettingShown {
  const isByHand = one.destinations.some(({ status }) => status === "refused" || status === "expired" || status === "by_hand") || one.models.some(({ status }) => status === "by_hand");
  return {
    id: one.id, profile_id: one.profileId, asked_at: one.askedAt.toISOString(), asked_by: one.askedBy, asked_by_name: names.get(one.askedBy) ?? null,
    status: one.doneAt === null ? "under_way" : isByHand ? "by_hand" : "done",
    destinations: one.destinations.map((at) => ({
      slug: at.slug, name: at.name, status: at.status, told: at.told, attempts: at.attempts, next_at: isoOf(at.nextAt), code: at.code, detail: at.detail, since: new Date(at.since).toISOString(), done_at: isoOf(at.doneAt),
      done_by: at.doneBy === null ? null : names.get(at.doneBy) ?? at.doneBy,
    })),
    models: one.models.map(({ doneAt, ...model }) => ({ ...model, done_at: isoOf(doneAt) })),
    sent_erased_at: isoOf(one.sentErasedAt),
  };
}
