// The events that a condition looks at, of everybody, in memory: whose, when, and what each tells. A list reaches back as far as it was
// asked for; when a window grows, only what came before is read.
import type { MomentReader } from "./moment.ts";
import { SharedWork } from "./shared-work.ts";
import { TOO_GREAT, type ToldColumns, type ToldQuestion } from "./told-plan.ts";

const ID_WORDS = 4;
/** Sums stay whole numbers that can be told apart. */
const SUM_MAX = Number.MAX_SAFE_INTEGER / 4;
/** Rows that are put in order before others get their turn on this thread. */
const TURN_ROWS = 500_000;

/** Thrown where a list would be too long, or cannot be added up exactly: the compiled question answers then. */
export class ListRefused extends Error {}

/** Of each person who is in it one stretch, by time, of equal times by row. */
export interface Told {
  readonly holders: Uint32Array;
  /** Where the stretch of each holder begins; one more than holders. */
  readonly starts: Uint32Array;
  readonly ms: Float64Array;
  readonly value: Float64Array | undefined;
  readonly rest: Int32Array | undefined;
  readonly key: Float64Array | undefined;
  readonly row: Float64Array | undefined;
  readonly bytes: number;
}

interface Piece {
  /** From here on it reaches to the piece before it; undefined: from the first event. */
  readonly fromMs: number | undefined;
  readonly work: SharedWork<Rows>;
}

export class ToldList {
  readonly #ask: ToldQuestion;
  readonly #reader: MomentReader;
  readonly #rowsMax: number;
  /** Asked for so far back, it was refused. */
  #refusedFrom: number | undefined | "never" = "never";
  #pieces: Piece[] = [];
  /** What was put in order lately, and out of which. */
  #made: { readonly pieces: readonly Piece[]; readonly told: Promise<Told> } | undefined;
  bytes = 0;

  constructor(ask: ToldQuestion, reader: MomentReader, rowsMax: number) {
    this.#ask = ask;
    this.#reader = reader;
    this.#rowsMax = rowsMax;
  }

  /** All from an instant on, and perhaps some before. Throws ListRefused. */
  async since(fromMs: number | undefined, signal: AbortSignal): Promise<Told> {
    if (this.isRefused(fromMs)) throw new ListRefused("It was too long before.");
    const pieces = this.#piecesSince(fromMs);
    try {
      const rows = await Promise.all(pieces.map(({ work }) => work.wait(signal)));
      if (this.#made === undefined || !isSame(this.#made.pieces, pieces)) this.#made = { pieces, told: this.#inOrder(pieces, rows) };
      return await this.#made.told;
    } catch (error) {
      this.#forgetFailed();
      if (error instanceof ListRefused) this.refuse(fromMs);
      throw error;
    }
  }

  isRefused(fromMs: number | undefined): boolean {
    const refused = this.#refusedFrom;
    return refused !== "never" && (fromMs === undefined || (refused !== undefined && fromMs <= refused));
  }

  refuse(fromMs: number | undefined): void {
    this.#refusedFrom = fromMs;
  }

  #piecesSince(fromMs: number | undefined): readonly Piece[] {
    this.#forgetFailed();
    const reached = this.#pieces.at(-1);
    const isReached = reached !== undefined && (reached.fromMs === undefined || (fromMs !== undefined && reached.fromMs <= fromMs));
    if (!isReached) {
      const question = this.#ask.between(fromMs, reached?.fromMs);
      this.#pieces = [...this.#pieces, { fromMs, work: new SharedWork((stop) => this.#read(question, stop)) }];
    }
    const needed = this.#pieces.findIndex((piece) => piece.fromMs === undefined || (fromMs !== undefined && piece.fromMs <= fromMs));
    return this.#pieces.slice(0, needed + 1);
  }

