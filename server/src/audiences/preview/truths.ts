// What is known of each person about a condition, in one number: whether it holds, and in which second that may first change by time
// alone. People are numbered; a condition is one such number for each. Groups are made of their members' numbers, by the same rules
// as in condition.ts, a slice of people at a time so that nothing else on this thread waits long.
import type { Definition } from "@tributary/schema/audience/definition.ts";

/** The highest bit: it holds. */
export const HOLDS = 0x8000_0000;
/** The other bits: seconds since `EPOCH_SECONDS`; all of them set stands for "never". */
export const SECONDS = 0x7fff_ffff;
const EPOCH_SECONDS = 1_577_836_800;

/** Of people; never changed by who gets them. As signed numbers, so that what holds is below zero. */
export type Truths = Int32Array;

export type TruthNode =
  | { readonly leaf: Truths; readonly path?: string }
  | { readonly all: readonly TruthNode[]; readonly path?: string }
  | { readonly any: readonly TruthNode[]; readonly path?: string }
  | { readonly not: TruthNode; readonly path?: string }
  | { readonly atLeast: number; readonly of: readonly TruthNode[]; readonly path?: string }
  | { readonly drawn: Pick<Definition, "from" | "include">; readonly who: TruthNode; readonly path?: string };

export const ANONYMOUS = 1;
export const HUMAN = 2;

export interface Slice {
  readonly from: number;
  readonly to: number;
  /** Of all people: ANONYMOUS, HUMAN. */
  readonly flags: Uint8Array;
  /** Called for each node with a path. */
  readonly onNode?: (path: string, truths: Truths, from: number) => void;
}

export function truthsOf(node: TruthNode, slice: Slice): Truths {
  const truths = made(node, slice);
  if (node.path !== undefined) slice.onNode?.(node.path, truths, slice.from);
  return truths;
}

function made(node: TruthNode, slice: Slice): Truths {
  if ("leaf" in node) return node.leaf.subarray(slice.from, slice.to);
  const out = new Int32Array(slice.to - slice.from);
  if ("not" in node) return inverted(truthsOf(node.not, slice), out);
  if ("drawn" in node) return onlyDrawn(node.drawn, truthsOf(node.who, slice), slice, out);
  if ("of" in node) return some(node.atLeast, node.of.map((one) => truthsOf(one, slice)), out);
  return "all" in node ? every(node.all.map((one) => truthsOf(one, slice)), out) : any(node.any.map((one) => truthsOf(one, slice)), out);
}

function inverted(truths: Truths, out: Truths): Truths {
  for (let i = 0; i < out.length; i++) out[i] = (truths[i] as number) ^ HOLDS;
  return out;
}

/** While all hold, until the first that may change; else until the last of those that do not. */
function every([first, ...others]: readonly Truths[], out: Truths): Truths {
  if (first === undefined) return out.fill(HOLDS | SECONDS);
  out.set(first);
  for (const other of others) {
    for (let i = 0; i < out.length; i++) {
      const a = out[i] as number;
      const b = other[i] as number;
      // Of two that hold the lesser is the sooner; and what does not hold is greater than what does.
      out[i] = (a & b) < 0 ? Math.min(a, b) : Math.max(a, b);
    }
  }
  return out;
}

/** The same with truth and untruth changed about. */
function any([first, ...others]: readonly Truths[], out: Truths): Truths {
  if (first === undefined) return out.fill(SECONDS);
  out.set(first);
  for (const other of others) {
    for (let i = 0; i < out.length; i++) {
      const a = out[i] as number;
      const b = other[i] as number;
      out[i] = (a & b) < 0 ? Math.max(a, b) : Math.min(a, b);
    }
  }
  return out;
}

function some(least: number, parts: readonly Truths[], out: Truths): Truths {
  if (parts.length < least) return out.fill(SECONDS);
  for (let i = 0; i < out.length; i++) {
    let count = 0;
    let soonest = SECONDS;
    for (let k = 0; k < parts.length; k++) {
      const truth = (parts[k] as Truths)[i] as number;
      count += truth >>> 31;
      if ((truth & SECONDS) < soonest) soonest = truth & SECONDS;
    }
    out[i] = (count >= least ? HOLDS : 0) | soonest;
  }
  return out;
}

function onlyDrawn(drawn: Pick<Definition, "from" | "include">, truths: Truths, { from, flags }: Slice, out: Truths): Truths {
  const byFlags = [0, 1, 2, 3].map((each) => isDrawn(drawn, each));
  for (let i = 0; i < out.length; i++) out[i] = byFlags[flags[from + i] as number] ? (truths[i] as number) : SECONDS;
  return out;
}

export function isDrawn({ from, include }: Pick<Definition, "from" | "include">, flags: number): boolean {
  const isWanted = from === "everyone" || (from === "anonymous") === ((flags & ANONYMOUS) !== 0);
  return isWanted && ((flags & HUMAN) !== 0 || include.bots || include.internal);
}

/** The instant that a truth's seconds stand for; null: never. */
export function instantOfSeconds(truth: number): number | null {
  const seconds = truth & SECONDS;
  return seconds === SECONDS ? null : (seconds + EPOCH_SECONDS) * 1_000;
}

/** The seconds of an instant. Cut, so that it is early rather than late. */
export function secondsOf(ms: number): number {
  return Math.min(SECONDS, Math.max(0, Math.trunc(ms / 1_000) - EPOCH_SECONDS));
}

/** The same of SQL: UInt32 of a member and an instant. Seconds are cut, so that it is early rather than late. */
export function truthSql(member: string, next: string): string {
  const seconds = `least(toInt64(${SECONDS}), greatest(toInt64(0), intDiv(${next}, 1000) - ${EPOCH_SECONDS}))`;
  return `toUInt32(if(${member}, toInt64(${HOLDS}), toInt64(0)) + ${seconds})`;
}
