// How fast each account at a vendor is asked, by all destinations that use it. Requests start one interval apart, in turns: of those that have something to send, whoever
// started longest ago is next, so that none is crowded out. "Too many" is said to the account, and all of them wait. Pure but for the time it is told.

/** What one destination sees of its account. */
export interface RateShare {
  /** Milliseconds until it may start a request, 0: now. `isWaiting`: whether it has something to send, and asks again when that time has come; undefined: as it last said. */
  waitMs(nowMs: number, isWaiting?: boolean): number;
  start(nowMs: number): void;
  /** The vendor takes nothing of the account before. */
  pause(untilMs: number): void;
  /** It sends nothing more. */
  leave(): void;
}

export interface AccountRate {
  readonly account: string;
  /** Requests a second at most; undefined: as fast as they are taken. */
  readonly perSecond: number | undefined;
}

export interface AccountRates {
  /** What holds from now on. Accounts that are none of these are forgotten once nobody uses them. */
  set(rates: readonly AccountRate[]): void;
  join(account: string): RateShare;
}

/** Whoever was to be next and does not come is passed over after this: it may have been switched off, or have nothing to send any more. */
const TURN_MS = 100;

interface Sharing {
  /** When it last started, by count. */
  turn: number;
  /** It is about to come; -Infinity: it is not. */
  comesUntilMs: number;
}

interface Account {
  intervalMs: number;
  /** By the rate. */
  freeAtMs: number;
  /** By what the vendor said. */
  pausedUntilMs: number;
  turns: number;
  readonly sharing: Set<Sharing>;
}

export function createAccountRates(): AccountRates {
  const accounts = new Map<string, Account>();

  function present(account: string): Account {
    const made = accounts.get(account) ?? { intervalMs: 0, freeAtMs: -Infinity, pausedUntilMs: -Infinity, turns: 0, sharing: new Set() };
    accounts.set(account, made);
    return made;
  }

  return {
    set(rates) {
      const known = new Set(rates.map(({ account }) => account));
      for (const [account, { sharing }] of accounts) if (!known.has(account) && sharing.size === 0) accounts.delete(account);
      for (const { account, perSecond } of rates) {
        const one = present(account);
        const intervalMs = perSecond === undefined ? 0 : 1_000 / perSecond;
        // What was too fast by the old one need not be by the new one.
        if (intervalMs !== one.intervalMs) one.freeAtMs = -Infinity;
        one.intervalMs = intervalMs;
      }
    },
    join: (account) => shareOf(present(account)),
  };
}

function shareOf(account: Account): RateShare {
  const own: Sharing = { turn: ++account.turns, comesUntilMs: -Infinity };
  account.sharing.add(own);
  return {
    waitMs(nowMs, isWaiting) {
      const freeAtMs = Math.max(account.freeAtMs, account.pausedUntilMs);
      if (isWaiting !== undefined) own.comesUntilMs = isWaiting ? Math.max(nowMs, freeAtMs) + TURN_MS : -Infinity;
      if (freeAtMs > nowMs) return freeAtMs - nowMs;
      if (account.intervalMs === 0) return 0;
      const before = [...account.sharing].filter(({ turn, comesUntilMs }) => turn < own.turn && comesUntilMs > nowMs).map(({ comesUntilMs }) => comesUntilMs - nowMs);
      // Whoever is next comes now, and then the next interval is free.
      return before.length === 0 ? 0 : Math.min(account.intervalMs, Math.max(...before));
    },
    start(nowMs) {
      account.freeAtMs = Math.max(account.freeAtMs, nowMs) + account.intervalMs;
      own.turn = ++account.turns;
      own.comesUntilMs = -Infinity;
    },
    pause(untilMs) {
      account.pausedUntilMs = Math.max(account.pausedUntilMs, untilMs);
    },
    leave() {
      account.sharing.delete(own);
    },
  };
}
