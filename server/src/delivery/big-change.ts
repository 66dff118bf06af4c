// Big changes of an audience: what one cause would bring or take away is counted before anything of it is sent. Above the subscription's
// share of the people who are at the destination, its stream stops and asks; it goes on, or leaves the change out, when somebody answers.
//
// A cause is a definition or a vocabulary that means something else, a list that was uploaded, an import, a repair. What people do, and what
// time does, is none, however much it is.
import type { Pool } from "pg";
import type { AudienceTrigger } from "@tributary/schema/destination/subscription.ts";
import type { MembershipRow, OfAudience } from "./membership-rows.ts";
import { askLog, OF_AUDIENCE } from "./membership-rows.ts";
import type { DeliveryLimits } from "./delivery-limits.ts";
import { ENDED } from "./feed.ts";
import type { AskedStop, Subscription } from "./target.ts";

export interface BigChanges {
  /** Whether these may be sent now, which are the next to be, and which of them are. Undefined: not yet. */
  pass(rows: readonly MembershipRow[], fromBlock: number, landedBefore: number): Promise<((row: MembershipRow) => "dropped" | "undone" | undefined) | undefined>;
  /** Nothing is sent until somebody answers. */
  isAsking(): boolean;
}

export interface BigChangesOptions {
  readonly pool: Pool;
  readonly of: OfAudience;
  readonly destinationId: number;
  readonly subscription: Subscription;
  /** Nobody but some people are told, whatever changes. */
  readonly isLimited: boolean;
  /** Every block of memberships that is written by now is below this one. */
  readonly decidedBefore: () => Promise<number>;
  readonly nowMs: () => number;
  readonly limits: Pick<DeliveryLimits, "quietMs" | "heldMaxMs">;
}

const CAUSES = ["definition", "list", "import", "repair"];
const BULK = `reason in ('${CAUSES.join("', '")}')`;
/** All in one go, at the end of which the audience says so. */
const WHOLE = new Set(["definition"]);

export interface Counts {
  readonly added: number;
  readonly removed: number;
}

interface Moved extends Counts {
  readonly reasons: readonly string[];
  readonly lastSeq: number;
}

/** What of a change a subscription tells: of who comes, of who goes, or of both. */
export function toldOf(on: AudienceTrigger["on"], { added, removed }: Counts): Counts {
  return { added: on === "exited" ? 0 : added, removed: on === "entered" ? 0 : removed };
}

/** More than may be sent without asking. A share of 1 never asks. */
export function isTooMany({ added, removed }: Counts, share: number, people: number): boolean {
  return share < 1 && Math.max(added, removed) > share * people;
}

