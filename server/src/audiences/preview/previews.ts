// Answers about definitions while they are edited. For each workspace that somebody asks about one moment is kept in memory: all answers
// are for its instant, and say so. After a while the next moment is prepared beside it, with the conditions that were used lately.
import { readsOf, type Condition, type KindCondition } from "@tributary/schema/audience/condition.ts";
import { computedReads } from "@tributary/schema/audience/computed.ts";
import type { Definition } from "@tributary/schema/audience/definition.ts";
import { AppError } from "../../core/errors.ts";
import type { Surroundings } from "../compile.ts";
import { leafOf, type Leaf } from "./leaf-queries.ts";
import { Moment, type PreviewProgress, type ReadWords, type WordsQuestion } from "./moment.ts";
import type { PeopleIndex } from "./people-index.ts";
import { ListRefused, type Told } from "./told-list.ts";
import { toldPlanOf, type ToldPlan } from "./told-plan.ts";
import { boundOfTold } from "./told-truths.ts";
import { instantOfSeconds, isDrawn, SECONDS, truthsOf, type Slice, type TruthNode, type Truths } from "./truths.ts";

export const previewLimits = {
  /** An answer is never older. */
  oldMs: 60_000,
  /** From then on the next moment is prepared. */
  freshMs: 20_000,
  /** A moment that nobody asked for so long is forgotten. */
  idleMs: 120_000,
  /** Conditions that are prepared: of more, those used last, so that what nobody waits for leaves room for what somebody does. */
  preparedMax: 100,
  bytesMax: 256 * 1024 * 1024,
  peopleMax: 5_000_000,
  /** Of a list of events; what looks at more is asked of ClickHouse each time. */
  listRowsMax: 2_000_000,
  /** People that are gone through at once; in between, others get their turn on this thread. */
  sliceRows: 65_536,
} as const;
type PreviewLimits = { readonly [K in keyof typeof previewLimits]: number };

/** Audiences, lists, words and zone as they stand now. */
export type Around = Omit<Surroundings, "nowMs" | "hasOverrides" | "people">;

export interface Question {
  readonly workspaceId: number;
  readonly around: Around;
  readonly definitions: readonly Definition[];
  readonly nowMs: number;
  /** Whoever asks has gone. */
  readonly signal: AbortSignal;
}

/** All that is known for one instant of the definitions that were asked about. */
export interface View {
  readonly atMs: number;
  readonly people: PeopleIndex;
  readonly hasOverrides: boolean;
  readonly read: ReadWords;
  /** Of each definition. The first one's parts are counted. */
  readonly wholes: readonly Whole[];
  /** Of a condition by itself. */
  readonly truths: (asked: ConditionAlone, stop: AbortSignal) => Promise<Truths>;
  /** The events that a condition looks at, from the earliest of some instants on; undefined: they are not kept here. */
  readonly told: (asked: ConditionAlone, earliestMs: number, stop: AbortSignal) => Promise<{ readonly plan: ToldPlan; readonly told: Told } | undefined>;
  /** One byte of each person. */
  readonly column: (key: string, question: WordsQuestion) => Promise<Uint8Array>;
  /** Something of all people that is made once for this instant. */
  readonly kept: <T extends { readonly bytes: number }>(key: string, make: (stop: AbortSignal) => Promise<T>) => Promise<T>;
  /** Something small that is found out once for this instant. */
  readonly noted: <T>(key: string, find: () => Promise<T>) => Promise<T>;
  /** Goes through all people, a slice at a time: the truths of each definition. */
  readonly each: (onSlice: (truths: readonly Truths[], from: number) => void) => Promise<void>;
}

/** All that a definition says. */
export interface Whole {
  readonly truths: Truths;
  readonly size: number;
  /** People whom it is drawn from. */
  readonly of: number;
  /** When somebody may first come or go by time alone. */
  readonly nextMs: number | null;
  /** By path: how many of those whom it is drawn from meet a part of the first definition. */
  readonly parts: ReadonlyMap<string, number>;
  readonly bytes: number;
}

