// What became of what was sent: how a destination is, its deliveries with their requests, its dead letters by reason, what is sent again,
// and what went out about one person.
import { z } from "zod";
import type { ClientBase } from "pg";
import {
  deliveriesQuery, deliveryList, destinationHealth, errorGroups, healthQuery, personDeliveries, personDeliveriesQuery, replayAsked, replayBody, replayList, replayShown, requestParams, requestShown,
  statesList, type DeliveryShown, type DestinationHealth, type ReplayShown,
} from "@tributary/schema/api/deliveries.ts";
import { destinationParams } from "@tributary/schema/api/destinations.ts";
import { profileRefParams } from "@tributary/schema/api/profiles.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { AppError } from "../core/errors.ts";
import { NOBODY } from "../core/nobody.ts";
import {
  adviceFor, countReplay, readBacklog, readCounts, readCountSeries, readDeliveries, readErrors, readEventCursor, readExchanges, readHashes, readLatency, readParkedOfPerson, readParkedSummary, readStates,
  replayWish, type DeliveryRow, type ExchangeRow, type HashRow,
} from "../delivery/delivery.ts";
import { presentDestination, readDestinations, readSubscriptions, type StoredDestination } from "../destinations/destinations.ts";
import { recordAudit } from "../governance/governance.ts";
import { fields, keep, listOf, only, pageOf, within } from "./answer-masks.ts";
import type { ApiServices } from "./api-services.ts";
import { cursorId, cursorMs, cursorRow, decodeCursor, pageFrom } from "./cursor.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { DESTINATIONS_TAG } from "./destinations.ts";
import { readWhy, whyMask } from "./delivery-why.ts";
import { exchangesMask } from "./destinations-shown.ts";
import { iso } from "./iso.ts";
import { ownerIds } from "./profile-store.ts";

export function deliveryRoutes(services: ApiServices): Route[] {
  return [
    healthRoute(services), statesRoute(services), listRoute(services), errorsRoute(services), requestRoute(services), replayRoute(services), replaysRoute(services), stopReplayRoute(services),
    personRoute(services),
  ];
}

const HOUR_MS = 3_600_000;
/** Points of a series, about. */
const SERIES_STEPS = 48;
const EXCHANGE_DAYS = 7;
const WAITING_SHOWN = 200;
const deliveryMask = {
  subscription: keep, subscription_name: keep, stream: keep, position: keep, message_id: only("id"), event: within, profile_id: keep, outcome: keep, code: keep, detail: within, status: keep,
  attempts: keep, happened_at: keep, received_at: keep, finished_at: keep, request_id: keep,
};

async function destinationOf({ deps }: ApiServices, workspaceId: number, slug: string): Promise<StoredDestination> {
  return deps.workspaceDb.run(workspaceId, (db) => presentDestination(db, workspaceId, slug));
}

function healthRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/destinations/{slug}/health",
    tag: DESTINATIONS_TAG,
    scopes: ["read"],
    summary: "How a destination is",
    description: "Whether it takes what it is sent, what waits for it, and what became of everything that subscriptions asked for, by outcome and reason.",
    params: destinationParams,
    query: healthQuery,
    masks: fields({ state: keep, since: keep, code: keep, detail: within, advice: keep, next_attempt_at: keep, waiting: keep, counts: keep, series: keep, latency_ms: keep }),
    responses: { 200: destinationHealth },
    handle: async ({ params, query, workspaceId, nowMs }) => ({ status: 200, body: await healthOf(services, workspaceId, await destinationOf(services, workspaceId, params.slug), nowMs, query.hours) }),
  });
}

