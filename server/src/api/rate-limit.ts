// Token buckets per API token, and a gate for questions that cost an engine a lot. All in memory, all bounded.
import { AppError } from "../core/errors.ts";

interface Bucket {
  tokens: number;
  atMs: number;
}

const BUCKETS_MAX = 20_000;

export class RateLimiter<Key> {
  private readonly buckets = new Map<Key, Bucket>();
  private readonly perSecond: number;
  private readonly burst: number;

  constructor(perSecond: number, burst: number) {
    this.perSecond = perSecond;
    this.burst = burst;
  }

  /** Throws `rate_limited` when there is no token, and takes none. */
  check(key: Key, nowMs: number): void {
    const bucket = this.buckets.get(key);
    if (bucket !== undefined && this.refill(bucket, nowMs) < 1) throw this.refusal(bucket);
  }

  /** Takes one token, or throws `rate_limited` with the seconds until there is one. */
  take(key: Key, nowMs: number): void {
    const bucket = this.buckets.get(key) ?? this.addBucket(key, nowMs);
    if (this.refill(bucket, nowMs) < 1) throw this.refusal(bucket);
    bucket.tokens -= 1;
  }

  /** As if the key had never asked. */
  forget(key: Key): void {
    this.buckets.delete(key);
  }

  private refill(bucket: Bucket, nowMs: number): number {
    const elapsedMs = Math.max(0, nowMs - bucket.atMs);
    bucket.tokens = Math.min(this.burst, bucket.tokens + (elapsedMs * this.perSecond) / 1000);
    bucket.atMs = nowMs;
    return bucket.tokens;
  }

  private refusal(bucket: Bucket): AppError {
    return new AppError("rate_limited", {
      detail: this.perSecond < 1 ? `The limit is ${Math.round(this.perSecond * 60)} a minute.` : `The limit is ${this.perSecond} a second.`,
      retryAfterSeconds: (1 - bucket.tokens) / this.perSecond,
    });
  }

  private addBucket(key: Key, nowMs: number): Bucket {
    // A bucket that is forgotten is a full bucket, so dropping the oldest only ever lets more through.
    if (this.buckets.size >= BUCKETS_MAX) {
      for (const oldest of this.buckets.keys()) {
        this.buckets.delete(oldest);
        break;
      }
    }
    const bucket = { tokens: this.burst, atMs: nowMs };
    this.buckets.set(key, bucket);
    return bucket;
  }
}

/** At most `atOnce` at a time; `queueMax` more may wait for `waitMs`, the rest is refused at once. */
export class Gate {
  private running = 0;
  private readonly queue: (() => void)[] = [];
  private readonly options: { readonly atOnce: number; readonly queueMax: number; readonly waitMs: number };

  constructor(options: { readonly atOnce: number; readonly queueMax: number; readonly waitMs: number }) {
    this.options = options;
  }

  async pass<T>(work: () => Promise<T>): Promise<T> {
    await this.enter();
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  private enter(): Promise<void> {
    if (this.running < this.options.atOnce) {
      this.running++;
      return Promise.resolve();
    }
    if (this.queue.length >= this.options.queueMax) return Promise.reject(this.refusal());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.queue.splice(this.queue.indexOf(admit), 1);
        reject(this.refusal());
      }, this.options.waitMs);
      const admit = () => {
        clearTimeout(timer);
        resolve();
      };
      this.queue.push(admit);
    });
  }

  /** The place of one that leaves goes straight to the next in the queue. */
  private leave(): void {
    const next = this.queue.shift();
    if (next) next();
    else this.running--;
  }

  private refusal(): AppError {
    return new AppError("rate_limited", { detail: `At most ${this.options.atOnce} of these run at a time.`, retryAfterSeconds: 1 });
  }
}