export interface ConditionAlone {
  readonly condition: KindCondition;
  readonly include: Definition["include"];
}

export interface Previews {
  view(question: Question): Promise<View>;
  /** How far a workspace's questions have come; undefined: nobody asked lately. */
  progress(workspaceId: number): PreviewProgress | undefined;
  /** How many bytes are kept. */
  bytes(): number;
}

interface Kept {
  readonly meaning: string;
  moment: Moment;
  usedMs: number;
  isPreparing: boolean;
}

export function createPreviews(read: ReadWords, limits: PreviewLimits = previewLimits): Previews {
  const kept = new Map<number, Kept>();
  const begin = (workspaceId: number, atMs: number, before?: Moment): Moment => new Moment({
    read, workspaceId, atMs, peopleBefore: before?.index, peopleMax: limits.peopleMax, listRowsMax: limits.listRowsMax, tooMany: () => tooManyPeople(limits.peopleMax),
  });
  const bytes = (): number => [...kept.values()].reduce((sum, { moment }) => sum + moment.bytes, 0);

  function keptOf({ workspaceId, around, nowMs }: Question): Kept {
    for (const [id, one] of kept) if (nowMs - one.usedMs > limits.idleMs) kept.delete(id);
    const meaning = JSON.stringify([around.zone, around.words]);
    let one = kept.get(workspaceId);
    if (one === undefined || one.meaning !== meaning || nowMs - one.moment.atMs > limits.oldMs) {
      one = { meaning, moment: begin(workspaceId, nowMs, one?.moment), usedMs: nowMs, isPreparing: false };
      kept.set(workspaceId, one);
    }
    one.usedMs = nowMs;
    return one;
  }

  /** The next moment takes the place of this one when it knows as much. */
  function prepareNext(one: Kept, { workspaceId, around, nowMs }: Question): void {
    if (one.isPreparing || nowMs - one.moment.atMs <= limits.freshMs) return;
    one.isPreparing = true;
    const next = begin(workspaceId, nowMs, one.moment);
    next.prepareLike(one.moment, limits.preparedMax, around).then(
      () => {
        one.moment = next;
        one.isPreparing = false;
      },
      // The present one goes on until it is too old; then whoever asks is told what is wrong.
      () => (one.isPreparing = false),
    );
  }

  function shrink(): void {
    let excess = bytes() - limits.bytesMax;
    for (const [id, one] of [...kept].toSorted(([, a], [, b]) => a.usedMs - b.usedMs)) {
      if (excess <= 0) return;
      const before = one.moment.bytes;
      one.moment.shrinkTo(Math.max(0, before - excess));
      if (before - one.moment.bytes < excess && kept.size > 1) kept.delete(id);
      excess = bytes() - limits.bytesMax;
    }
  }

  return {
    bytes,
    progress: (workspaceId) => kept.get(workspaceId)?.moment.progress,
    async view(question) {
      const { around, definitions, nowMs, signal } = question;
      const one = keptOf(question);
      const { moment } = one;
      const trees = definitions.map((definition, i) => treeOf(definition, around, i === 0 ? "" : undefined, []));
      const leaves = trees.flatMap((tree) => leavesIn(tree));
      const [people, truths, hasOverrides] = await Promise.all([moment.people(signal), moment.truths(leaves, around, nowMs, signal), moment.hasOverrides(signal)]);
      const byKey = new Map(leaves.map(({ key }, i) => [key, truths[i] as Truths])); // Each leaf has its truths.
      const wholes = await Promise.all(trees.map((tree, i) => moment.whole(
        JSON.stringify([i === 0, tree]), (stop) => wholeOf(nodeOf(tree, byKey), { people, rows: limits.sliceRows, drawn: definitions[i] as Definition, signal: stop }), nowMs, signal, // A tree of each.
      )));
      shrink();
      prepareNext(one, question);
      return {
        atMs: moment.atMs, people, wholes, hasOverrides, read,
        truths: async ({ condition, include }, stop) => (await moment.truths([keyed(leafOf(condition, include), { include, around, through: [] })], around, nowMs, stop))[0] as Truths, // As many as leaves.
        told: async ({ condition, include }, earliestMs, stop) => {
          const plan = toldPlanOf(condition, include, { ...around, hasOverrides });
          if (plan === undefined) return undefined;
          try {
            return { plan, told: await moment.told({ ...plan, leaf: { condition, include } }, boundOfTold(plan, earliestMs, around), nowMs, stop) };
          } catch (error) {
            if (error instanceof ListRefused) return undefined;
            throw error;
          }
        },
        column: (key, asked) => moment.column(key, asked, nowMs, signal),
        kept: (key, make) => moment.whole(key, make, nowMs, signal),
        noted: (key, find) => moment.noted(key, find, nowMs),
        each: (onSlice) => eachSlice({ count: people.count, rows: limits.sliceRows, signal }, (from, to) => onSlice(wholes.map(({ truths }) => truths.subarray(from, to)), from)),
      };
    },
  };
}

