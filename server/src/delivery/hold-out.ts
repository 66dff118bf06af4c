// What difference it makes that people of an audience are sent to a destination: those who are, held against the share who are not, each from
// the moment on in which they were assigned. Whoever is assigned counts, whether or not the vendor took them: among those who are held out are
// such people too. The log of deliveries is the log of who was assigned when.
import type { Words } from "@tributary/schema/audience/condition-kind.ts";
import { orderMoney, type ReadLog } from "../audiences/audiences.ts";
import { differenceOf, type Difference } from "./welch.ts";

export interface Arm {
  readonly people: number;
  /** Who ordered. */
  readonly buyers: number;
  readonly orders: number;
  /** Less what came back. */
  readonly revenue: number;
  readonly perPerson: number;
}

export interface HoldOut {
  /** When the first was held out; undefined: nobody was. */
  readonly sinceMs: number | undefined;
  readonly sent: Arm;
  readonly heldOut: Arm;
  /** Of both kinds: another share than before, or two who turned out to be one. They are in neither. */
  readonly both: number;
  /** Net revenue per person, sent less held out; undefined: too few to say, or nobody knows what an order is. */
  readonly difference: Difference | undefined;
  readonly tooFew: "people" | "buyers" | undefined;
}

/** Below, the mean of what few people spend says nothing: one large order makes it. */
export const PEOPLE_MIN = 30;
export const BUYERS_MIN = 10;
/** Ids of one question. */
const IDS_MAX = 200_000;

const OF_SUBSCRIPTION = `workspace_id = {workspace:UInt32} and destination_id = {destination:UInt32} and subscription_id = {subscription:UInt32}`;
const ASSIGNED = `${OF_SUBSCRIPTION} and event = 'Audience Entered' and outcome in ('held_out', 'delivered', 'refused', 'expired') and stream != 'test'`;

const NOBODY_THERE: Arm = { people: 0, buyers: 0, orders: 0, revenue: 0, perPerson: 0 };

export interface HoldOutQuestion {
  readonly destinationId: number;
  readonly subscriptionId: number;
  readonly words: Words;
  /** Of ids, those who are somebody else by now, and who. */
  readonly survivorsOf: (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>;
}

export async function readHoldOut(read: ReadLog, { destinationId, subscriptionId, words, survivorsOf }: HoldOutQuestion): Promise<HoldOut> {
  const of = { destination: destinationId, subscription: subscriptionId };
  const [began] = await read<{ since: number; held: number }>(`select toUnixTimestamp64Milli(min(finished_at)) as since, count() as held from deliveries where ${OF_SUBSCRIPTION} and outcome = 'held_out'`, of);
  if (began === undefined || Number(began.held) === 0) return { sinceMs: undefined, sent: NOBODY_THERE, heldOut: NOBODY_THERE, both: 0, difference: undefined, tooFew: "people" };
  const sinceMs = Number(began.since);
  const gone = await read<{ id: string }>(
    `select distinct toString(profile_id) as id from deliveries where ${ASSIGNED}
      and profile_id not in (select profile_id from profiles final where workspace_id = {workspace:UInt32} and deleted = 0) limit ${IDS_MAX}`, of,
  );
  const survivors = await survivorsOf(gone.map(({ id }) => id));
  const money = orderMoney(words);
  const rows = await read<{ kind: "sent" | "held_out" | "both"; people: number; buyers: number; orders: number; revenue: number; mean: number; variance: number }>(
    `with ${sinceMs} as since
      select if(held and sent, 'both', if(held, 'held_out', 'sent')) as kind, count() as people, countIf(ordered > 0) as buyers, sum(ordered) as orders, sum(net) as revenue, avg(net) as mean,
        if(people > 1, varSampStable(net), 0) as variance
      from (select a.person as person, any(a.held) as held, any(a.sent) as sent, countIf(m.is_order and m.at_ms >= a.from_ms) as ordered, sumIf(toFloat64(m.value), m.at_ms >= a.from_ms) as net
        from (select toUUID(transform(toString(profile_id), {gone:Array(String)}, {now:Array(String)}, toString(profile_id))) as person, max(outcome = 'held_out') as held, max(outcome != 'held_out') as sent,
            min(greatest(toUnixTimestamp64Milli(happened_at), since)) as from_ms
          from deliveries where ${ASSIGNED} group by person having toUnixTimestamp64Milli(min(finished_at)) >= since) as a
        left join (${money?.sql ?? "select toUUID('00000000-0000-0000-0000-000000000000') as person_id, toInt64(0) as at_ms, 0 as is_order, toDecimal128(0, 9) as value where 0"}) as m on m.person_id = a.person
        group by person)
      group by kind`,
    // A list without anything has no type of its own.
    { ...of, ...money?.params, gone: survivors.size === 0 ? [""] : [...survivors.keys()], now: survivors.size === 0 ? [""] : [...survivors.values()] },
  );
  const rowOf = (kind: string): (typeof rows)[number] | undefined => rows.find((row) => row.kind === kind);
  const armOf = (kind: string): Arm => {
    const row = rowOf(kind);
    return row === undefined ? NOBODY_THERE : { people: Number(row.people), buyers: Number(row.buyers), orders: Number(row.orders), revenue: Number(row.revenue), perPerson: Number(row.mean) };
  };
  const [sent, heldOut] = [armOf("sent"), armOf("held_out")];
  const tooFew = Math.min(sent.people, heldOut.people) < PEOPLE_MIN ? "people" as const : Math.min(sent.buyers, heldOut.buyers) < BUYERS_MIN ? "buyers" as const : undefined;
  const sampleOf = (kind: string, { people, perPerson }: Arm): Parameters<typeof differenceOf>[0] => ({ count: people, mean: perPerson, variance: Number(rowOf(kind)?.variance ?? 0) });
  return {
    sinceMs, sent, heldOut, both: armOf("both").people, tooFew,
    difference: tooFew === undefined && money !== undefined ? differenceOf(sampleOf("sent", sent), sampleOf("held_out", heldOut)) : undefined,
  };
}
