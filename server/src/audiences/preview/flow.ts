// How many a definition would have had at the end of each of the last days, and who came and went, with what is known today: events by
// when they happened, everything else as it stands now. Each condition is asked once for all days; of each person it gives one bit
// a day, and groups are made of these bits, many days at a time.
import { readsOf, type Condition } from "@tributary/schema/audience/condition.ts";
import type { Definition } from "@tributary/schema/audience/definition.ts";
import { AppError } from "../../core/errors.ts";
import { compileConditions, type Surroundings } from "../compile.ts";
import { truthAlone } from "./leaf-queries.ts";
import { ID_WORDS, type WordsQuestion } from "./moment.ts";
import type { PeopleIndex } from "./people-index.ts";
import { otherAudience, type Around, type ConditionAlone, type View } from "./previews.ts";
import { bitsOfTold } from "./told-truths.ts";
import { HOLDS, isDrawn, type Truths } from "./truths.ts";
import { WordRows } from "./word-rows.ts";

const BITS = 32;
/** Bits of all people and conditions together; half a gigabyte of them would stop the server. */
const BYTES_MAX = 256 * 1024 * 1024;
const SLICE_ROWS = 32_768;

interface FlowDay {
  /** In the workspace's zone. */
  readonly day: string;
  readonly size: number;
  readonly entered: number;
  readonly left: number;
}

interface FlowWish {
  readonly workspaceId: number;
  readonly definition: Definition;
  readonly around: Around;
  readonly days: number;
  readonly signal: AbortSignal;
}

interface Flowing extends FlowWish {
  readonly view: View;
}

/** `view`: of any definition, for the people in it; its instant is the end of the last day. */
export async function flowOf(view: View, wish: FlowWish): Promise<FlowDay[]> {
  const { definition, days, around } = wish;
  const { people, atMs: nowMs } = view;
  // The end of the day before the first, the last instant of each day, and now.
  const dates = datesOf(days, nowMs, around.zone);
  const instants = [...dates.map((date) => date.toZonedDateTime(around.zone).epochMilliseconds - 1), nowMs];
  const words = Math.ceil(instants.length / BITS);
  const leaves = leavesOf(definition, around, []);
  if (leaves.size * people.count * words * 4 > BYTES_MAX) {
    throw new AppError("limit_reached", { detail: `${days} days of ${leaves.size} conditions over ${people.count.toLocaleString("en")} people are too many at once.`, hint: "Ask for fewer days." });
  }
  const asking = { wish: { ...wish, view }, instants, words };
  const found = await Promise.all([...leaves].map(async ([key, leaf]) => {
    const make = async (stop: AbortSignal): Promise<{ bits: Uint32Array; bytes: number }> => {
      const bits = await bitsOf(leaf, { ...asking, wish: { ...asking.wish, signal: stop } });
      return { bits, bytes: bits.byteLength };
    };
    // What hangs on other audiences or computed traits means something else when these change.
    const { audiences, computed } = readsOf(leaf.condition, around.words);
    return [key, audiences.length + computed.length > 0 ? (await make(wish.signal)).bits : (await view.kept(`flow ${days} ${key}`, make)).bits] as const;
  }));
  const whole = bitTree(definition, { around, people, words, bits: new Map(found) }, []);
  const counts = { size: new Float64Array(instants.length), entered: new Float64Array(instants.length), left: new Float64Array(instants.length) };
  for (let from = 0; from < people.count; from += SLICE_ROWS) {
    wish.signal.throwIfAborted();
    await new Promise((resolve) => void setImmediate(resolve));
    count(whole, { words, from, to: Math.min(people.count, from + SLICE_ROWS) }, counts);
  }
  return dates.map((date, i) => ({
    day: date.toString(), size: counts.size[i + 1] as number, entered: counts.entered[i + 1] as number, left: counts.left[i + 1] as number,
  }));
}

/** In the workspace's zone, up to today. One ends where the next begins: some have 23 or 25 hours. */
function datesOf(days: number, nowMs: number, zone: string): Temporal.PlainDate[] {
  const today = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(zone).toPlainDate();
  return Array.from({ length: days }, (_, i) => today.subtract({ days: days - 1 - i }));
}

const keyOf = (condition: Condition, include: Definition["include"]): string => JSON.stringify([condition, include]);

// ── One condition, for all days ───────────────────────────────────────────────────────────────────────────────────

interface Asking {
  readonly wish: Flowing;
  readonly instants: readonly number[];
  /** Of a person. */
  readonly words: number;
}

