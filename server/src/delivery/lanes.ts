// What is to be sent, in lanes by person: of one person nothing is sent before what came earlier has its outcome, and nobody waits
// for anybody else. Batches are filled from the heads of all lanes.

export interface Job {
  readonly person: string;
  /** Jobs of one key may go with one request; undefined: alone. */
  readonly batchKey: string | undefined;
  readonly batchMax: number;
  readonly bytes: number;
  readonly batchBytesMax: number;
}

export interface Lanes<J extends Job> {
  add(job: J): void;
  /** The next request: jobs whose people have nothing under way. Undefined: there is none now. */
  take(): readonly J[] | undefined;
  /** They have their outcome, or somebody else looks after them now. */
  finish(jobs: readonly J[]): void;
  /** They are to be sent again, before anything else of these people. */
  putBack(jobs: readonly J[]): void;
  /** Takes away everything of a person that is not under way. */
  takeAllOf(person: string): readonly J[];
  /** Jobs without an outcome, those under way included. */
  size(): number;
}

export function createLanes<J extends Job>(): Lanes<J> {
  /** People with nothing under way, in the order in which they came. */
  const idle = new Map<string, J[]>();
  /** What waits behind what is under way. */
  const busy = new Map<string, J[]>();
  let count = 0;

  function fill(first: J): J[] {
    const jobs: J[] = [];
    let bytes = 0;
    for (const [person, queue] of idle) {
      let used = 0;
      for (const job of queue) {
        if (job.batchKey !== first.batchKey || jobs.length >= first.batchMax || (jobs.length > 0 && bytes + job.bytes > first.batchBytesMax)) break;
        jobs.push(job);
        bytes += job.bytes;
        used++;
      }
      if (used > 0) {
        idle.delete(person);
        busy.set(person, queue.slice(used));
      }
      if (jobs.length >= first.batchMax || bytes >= first.batchBytesMax) break;
    }
    return jobs;
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
    take() {
      const next = idle.entries().next();
      if (next.done === true) return undefined;
      const [person, queue] = next.value;
      const [first] = queue;
      if (first === undefined) return undefined;
      if (first.batchKey !== undefined) return fill(first);
      idle.delete(person);
      busy.set(person, queue.slice(1));
      return [first];
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
    size: () => count,
  };
}
