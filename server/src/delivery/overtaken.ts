// What says how somebody is, and not what they did, is worth nothing once something newer of the same kind has reached the destination: an
// identify call, a membership, a row of a model. It is looked at when something is to be sent again, and once more when its turn comes.
import type { ClickHouseClient } from "@clickhouse/client";
import { numberingOf, type StreamName } from "./store.ts";

export interface OfDestination {
  readonly workspaceId: number;
  readonly destinationId: number;
}

interface State {
  readonly stream: StreamName;
  readonly subscription: { readonly id: number };
  readonly position: number;
  readonly profileId: string;
  readonly eventName: string;
}

/**
 * In SQL, of a row of `deliveries`: of which kind of state it is, whatever says the same of the same person being of one; empty where it is none. Positions of one kind count the same things.
 * What is told anew, or for consent, is made of how things stand when it is sent, and so is never old.
 */
export const STATE_KIND = `multiIf(match(stream, '^(rows|model) '), 'row', match(stream, '^(fill|audience) '), 'audience', stream = 'events' and event in ('identify', 'group'), event, '')`;

/** The same of what is to be sent. */
function stateKindOf({ stream, eventName }: State): string {
  const numbering = numberingOf(stream);
  if (numbering === "row" || numbering === "audience") return numbering;
  return stream === "events" && (eventName === "identify" || eventName === "group") ? eventName : "";
}

/** The newest of each kind that the destination took. Takes `workspace` and `destination`. */
export const newestDelivered = (where = "1"): string => `(select subscription_id, profile_id, ${STATE_KIND} as kind, max(position) as position from deliveries
  where workspace_id = {workspace:UInt32} and destination_id = {destination:UInt32} and outcome = 'delivered' and kind != '' and ${where} group by 1, 2, 3)`;

/** Those of which something newer has arrived. Everything that is decided has to be in ClickHouse. */
export async function findOvertaken<One extends State>(clickhouse: ClickHouseClient, of: OfDestination, some: readonly One[]): Promise<ReadonlySet<One>> {
  const states = some.filter((one) => stateKindOf(one) !== "");
  if (states.length === 0) return new Set();
  const result = await clickhouse.query({
    query: `select subscription_id as subscription, toString(profile_id) as profile, kind, position from ${newestDelivered("profile_id in {profiles:Array(UUID)}")}`,
    query_params: { workspace: of.workspaceId, destination: of.destinationId, profiles: [...new Set(states.map(({ profileId }) => profileId))] },
    format: "JSONEachRow", clickhouse_settings: { max_threads: 1 },
  });
  const rows = await result.json<{ subscription: number; profile: string; kind: string; position: number | string }>();
  const newest = new Map(rows.map((row) => [`${row.subscription} ${row.profile} ${row.kind}`, Number(row.position)]));
  return new Set(states.filter((one) => (newest.get(`${one.subscription.id} ${one.profileId} ${stateKindOf(one)}`) ?? -1) > one.position));
}
