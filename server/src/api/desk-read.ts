// What the desk shows of a person: read from the events that the workspace's rules name, when the page is opened. One question
// to ClickHouse, along the key of the event table, with a limit.
import type { DeskAnswer, ReachableBy } from "@tributary/schema/api/desk.ts";
import type { ProfileDocument } from "@tributary/schema/profile.ts";
import type { WorkspaceSettings } from "@tributary/schema/settings.ts";
import { deskEventNames, deskStateOf, eventsAskedFor, findConsoleSource, openProblems, ordersOf, type DeskRow } from "../desk/desk.ts";
import type { ApiServices } from "./api-services.ts";
import { OF_PERSON, paramsOfPerson } from "./person-events.ts";
import type { FoundProfile } from "./profile-store.ts";

const ROWS_MAX = 5_000;
const ORDERS_MAX = 20;

interface Row {
  readonly row_id: number;
  readonly event: string;
  readonly at_ms: number;
  readonly source_id: number;
  readonly properties: Record<string, unknown>;
}

export async function readDesk(
  services: ApiServices, workspaceId: number, profile: FoundProfile, settings: WorkspaceSettings, nowMs: number,
): Promise<DeskAnswer> {
  const { service } = settings;
  const [rows, consoleSourceId] = await Promise.all([
    deskRows(services, workspaceId, profile, [...deskEventNames, ...eventsAskedFor(service)]),
    services.deps.workspaceDb.run(workspaceId, (db) => findConsoleSource(db, workspaceId)),
  ]);
  const state = deskStateOf(rows, consoleSourceId);
  const channels = reachable(profile.doc, settings);
  return {
    ...state,
    problems: openProblems(rows, service, state.promises, nowMs),
    orders: ordersOf(rows, service.orders, ORDERS_MAX),
    channels,
    do_not_contact: channels.length > 0 && channels.every((channel) => channel.decided && !channel.granted),
    complete: rows.length < ROWS_MAX,
  };
}

/** The oldest first. */
async function deskRows(services: ApiServices, workspaceId: number, profile: FoundProfile, names: readonly string[]): Promise<DeskRow[]> {
  const rows = await services.scan<Row>(
    workspaceId,
    `select row_id, event, toUnixTimestamp64Milli(timestamp) as at_ms, source_id, properties from events
      where ${OF_PERSON} and event in {names:Array(String)} and type = 'track' and outcome = 'stored'
      order by timestamp desc, row_id desc limit {limit:UInt32}`,
    { ...(await paramsOfPerson(services, workspaceId, profile)), names: [...new Set(names)], limit: ROWS_MAX },
  );
  return rows
    .reverse()
    .map((row) => ({ rowId: row.row_id, event: row.event, atMs: row.at_ms, sourceId: row.source_id, properties: row.properties }));
}

function reachable(doc: ProfileDocument, settings: WorkspaceSettings): ReachableBy[] {
  return settings.service.channels.map(({ channel, namespaces, consent }) => {
    const decision = Object.hasOwn(doc.consents, consent) ? doc.consents[consent] : undefined;
    return {
      channel, category: consent, reachable: doc.identifiers.some(({ namespace }) => namespaces.includes(namespace)),
      granted: decision?.granted ?? settings.consentWhenAbsent === "granted", decided: decision !== undefined,
    };
  });
}
