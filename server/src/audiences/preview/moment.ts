// What was asked about a workspace's people for one instant, and is kept for a while: who there is, and for each condition its truths.
// An edit of a definition asks only what it changes; groups are made of what is here.
import type { Surroundings } from "../compile.ts";
import { leafQueries, PEOPLE_SQL, restOf, type Leaf, type LeafQuery } from "./leaf-queries.ts";
import { PeopleIndex } from "./people-index.ts";
import { SharedWork } from "./shared-work.ts";
import { ListRefused, ToldList, type Told } from "./told-list.ts";
import { toldPlanOf, type ToldPlan } from "./told-plan.ts";
import { boundOfTold, truthsOfTold } from "./told-truths.ts";
import type { Truths } from "./truths.ts";
import { WordRows } from "./word-rows.ts";

export const ID_WORDS = 4;

export interface WordsQuestion {
  /** Names the workspace as `{workspace:UInt32}`. */
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Rows of words (UUIDs, UInt32), in RowBinary, as they come. */
export type ReadWords = (workspaceId: number, question: WordsQuestion, take: (piece: Uint8Array) => void, signal: AbortSignal) => Promise<void>;

/** What lists of a moment read with. */
export interface MomentReader {
  readonly people: (signal: AbortSignal) => Promise<PeopleIndex>;
  readonly read: (question: WordsQuestion, stride: number, onRows: (words: Uint32Array, rows: number) => void, signal: AbortSignal) => Promise<void>;
}

type Setting = Omit<Surroundings, "nowMs" | "hasOverrides">;

interface MomentDeps {
  readonly read: ReadWords;
  readonly workspaceId: number;
  readonly atMs: number;
  /** More people than this are not kept. Throws when there are more. */
  readonly peopleMax: number;
  /** Of a list of events. */
  readonly listRowsMax: number;
  readonly tooMany: () => Error;
  /** Those of an earlier moment: mostly the same. */
  readonly peopleBefore?: PeopleIndex | undefined;
}

/** How far the questions of a moment have come. */
export interface PreviewProgress {
  readonly asked: number;
  readonly answered: number;
  /** Of whom it is known that there are. */
  readonly people: number;
}

interface KeptList {
  readonly list: ToldList;
  /** One of the conditions that look at it. */
  readonly leaf: Pick<Leaf, "condition" | "include">;
  usedMs: number;
  /** How far before this instant it was asked for; undefined: for ever. */
  reachMs: number | undefined;
}

interface Kept<T> {
  readonly work: SharedWork<T>;
  usedMs: number;
  bytes: number;
}

interface Note {
  readonly found: Promise<unknown>;
  readonly find: () => Promise<unknown>;
  usedMs: number;
}

export class Moment {
  readonly workspaceId: number;
  readonly atMs: number;
  readonly #deps: MomentDeps;
  readonly #leaves = new Map<string, Kept<Truths> & { readonly leaf: Leaf }>();
  readonly #columns = new Map<string, Kept<Uint8Array> & { readonly question: WordsQuestion }>();
  readonly #lists = new Map<string, KeptList>();
  readonly #wholes = new Map<string, Kept<unknown>>();
  readonly #notes = new Map<string, Note>();
  #people: SharedWork<PeopleIndex> | undefined;
  #overrides: SharedWork<boolean> | undefined;
  #index: PeopleIndex | undefined;
  #peopleBytes = 0;
  #asked = 0;
  #answered = 0;
  #peopleRead = 0;

  constructor(deps: MomentDeps) {
    this.#deps = deps;
    this.workspaceId = deps.workspaceId;
    this.atMs = deps.atMs;
  }

  /** Everybody, once they are known. */
  get index(): PeopleIndex | undefined {
    return this.#index;
  }