async function healthOf({ deps, scan }: ApiServices, workspaceId: number, found: StoredDestination, nowMs: number, hours: number): Promise<DestinationHealth> {
  const from = new Date(nowMs - hours * HOUR_MS);
  const stepMinutes = Math.max(1, Math.round((hours * 60) / SERIES_STEPS));
  const read = await deps.workspaceDb.run(workspaceId, async (db) => ({
    state: (await readStates(db, workspaceId)).get(found.id), counts: await readCounts(db, workspaceId, found.id, from), parked: await readParkedSummary(db, workspaceId, found.id),
    series: await readCountSeries(db, workspaceId, found.id, from, stepMinutes), cursor: await readEventCursor(db, workspaceId, found.id), partition: await partitionOf(db, workspaceId),
  }));
  const log = <Row>(sql: string, params: Readonly<Record<string, unknown>>): Promise<Row[]> => scan<Row>(workspaceId, sql, params);
  const [latency, backlog] = await Promise.all([
    readLatency(log, { destinationId: found.id, fromMs: from.getTime() }), read.cursor === undefined ? undefined : readBacklog(log, read.partition, read.cursor),
  ]);
  const { state, parked } = read;
  const sums = Map.groupBy(read.counts, ({ outcome, reason }) => JSON.stringify([outcome, reason]));
  return {
    state: !found.enabled ? "off" : state === undefined ? (read.counts.length === 0 ? "idle" : "flowing") : (state.state as DestinationHealth["state"]), // Written by delivery, which knows these.
    since: state?.since.toISOString() ?? null, code: state?.code ?? "", detail: state?.detail ?? "", advice: state === undefined || state.state === "flowing" ? "" : adviceFor(state.state, state.code),
    next_attempt_at: state?.next_at?.toISOString() ?? null,
    waiting: {
      events: backlog?.events ?? null, oldest_at: backlog?.oldestMs == null ? null : iso(backlog.oldestMs), again: parked.again, behind: parked.behind,
      oldest_failed_at: parked.oldest?.toISOString() ?? null, next_at: parked.next?.toISOString() ?? null,
    },
    counts: [...sums.values()].flatMap((rows) => rows[0] === undefined ? [] : [{ outcome: rows[0].outcome, reason: rows[0].reason, count: rows.reduce((sum, row) => sum + row.count, 0) }]),
    series: read.series.map(({ at, outcome, count }) => ({ at: at.toISOString(), outcome, count })),
    latency_ms: latency,
  };
}

async function partitionOf(db: ClientBase, workspaceId: number): Promise<number> {
  const { rows } = await db.query<{ log_partition: number }>("select log_partition from workspace where id = $1", [workspaceId]);
  return rows[0]?.log_partition ?? 0;
}

function statesRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/destination-states",
    tag: DESTINATIONS_TAG,
    scopes: ["read"],
    summary: "How all destinations are",
    description: "Those that have been at work, whether they take what they are sent.",
    masks: fields({ data: listOf(fields({ slug: keep, state: keep, since: keep, code: keep, detail: within })) }),
    responses: { 200: statesList },
    handle: async ({ workspaceId }) => {
      const [all, states] = await deps.workspaceDb.run(workspaceId, async (db) => [await readDestinations(db, workspaceId), await readStates(db, workspaceId)] as const);
      return {
        status: 200,
        body: {
          data: all.flatMap(({ id, slug }) => {
            const state = states.get(id);
            return state === undefined ? [] : [{ slug, state: state.state, since: state.since.toISOString(), code: state.code, detail: state.detail }];
          }),
        },
      };
    },
  });
}

const placeShape = z.tuple([cursorMs, cursorRow, cursorId]);
const placeOf = (row: DeliveryRow): [number, number, number] => [row.finished_ms, row.position, row.subscription_id];

function listRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/destinations/{slug}/deliveries",
    tag: DESTINATIONS_TAG,
    scopes: ["read"],
    summary: "What was sent to a destination",
    description: "The latest first, with what came of each.",
    params: destinationParams,
    query: deliveriesQuery,
    masks: pageOf(fields(deliveryMask)),
    responses: { 200: deliveryList },
    handle: async ({ params, query, workspaceId }) => {
      const found = await destinationOf(services, workspaceId, params.slug);
      const rows = await readDeliveries((sql, values) => services.scan(workspaceId, sql, values), {
        destinationId: found.id, subscriptionId: query.subscription, outcomes: query.outcome === undefined ? undefined : [query.outcome], code: query.code, event: query.event, messageId: query.message_id, requestId: query.request_id,
        fromMs: msOf(query.from), beforeMs: msOf(query.until),
      }, { before: decodeCursor(placeShape, query.cursor), limit: query.limit + 1 });
      const names = await subscriptionNames(services, workspaceId, [found.id]);
      return { status: 200, body: pageFrom(rows, query.limit, (row) => shownDelivery(row, names), placeOf) };
    },
  });
}

function msOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

function subscriptionNames({ deps }: ApiServices, workspaceId: number, destinationIds: readonly number[]): Promise<ReadonlyMap<number, string>> {
  return deps.workspaceDb.run(workspaceId, async (db) => {
    const names = new Map<number, string>();
    for (const id of new Set(destinationIds)) for (const one of await readSubscriptions(db, workspaceId, id)) names.set(one.id, one.name);
    return names;
  });
}

function shownDelivery(row: DeliveryRow, names: ReadonlyMap<number, string>): DeliveryShown {
  return {
    subscription: row.subscription_id, subscription_name: names.get(row.subscription_id) ?? null, stream: row.stream, position: row.position, message_id: row.message_id, event: row.event,
    profile_id: row.profile_id === NOBODY ? null : row.profile_id, outcome: row.outcome as DeliveryShown["outcome"], // Written by delivery, which knows these.
    code: row.code, detail: row.detail, status: row.status === 0 ? null : row.status, attempts: row.attempts, happened_at: iso(row.happened_ms), received_at: iso(row.received_ms),
    finished_at: iso(row.finished_ms), request_id: row.request_id === NOBODY ? null : row.request_id,
  };
}

function errorsRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/destinations/{slug}/errors",
    tag: DESTINATIONS_TAG,
    scopes: ["read"],
    summary: "Dead letters of a destination, by reason",
    description: "With the newest of each as an example, and what to do. What was sent again and arrived is left out.",
    params: destinationParams,
    query: healthQuery,
    masks: fields({ data: listOf(fields({ code: keep, count: keep, people: keep, last_at: keep, status: keep, detail: within, message_id: only("id"), advice: keep })) }),
    responses: { 200: errorGroups },
    handle: async ({ params, query, workspaceId, nowMs }) => {
      const found = await destinationOf(services, workspaceId, params.slug);
      const groups = await readErrors((sql, values) => services.scan(workspaceId, sql, values), { destinationId: found.id, fromMs: nowMs - query.hours * HOUR_MS });
      return {
        status: 200,
        body: {
          data: groups.map((one) => ({
            code: one.code, count: one.count, people: one.people, last_at: iso(one.last_ms), status: one.status === 0 ? null : one.status, detail: one.detail, message_id: one.message_id,
            advice: adviceFor("refused", one.code),
          })),
        },
      };
    },
  });
}

function requestRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/destinations/{slug}/requests/{requestId}",
    tag: DESTINATIONS_TAG,
    scopes: ["read"],
    summary: "A request and its reply",
    description: `As they were, without secrets, for ${EXCHANGE_DAYS} days; after that, hashes of their bodies alone.`,
    params: requestParams,
    masks: fields({ exchanges: exchangesMask, kept_for_days: keep, hashes: listOf(fields({ at: keep, method: keep, status: keep, request: only("id"), response: only("id") })) }),
    responses: { 200: requestShown },
    handle: async ({ params, workspaceId, saw }) => {
      const found = await destinationOf(services, workspaceId, params.slug);
      const read: Parameters<typeof readExchanges>[0] = (sql, values) => services.scan(workspaceId, sql, values);
      const [rows, hashes] = await Promise.all([readExchanges(read, found.id, params.requestId), readHashes(read, found.id, params.requestId)]);
      if (rows.length + hashes.length === 0) throw new AppError("not_found", { detail: "Of this request nothing is kept.", hint: "Look at the destination's deliveries." });
      await saw({ action: "destination.request", target: `destination:${found.slug}`, detail: { request: params.requestId } });
      return { status: 200, body: { exchanges: rows.map(shownExchangeRow), kept_for_days: EXCHANGE_DAYS, hashes: hashes.map(shownHashRow) } };
    },
  });
}

