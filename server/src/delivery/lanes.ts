// What is to be sent, in lanes by person: of one person nothing is sent before what came earlier has its outcome, and nobody waits
// for anybody else. Batches are filled from the heads of all lanes.

export interface Job {
  readonly person: string;
  /** Jobs of one key may go with one request; undefined: alone. */
  readonly batchKey: string | undefined;
  readonly batchMax: number;
  readonly bytes: number;
  readonly batchBytesMax: number;
  /** It says how something is, so that one that failed must not arrive behind its successor: of a person at most one goes with a request. */
  readonly isState?: boolean | undefined;
  /** From then on it waits for no others to fill its batch. */
  readyAtMs?: number | undefined;
  /** Set once, when it is first sent where batches stay together. */
  batch?: FixedBatch | undefined;
}

/** Jobs that go together and with no others. */
export interface FixedBatch {
  readonly id: string;
  /** Of its jobs those that are in the lanes. */
  size: number;
  /** Not all of them are. */
  readonly isHeld: boolean;
}

/** The first ones of a person's lane. */
interface Head<J> {
  readonly person: string;
  readonly queue: readonly J[];
  readonly used: number;
}

const countOf = (heads: readonly Head<unknown>[]): number => heads.reduce((sum, { used }) => sum + used, 0);

export interface Lanes<J extends Job> {
  add(job: J): void;
  /** The next request: jobs whose people have nothing under way. Undefined: there is none now. `nowMs`: what is ready later waits until its batch is full; left out: nothing waits. */
  take(nowMs?: number): readonly J[] | undefined;
  /** They have their outcome, or somebody else looks after them now. */
  finish(jobs: readonly J[]): void;
  /** They are to be sent again, before anything else of these people. */
  putBack(jobs: readonly J[]): void;
  /** Takes away everything of a person that is not under way. */
  takeAllOf(person: string): readonly J[];
  /** Whether there is such a one among those that are not under way. */
  some(is: (job: J) => boolean): boolean;
  /** Something of the person waits or is under way. */
  has(person: string): boolean;
  /** Jobs without an outcome, those under way included. */
  size(): number;
}

export function createLanes<J extends Job>(): Lanes<J> {
  /** People with nothing under way, in the order in which they came. */
  const idle = new Map<string, J[]>();
  /** What waits behind what is under way. */
  const busy = new Map<string, J[]>();
  let count = 0;

  /** What may go with the first one now, of each person from the head of their lane. Undefined: all of them wait for more to go with. */
  function fill(first: J, nowMs: number): Head<J>[] | undefined {
    const heads: Head<J>[] = [];
    let [jobs, bytes, isDue] = [0, 0, false];
    for (const [person, queue] of idle) {
      let used = 0;
      for (const job of queue) {
        if (job.batch !== undefined || job.batchKey !== first.batchKey || (used > 0 && job.isState === true)) break;
        const isFull = jobs >= first.batchMax || (jobs > 0 && bytes + job.bytes > first.batchBytesMax);
        isDue ||= isFull || (job.readyAtMs ?? nowMs) <= nowMs;
        if (isFull) break;
        jobs++;
        bytes += job.bytes;
        used++;
      }
      if (used > 0) heads.push({ person, queue, used });
      if (jobs >= first.batchMax || bytes >= first.batchBytesMax) return heads;
    }
    return isDue ? heads : undefined;
  }

  /** All of a batch that was sent before; undefined: some of it stand behind others. */
  function whole(batch: FixedBatch): Head<J>[] | undefined {
    const heads = [...idle].map(([person, queue]): Head<J> => {
      const other = queue.findIndex((job) => job.batch !== batch);
      return { person, queue, used: other === -1 ? queue.length : other };
    }).filter(({ used }) => used > 0);
    return countOf(heads) < batch.size ? undefined : heads;
  }

  /** They are under way from now on. */
  function use(heads: readonly Head<J>[]): J[] {
    for (const { person, queue, used } of heads) {
      idle.delete(person);
      busy.set(person, queue.slice(used));
    }
    return heads.flatMap(({ queue, used }) => queue.slice(0, used));
  }

  function free(person: string, waiting: J[]): void {
    busy.delete(person);
    if (waiting.length > 0) idle.set(person, waiting);
  }

  return {
    add(job) {
      count++;
      const queue = busy.get(job.person) ?? idle.get(job.person);
      if (queue) queue.push(job);
      else idle.set(job.person, [job]);
    },
    take(nowMs = Infinity) {
      const waiting = new Set<unknown>();
      for (const [person, queue] of idle) {
        const [first] = queue;
        if (first === undefined || first.batch?.isHeld === true) continue;
        if (first.batch === undefined && first.batchKey === undefined) return use([{ person, queue, used: 1 }]);
        // Of what goes together one is asked for all.
        const together = first.batch ?? first.batchKey;
        const heads = waiting.has(together) ? undefined : first.batch === undefined ? fill(first, nowMs) : whole(first.batch);
        if (heads !== undefined) return use(heads);
        waiting.add(together);
      }
      return undefined;
    },
    finish(jobs) {
      count -= jobs.length;
      for (const person of new Set(jobs.map((job) => job.person))) free(person, busy.get(person) ?? []);
    },
    putBack(jobs) {
      const people = Map.groupBy(jobs, (job) => job.person);
      for (const [person, back] of people) free(person, [...back, ...(busy.get(person) ?? [])]);
    },
    takeAllOf(person) {
      const held = busy.get(person) ?? idle.get(person) ?? [];
      if (busy.has(person)) busy.set(person, []);
      else idle.delete(person);
      count -= held.length;
      return held;
    },
    some(is) {
      for (const queue of [...idle.values(), ...busy.values()]) if (queue.some(is)) return true;
      return false;
    },
    has: (person) => busy.has(person) || idle.has(person),
    size: () => count,
  };
}
