// The calls of everybody in the order of time, without everybody in memory. Time is cut into slices; a person stands in the
// slice in which something of theirs begins next (four bytes each, in a linked list per slice). When a slice comes, the
// people in it are made anew from the seed, tell what begins in it, and move on to their next slice. So at any time the
// calls of one slice are held, and of the episodes that have begun but not ended.
import { compareCalls, type Call } from "./call.ts";
import { EPISODE_MAX_MS, EpisodeWriter } from "./episode.ts";
import { LifeWindow, tellLife } from "./life.ts";
import { arrivalDay, personAt, type ShopPlan } from "./people.ts";
import { DAY, MINUTE, timeOn } from "./shop-time.ts";

/** So many people's calls of a day are a comfortable slice. */
const PEOPLE_DAYS_PER_SLICE = 4_000;
const NOBODY = -1;

export class CallStream {
  readonly #plan: ShopPlan;
  readonly #sliceMs: number;
  /** Slice → the first person in it. */
  readonly #first = new Map<number, number>();
  /** Person → the next one in the same slice. */
  #next: Int32Array;
  #admitted = 0;
  #atMs: number;
  /** Calls before this are not given: they were only told because their episodes go on after it. */
  readonly #fromMs: number;
  #pending: Call[] = [];

  /** Begins at a time of the shop; calls before the shop's first day there are none. */
  constructor(plan: ShopPlan, fromMs: number) {
    this.#plan = plan;
    this.#sliceMs = Math.max(10 * MINUTE, Math.min(DAY, Math.floor((DAY * PEOPLE_DAYS_PER_SLICE) / plan.people / MINUTE) * MINUTE));
    this.#next = new Int32Array(plan.people + 1_024);
    this.#fromMs = fromMs;
    this.#atMs = Math.max(plan.fromMs, fromMs - EPISODE_MAX_MS);
  }

  /** The calls from where it stands to `untilMs` (not included). Must be read to its end before it is asked again. */
  *advance(untilMs: number): Generator<Call, void, undefined> {
    while (this.#atMs < untilMs) {
      const slice = Math.floor(this.#atMs / this.#sliceMs);
      const endMs = Math.min(untilMs, (slice + 1) * this.#sliceMs);
      this.#admit(slice, endMs);
      this.#tell(slice, endMs);
      const ready = this.#pending.filter((call) => call.atMs < endMs);
      this.#pending = this.#pending.filter((call) => call.atMs >= endMs);
      this.#atMs = endMs;
      yield* ready.sort(compareCalls);
    }
  }

  /** People who come before `endMs` for the first time. */
  #admit(slice: number, endMs: number): void {
    while (timeOn(arrivalDay(this.#plan, this.#admitted), 0) < endMs) {
      if (this.#admitted >= this.#next.length) {
        const longer = new Int32Array(this.#next.length * 2);
        longer.set(this.#next);
        this.#next = longer;
      }
      this.#put(this.#admitted++, slice);
    }
  }

  #put(person: number, slice: number): void {
    this.#next[person] = this.#first.get(slice) ?? NOBODY;
    this.#first.set(slice, person);
  }

  #tell(slice: number, endMs: number): void {
    let index = this.#first.get(slice) ?? NOBODY;
    this.#first.delete(slice);
    while (index !== NOBODY) {
      const following = this.#next[index] ?? NOBODY;
      const person = personAt(this.#plan, index);
      const window = new LifeWindow(this.#atMs, endMs);
      tellLife(this.#plan, person, window);
      for (const { id, startMs, write } of window.episodes) {
        const writer = new EpisodeWriter(this.#plan, person, id, startMs);
        write(writer);
        for (const call of writer.finish()) if (call.atMs >= this.#fromMs) this.#pending.push(call);
      }
      if (window.nextMs < Number.POSITIVE_INFINITY) this.#put(index, Math.floor(window.nextMs / this.#sliceMs));
      index = following;
    }
  }
}
