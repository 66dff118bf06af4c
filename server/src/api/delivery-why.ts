// Why something was sent about somebody: which audience they came into or went out of, for what reason and by which event, as the log of
// memberships has it. What is sent of events, of models' rows and of consent is not in it.
import type { DeliveryWhy } from "@tributary/schema/api/deliveries.ts";
import { readChangesByNumber } from "../audiences/audiences.ts";
import { readAudienceNames, readAudiencesSent } from "../destinations/destinations.ts";
import { fields, keep, only, within, type Mask } from "./answer-masks.ts";
import type { ApiServices } from "./api-services.ts";
import { iso } from "./iso.ts";

interface Sent {
  readonly subscription_id: number;
  readonly stream: string;
  readonly position: number;
}

export type WhyOf = (row: Sent) => DeliveryWhy | null;

/** Those whose positions are numbers of the log of memberships; of what is sent anew some are others, which it does not have. */
const OF_MEMBERSHIPS = /^(fill|audience|sync) /;

const causeMask = fields({ event: within, message_id: only("id") });
export const whyMask: Mask = (value, masking) =>
  value === null ? null : fields({ audience: keep, audience_name: keep, entered: keep, reason: keep, at: keep, cause: (cause, more) => (cause === null ? null : causeMask(cause, more)) })(value, masking);

/** `profileIds`: all that the person was. */
export async function readWhy({ deps, scan }: ApiServices, workspaceId: number, profileIds: readonly string[], sent: readonly Sent[]): Promise<WhyOf> {
  const rows = sent.filter(({ stream }) => OF_MEMBERSHIPS.test(stream));
  if (rows.length === 0) return () => null;
  const audiences = await deps.workspaceDb.run(workspaceId, async (db) => readAudienceNames(db, workspaceId, await readAudiencesSent(db, workspaceId, [...new Set(rows.map((row) => row.subscription_id))])));
  const read = <Row>(sql: string, params: Readonly<Record<string, unknown>>): Promise<Row[]> => scan<Row>(workspaceId, sql, params);
  const changes = await readChangesByNumber(read, { audienceIds: [...audiences.keys()], profileIds, seqs: [...new Set(rows.map(({ position }) => position))] });
  const causes = [...new Set(changes.map((change) => change.cause_row))].filter((row) => row !== 0);
  const events = causes.length === 0 ? [] : await read<{ row_id: number; name: string; message_id: string }>(
    "select row_id, if(event = '', toString(type), event) as name, message_id from events where workspace_id = {workspace:UInt32} and row_id in {rows:Array(UInt64)}", { rows: causes },
  );
  const eventOf = new Map(events.map((event) => [event.row_id, { event: event.name, message_id: event.message_id }]));
  // A workspace's changes are numbered together, whatever the audience.
  const bySeq = new Map(changes.map((change) => [change.seq, change]));
  return ({ stream, position }) => {
    const change = OF_MEMBERSHIPS.test(stream) ? bySeq.get(position) : undefined;
    const audience = change && audiences.get(change.audience_id);
    if (change === undefined || audience === undefined) return null;
    return {
      audience: audience.slug, audience_name: audience.name, entered: change.entered === 1, reason: change.reason as DeliveryWhy["reason"], // Written by the evaluator, which knows these.
      at: iso(change.at_ms), cause: eventOf.get(change.cause_row) ?? null,
    };
  };
}
