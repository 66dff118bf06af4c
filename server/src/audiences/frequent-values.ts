// The values that stand most often in a trait, a property or beside an event: what somebody who writes a condition picks from.
import { contextFields, type ContextField } from "@tributary/schema/audience/event-filter.ts";
import { rawsSql, textSql } from "@tributary/schema/audience/value.ts";
import type { FieldPlace } from "@tributary/schema/field.ts";
import { AppError } from "../core/errors.ts";
import type { ReadClickHouse } from "./vocabulary.ts";

const VALUES_MAX = 50;
/** Longer texts are no values to pick from. */
const VALUE_CHARACTERS_MAX = 1_000;
const SECONDS_MAX = 2;
/** Events that are looked at, and how far back. */
const EVENTS_MAX = 500_000;
const DAYS = 90;

interface ValuesWish {
  readonly place: "trait" | "property" | "context";
  /** Of a property; of a context field, "" is any. */
  readonly event: string;
  readonly path: string;
  readonly search: string;
}

interface FrequentValue {
  readonly value: string | number | boolean;
  readonly count: number;
}

/** Where a context field stands in what a sender tells; null: it is made here, and tells of nobody in particular. */
const toldAt: Readonly<Record<ContextField, string | null>> = {
  type: null, country: null, browser: null, locale: "locale", timezone: "timezone", device_type: "device.type", os: "os.name",
  page_url: "page.url", page_path: "page.path", page_referrer: "page.referrer", campaign_source: "campaign.source", campaign_medium: "campaign.medium",
  campaign_name: "campaign.name", campaign_term: "campaign.term", campaign_content: "campaign.content", library: "library.name",
};

/** The field by whose decision its values are shown; null: anybody may see them. */
export function fieldOfValues({ place, event, path }: ValuesWish): { readonly place: FieldPlace; readonly event: string; readonly path: string } | null {
  if (place === "trait") return { place: "trait", event: "", path };
  if (place === "property") return { place: event === "identify" ? "trait" : event === "group" ? "account" : "property", event: event === "identify" || event === "group" ? "" : event, path };
  const told = toldAt[contextField(path)];
  return told === null ? null : { place: "context", event: "", path: told };
}

function contextField(path: string): ContextField {
  const field = contextFields.find((one) => one === path);
  if (field === undefined) throw new AppError("bad_request", { detail: `There is no context field \`${path}\`.`, hint: `There are: ${contextFields.join(", ")}.` });
  return field;
}

/** The most frequent first. `nowMs`: events are looked for before it. */
export async function readFrequentValues(read: ReadClickHouse, workspaceId: number, wish: ValuesWish, nowMs: number): Promise<FrequentValue[]> {
  if (wish.place === "property" && wish.event === "") throw new AppError("bad_request", { detail: "Of which event?", hint: "Name it as `event`." });
  const params: Record<string, unknown> = { search: wish.search.toLowerCase() };
  const bind = (type: string, value: unknown): string => {
    const name = `p${Object.keys(params).length}`;
    params[name] = value;
    return `{${name}:${type}}`;
  };
  const found = wish.search === "" ? "" : ` and position(lowerUTF8(${textSql("raw")}), {search:String}) > 0`;
  const rows = await read<{ raw: string; count: number }>(
    workspaceId,
    `select raw, count() as count from (${rawsOf(wish, bind, nowMs)}) where raw != '' and length(raw) <= ${VALUE_CHARACTERS_MAX}${found}
     group by raw order by count desc, raw limit ${VALUES_MAX} settings max_execution_time = ${SECONDS_MAX}, timeout_overflow_mode = 'break'`,
    params,
  );
  return rows.map(({ raw, count }) => ({ value: valueOf(raw), count }));
}

function rawsOf(wish: ValuesWish, bind: (type: string, value: unknown) => string, nowMs: number): string {
  if (wish.place === "trait") {
    return `select arrayJoin(${rawsSql(bind, "traits", wish.path)}) as raw from profiles final where workspace_id = {workspace:UInt32} and deleted = 0`;
  }
  const isNamed = wish.event === "" ? "" : ` and event = ${bind("String", wish.event)}`;
  const column = wish.place === "property" ? "properties" : contextField(wish.path);
  const events = `select ${column} from events where workspace_id = {workspace:UInt32}${isNamed} and outcome = 'stored'
    and timestamp > fromUnixTimestamp64Milli(${bind("Int64", nowMs - DAYS * 86_400_000)}, 'UTC') limit ${EVENTS_MAX}`;
  const raw = wish.place === "property" ? `arrayJoin(${rawsSql(bind, "properties", wish.path)})` : `if(${column} = '', '', toJSONString(toString(${column})))`;
  return `select ${raw} as raw from (${events})`;
}

/** It is the JSON of a scalar. */
function valueOf(raw: string): string | number | boolean {
  const value: unknown = JSON.parse(raw);
  return typeof value === "number" || typeof value === "boolean" ? value : String(value);
}