export function createBigChanges(options: BigChangesOptions): BigChanges {
  const { pool, of, subscription, limits, nowMs } = options;
  const { trigger, historical } = subscription.definition;
  const { stop } = subscription;
  const share = trigger.kind === "audience" ? trigger.stopShare : 1;
  let asking = stop?.status === "asked";
  /** What stands before this block was counted, and is less than is asked about. */
  let countedBefore = 0;
  let held: { readonly sinceMs: number; untilBlock: number | undefined; lastSeq: number; changedMs: number } | undefined;
  /** Of causes that go on for longer than they are held. */
  let carried = { added: 0, removed: 0, atMs: -Infinity };

  const isBig = (row: MembershipRow): boolean => CAUSES.includes(row.reason);
  const isAnswered = ({ blockId }: MembershipRow): boolean => blockId < Math.max(countedBefore, stop?.beforeBlock ?? 0);

  async function count(fromBlock: number, beforeBlock: number): Promise<Moved> {
    const late = historical ? "" : "and not (entered = 1 and reason = 'import')";
    const [row] = await askLog<{ added: number; removed: number; reasons: string[]; last: number }>(
      of, `select countIf(was and is) as added, countIf(not was and not is) as removed, groupUniqArrayArray(why) as reasons, max(seqs) as last from (
        select argMin(entered, seq) = 1 as was, argMax(entered, seq) = 1 as is, groupUniqArrayIf(toString(reason), ${BULK}) as why, maxIf(seq, ${BULK}) as seqs
        from audience_log where ${OF_AUDIENCE} and block_id >= {from:UInt64} and block_id < {before:UInt64} ${late} group by profile_id having notEmpty(why))`,
      { from: fromBlock, before: beforeBlock },
    );
    const told = toldOf(trigger.kind === "audience" ? trigger.on : "both", { added: Number(row?.added ?? 0), removed: Number(row?.removed ?? 0) });
    return { ...told, reasons: (row?.reasons ?? []).toSorted(), lastSeq: Number(row?.last ?? 0) };
  }

  /** At the destination, as far as it was told; nobody: in the audience, before. */
  async function peopleThere(fromBlock: number): Promise<number> {
    const { rows } = await pool.query<{ count: string }>("select count(*) as count from delivery_member where subscription_id = $1", [subscription.id]);
    const told = Number(rows[0]?.count ?? 0);
    if (told > 0) return told;
    const [row] = await askLog<{ count: number }>(
      of, `select countIf(is) as count from (select argMax(entered, seq) = 1 as is from audience_log where ${OF_AUDIENCE} and block_id < {from:UInt64} group by profile_id)`, { from: fromBlock },
    );
    return Number(row?.count ?? 0);
  }

  /** Whether everything that the causes bring about stands in the log. */
  async function isWhole(moved: Moved, landedBefore: number): Promise<boolean> {
    const now = nowMs();
    held ??= { sinceMs: now, untilBlock: undefined, lastSeq: 0, changedMs: now };
    const { rows: [audience] } = await pool.query<{ filling: boolean; filled: boolean }>(
      `select a.status = 'filling' or a.fill_total is not null as filling, coalesce((select next_block from delivery_cursor where destination_id = $2 and stream = $3), 0) = $4 as filled
       from audience a where a.id = $1`, [of.audienceId, options.destinationId, `fill ${subscription.id}`, ENDED],
    );
    if (audience === undefined || audience.filling || !audience.filled) {
      held.untilBlock = undefined;
      return false;
    }
    held.untilBlock ??= await options.decidedBefore();
    if (landedBefore < held.untilBlock) return false;
    if (moved.lastSeq !== held.lastSeq) Object.assign(held, { lastSeq: moved.lastSeq, changedMs: now });
    return moved.reasons.every((reason) => WHOLE.has(reason)) || now - held.changedMs >= limits.quietMs || now - held.sinceMs >= limits.heldMaxMs;
  }

  async function judge(fromBlock: number, landedBefore: number): Promise<boolean> {
    const moved = await count(fromBlock, landedBefore);
    if (!(await isWhole(moved, landedBefore))) return false;
    const isLong = held !== undefined && nowMs() - held.sinceMs >= limits.heldMaxMs;
    held = undefined;
    const before = nowMs() - carried.atMs < limits.heldMaxMs ? carried : { added: 0, removed: 0 };
    const [added, removed] = [moved.added + before.added, moved.removed + before.removed];
    const people = await peopleThere(fromBlock);
    if (!isTooMany({ added, removed }, share, people)) {
      carried = isLong ? { added, removed, atMs: nowMs() } : { added: 0, removed: 0, atMs: -Infinity };
      if (asking) await end(landedBefore);
      else countedBefore = landedBefore;
      return !asking;
    }
    await ask({ ...moved, added, removed }, fromBlock, landedBefore, people);
    return false;
  }

  async function ask({ added, removed, reasons }: Moved, fromBlock: number, beforeBlock: number, people: number): Promise<void> {
    const numbers = [subscription.id, JSON.stringify(reasons), beforeBlock, added, removed];
    if (asking) {
      // Where somebody has answered by now, this one is about to begin anew with the answer.
      await pool.query("update delivery_stop set reasons = $2, before_block = $3, would_add = $4, would_remove = $5 where subscription_id = $1 and status = 'asked'", numbers);
      return;
    }
    asking = true;
    await pool.query(
      `insert into delivery_stop (workspace_id, destination_id, subscription_id, reasons, before_block, would_add, would_remove, from_block, people, share)
       select s.workspace_id, s.destination_id, s.id, $2, $3, $4, $5, $6, $7, $8 from subscription s where s.id = $1 and not exists (select from delivery_stop t where t.subscription_id = s.id and t.id > $9)
       on conflict do nothing`, [...numbers, fromBlock, people, share, stop?.id ?? 0],
    );
  }

  /** Undone, or so much less by now that nobody has to be asked. Whoever delivers hears of it, and begins anew. */
  async function end(beforeBlock: number): Promise<void> {
    await pool.query("update delivery_stop set status = 'over', before_block = $2, answered_at = now() where subscription_id = $1 and status = 'asked'", [subscription.id, beforeBlock]);
  }

  /** Of people to whom several things happened while it stood still, the last counts; none, if they are where they were. */
  async function settledOf(rows: readonly MembershipRow[], { fromBlock, beforeBlock }: AskedStop): Promise<(row: MembershipRow) => boolean> {
    const found = await askLog<{ id: string; was: number | boolean; is: number | boolean; last: number }>(
      of, `select toString(profile_id) as id, argMin(entered, seq) = 1 as was, argMax(entered, seq) = 1 as is, max(seq) as last from audience_log
        where ${OF_AUDIENCE} and profile_id in {people:Array(UUID)} and block_id >= {from:UInt64} and block_id < {before:UInt64} group by profile_id`,
      { people: [...new Set(rows.map(({ profileId }) => profileId))], from: fromBlock, before: beforeBlock },
    );
    const lastOf = new Map(found.map(({ id, was, is, last }) => [id, Boolean(was) === Boolean(is) ? Number(last) : -1]));
    return ({ profileId, seq }) => lastOf.get(profileId) === seq;
  }

  return {
    isAsking: () => asking,
    async pass(rows, fromBlock, landedBefore) {
      const isAsked = share < 1 && !options.isLimited && (asking || rows.some((row) => isBig(row) && !isAnswered(row)));
      if (isAsked && !(await judge(fromBlock, landedBefore))) return undefined;
      if (!isAsked && asking) return void (await end(landedBefore));
      if (stop === undefined || stop.beforeBlock <= fromBlock) return () => undefined;
      const stood = new Set(rows.filter(({ blockId }) => blockId >= stop.fromBlock && blockId < stop.beforeBlock));
      if (stop.status === "drop") return (row) => (stood.has(row) && stop.reasons.includes(row.reason) ? "dropped" : undefined);
      const isSettled = stood.size === 0 ? () => true : await settledOf([...stood], stop);
      return (row) => (stood.has(row) && !isSettled(row) ? "undone" : undefined);
    },
  };
}
