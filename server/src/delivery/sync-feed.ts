// Everybody of an audience told anew, for one subscription: first all who are in it, then whoever was told and is not to be there any more.
// Who is to be there is decided when a piece is taken, as things stand then, and what is taken goes behind whatever is under way of the same person: so
// nothing that is sent here overtakes anything newer. Emptying is the second half, with nobody to be there.
import type { AudienceTrigger } from "@tributary/schema/destination/subscription.ts";
import type { MembershipTold } from "./consent-feed.ts";
import { ENDED, type Feed, type FeedOptions, type Piece } from "./feed.ts";
import { readInAudience, readMembers, readMembersByNumber } from "./members.ts";
import { askLog, OF_AUDIENCE, readLastRows, readRows, type OfAudience } from "./membership-rows.ts";
import { readPeople, type DeliveryPerson } from "./people.ts";
import { changeJob, consentReason, isHeldOut, isOfTestPeople, isReachedBy } from "./pick-changes.ts";
import type { DeliveryJob, Picked, Unsent } from "./pick.ts";
import type { RunningSync, Subscription } from "./target.ts";

export interface SyncFeedOptions extends FeedOptions {
  readonly subscription: Subscription;
  readonly trigger: AudienceTrigger;
  readonly of: OfAudience;
  readonly nowMs: () => number;
  /** While a big change waits for an answer, this waits too. */
  readonly isAsking: () => boolean;
}

/** Positions below it are numbers of the log of memberships; from it on, with it taken off, of people who were told. */
const TOLD = 2 ** 52;

interface Looked {
  readonly picked: Picked;
  readonly counts: { should: number; missing: number; tooMany: number; adds: number; removes: number };
}

/** Empty where nothing is being sent anew. */
export function syncFeed(options: SyncFeedOptions): readonly Feed[] {
  const { sync } = options.subscription;
  return sync === undefined ? [] : [feedOf(options, sync)];
}

/** What was sent anew and is over: its dead letters are sent again as things stand by then. */
export function pastSync(options: SyncFeedOptions): NonNullable<Feed["past"]> {
  return (stream, subscriptionId) => {
    const id = subscriptionId === options.subscription.id ? Number(/^sync (\d+)$/.exec(stream)?.[1]) : Number.NaN;
    if (Number.isNaN(id)) return undefined;
    return async (subscription, positions) => {
      const { rows: [sync] } = await options.pool.query<RunningSync>("select id, kind from delivery_sync where id = $1 and subscription_id = $2", [id, subscriptionId]);
      return sync === undefined ? { jobs: [], unsent: [], filtered: [] } : feedOf(options, sync).again(subscription, positions);
    };
  };
}