function tooManyPeople(peopleMax: number): AppError {
  return new AppError("limit_reached", {
    detail: `Previews are made of up to ${peopleMax.toLocaleString("en")} people, and this workspace has more.`, hint: "Save the audience: its size is counted without this limit.",
  });
}

interface Slices {
  readonly count: number;
  readonly rows: number;
  readonly signal: AbortSignal;
}

async function eachSlice({ count, rows, signal }: Slices, onSlice: (from: number, to: number) => void): Promise<void> {
  for (let from = 0; from < count; from += rows) {
    if (from > 0) await new Promise((resolve) => void setImmediate(resolve));
    signal.throwIfAborted();
    onSlice(from, Math.min(count, from + rows));
  }
}

interface WholeWish {
  readonly people: PeopleIndex;
  readonly rows: number;
  readonly drawn: Definition;
  readonly signal: AbortSignal;
}

async function wholeOf(node: TruthNode, { people, rows, drawn, signal }: WholeWish): Promise<Whole> {
  const truths = new Int32Array(people.count);
  let size = 0;
  let of = 0;
  let soonest = SECONDS;
  const parts = new Map<string, number>();
  const byFlags = [0, 1, 2, 3].map((flags) => isDrawn(drawn, flags));
  const onNode: Slice["onNode"] = (path, held, from) => parts.set(path, (parts.get(path) ?? 0) + countHeld(held, people.flags.subarray(from), byFlags));
  await eachSlice({ count: people.count, rows, signal }, (from, to) => {
    truths.set(truthsOf(node, { from, to, flags: people.flags, onNode }), from);
    for (let i = from; i < to; i++) {
      const truth = truths[i] as number;
      size += truth >>> 31;
      soonest = Math.min(soonest, truth & SECONDS);
      if (byFlags[people.flags[i] as number]) of++;
    }
  });
  return { truths, size, of, nextMs: instantOfSeconds(soonest), parts, bytes: truths.byteLength };
}

function countHeld(truths: Truths, flags: Uint8Array, drawn: readonly boolean[]): number {
  let count = 0;
  for (let i = 0; i < truths.length; i++) if (drawn[flags[i] as number]) count += (truths[i] as number) >>> 31;
  return count;
}

// ── From definitions to nodes ─────────────────────────────────────────────────────────────────────────────────────

/** As a node, with leaves of which nothing is known yet. */
type Tree =
  | { readonly leaf: Leaf; readonly path?: string }
  | { readonly all: readonly Tree[]; readonly path?: string }
  | { readonly any: readonly Tree[]; readonly path?: string }
  | { readonly not: Tree; readonly path?: string }
  | { readonly atLeast: number; readonly of: readonly Tree[]; readonly path?: string }
  | { readonly drawn: Pick<Definition, "from" | "include">; readonly who: Tree; readonly path?: string };

