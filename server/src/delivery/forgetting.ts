// People who are to be forgotten at one destination: it is told each of their ids, one after another, behind everything that it is still to
// be told about them, so that nothing that comes later makes them anew there. How far it has come stands in Postgres; a call that a kill
// cut off is made again as it was.
import type { Pool } from "pg";
import type { DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import type { Outcome } from "../destinations/destinations.ts";
import { inTransaction } from "../engines/postgres/in-transaction.ts";
import { backOffMs } from "./back-off.ts";
import type { DeliveryLimits } from "./delivery-limits.ts";
import { DETAIL_MAX } from "./entry.ts";

/** One id of the person: a call knows no more of them. */
export type ForgetCall = { readonly userId: string } | { readonly anonymousId: string };

export interface Forgetting {
  readonly id: number;
  readonly profileIds: readonly string[];
  readonly call: ForgetCall;
  readonly isLast: boolean;
  /** Calls that were answered well. */
  readonly told: number;
  readonly attempts: number;
  /** What is still to be told about them was waited for long enough: it is given up. */
  readonly isOverdue: boolean;
}

export interface Forgettings {
  /** Reads what waits, if it may have changed. `written`: resolves when every outcome by now is durable. */
  look(written: () => Promise<void>): Promise<void>;
  /** Somebody else has changed what waits. */
  poke(): void;
  /** The next one that is due. What is held up is looked at again. */
  take(isHeldUp: (one: Forgetting) => boolean): Forgetting | undefined;
  /** What came of it. `isClosed`: it says that of the destination as a whole, and no attempt is counted. */
  conclude(one: Forgetting, outcome: Outcome, isClosed: boolean): Promise<void>;
  /** It could not be written down: it is read again. */
  release(one: Forgetting): void;
  /** Before then nothing is due; Infinity: nothing waits. */
  nextAtMs(): number;
  /** Nothing is due or under way. */
  isQuiet(): boolean;
}

export interface ForgettingsOptions {
  readonly pool: Pool;
  readonly destinationId: number;
  readonly definition: DestinationDefinition;
  readonly limits: Pick<DeliveryLimits, "retry" | "forgetBehindMs" | "pollIdleMs">;
  readonly nowMs: () => number;
}

export interface StoredIdentifier {
  readonly namespace: string;
  readonly value: string;
}

/** What the catalog's destinations take is the user id alone; ours take either. */
export function callsOf({ origin }: Pick<DestinationDefinition, "origin">, identifiers: readonly StoredIdentifier[]): readonly ForgetCall[] {
  const valuesOf = (namespace: string): readonly string[] => identifiers.filter((one) => one.namespace === namespace).map(({ value }) => value);
  return [...valuesOf("user_id").map((userId) => ({ userId })), ...(origin === "own" ? valuesOf("anonymous_id").map((anonymousId) => ({ anonymousId })) : [])];
}

interface Row {
  readonly id: number;
  readonly profileIds: readonly string[];
  readonly identifiers: readonly StoredIdentifier[];
  readonly told: number;
  readonly attempts: number;
  readonly nextAtMs: number;
  readonly sinceMs: number;
  readonly isBehind: boolean;
}

/** Behind: they have not left every audience yet, or something about them is tried again, or their rows of a model were not taken away yet. */
const WAITING = `select t.forgetting_id as id, f.profile_ids as "profileIds", f.identifiers, t.told, t.attempts, coalesce(extract(epoch from t.next_at)::float8 * 1000, 0) as "nextAtMs", extract(epoch from t.since)::float8 * 1000 as "sinceMs",
    exists (select from subscription s join delivery_member m on m.subscription_id = s.id and m.profile_id = any(f.profile_ids) where s.destination_id = t.destination_id and s.enabled and s.status = 'active')
    or exists (select from delivery_parked p where p.destination_id = t.destination_id and (p.profile_id = any(f.profile_ids) or p.person_id = any(f.profile_ids)))
    or exists (select from subscription s
        join forgetting_model m on m.forgetting_id = f.id and s.definition -> 'trigger' ->> 'kind' = 'model' and m.model_id = (s.definition -> 'trigger' ->> 'modelId')::integer
        left join delivery_cursor c on c.destination_id = s.destination_id and c.stream = 'model ' || s.id
      where s.destination_id = t.destination_id and s.enabled and s.status = 'active' and (m.status = 'waiting' or c.next_block <= m.last_seq
        or exists (select from delivery_parked p where p.destination_id = s.destination_id and p.stream = 'model ' || s.id and p.position between m.first_seq and m.last_seq))) as "isBehind"
  from forgetting_destination t join forgetting f on f.id = t.forgetting_id where t.destination_id = $1 and t.status = 'waiting' order by t.forgetting_id limit 500`;

export function createForgettings({ pool, destinationId, definition, limits, nowMs }: ForgettingsOptions): Forgettings {
  let ready: readonly Forgetting[] = [];
  const out = new Set<number>();
  let isStale = true;
  let nextAtMs = Infinity;

  function dueOf(row: Row): readonly Forgetting[] {
    const calls = callsOf(definition, row.identifiers);
    const call = calls[row.told];
    const isOverdue = row.sinceMs + limits.forgetBehindMs <= nowMs();
    if (call === undefined || out.has(row.id) || row.nextAtMs > nowMs() || (row.isBehind && !isOverdue)) return [];
    return [{ id: row.id, profileIds: row.profileIds, call, isLast: row.told + 1 >= calls.length, told: row.told, attempts: row.attempts, isOverdue }];
  }

  const where = "forgetting_id = $1 and destination_id = $2 and status = 'waiting'";
  const keyOf = (one: Forgetting): readonly [number, number] => [one.id, destinationId];

  async function told(one: Forgetting, outcome: Extract<Outcome, { readonly kind: "delivered" | "nothing" }>): Promise<void> {
    const wasThere = outcome.kind === "delivered";
    const values = [...keyOf(one), one.told + 1, wasThere, wasThere ? "" : cleaned(one, outcome.detail)];
    const said = "told = $3, was_there = was_there or $4, code = '', detail = $5";
    if (!one.isLast) return void await pool.query(`update forgetting_destination set ${said}, attempts = 0, next_at = null where ${where}`, values);
    await inTransaction(pool, async (tx) => {
      await tx.query(
        `update forgetting_destination set ${said}, status = case when was_there or $4 then 'told' else 'nothing' end, done_at = $6 where ${where}`, [...values, new Date(nowMs())],
      );
      // What it would still be told would make them anew.
      await tx.query("delete from delivery_parked where destination_id = $1 and (profile_id = any($2::uuid[]) or person_id = any($2::uuid[]))", [destinationId, one.profileIds]);
      await tx.query("delete from delivery_member m using subscription s where s.id = m.subscription_id and s.destination_id = $1 and m.profile_id = any($2::uuid[])", [destinationId, one.profileIds]);
    });
  }

  async function failed(one: Forgetting, outcome: Extract<Outcome, { readonly kind: "retry" | "unauthorized" | "refused" }>, isClosed: boolean): Promise<void> {
    const code = outcome.kind === "unauthorized" ? "unauthorized" : outcome.code;
    const detail = cleaned(one, outcome.detail);
    if (outcome.kind === "refused") {
      await pool.query(`update forgetting_destination set status = 'refused', attempts = attempts + 1, code = $3, detail = $4, done_at = $5 where ${where}`, [...keyOf(one), code, detail, new Date(nowMs())]);
      return;
    }
    const attempts = one.attempts + (isClosed ? 0 : 1);
    const waitMs = isClosed ? 0 : Math.max(outcome.kind === "retry" ? outcome.afterMs ?? 0 : 0, backOffMs(limits.retry, attempts));
    await pool.query(
      `update forgetting_destination set attempts = $3, next_at = $4, code = $5, detail = $6 where ${where}`, [...keyOf(one), attempts, isClosed ? null : new Date(nowMs() + waitMs), code, detail],
    );
  }

  function release(one: Forgetting): void {
    out.delete(one.id);
    isStale = true;
  }

  return {
    async look(written) {
      if (!isStale && nowMs() < nextAtMs) return;
      const read = async (): Promise<readonly Row[]> => (await pool.query<Row>(WAITING, [destinationId])).rows;
      isStale = false;
      let rows = await read();
      ready = rows.flatMap(dueOf);
      if (ready.length > 0) {
        await written();
        rows = await read();
        ready = rows.flatMap(dueOf);
      }
      const times = rows.filter(({ id }) => !ready.some((one) => one.id === id)).map((row) => Math.max(row.nextAtMs, nowMs() + limits.pollIdleMs));
      nextAtMs = Math.min(Infinity, ...times);
    },
    poke: () => void (isStale = true),
    take(isHeldUp) {
      for (const one of ready) {
        ready = ready.filter((each) => each !== one);
        if (!isHeldUp(one)) {
          out.add(one.id);
          return one;
        }
        isStale = true;
      }
      return undefined;
    },
    async conclude(one, outcome, isClosed) {
      if (outcome.kind === "delivered" || outcome.kind === "nothing") await told(one, outcome);
      else await failed(one, outcome, isClosed);
      release(one);
    },
    release,
    nextAtMs: () => (isStale ? -Infinity : nextAtMs),
    isQuiet: () => !isStale && out.size === 0 && ready.length === 0,
  };
}

/** What a vendor says may name whom it was to forget. */
function cleaned({ call }: Forgetting, detail: string): string {
  return Object.values(call).reduce((text: string, value) => text.replaceAll(value, "…"), detail).slice(0, DETAIL_MAX);
}