  /** With a piece goes what lies before it: the next one begins where it began. */
  #forgetFailed(): void {
    const failed = this.#pieces.findIndex(({ work }) => work.isStopped || work.isFailed);
    if (failed >= 0) this.#pieces = this.#pieces.slice(0, failed);
  }

  async #read(question: ReturnType<ToldQuestion["between"]>, signal: AbortSignal): Promise<Rows> {
    const people = await this.#reader.people(signal);
    const rows = new Rows(this.#ask);
    const stride = ID_WORDS + 2 + (this.#ask.hasValue ? 3 : 0) + (this.#ask.hasKey ? 4 : 0);
    let last = 0;
    await this.#reader.read(question, stride, (words, count) => {
      if (rows.count + count > this.#rowsMax) throw new ListRefused(`More than ${this.#rowsMax} events.`);
      rows.reserve(count);
      for (let row = 0, at = 0; row < count; row++, at += stride) {
        // Events of one person lie beside each other.
        if (row === 0 || !isSameId(words, at, at - stride)) last = people.numberAt(words, at);
        if (last >= 0) rows.add(last, words, at + ID_WORDS);
      }
    }, signal);
    return rows;
  }

  async #inOrder(pieces: readonly Piece[], read: readonly Rows[]): Promise<Told> {
    const [only] = read;
    // One piece that was put in order before is taken as it is.
    if (read.length === 1 && only?.told !== undefined) return only.told;
    const count = read.reduce((sum, rows) => sum + rows.count, 0);
    if (count > this.#rowsMax) throw new ListRefused(`More than ${this.#rowsMax} events.`);
    const rows = new Rows(this.#ask, read);
    const people = await this.#reader.people(new AbortController().signal);
    const { order, holders, starts } = placesOf(rows.person, count, people.count);
    await sortEach(order, starts, rows);
    rows.putInOrder(order);
    if (rows.value !== undefined) refuseGreatSums(rows.value, starts);
    const { ms, value, rest, key, row } = rows;
    const arrays = [holders, starts, rows.person, ms, value, rest, key, row];
    const told = { holders, starts, ms, value, rest, key, row, bytes: arrays.reduce((sum, array) => sum + (array?.byteLength ?? 0), 0) };
    rows.told = told;
    this.bytes = told.bytes;
    // Of the pieces stays one, to which what lies before them can be put.
    if (isSame(this.#pieces.slice(0, pieces.length), pieces)) {
      const whole: Piece = { fromMs: pieces.at(-1)?.fromMs, work: new SharedWork(() => Promise.resolve(rows)) };
      this.#pieces = [whole, ...this.#pieces.slice(pieces.length)];
    }
    return told;
  }
}

const isSame = (a: readonly Piece[], b: readonly Piece[]): boolean => a.length === b.length && a.every((piece, i) => piece === b[i]);

function isSameId(words: Uint32Array, a: number, b: number): boolean {
  return words[a] === words[b] && words[a + 1] === words[b + 1] && words[a + 2] === words[b + 2] && words[a + 3] === words[b + 3];
}

// ── Rows as they come ─────────────────────────────────────────────────────────────────────────────────────────────

class Rows {
  count = 0;
  person: Uint32Array = new Uint32Array(0);
  ms: Float64Array = new Float64Array(0);
  value: Float64Array | undefined;
  rest: Int32Array | undefined;
  key: Float64Array | undefined;
  row: Float64Array | undefined;
  /** Once these are in order. */
  told: Told | undefined;

  constructor({ hasValue, hasKey }: ToldColumns, pieces: readonly Rows[] = []) {
    if (hasValue) [this.value, this.rest] = [new Float64Array(0), new Int32Array(0)];
    if (hasKey) [this.key, this.row] = [new Float64Array(0), new Float64Array(0)];
    this.reserve(pieces.reduce((sum, { count }) => sum + count, 0));
    for (const piece of pieces) {
      for (const name of ["person", "ms", "value", "rest", "key", "row"] as const) if (piece[name] !== undefined) this[name]?.set(piece[name].subarray(0, piece.count), this.count);
      this.count += piece.count;
    }
  }

  reserve(more: number): void {
    const needed = this.count + more;
    if (needed <= this.person.length) return;
    const length = Math.max(needed, this.person.length * 2, 1_024);
    this.person = grown(this.person, new Uint32Array(length));
    this.ms = grown(this.ms, new Float64Array(length));
    if (this.value) this.value = grown(this.value, new Float64Array(length));
    if (this.rest) this.rest = grown(this.rest, new Int32Array(length));
    if (this.key) this.key = grown(this.key, new Float64Array(length));
    if (this.row) this.row = grown(this.row, new Float64Array(length));
  }

  putInOrder(order: Uint32Array): void {
    const gathered = <T extends Uint32Array | Float64Array | Int32Array>(from: T, into: T): T => {
      for (let i = 0; i < order.length; i++) into[i] = from[order[i] as number] as number;
      return into;
    };
    this.person = gathered(this.person, new Uint32Array(order.length));
    this.ms = gathered(this.ms, new Float64Array(order.length));
    if (this.value) this.value = gathered(this.value, new Float64Array(order.length));
    if (this.rest) this.rest = gathered(this.rest, new Int32Array(order.length));
    if (this.key) this.key = gathered(this.key, new Float64Array(order.length));
    if (this.row) this.row = gathered(this.row, new Float64Array(order.length));
  }

  add(person: number, words: Uint32Array, at: number): void {
    const i = this.count++;
    let from = at;
    const take = (): number => {
      from += 2;
      return ((words[from - 1] as number) | 0) * 4_294_967_296 + (words[from - 2] as number);
    };
    this.person[i] = person;
    this.ms[i] = take();
    if (this.value && this.rest) {
      const value = take();
      if (value === TOO_GREAT) throw new ListRefused("A value is too great to be added up exactly.");
      this.value[i] = value;
      this.rest[i] = (words[from++] as number) | 0;
    }
    if (this.key && this.row) {
      // Only compared with each other: 53 of the bits that a hash of 64 has tell the few keys of one person apart.
      this.key[i] = take();
      this.row[i] = take();
    }
  }
}

function grown<T extends Uint32Array | Float64Array | Int32Array>(from: T, into: T): T {
  into.set(from);
  return into;
}

// ── In order ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** For each row its place among all, people after people. */
function placesOf(person: Uint32Array, count: number, peopleCount: number): { readonly order: Uint32Array; readonly holders: Uint32Array; readonly starts: Uint32Array } {
  const next = new Uint32Array(peopleCount);
  for (let i = 0; i < count; i++) next[person[i] as number]!++;
  let holding = 0;
  for (let number = 0; number < peopleCount; number++) if (next[number] !== 0) holding++;
  const holders = new Uint32Array(holding);
  const starts = new Uint32Array(holding + 1);
  let place = 0;
  for (let number = 0, k = 0; number < peopleCount; number++) {
    const own = next[number] as number;
    if (own === 0) continue;
    holders[k] = number;
    starts[k++] = place;
    next[number] = place;
    place += own;
  }
  starts[holding] = count;
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[next[person[i] as number]!++] = i;
  return { order, holders, starts };
}

const FEW = 32;

async function sortEach(order: Uint32Array, starts: Uint32Array, { ms, row }: Rows): Promise<void> {
  const compare = (a: number, b: number): number => (ms[a] as number) - (ms[b] as number) || (row === undefined ? 0 : (row[a] as number) - (row[b] as number));
  let turnAt = TURN_ROWS;
  for (let k = 0; k + 1 < starts.length; k++) {
    const [from, to] = [starts[k] as number, starts[k + 1] as number];
    if (to - from > FEW) order.subarray(from, to).sort(compare);
    else {
      for (let i = from + 1; i < to; i++) {
        const one = order[i] as number;
        let j = i - 1;
        for (; j >= from && compare(order[j] as number, one) > 0; j--) order[j + 1] = order[j] as number;
        order[j + 1] = one;
      }
    }
    if (to > turnAt) {
      turnAt = to + TURN_ROWS;
      await new Promise((resolve) => void setImmediate(resolve));
    }
  }
}

function refuseGreatSums(value: Float64Array, starts: Uint32Array): void {
  for (let k = 0; k + 1 < starts.length; k++) {
    let sum = 0;
    for (let i = starts[k] as number; i < (starts[k + 1] as number); i++) sum += Math.abs(value[i] as number);
    if (sum > SUM_MAX) throw new ListRefused("What somebody's events tell is too great to be added up exactly.");
  }
}
