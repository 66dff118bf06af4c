// The role that watches and tells, in whichever process holds it: looks now and then, and tells at once what a look has changed.
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import { createNotices } from "../core/notices.ts";
import { tellDue, type NotifyOptions } from "./notify.ts";
import { RULES_CHANGED } from "./rules.ts";
import { createWatch, type WatchOptions } from "./watch.ts";

export interface AlertingOptions extends WatchOptions, NotifyOptions {
  readonly clock: Clock;
  readonly lookEveryMs?: number;
}

const LOOK_EVERY_MS = 30_000;
const TELL_EVERY_MS = 5_000;
/** Channels and alerts are deleted with what they were told; closed alerts are kept so long. */
const KEPT_DAYS = 180;
const TIDY_EVERY_MS = 6 * 60 * 60_000;

/** Resolves when `signal` is aborted, after what is under way. What fails is logged, and tried again. */
export async function runAlerting({ clock, lookEveryMs = LOOK_EVERY_MS, ...options }: AlertingOptions, signal: AbortSignal): Promise<void> {
  const { pool, logger } = options;
  const watch = createWatch(options);
  let lookAtMs = -Infinity;
  let tidyAtMs = clock.nowMs() + TIDY_EVERY_MS;
  let wake = new AbortController();
  // What somebody has just set is looked at while they look on.
  const notices = createNotices(pool, RULES_CHANGED, () => {
    lookAtMs = -Infinity;
    wake.abort();
  });
  while (!signal.aborted) {
    wake = new AbortController();
    try {
      await notices.take();
      if (clock.nowMs() >= lookAtMs) {
        lookAtMs = clock.nowMs() + lookEveryMs;
        await watch.look(clock.nowMs());
      }
      while (!signal.aborted && (await tellDue(options, () => clock.nowMs())));
      if (clock.nowMs() >= tidyAtMs) {
        tidyAtMs = clock.nowMs() + TIDY_EVERY_MS;
        await pool.query("delete from alert where status = 'closed' and closed_at < $1", [new Date(clock.nowMs() - KEPT_DAYS * 86_400_000)]);
      }
    } catch (error) {
      if (!signal.aborted) logger.error({ err: error }, "alerts could not be looked after");
    }
    await sleep(Math.min(TELL_EVERY_MS, lookEveryMs), undefined, { signal: AbortSignal.any([signal, wake.signal]) }).catch(() => undefined);
  }
  notices.stop();
}