function shownHashRow(row: HashRow): z.infer<typeof requestShown>["hashes"][number] {
  return { at: iso(row.at_ms), method: row.method, status: row.status === 0 ? null : row.status, request: row.request_hash, response: row.response_hash };
}

function shownExchangeRow(row: ExchangeRow): z.infer<typeof requestShown>["exchanges"][number] {
  return {
    method: row.method, url: row.url, request_headers: headersOf(row.request_headers), request_body: row.request_body, status: row.status === 0 ? null : row.status,
    response_headers: headersOf(row.response_headers), response_body: row.response_body, failure: row.failure === "" ? null : row.failure, started_at: iso(row.at_ms), took_ms: row.took_ms,
  };
}

function headersOf(text: string): Record<string, string> {
  const parsed: unknown = JSON.parse(text);
  return isRecord(parsed) ? Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, String(value)])) : {};
}

interface ReplayRow {
  readonly id: number;
  readonly status: ReplayShown["status"];
  readonly found: number;
  readonly passed_over: number;
  readonly created_at: Date;
  readonly created_by: string;
  readonly done_at: Date | null;
}

const REPLAY_COLUMNS = "id, status, found::float8 as found, passed_over::float8 as passed_over, created_at, created_by, done_at";

function shownReplay(row: ReplayRow): ReplayShown {
  return { ...row, created_at: row.created_at.toISOString(), done_at: row.done_at?.toISOString() ?? null };
}

function replayRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/destinations/{slug}/replays",
    tag: DESTINATIONS_TAG,
    scopes: ["write"],
    summary: "Send again",
    description:
      "Dead letters, or whatever is asked for: all that is given must hold. It shares the rate with what comes in and keeps each person's order. What says how somebody is (identify, group, " +
      "audiences) is passed over where something newer of the same person has arrived since.",
    params: destinationParams,
    body: replayBody,
    responses: { 200: replayAsked, 201: replayAsked },
    handle: async ({ params, body, workspaceId, actor, nowMs }) => {
      const found = await destinationOf(services, workspaceId, params.slug);
      const { dry_run: isDry, from, until, message_id: messageId, ...rest } = body;
      const wish = replayWish.parse({ ...rest, messageId, fromMs: msOf(from), beforeMs: msOf(until) });
      const matching = await countReplay((sql, values) => services.scan(workspaceId, sql, values), found.id, wish);
      if (isDry) return { status: 200, body: { matching, replay: null } };
      const replay = await services.deps.workspaceDb.transaction(workspaceId, async (db) => {
        const { rows } = await db.query<ReplayRow>(
          `insert into delivery_replay (workspace_id, destination_id, wish, created_by) values ($1, $2, $3, $4) returning ${REPLAY_COLUMNS}`,
          [workspaceId, found.id, JSON.stringify(wish), actor],
        );
        await recordAudit(db, { workspaceId, actor, action: "destination.replay", target: `destination:${found.slug}`, detail: { matching } }, nowMs);
        return rows[0];
      });
      return { status: 201, body: { matching, replay: replay === undefined ? null : shownReplay(replay) } };
    },
  });
}

function replaysRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/destinations/{slug}/replays",
    tag: DESTINATIONS_TAG,
    scopes: ["read"],
    summary: "What was sent again",
    description: "The latest first, at most a hundred.",
    params: destinationParams,
    responses: { 200: replayList },
    handle: async ({ params, workspaceId }) => {
      const found = await destinationOf(services, workspaceId, params.slug);
      const { rows } = await services.deps.workspaceDb.run(workspaceId, (db) => db.query<ReplayRow>(
        `select ${REPLAY_COLUMNS} from delivery_replay where workspace_id = $1 and destination_id = $2 order by id desc limit 100`, [workspaceId, found.id],
      ));
      return { status: 200, body: { data: rows.map(shownReplay) } };
    },
  });
}

const replayParams = destinationParams.extend({ id: z.coerce.number().int().min(1) });

