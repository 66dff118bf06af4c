// A piece of somebody's life that is written at once: a visit, a mailing, a refund. Planning a life says when its episodes
// begin and costs little; only those that are wanted are written.
import type { Call, CallTruth, DemoSource, DirtKind } from "./call.ts";
import { spoil } from "./dirt.ts";
import { diceFor, type Dice } from "./dice.ts";
import type { Person, ShopPlan } from "./people.ts";
import { DAY } from "./shop-time.ts";

/** No call of an episode comes later than this after its beginning. */
export const EPISODE_MAX_MS = 5 * DAY;

/** When something begins, and how to write it if it is wanted. */
export interface PlannedEpisode {
  /** Within the person: letters and a number, part of its messageIds. */
  readonly id: string;
  readonly startMs: number;
  readonly write: (writer: EpisodeWriter) => void;
}

/** One call while it is being written. */
export interface Draft {
  readonly source: DemoSource;
  readonly shows: readonly string[];
  /** When it happened. */
  happenedMs: number;
  /** When it reaches the collector. */
  atMs: number;
  /** What the sender's clock is ahead, in milliseconds; it then says when it sent. */
  aheadMs: number;
  /** Whether the event says when it was sent. */
  saysSent: boolean;
  readonly body: Readonly<Record<string, unknown>>;
  outcome: CallTruth["outcome"];
  reason: string;
  dirt: DirtKind | null;
  /** Index of the call that this one repeats under the same messageId. */
  repeats?: number;
}

export interface DraftOf {
  readonly source: DemoSource;
  readonly atMs: number;
  readonly shows: readonly string[];
  readonly type: "track" | "page" | "screen" | "identify" | "group" | "alias";
  readonly [field: string]: unknown;
}

export class EpisodeWriter {
  readonly plan: ShopPlan;
  readonly person: Person;
  readonly id: string;
  readonly startMs: number;
  readonly dice: Dice;
  readonly drafts: Draft[] = [];

  constructor(plan: ShopPlan, person: Person, id: string, startMs: number) {
    this.plan = plan;
    this.person = person;
    this.id = id;
    this.startMs = startMs;
    this.dice = diceFor(person.seed, "episode", id);
  }

  /** A time within an event. Every time that an event names goes through here. */
  timeText(ms: number): string {
    return this.plan.timeText(ms);
  }

  add({ source, atMs, shows, ...body }: DraftOf): void {
    this.drafts.push({ source, shows, happenedMs: atMs, atMs, aheadMs: 0, saysSent: false, body, outcome: "stored", reason: "",
      dirt: null });
  }

  finish(): Call[] {
    if (this.plan.dirt > 0 && this.person.role === undefined) spoil(this);
    return this.drafts.map((draft, n) => this.#call(draft, n));
  }

  #call(draft: Draft, n: number): Call {
    const { source, atMs, shows, outcome, reason, dirt } = draft;
    const messageId = `${this.plan.prefix}-${this.person.index.toString(36)}-${this.id}-${draft.repeats ?? n}`;
    const original = draft.repeats === undefined ? draft : this.drafts[draft.repeats] ?? draft;
    const event = {
      messageId, ...draft.body, timestamp: this.timeText(original.happenedMs + original.aheadMs),
      ...(original.saysSent ? { sentAt: this.timeText(original.atMs + original.aheadMs) } : {}),
    };
    return {
      source, atMs, event, key: `${String(this.person.index).padStart(9, "0")}/${this.id}/${String(n).padStart(4, "0")}`,
      truth: { person: shows.length === 0 ? null : this.person.index, shows, outcome, reason, dirt },
    };
  }
}