/** `path`: the JSON pointer of `who`, where it is wanted. `through`: the audiences that lead here. */
function treeOf({ from, include, who }: Definition, around: Around, path: string | undefined, through: readonly string[]): Tree {
  return { drawn: { from, include }, who: conditionTree(who, { include, around, through }, path) };
}

interface Within {
  readonly include: Definition["include"];
  readonly around: Around;
  readonly through: readonly string[];
}

function conditionTree(one: Condition, within: Within, path: string | undefined): Tree {
  const at = path === undefined ? {} : { path };
  const below = (name: string): string | undefined => (path === undefined ? undefined : `${path}/${name}`);
  const inner = (group: string, members: readonly Condition[]): Tree[] => members.map((member, i) => conditionTree(member, within, below(`${group}/${i}`)));
  if ("kind" in one) return one.kind === "audience" ? { ...referred(one.audience, within), ...at } : { leaf: keyed(leafOf(one, within.include), within), ...at };
  if ("not" in one) return { not: conditionTree(one.not, within, below("not")), ...at };
  if ("of" in one) return { atLeast: one.at_least, of: inner("of", one.of), ...at };
  return "all" in one ? { all: inner("all", one.all), ...at } : { any: inner("any", one.any), ...at };
}

function referred(slug: string, { around, through }: Within): Tree {
  return treeOf(otherAudience(slug, around, through), around, undefined, [...through, slug]);
}

/** Throws `bad_request` where there is none, or where it leads back to one that it came from. */
export function otherAudience(slug: string, around: Around, through: readonly string[]): Definition {
  const other = around.audience(slug);
  if (other === undefined) throw new AppError("bad_request", { detail: `There is no audience \`${slug}\`.`, hint: "Look at the slugs of GET /audiences." });
  if (through.includes(slug)) throw new AppError("bad_request", { detail: `The audiences ${[...through, slug].join(" → ")} refer to each other in a circle.`, hint: "Take one of these conditions away." });
  return other;
}

/** What refers to audiences or computed traits within itself means something else when these change. */
function keyed(leaf: Leaf, { around }: Within): Leaf {
  const seen = new Map<string, unknown>();
  const note = ({ audiences, computed }: ReturnType<typeof readsOf>): void => {
    for (const slug of computed) {
      if (seen.has(`computed ${slug}`)) continue;
      const one = around.computed?.(slug);
      seen.set(`computed ${slug}`, one);
      if (one !== undefined) note(computedReads(one.definition, around.words));
    }
    for (const slug of audiences) {
      if (seen.has(slug)) continue;
      const other = around.audience(slug);
      seen.set(slug, other);
      if (other !== undefined) note(readsOf(other.who, around.words));
    }
  };
  note(readsOf(leaf.condition, around.words));
  return seen.size === 0 ? leaf : { ...leaf, key: `${leaf.key} ${JSON.stringify([...seen])}` };
}

function leavesIn(tree: Tree): Leaf[] {
  if ("leaf" in tree) return [tree.leaf];
  if ("not" in tree) return leavesIn(tree.not);
  if ("drawn" in tree) return leavesIn(tree.who);
  return ("of" in tree ? tree.of : "all" in tree ? tree.all : tree.any).flatMap(leavesIn);
}

function nodeOf(tree: Tree, truths: ReadonlyMap<string, Truths>): TruthNode {
  const at = tree.path === undefined ? {} : { path: tree.path };
  const each = (trees: readonly Tree[]): TruthNode[] => trees.map((one) => nodeOf(one, truths));
  if ("leaf" in tree) return { leaf: truths.get(tree.leaf.key) as Truths, ...at }; // Every leaf was asked for.
  if ("not" in tree) return { not: nodeOf(tree.not, truths), ...at };
  if ("drawn" in tree) return { drawn: tree.drawn, who: nodeOf(tree.who, truths), ...at };
  if ("of" in tree) return { atLeast: tree.atLeast, of: each(tree.of), ...at };
  return "all" in tree ? { all: each(tree.all), ...at } : { any: each(tree.any), ...at };
}