async function bitsOf(asked: ConditionAlone, asking: Asking): Promise<Uint32Array> {
  const { wish: { view, around, signal }, instants } = asking;
  if (isSteady(asked, asking)) return steadyBits(await view.truths(asked, signal), asking);
  const found = await view.told(asked, Math.min(...instants), signal);
  if (found === undefined) return askedBits(asked, asking);
  const bits = bitsOfTold(found.plan, found.told, instants, around);
  return spreadBits(bits, found.told.holders, instants.map((nowMs) => truthAlone(asked.condition, { ...around, nowMs, hasOverrides: false })), asking);
}

/** Whether it says the same at each instant: then it is the same question. */
function isSteady({ condition, include }: ConditionAlone, { wish: { view, around }, instants }: Asking): boolean {
  if (condition.kind === "event") return false; // There is a quicker way to each instant.
  const { audiences, computed, accounts } = readsOf(condition, around.words);
  if (audiences.length > 0 || computed.length > 0 || accounts) return false;
  const said = (nowMs: number): string => {
    const { sql, params } = compileConditions([{ condition, include }], { ...around, nowMs, hasOverrides: view.hasOverrides });
    return JSON.stringify([sql, params]);
  };
  const first = said(instants[0] as number); // At least one.
  return instants.every((nowMs) => said(nowMs) === first);
}

function steadyBits(truths: Truths, { instants, words }: Asking): Uint32Array {
  const bits = new Uint32Array(truths.length * words);
  const all = maskOf(instants.map(() => true), words);
  for (let i = 0; i < truths.length; i++) if (((truths[i] as number) & HOLDS) !== 0) for (let word = 0; word < words; word++) bits[i * words + word] = all[word] as number;
  return bits;
}

/** `rest`: of those who hold nothing, at each instant. */
function spreadBits(own: Uint32Array, holders: Uint32Array, rest: readonly boolean[], { wish: { view }, words }: Asking): Uint32Array {
  const bits = new Uint32Array(view.people.count * words);
  const others = maskOf(rest, words);
  if (rest.some(Boolean)) for (let at = 0; at < bits.length; at++) bits[at] = others[at % words] as number;
  for (let k = 0; k < holders.length; k++) for (let word = 0; word < words; word++) bits[(holders[k] as number) * words + word] = own[k * words + word] as number;
  return bits;
}

function maskOf(held: readonly boolean[], words: number): number[] {
  return Array.from({ length: words }, (_, word) => held.reduce((mask, isHeld, place) => (isHeld && place >> 5 === word ? mask | (1 << (place & 31)) : mask), 0));
}

/** What no list tells is asked of ClickHouse. */
async function askedBits(asked: ConditionAlone, { wish, instants, words }: Asking): Promise<Uint32Array> {
  const { view: { people, read }, workspaceId, signal } = wish;
  const bits = new Uint32Array(people.count * words);
  for (const question of questionsOf(asked, wish, instants)) {
    question.first.forEach((isHeld, i) => {
      const place = question.from + i;
      if (isHeld) for (let at = place >> 5; at < bits.length; at += words) bits[at]! |= 1 << (place & 31);
    });
    const rows = new WordRows(ID_WORDS + words, (given, count) => {
      for (let row = 0, at = 0; row < count; row++, at += ID_WORDS + words) {
        const person = people.numberAt(given, at);
        // What is told replaces what holds of everybody else, in the bits that were asked about.
        if (person >= 0) for (let word = 0; word < words; word++) bits[person * words + word] = ((bits[person * words + word] as number) & ~(question.mask[word] as number)) | (given[at + ID_WORDS + word] as number);
      }
    });
    await read(workspaceId, question, rows.take, signal);
    rows.end();
  }
  return bits;
}

interface BitsQuestion extends WordsQuestion {
  /** The place of the first instant that it is about. */
  readonly from: number;
  /** Of people whom it does not give, for each of its instants. */
  readonly first: readonly boolean[];
  readonly mask: readonly number[];
}

