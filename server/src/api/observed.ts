// What arrives, and what is decided about each of its fields.
import { z } from "zod";
import {
  fieldChangesAnswer, fieldChangesBody, observedEventDetail, observedEventList, observedEventParams, observedFieldList, observedFieldsQuery, observedTraits,
  type FieldChange, type ObservedEvent, type ObservedField, type ObservedSummary,
} from "@tributary/schema/api/observed.ts";
import { AppError } from "../core/errors.ts";
import { hasScope, setFields, type FieldChange as StoredChange } from "../governance/governance.ts";
import {
  observedLimits, readEvents, readObservedFields, readSummary, type ShownEvent, type ShownField, type Summary,
} from "../observed-schema/observed-schema.ts";
import type { ApiServices } from "./api-services.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { observedEventMask, observedEventsMask, observedFieldsMask, observedTraitsMask } from "./observed-masks.ts";

const TAG = "Schema";
const fieldPlaceCursor = z.tuple([z.string().max(20), z.string().max(600), z.string().max(2_000)]);

export function observedRoutes(services: ApiServices): Route[] {
  return [eventsRoute(services), eventRoute(services), traitsRoute(services), fieldsRoute(services), changeRoute(services)];
}

function eventsRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/schema/events",
    tag: TAG,
    scopes: ["read"],
    masks: observedEventsMask,
    summary: "The events that arrive",
    description: "Counted behind the pipeline, some seconds after an event was stored. Neither repeats nor what was held count.",
    responses: { 200: observedEventList },
    handle: async ({ workspaceId, nowMs }) => {
      const [events, summary] = await deps.workspaceDb.run(workspaceId, async (db) => [await readEvents(db, workspaceId, nowMs), await readSummary(db, workspaceId)] as const);
      return { status: 200, body: { data: events.map(shownEvent), summary: shownSummary(summary) } };
    },
  });
}

function eventRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/schema/events/{event}",
    tag: TAG,
    scopes: ["read"],
    masks: observedEventMask,
    summary: "One event and its fields",
    description: "Calls without a name stand under their type: `page`, `identify`. Examples of fields that are personal, or undecided, are masked without the scope `personal_data`.",
    params: observedEventParams,
    responses: { 200: observedEventDetail },
    handle: async ({ params, workspaceId, nowMs }) => {
      const { calls, fields } = await deps.workspaceDb.run(workspaceId, async (db) => {
        const found = await readEvents(db, workspaceId, nowMs, params.event);
        const place = found[0]?.type === "identify" ? "trait" : found[0]?.type === "group" ? "account" : "property";
        const filter = { place, event: place === "property" ? params.event : "", limit: observedLimits.fieldsMax } as const;
        return { calls: found, fields: (await readObservedFields(db, workspaceId, nowMs, filter)).fields };
      });
      if (calls.length === 0) throw new AppError("not_found", { detail: "No such event has arrived." });
      return {
        status: 200,
        body: { event: params.event, calls: calls.map(shownEvent), fields: fields.map(shownField) },
      };
    },
  });
}

function traitsRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/schema/traits",
    tag: TAG,
    scopes: ["read"],
    masks: observedTraitsMask,
    summary: "What is said of people and of accounts",
    responses: { 200: observedTraits },
    handle: async ({ workspaceId, nowMs }) => {
      const fields = await deps.workspaceDb.run(workspaceId, async (db) => {
        const of = async (place: "trait" | "account"): Promise<ShownField[]> => (await readObservedFields(db, workspaceId, nowMs, { place, limit: observedLimits.fieldsMax })).fields;
        return [...(await of("trait")), ...(await of("account"))];
      });
      return { status: 200, body: { data: fields.map(shownField) } };
    },
  });
}

function fieldsRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/schema/fields",
    tag: TAG,
    scopes: ["read"],
    masks: observedFieldsMask,
    summary: "All fields that arrive",
    query: observedFieldsQuery,
    responses: { 200: observedFieldList },
    handle: async ({ query, workspaceId, nowMs }) => {
      const after = decodeCursor(fieldPlaceCursor, query.cursor);
      const { fields, isCut } = await deps.workspaceDb.run(workspaceId, (db) =>
        readObservedFields(db, workspaceId, nowMs, { undecided: query.undecided, place: query.place, event: query.event, after, limit: query.limit }));
      const last = fields.at(-1);
      return {
        status: 200,
        body: { data: fields.map(shownField), next_cursor: isCut && last ? encodeCursor([last.place, last.event, last.path]) : null },
      };
    },
  });
}

function changeRoute({ deps, fields }: ApiServices): Route {
  return defineRoute({
    method: "PUT",
    path: "/schema/fields",
    tag: TAG,
    scopes: ["write"],
    summary: "Decide about fields",
    description:
      "One or many: whether a field is personal, its kind, what it means and who answers for it. Each stands in the audit log. Besides `write` it takes " +
      "`admin` or `personal_data`; to show what was masked (not personal, or undecided again) it takes `personal_data`. From the next moment on answers are masked by it.",
    body: fieldChangesBody,
    responses: { 200: fieldChangesAnswer },
    handle: async ({ body, workspaceId, caller, actor, nowMs }) => {
      if (!hasScope(caller, "admin") && !hasScope(caller, "personal_data")) {
        throw new AppError("forbidden", { detail: "Besides `write`, the scope `admin` or `personal_data` is needed to decide about fields." });
      }
      // Whoever sees people masked must not take the mask off.
      if (!hasScope(caller, "personal_data") && body.fields.some(({ personal }) => personal === false || personal === null)) {
        throw new AppError("forbidden", { detail: "To decide that a field is not personal, or to take a decision back, the scope personal_data is needed." });
      }
      const summary = await deps.workspaceDb.transaction(workspaceId, async (db) => {
        await setFields(db, { workspaceId, actor, nowMs }, body.fields.map(storedChange));
        return readSummary(db, workspaceId);
      });
      fields.forget(workspaceId);
      return { status: 200, body: { changed: body.fields.length, summary: shownSummary(summary) } };
    },
  });
}

/** Without what was not said: that stays as it is. */
function storedChange({ place, event, path, personal, kind, description, owner }: FieldChange): StoredChange {
  return {
    place, event, path, ...(personal === undefined ? {} : { personal }), ...(kind === undefined ? {} : { kind }),
    ...(description === undefined ? {} : { description }), ...(owner === undefined ? {} : { owner }),
  };
}

function shownEvent(event: ShownEvent): ObservedEvent {
  return {
    type: event.type, event: event.event, count: event.count, first_at: event.firstAt.toISOString(), last_at: event.lastAt.toISOString(),
    days: [...event.days], drift: [...event.drift], fields: event.fields, undecided: event.undecided, fields_new: event.fieldsNew, fields_silent: event.fieldsSilent,
  };
}

function shownField(field: ShownField): ObservedField {
  return {
    place: field.place, event: field.event, path: field.path, count: field.count, share: field.share, types: [...field.types],
    first_at: field.firstAt.toISOString(), last_at: field.lastAt.toISOString(), examples: [...field.examples], examples_masked: false,
    personal: field.personal, decided_by: field.decidedBy, kind: field.kind, description: field.description, owner: field.owner,
    proposal: { personal: field.proposal.personal, kind: field.proposal.kind, evidence: [...field.proposal.evidence] }, drift: [...field.drift],
  };
}

function shownSummary({ events, fields, undecided, eventsBeyond, fieldsBeyond, since }: Summary): ObservedSummary {
  const limits = { events: observedLimits.eventsMax, fields: observedLimits.fieldsMax, fields_per_event: observedLimits.fieldsPerEventMax };
  return { events, fields, undecided, events_beyond: eventsBeyond, fields_beyond: fieldsBeyond, limits, since: since?.toISOString() ?? null };
}
