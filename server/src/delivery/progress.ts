// How far a destination has come in each of its streams. Pieces that were taken are open until all of their items have an outcome or are
// parked; the cursor passes them in their order.
import type { EntryOf } from "./entry.ts";
import { ENDED, type Feed, type Piece } from "./feed.ts";
import type { DeliveryJob, Unsent } from "./pick.ts";
import type { Change, Count, DeliveryStore, StreamName } from "./store.ts";

/** Writes something down for the destination; resolves when it is durable. */
export type Commit = (change: Omit<Change, "workspaceId" | "destinationId" | "atMs">) => Promise<void>;

/** Where outcomes are kept: under the block of the cursor that must pass before they are forgotten. */
export interface DonePlace {
  readonly stream: StreamName;
  readonly block: number;
}

export interface Taken {
  readonly jobs: readonly DeliveryJob[];
  readonly unsent: readonly Unsent[];
  readonly at: DonePlace;
}

export interface Progress {
  /** The next piece of each stream that has room, without what an earlier life has done. */
  takeNext(): Promise<readonly Taken[]>;
  /** Whether a job is of an open piece; those that were parked are of none. */
  isOpen(job: DeliveryJob): boolean;
  /** Undefined: none of them is of an open piece. */
  placeOf(jobs: readonly DeliveryJob[]): DonePlace | undefined;
  /** Their pieces wait for them no longer. */
  leave(jobs: readonly DeliveryJob[]): void;
  /** How items of a stream are asked for again, of one that is over too. */
  againOf(stream: StreamName, subscriptionId: number): Feed["again"] | undefined;
  /** Where the last of their pieces ends, which are of one stream; 0: they are of no open piece. */
  endOf(jobs: readonly DeliveryJob[]): number;
  /** Everything of the stream before this block was taken; of one that is followed no more, too. */
  hasPassed(stream: StreamName, beforeBlock: number): boolean;
  /** Nothing is open, and nothing more had landed when it last looked. */
  isAtEnd(): boolean;
}

interface Open {
  readonly stream: StreamName;
  readonly fromBlock: number;
  readonly nextBlock: number;
  readonly filtered: readonly Count[];
  /** Nothing of it was ours. */
  readonly isEmpty: boolean;
  left: number;
}

interface Place {
  readonly feed: Feed;
  /** Up to here pieces were taken. */
  nextBlock: number;
  /** As it is durable. */
  keptBlock: number;
  /** Of an earlier life. */
  readonly done: ReadonlySet<string>;
  open: Open[];
  isAtEnd: boolean;
  /** When the cursor was written down. */
  cursorAtMs: number;
}

export interface ProgressOptions {
  readonly destinationId: number;
  readonly feeds: readonly Feed[];
  readonly store: Pick<DeliveryStore, "place">;
  readonly commit: Commit;
  readonly nowMs: () => number;
  /** A stream has come to its end, and that is durable. */
  readonly onEnded: () => void;
}

/** Pieces of one stream that are open at once. */
const OPEN_MAX = 4;
/** A cursor that passes nothing of ours is written down at most this often. */
const CURSOR_EVERY_MS = 1_000;

export async function createProgress(options: ProgressOptions): Promise<Progress> {
  const { commit, nowMs } = options;
  const places = await Promise.all(options.feeds.map((feed) => placeIn(feed, options)));
  const pieceOf = new Map<DeliveryJob, Open>();

  function take(place: Place, piece: Piece): Taken {
    const isNew = ({ subscription, position }: Pick<EntryOf, "subscription" | "position">): boolean => !place.done.has(`${subscription.id} ${position}`);
    const jobs = piece.jobs.filter(isNew);
    const open: Open = {
      stream: place.feed.stream, fromBlock: place.nextBlock, nextBlock: piece.nextBlock, filtered: piece.filtered,
      isEmpty: jobs.length + piece.filtered.length + piece.unsent.length === 0, left: jobs.length,
    };
    place.nextBlock = piece.nextBlock;
    place.open.push(open);
    for (const job of jobs) pieceOf.set(job, open);
    return { jobs, unsent: piece.unsent.filter(isNew), at: { stream: open.stream, block: open.fromBlock } };
  }

  /** Lets the cursor pass pieces that are whole. */
  function advance(place: Place): void {
    while (place.open[0]?.left === 0) {
      const [whole, ...rest] = place.open;
      place.open = rest;
      if (whole.isEmpty && whole.nextBlock !== ENDED && nowMs() - place.cursorAtMs < CURSOR_EVERY_MS) continue;
      place.cursorAtMs = nowMs();
      void commit({ counts: whole.filtered, cursor: { stream: whole.stream, nextBlock: whole.nextBlock } }).then(() => keep(place, whole.nextBlock));
    }
  }

  function keep(place: Place, nextBlock: number): void {
    place.keptBlock = nextBlock;
    if (nextBlock !== ENDED) return;
    // Another stream may have waited for that.
    for (const one of places) one.isAtEnd = false;
    options.onEnded();
  }

  function leave(jobs: readonly DeliveryJob[]): void {
    for (const job of jobs) {
      const open = pieceOf.get(job);
      if (open) open.left--;
      pieceOf.delete(job);
    }
    for (const place of places) advance(place);
  }

  return {
    leave,
    async takeNext() {
      const taken: Taken[] = [];
      for (const place of places) {
        if (place.open.length >= OPEN_MAX) continue;
        let piece: Piece | undefined;
        try {
          piece = await place.feed.next(place.nextBlock, place.keptBlock);
        } catch (error) {
          // What was taken of the others is to be sent all the same; this one is asked again.
          if (taken.length === 0) throw error;
          return taken;
        }
        place.isAtEnd = piece === undefined;
        if (piece) taken.push(take(place, piece));
      }
      return taken;
    },
    isOpen: (job) => pieceOf.has(job),
    placeOf(jobs) {
      const pieces = jobs.flatMap((job) => pieceOf.get(job) ?? []);
      const [first] = pieces;
      // Of several pieces the last: kept too long does no harm.
      return first && { stream: first.stream, block: Math.max(...pieces.map((piece) => piece.fromBlock)) };
    },
    endOf: (jobs) => Math.max(0, ...jobs.map((job) => pieceOf.get(job)?.nextBlock ?? 0)),
    hasPassed: (stream, beforeBlock) => places.every((place) => place.feed.stream !== stream || place.nextBlock >= beforeBlock),
    againOf: (stream, subscriptionId) =>
      places.find((place) => place.feed.stream === stream)?.feed.again ?? places.map(({ feed }) => feed.past?.(stream, subscriptionId)).find((one) => one !== undefined),
    isAtEnd: () => places.every((place) => place.isAtEnd && place.open.length === 0),
  };
}

async function placeIn(feed: Feed, { destinationId, store, commit }: ProgressOptions): Promise<Place> {
  const { nextBlock, done } = await store.place(destinationId, feed.stream);
  if (nextBlock !== undefined) return { feed, nextBlock, keptBlock: nextBlock, done, open: [], isAtEnd: false, cursorAtMs: -Infinity };
  const first = await feed.begin();
  await commit({ cursor: { stream: feed.stream, nextBlock: first } });
  return { feed, nextBlock: first, keptBlock: first, done, open: [], isAtEnd: false, cursorAtMs: -Infinity };
}