function questionsOf({ condition, include }: ConditionAlone, wish: Flowing, instants: readonly number[]): BitsQuestion[] {
  const around = (nowMs: number): Surroundings => ({ ...wish.around, nowMs, hasOverrides: wish.view.hasOverrides });
  const { audiences, computed, accounts } = readsOf(condition, wish.around.words);
  // What looks at other people, audiences or computed traits is asked about each instant by itself.
  const isOwn = audiences.length === 0 && computed.length === 0 && !accounts;
  const groups = isOwn ? [{ from: 0, at: instants }] : instants.map((ms, i) => ({ from: i, at: [ms] }));
  const words = Math.ceil(instants.length / BITS);
  return groups.map(({ from, at }) => {
    const compiled = compileConditions(at.map((atMs) => ({ condition, include, ...(isOwn ? { atMs } : {}) })), around(at[0] as number)); // At least one.
    const first = at.map((ms) => compiled.of === "events" && truthAlone(condition, around(ms)));
    const ofWord = (word: number): number[] => at.map((_, i) => from + i).filter((place) => place >> 5 === word);
    const told = Array.from({ length: words }, (_, word) => `toUInt32(${["0", ...ofWord(word).map((place) => `m${place - from} * ${2 ** (place & 31)}`)].join(" + ")})`);
    const mask = Array.from({ length: words }, (_, word) => ofWord(word).reduce((sum, place) => sum | (1 << (place & 31)), 0));
    const isOther = at.map((_, i) => `m${i} != ${first[i] ? 1 : 0}`).join(" or ");
    return { from, first, mask, sql: `select profile_id, ${told.join(", ")} from (${compiled.sql}) where ${isOther}`, params: compiled.params };
  });
}

// ── Groups ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The bits of one word of one person. */
type BitTree = (person: number, word: number) => number;

interface Slice {
  readonly words: number;
  readonly from: number;
  readonly to: number;
}

interface Counts {
  readonly size: Float64Array;
  readonly entered: Float64Array;
  readonly left: Float64Array;
}

function count(whole: BitTree, { words, from, to }: Slice, counts: Counts): void {
  for (let person = from; person < to; person++) {
    let before = 0;
    for (let word = 0; word < words; word++) {
      const bits = whole(person, word);
      // Beside each day's bit the one of the day before; the first has none before it.
      const shifted = (bits << 1) | (word === 0 ? bits & 1 : before >>> 31);
      add(counts.size, bits, word);
      add(counts.entered, bits & ~shifted, word);
      add(counts.left, ~bits & shifted, word);
      before = bits;
    }
  }
}

function add(into: Float64Array, bits: number, word: number): void {
  for (let rest = bits; rest !== 0; rest &= rest - 1) {
    const at = word * BITS + 31 - Math.clz32(rest & -rest);
    // Behind the last day stand bits that mean nothing.
    if (at < into.length) into[at] = (into[at] as number) + 1;
  }
}

interface Known {
  readonly around: Around;
  readonly people: PeopleIndex;
  readonly words: number;
  readonly bits: ReadonlyMap<string, Uint32Array>;
}

function bitTree(one: Definition, known: Known, through: readonly string[]): BitTree {
  const tree = (condition: Condition): BitTree => {
    if ("kind" in condition) {
      if (condition.kind === "audience") return bitTree(otherAudience(condition.audience, known.around, through), known, [...through, condition.audience]);
      const own = known.bits.get(keyOf(condition, one.include)) as Uint32Array; // All were asked for.
      return (person, word) => own[person * known.words + word] as number;
    }
    if ("not" in condition) {
      const inner = tree(condition.not);
      return (person, word) => ~inner(person, word);
    }
    const members = ("of" in condition ? condition.of : "all" in condition ? condition.all : condition.any).map(tree);
    if ("of" in condition) return (person, word) => atLeast(condition.at_least, members.map((member) => member(person, word)));
    if ("all" in condition) return (person, word) => members.reduce((found, member) => found & member(person, word), -1);
    return (person, word) => members.reduce((found, member) => found | member(person, word), 0);
  };
  const who = tree(one.who);
  const drawn = [0, 1, 2, 3].map((flags) => isDrawn(one, flags));
  return (person, word) => (drawn[known.people.flags[person] as number] ? who(person, word) : 0);
}

/** For each bit, whether at least so many have it. */
function atLeast(least: number, words: readonly number[]): number {
  let found = 0;
  for (let bit = 0; bit < BITS; bit++) if (words.reduce((sum, word) => sum + ((word >>> bit) & 1), 0) >= least) found |= 1 << bit;
  return found;
}

function leavesOf(one: Definition, around: Around, through: readonly string[]): Map<string, ConditionAlone> {
  const all = new Map<string, ConditionAlone>();
  const collect = (condition: Condition): void => {
    if ("kind" in condition) {
      if (condition.kind !== "audience") all.set(keyOf(condition, one.include), { condition, include: one.include });
      else for (const [key, leaf] of leavesOf(otherAudience(condition.audience, around, through), around, [...through, condition.audience])) all.set(key, leaf);
    } else ("not" in condition ? [condition.not] : "of" in condition ? condition.of : "all" in condition ? condition.all : condition.any).forEach(collect);
  };
  collect(one.who);
  return all;
}
