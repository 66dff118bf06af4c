// What the evaluator of audiences takes at once, and how long it waits. All in one place.

export interface EvaluatorLimits {
  /** People of one query, and ids under which their events came in: a server takes at most 128 KiB as one value. */
  readonly peopleAtOnce: number;
  readonly ingestIdsAtOnce: number;
  /** Conditions of one query, those of referenced audiences included. */
  readonly conditionsAtOnce: number;
  /** Audiences of one query. */
  readonly audiencesAtOnce: number;
  /** The same where everybody is asked, about whom much is held in memory. */
  readonly fillConditions: number;
  readonly fillAudiences: number;
  /** People woken at once because their instant has come. */
  readonly dueAtOnce: number;
  /** Of these, those who are asked about together with the people of a slice of events, which they must not keep waiting. */
  readonly dueBeside: number;
  /** Only instants that come within this are kept: most are weeks away, and will have moved by then. */
  readonly dueHorizonMs: number;
  /** After so long everybody is asked again about an audience, for the instants that have come within the horizon: well before its end. */
  readonly askAgainMs: number;
  /** People of one transaction of a fill. */
  readonly fillChunk: number;
  /** How often it looks while events come, when nothing wakes it earlier. */
  readonly pollBusyMs: number;
  /** How often it looks when nothing comes. */
  readonly pollIdleMs: number;
  /** How long after the last work it counts as busy. */
  readonly busyForMs: number;
  /** What audiences mean is read again after this long even if nobody said that it changed. */
  readonly reloadMs: number;
  /** After a failure, doubled each time. */
  readonly retryMs: number;
  readonly retryMaxMs: number;
  /** When an audience whose query failed is tried again, doubled each time. */
  readonly failedRetryMs: number;
  readonly failedRetryMaxMs: number;
}

export const evaluatorLimits: EvaluatorLimits = {
  peopleAtOnce: 2_000,
  ingestIdsAtOnce: 2_500,
  conditionsAtOnce: 400,
  audiencesAtOnce: 200,
  fillConditions: 120,
  fillAudiences: 60,
  dueAtOnce: 5_000,
  dueBeside: 1_000,
  dueHorizonMs: 48 * 60 * 60_000,
  askAgainMs: 24 * 60 * 60_000,
  fillChunk: 10_000,
  pollBusyMs: 50,
  pollIdleMs: 1_000,
  busyForMs: 5_000,
  reloadMs: 30_000,
  retryMs: 250,
  retryMaxMs: 60_000,
  failedRetryMs: 60_000,
  failedRetryMaxMs: 60 * 60_000,
};