  get progress(): PreviewProgress {
    return { asked: this.#asked, answered: this.#answered, people: this.#peopleRead };
  }

  get bytes(): number {
    return this.#peopleBytes + [...this.#leaves.values(), ...this.#columns.values(), ...this.#wholes.values(), ...[...this.#lists.values()].map(({ list }) => list)].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Everybody, numbered. */
  people(signal: AbortSignal): Promise<PeopleIndex> {
    if (this.#people === undefined || this.#people.isStopped) this.#people = new SharedWork((stop) => this.#counted(this.#readPeople(stop)));
    return this.#people.wait(signal);
  }

  /** The truths of each leaf, in order. */
  async truths(leaves: readonly Leaf[], around: Setting, usedMs: number, signal: AbortSignal): Promise<Truths[]> {
    const hasOverrides = await this.hasOverrides(signal);
    const missing = [...new Map(leaves.filter(({ key }) => !this.#isKept(key)).map((leaf) => [leaf.key, leaf])).values()];
    const surroundings = { ...around, nowMs: this.atMs, hasOverrides };
    const plans = new Map(missing.map((leaf) => [leaf, toldPlanOf(leaf.condition, leaf.include, surroundings)]));
    for (const [leaf, plan] of plans) if (plan !== undefined) this.#tell(leaf, plan, surroundings, usedMs);
    for (const query of leafQueries(missing.filter((leaf) => plans.get(leaf) === undefined), surroundings)) this.#ask(query, usedMs);
    const kept = leaves.map(({ key }) => this.#leaves.get(key) as Kept<Truths>); // Kept, or asked just now.
    for (const one of kept) one.usedMs = usedMs;
    try {
      return await Promise.all(kept.map(({ work }) => work.wait(signal)));
    } catch (error) {
      // What failed is asked again by the next one; what others still wait for goes on.
      for (const { key } of leaves) {
        const one = this.#leaves.get(key);
        if (one !== undefined && one.bytes === 0 && (one.work.isDone || one.work.isStopped)) this.#leaves.delete(key);
      }
      throw error;
    }
  }

  /** The events that a condition looks at, from an instant on. Throws ListRefused. */
  async told(plan: ToldPlan & { readonly leaf: KeptList["leaf"] }, fromMs: number | undefined, usedMs: number, signal: AbortSignal): Promise<Told> {
    const kept = this.#listOf(plan, usedMs);
    kept.usedMs = usedMs;
    kept.reachMs = fromMs === undefined || kept.reachMs === undefined ? undefined : Math.max(kept.reachMs, this.atMs - fromMs);
    return kept.list.since(fromMs, signal);
  }

  #listOf(plan: ToldPlan & { readonly leaf: KeptList["leaf"] }, usedMs: number): KeptList {
    let kept = this.#lists.get(plan.ask.key);
    if (kept === undefined) {
      const reader: MomentReader = { people: (stop) => this.people(stop), read: (...asked) => this.#read(...asked) };
      this.#lists.set(plan.ask.key, (kept = { list: new ToldList(plan.ask, reader, this.#deps.listRowsMax), leaf: plan.leaf, usedMs, reachMs: 0 }));
    }
    return kept;
  }

  /** What is made of truths, of all people. */
  async whole<T extends { readonly bytes: number }>(key: string, make: (stop: AbortSignal) => Promise<T>, usedMs: number, signal: AbortSignal): Promise<T> {
    let kept = this.#wholes.get(key);
    if (kept === undefined || kept.work.isStopped || kept.work.isFailed) {
      this.#wholes.set(key, (kept = { work: new SharedWork(make), usedMs, bytes: 0 }));
    }
    kept.usedMs = usedMs;
    const made = (await kept.work.wait(signal)) as T; // By the same key the same is made.
    kept.bytes = made.bytes;
    return made;
  }

  /** One byte of each person: `sql` gives the id and a word with it, of those for whom it is not 0. */
  async column(key: string, question: WordsQuestion, usedMs: number, signal: AbortSignal): Promise<Uint8Array> {
    let kept = this.#columns.get(key);
    if (kept === undefined || kept.work.isStopped) {
      const work = new SharedWork((stop) => this.#counted(this.#readColumn(question, stop)));
      this.#columns.set(key, (kept = { work, question, usedMs, bytes: 0 }));
    }
    kept.usedMs = usedMs;
    try {
      const bytes = await kept.work.wait(signal);
      kept.bytes = bytes.byteLength;
      return bytes;
    } catch (error) {
      if (this.#columns.get(key) === kept && !signal.aborted) this.#columns.delete(key);
      throw error;
    }
  }

  /** Something small that is found out once. */
  noted<T>(key: string, find: () => Promise<T>, usedMs: number): Promise<T> {
    let note = this.#notes.get(key);
    if (note === undefined) {
      this.#notes.set(key, (note = { found: find(), find, usedMs }));
      note.found.catch(() => this.#notes.delete(key));
    }
    note.usedMs = usedMs;
    return note.found as Promise<T>; // By the same key comes the same question.
  }

  /**
   * Finds out what an earlier moment was asked for since it began, one thing after another: whoever edits meanwhile goes first. Of many
   * conditions those used last.
   */
  async prepareLike(before: Moment, conditionsMax: number, around: Setting): Promise<void> {
    const { signal } = new AbortController();
    const isUsed = ({ usedMs }: { readonly usedMs: number }): boolean => usedMs > before.atMs;
    const surroundings = { ...around, nowMs: this.atMs, hasOverrides: await this.hasOverrides(signal) };
    await this.people(signal);
    for (const { leaf, list, reachMs } of [...before.#lists.values()].filter(isUsed)) {
      const plan = toldPlanOf(leaf.condition, leaf.include, surroundings);
      if (plan === undefined) continue;
      const fromOf = (moment: Moment): number | undefined => (reachMs === undefined ? undefined : moment.atMs - reachMs);
      // What was too long is not tried again each time.
      if (list.isRefused(fromOf(before))) this.#listOf({ ...plan, leaf }, this.atMs).list.refuse(fromOf(this));
      else await this.told({ ...plan, leaf }, fromOf(this), this.atMs, signal).catch(onlyRefused);
    }
    const leaves = before.usedSince(before.atMs + 1, conditionsMax);
    const isTold = ({ condition, include }: Leaf): boolean => toldPlanOf(condition, include, surroundings) !== undefined;
    await this.truths(leaves.filter((leaf) => !isTold(leaf)), around, this.atMs, signal);
    for (const leaf of leaves.filter(isTold)) await this.truths([leaf], around, this.atMs, signal);
    for (const [key, { find }] of [...before.#notes].filter(([, one]) => isUsed(one))) await this.noted(key, find, this.atMs);
    for (const [key, { question }] of [...before.#columns].filter(([, one]) => isUsed(one))) await this.column(key, question, this.atMs, signal);
  }

  /** Leaves that were used since: of many, those used last. */
  usedSince(ms: number, max: number): Leaf[] {
    return [...this.#leaves.values()].filter(({ usedMs }) => usedMs >= ms).toSorted((a, b) => b.usedMs - a.usedMs).slice(0, max).map(({ leaf }) => leaf);
  }

  /** Forgets what was not used for longest, until at most so many bytes are kept. People go last, with the moment itself. */
  shrinkTo(bytesMax: number): void {
    const of = (from: Map<string, unknown>, key: string, { usedMs, bytes }: { readonly usedMs: number; readonly bytes: number }) => ({ from, key, usedMs, bytes });
    const maps = [this.#leaves, this.#columns, this.#wholes].flatMap((from) => [...from].map(([key, one]) => of(from as Map<string, unknown>, key, one)));
    const oldest = [...maps, ...[...this.#lists].map(([key, { list, usedMs }]) => of(this.#lists as Map<string, unknown>, key, { usedMs, bytes: list.bytes }))]
      .filter(({ bytes }) => bytes > 0).toSorted((a, b) => a.usedMs - b.usedMs);
    let { bytes } = this;
    for (const one of oldest) {
      if (bytes <= bytesMax) return;
      one.from.delete(one.key);
      bytes -= one.bytes;
    }
  }

  #isKept(key: string): boolean {
    const kept = this.#leaves.get(key);
    return kept !== undefined && !kept.work.isStopped;
  }

  /** Whether somebody was merged lately, whose events stand under an earlier id. */
  async hasOverrides(signal: AbortSignal): Promise<boolean> {
    if (this.#overrides === undefined || this.#overrides.isStopped) {
      this.#overrides = new SharedWork(async (stop) => {
        let any = false;
        const sql = "select toUInt32(1) as one from profile_override final where workspace_id = {workspace:UInt32} and profile_id != survivor_id limit 1";
        await this.#read({ sql, params: {} }, 1, () => (any = true), stop);
        return any;
      });
    }
    return this.#overrides.wait(signal);
  }

  #tell(leaf: Leaf, plan: ToldPlan, surroundings: Surroundings, usedMs: number): void {
    const tell = async (stop: AbortSignal): Promise<Truths> => {
      try {
        const [people, told] = await Promise.all([this.people(stop), this.told({ ...plan, leaf }, boundOfTold(plan, this.atMs, surroundings), usedMs, stop)]);
        const rest = restOf(leaf, surroundings);
        return this.#weighed(leaf.key, truthsOfTold(plan, told, { nowMs: this.atMs, zone: surroundings.zone, count: people.count, rest }));
      } catch (error) {
        if (!(error instanceof ListRefused)) throw error;
        const [query] = leafQueries([leaf], surroundings);
        const [truths] = await this.#readTruths(query as LeafQuery, stop); // Of one leaf comes one question.
        return this.#weighed(leaf.key, truths as Truths);
      }
    };
    const work = new SharedWork((stop) => this.#counted(tell(stop)));
    this.#leaves.set(leaf.key, { leaf, work, usedMs, bytes: 0 });
  }

  #ask(query: LeafQuery, usedMs: number): void {
    const all = new SharedWork((stop) => this.#counted(this.#readTruths(query, stop)));
    for (const [i, leaf] of query.leaves.entries()) {
      const work = new SharedWork(async (stop) => this.#weighed(leaf.key, (await all.wait(stop))[i] as Truths)); // As many as leaves.
      this.#leaves.set(leaf.key, { leaf, work, usedMs, bytes: 0 });
    }
  }

  #weighed(key: string, truths: Truths): Truths {
    const kept = this.#leaves.get(key);
    if (kept !== undefined) kept.bytes = truths.byteLength;
    return truths;
  }

  async #readPeople(signal: AbortSignal): Promise<PeopleIndex> {
    let words = new Uint32Array(4_096 * ID_WORDS);
    let flags = new Uint8Array(4_096);
    let count = 0;
    const { peopleMax, tooMany } = this.#deps;
    await this.#read({ sql: PEOPLE_SQL, params: {} }, ID_WORDS + 1, (rows, given) => {
      if (count + given > peopleMax) throw tooMany();
      while (count + given > flags.length) {
        words = grown(words, new Uint32Array(words.length * 2));
        flags = grown(flags, new Uint8Array(flags.length * 2));
      }
      for (let row = 0, at = 0; row < given; row++, at += ID_WORDS + 1, count++) {
        for (let word = 0; word < ID_WORDS; word++) words[count * ID_WORDS + word] = rows[at + word] as number;
        flags[count] = rows[at + ID_WORDS] as number;
      }
      this.#peopleRead = count;
    }, signal);
    const people = new PeopleIndex(words.slice(0, count * ID_WORDS), flags.slice(0, count), this.#deps.peopleBefore);
    this.#index = people;
    this.#peopleBytes = people.bytes;
    return people;
  }

  async #readTruths({ sql, params, leaves, rest }: LeafQuery, signal: AbortSignal): Promise<Truths[]> {
    const people = await this.people(signal);
    const truths = leaves.map((_, i) => new Int32Array(people.count).fill(rest[i] as number));
    const stride = ID_WORDS + leaves.length;
    let last = -1;
    await this.#read({ sql, params }, stride, (words, rows) => {
      for (let row = 0, at = 0; row < rows; row++, at += stride) {
        const number = people.numberAfter(last, words, at);
        if (number < 0) continue;
        last = number;
        for (let i = 0; i < truths.length; i++) (truths[i] as Truths)[number] = words[at + ID_WORDS + i] as number;
      }
    }, signal);
    return truths;
  }

  async #readColumn(question: WordsQuestion, signal: AbortSignal): Promise<Uint8Array> {
    const people = await this.people(signal);
    const column = new Uint8Array(people.count);
    let last = -1;
    await this.#read(question, ID_WORDS + 1, (words, rows) => {
      for (let row = 0, at = 0; row < rows; row++, at += ID_WORDS + 1) {
        const number = people.numberAfter(last, words, at);
        if (number < 0) continue;
        column[number] = words[at + ID_WORDS] as number;
        last = number;
      }
    }, signal);
    return column;
  }

  /** Those that wait for others are asked as well. */
  async #counted<T>(work: Promise<T>): Promise<T> {
    this.#asked++;
    try {
      return await work;
    } finally {
      this.#answered++;
    }
  }

  async #read(question: WordsQuestion, stride: number, onRows: (words: Uint32Array, rows: number) => void, signal: AbortSignal): Promise<void> {
    const rows = new WordRows(stride, onRows);
    await this.#deps.read(this.workspaceId, question, rows.take, signal);
    rows.end();
  }
}

function onlyRefused(error: unknown): void {
  if (!(error instanceof ListRefused)) throw error;
}

function grown<T extends Uint32Array | Uint8Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
