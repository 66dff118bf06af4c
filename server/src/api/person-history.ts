// What was said of one trait or consent of a person, the latest first, from the events and the decisions by hand that said it.
// Read from what was received, so it also shows what a later or better ranked word replaced.
import { z } from "zod";
import type { traitHistory } from "@tributary/schema/api/profiles.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { controlHeader } from "@tributary/schema/log-record.ts";
import type { ApiServices } from "./api-services.ts";
import { iso } from "./iso.ts";
import { OF_PERSON, paramsOfPerson } from "./person-events.ts";
import type { FoundProfile } from "./profile-store.ts";

type History = z.input<typeof traitHistory>;

/** Rows that one question looks at, and values that one answer has. */
const ROWS_MAX = 2_000;
const VALUES_MAX = 100;

interface Row {
  readonly row_id: number;
  readonly event: string;
  readonly type: string;
  readonly at_ms: number;
  readonly source_id: number;
  readonly properties: Record<string, unknown>;
  readonly consent: Record<string, number>;
  readonly raw: string;
  readonly envelope: string;
}

export async function readTraitHistory(services: ApiServices, workspaceId: number, profile: FoundProfile, trait: string): Promise<History> {
  const rows = await rowsNaming(
    services, workspaceId, profile, { name: trait, kind: "profile.edit", also: "(type = 'identify' or position(raw, '\"traits\"') > 0) and position(raw, {json:String}) > 0" });
  const said = rows.flatMap((row) => saidOf(row, traitIn(row, trait)));
  return historyOf(said, Object.hasOwn(profile.doc.traits, trait) ? profile.doc.traits[trait]?.row : undefined, rows.length < ROWS_MAX);
}

export async function readConsentHistory(services: ApiServices, workspaceId: number, profile: FoundProfile, category: string): Promise<History> {
  const rows = await rowsNaming(services, workspaceId, profile, { name: category, kind: "profile.consent", also: "mapContains(consent, {name:String})" });
  const said = rows.flatMap((row) => saidOf(row, row.type === "control" ? controlled(row)?.[category] : row.consent[category] === 1));
  return historyOf(said, Object.hasOwn(profile.doc.consents, category) ? profile.doc.consents[category]?.row : undefined, rows.length < ROWS_MAX);
}

async function rowsNaming(
  services: ApiServices, workspaceId: number, profile: FoundProfile, wish: { readonly name: string; readonly kind: string; readonly also: string },
): Promise<Row[]> {
  return services.scan<Row>(
    workspaceId,
    `select row_id, event, type, toUnixTimestamp64Milli(timestamp) as at_ms, source_id, properties, consent, raw,
            if(outcome = 'control', envelope, '') as envelope
       from events
      where ${OF_PERSON} and ((outcome = 'stored' and ${wish.also}) or (outcome = 'control' and event = {kind:String} and position(envelope, {json:String}) > 0))
      order by timestamp desc, row_id desc limit {limit:UInt32}`,
    {
      ...(await paramsOfPerson(services, workspaceId, profile)), name: wish.name, json: JSON.stringify(wish.name), kind: wish.kind, limit: ROWS_MAX,
    },
  );
}

interface Said {
  readonly row: Row;
  readonly value: unknown;
}

function saidOf(row: Row, value: unknown): Said[] {
  return value === undefined ? [] : [{ row, value }];
}

function traitIn(row: Row, trait: string): unknown {
  if (row.type === "control") return controlled(row)?.[trait];
  const payload = parsed(row.raw);
  const context = payload["context"];
  const inContext = isRecord(context) && isRecord(context["traits"]) ? own(context["traits"], trait) : undefined;
  if (row.type !== "identify") return inContext;
  return (isRecord(payload["traits"]) ? own(payload["traits"], trait) : undefined) ?? inContext ?? own(row.properties, trait);
}

function controlled(row: Row): Readonly<Record<string, unknown>> | undefined {
  const { action } = controlHeader.parse(JSON.parse(row.envelope));
  const said = action.kind === "profile.edit" ? action.traits : action.kind === "profile.consent" ? action.categories : undefined;
  return said && Object.fromEntries(Object.entries(said));
}

/** Repeats of a value are one entry: since when it was said, and how often. */
function historyOf(said: readonly Said[], inForce: number | undefined, isComplete: boolean): History {
  const data: History["data"] = [];
  for (const { row, value } of said) {
    const last = data.at(-1);
    const isInForce = row.row_id === inForce;
    if (last !== undefined && JSON.stringify(last.value) === JSON.stringify(value)) {
      last.times++;
      Object.assign(last, placeOf(row), { in_force: last.in_force || isInForce });
    } else if (data.length === VALUES_MAX) return { data, complete: false };
    else data.push({ value, times: 1, in_force: isInForce, ...placeOf(row) });
  }
  return { data, complete: isComplete };
}

function placeOf(row: Row): Pick<History["data"][number], "row_id" | "source_id" | "event" | "type" | "at"> {
  return { row_id: row.row_id, source_id: row.source_id, event: row.event, type: row.type, at: iso(row.at_ms) };
}

function parsed(raw: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(raw);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

function own(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