function feedOf(options: SyncFeedOptions, sync: RunningSync): Feed {
  const { pool, subscription, of, limits } = options;
  const stream = `sync ${sync.id}` as const;
  let begun: { readonly untilSeq: number; counted: number } | undefined;
  let isDone = false;

  /** Counts what there is to look at, once. */
  async function begin(): Promise<NonNullable<typeof begun>> {
    const { rows: [row] } = await pool.query<{ until: string | null; counted: string }>("select until_seq as until, counted from delivery_sync where id = $1", [sync.id]);
    if (row?.until != null) return { untilSeq: Number(row.until), counted: Number(row.counted) };
    const [found] = sync.kind === "empty" ? [{ last: 0, people: 0 }] : await askLog<{ last: number; people: number }>(
      of, `select max(last) as last, countIf(is) as people from (select max(seq) as last, argMax(entered, seq) = 1 as is from audience_log where ${OF_AUDIENCE} group by profile_id)`,
    );
    const untilSeq = Number(found?.last ?? 0);
    await pool.query(
      "update delivery_sync set until_seq = $2, total = $3 + (select count(*) from delivery_member where subscription_id = $4) where id = $1", [sync.id, untilSeq, Number(found?.people ?? 0), subscription.id],
    );
    return { untilSeq, counted: -1 };
  }

  /** `counted`: those up to this position are in the numbers already. */
  async function look(changes: readonly MembershipTold[], counted: number): Promise<Looked> {
    const { workspaceId } = options.target.connection;
    const ids = changes.map(({ profileId }) => profileId);
    const people = await readPeople(pool, workspaceId, ids);
    const everyId = [...new Set([...ids, ...[...people.values()].map(({ profileId }) => profileId)])];
    const [told, inAudience, isGrantedByDefault] = await Promise.all([
      readMembers(pool, subscription.id, everyId), readInAudience(pool, workspaceId, of.audienceId, everyId), options.isGrantedByDefault(workspaceId),
    ]);
    const jobs: DeliveryJob[] = [];
    const unsent: Unsent[] = [];
    const counts = { should: 0, missing: 0, tooMany: 0, adds: 0, removes: 0 };
    const add = (made: DeliveryJob | Unsent): boolean => ("outcome" in made ? unsent : jobs).push(made as DeliveryJob & Unsent) > 0 && !("outcome" in made);
    for (const change of changes) {
      const count = (name: keyof typeof counts, is: boolean): void => void (counts[name] += is && change.seq > counted ? 1 : 0);
      const person = people.get(change.profileId);
      const before = told.get(change.profileId);
      const standing = sync.kind === "empty" || !inAudience.has(change.profileId) ? "out" : standingOf(change.profileId, person, isGrantedByDefault, options);
      if (change.seq < TOLD) {
        count("should", standing === "in");
        count("missing", standing === "in" && before === undefined);
        const isAsked = standing === "in" ? sync.kind === "all" || before === undefined : standing === "held_out" && before === undefined;
        if (isAsked) count("adds", add(changeJob({ ...change, entered: true }, { person, before: undefined }, { ...options, stream })));
        continue;
      }
      // Somebody who was told under another name and is there under this one is there.
      const survivor = person === undefined || person.profileId === change.profileId || sync.kind === "empty" || !inAudience.has(person.profileId) ? undefined : told.get(person.profileId);
      if (standing === "in" || before === undefined || isReachedBy(before, survivor, options)) continue;
      count("tooMany", true);
      count("removes", add(changeJob({ ...change, entered: false }, { person, before }, { ...options, stream })));
    }
    return { picked: { jobs, unsent, filtered: [] }, counts };
  }

  async function taken(changes: readonly MembershipTold[], nextBlock: number): Promise<Piece> {
    begun ??= await begin();
    const last = changes.at(-1)?.seq ?? -1;
    const { picked, counts } = await look(changes, begun.counted);
    if (last > begun.counted) {
      const looked = changes.filter(({ seq }) => seq > (begun?.counted ?? -1)).length;
      // Durable before anything of the piece is sent, so that after a kill nobody is counted twice, nor left out.
      await pool.query(
        `update delivery_sync set counted = $2, looked = looked + $3, should = should + $4, missing = missing + $5, too_many = too_many + $6, adds = adds + $7, removes = removes + $8
         where id = $1 and counted < $2`, [sync.id, last, looked, counts.should, counts.missing, counts.tooMany, counts.adds, counts.removes],
      );
      begun.counted = last;
    }
    return { ...picked, nextBlock };
  }

  const readTold = async (fromN: number): Promise<MembershipTold[]> =>
    (await readMembersByNumber(pool, subscription.id, { after: fromN, limit: limits.sliceRows })).map(({ profileId, n }) => leaving(profileId, n, options.nowMs()));

  return {
    stream,
    begin: () => Promise.resolve(sync.kind === "empty" ? TOLD : 0),
    async next(from, kept): Promise<Piece | undefined> {
      if (from === ENDED) {
        isDone ||= kept === ENDED && (await finish(options, sync));
        return undefined;
      }
      if (options.isAsking() && sync.kind !== "empty") return undefined;
      begun ??= await begin();
      if (from < TOLD) {
        const rows = options.trigger.on === "exited" ? [] : await readLastRows(of, "seq <= {until:UInt64}", { until: begun.untilSeq }, from, limits.sliceRows);
        return taken(rows, rows.length < limits.sliceRows ? TOLD : (rows.at(-1)?.seq ?? TOLD) + 1);
      }
      const members = options.trigger.on === "entered" ? [] : await readTold(from - TOLD);
      return taken(members, members.length < limits.sliceRows ? ENDED : (members.at(-1)?.seq ?? ENDED));
    },
    async again(_, positions) {
      const numbers = positions.filter((position) => position >= TOLD).map((position) => position - TOLD);
      const [rows, members] = await Promise.all([readRows(of, positions.filter((position) => position < TOLD)), readMembersByNumber(pool, subscription.id, { numbers })]);
      return (await look([...rows, ...members.map(({ profileId, n }) => leaving(profileId, n, options.nowMs()))], ENDED)).picked;
    },
  };
}

function leaving(profileId: string, n: number, atMs: number): MembershipTold {
  return { profileId, atMs, entered: false, reason: "sync", seq: TOLD + n };
}

/** Of somebody who is in the audience. */
function standingOf(profileId: string, person: DeliveryPerson | undefined, isGrantedByDefault: boolean, { subscription, trigger, target }: SyncFeedOptions): "in" | "out" | "held_out" {
  if (person === undefined || person.isSuppressed || person.profileId !== profileId || !isOfTestPeople(person, target)) return "out";
  if (consentReason(subscription.definition.consent, person, isGrantedByDefault) !== undefined) return "out";
  return isHeldOut(profileId, subscription.id, trigger.holdOut) ? "held_out" : "in";
}

/** Through when everything of it has an outcome. */
async function finish({ pool, target }: SyncFeedOptions, { id }: RunningSync): Promise<boolean> {
  const { rowCount } = await pool.query(
    `update delivery_sync set status = 'done', done_at = now() where id = $1 and status = 'running'
       and exists (select from delivery_cursor c where c.destination_id = $2 and c.stream = $3 and c.next_block = $4)
       and not exists (select from delivery_parked p where p.destination_id = $2 and p.stream = $3)`, [id, target.connection.destinationId, `sync ${id}`, ENDED],
  );
  return rowCount === 1;
}