function stopReplayRoute(services: ApiServices): Route {
  return defineRoute({
    method: "DELETE",
    path: "/destinations/{slug}/replays/{id}",
    tag: DESTINATIONS_TAG,
    scopes: ["write"],
    summary: "Stop sending again",
    description: "What was found already is sent; nothing more is looked for.",
    params: replayParams,
    responses: { 200: replayShown },
    handle: async ({ params, workspaceId, actor, nowMs }) => {
      const found = await destinationOf(services, workspaceId, params.slug);
      const stopped = await services.deps.workspaceDb.transaction(workspaceId, async (db) => {
        const { rows: [row] } = await db.query<ReplayRow>(
          `update delivery_replay set status = 'stopped', done_at = now() where workspace_id = $1 and destination_id = $2 and id = $3 and status = 'running' returning ${REPLAY_COLUMNS}`,
          [workspaceId, found.id, params.id],
        );
        if (row === undefined) throw new AppError("not_found", { detail: "No such replay is running.", hint: "Look at GET /destinations/{slug}/replays." });
        await recordAudit(db, { workspaceId, actor, action: "destination.replay_stop", target: `destination:${found.slug}`, detail: { replay: params.id } }, nowMs);
        return row;
      });
      return { status: 200, body: shownReplay(stopped) };
    },
  });
}

function personRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/profiles/{ref}/deliveries",
    tag: "Profiles",
    scopes: ["read"],
    summary: "What was sent about one person",
    description: "Where, when, why, and what came back; the latest first, beside what still waits to be sent.",
    params: profileRefParams,
    query: personDeliveriesQuery,
    masks: fields({
      data: listOf(fields({ ...deliveryMask, destination: keep, destination_name: keep, why: whyMask })), next_cursor: keep,
      waiting: listOf(fields({ destination: keep, destination_name: keep, subscription: keep, subscription_name: keep, stream: keep, position: keep, attempts: keep, first_at: keep, next_at: keep, code: keep, detail: within, why: whyMask })),
    }),
    responses: { 200: personDeliveries },
    handle: async ({ params, query, workspaceId, nowMs, saw }) => {
      const profile = await services.finder.get(workspaceId, params.ref, nowMs);
      await saw({ action: "profile.open", target: `profile:${profile.id}` });
      const { owners, destinations, waiting } = await services.deps.workspaceDb.run(workspaceId, async (db) => {
        const ids = await ownerIds(db, workspaceId, profile.id);
        return { owners: ids, destinations: await readDestinations(db, workspaceId), waiting: await readParkedOfPerson(db, workspaceId, ids, WAITING_SHOWN) };
      });
      const byId = new Map(destinations.map((one) => [one.id, one]));
      const asked = query.destination === undefined ? undefined : destinations.find(({ slug }) => slug === query.destination)?.id ?? 0;
      const rows = await readDeliveries(
        (sql, values) => services.scan(workspaceId, sql, values), { people: owners, destinationId: asked }, { before: decodeCursor(placeShape, query.cursor), limit: query.limit + 1 },
      );
      const [names, whyOf] = await Promise.all([
        subscriptionNames(services, workspaceId, [...rows, ...waiting].map((row) => row.destination_id)), readWhy(services, workspaceId, owners, [...rows, ...waiting]),
      ]);
      const named = (id: number): { readonly destination: string; readonly destination_name: string } => ({ destination: byId.get(id)?.slug ?? "", destination_name: byId.get(id)?.name ?? "" });
      const page = pageFrom(rows, query.limit, (row) => ({ ...shownDelivery(row, names), ...named(row.destination_id), why: whyOf(row) }), placeOf);
      return {
        status: 200,
        body: {
          ...page,
          waiting: waiting.filter((row) => asked === undefined || row.destination_id === asked).map((row) => ({
            ...named(row.destination_id), subscription: row.subscription_id, subscription_name: names.get(row.subscription_id) ?? null, stream: row.stream, position: row.position, attempts: row.attempts, first_at: row.first_at.toISOString(),
            next_at: row.next_at.toISOString(), code: row.code, detail: row.detail, why: whyOf(row),
          })),
        },
      };
    },
  });
}
