// A read that the server refuses for now (429 with Retry-After) is asked again when the server says, a few times and not for long: whoever
// waits for a page sees it load, and not an error that is over by the time they have read it. What changes something is never repeated here.

export interface Patience {
  /** Resolves after so long; rejects with the signal's reason when it aborts before. */
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** From 0 to less than 1. */
  readonly chance: () => number;
}

export const patienceLimits = {
  /** The first one counts. */
  triesMax: 3,
  /** All waits of one read together. */
  waitsMaxMs: 30_000,
} as const;

/** That much longer than they were told, at most, so that those who were refused together do not come back together. */
const SPREAD = 0.5;

/** The last answer is given as it is, whatever it is: a wait that would be too long is not begun. */
export async function askAgain(ask: () => Promise<Response>, signal: AbortSignal | undefined, { pause, chance }: Patience): Promise<Response> {
  let leftMs: number = patienceLimits.waitsMaxMs;
  for (let tries = 1; ; tries++) {
    const response = await ask();
    const toldMs = (retryAfterSeconds(response) ?? Infinity) * 1_000;
    if (tries === patienceLimits.triesMax || toldMs > leftMs) return response;
    const waitMs = Math.min(leftMs, toldMs * (1 + SPREAD * chance()));
    await response.body?.cancel().catch(() => undefined);
    await pause(waitMs, signal);
    leftMs -= waitMs;
  }
}

/** Of an answer that says when to come back. A date, as some proxies write, is no time to wait by: their clock is not ours. */
export function retryAfterSeconds(response: Response): number | undefined {
  const told = response.headers.get("retry-after") ?? "";
  return response.status === 429 && /^\d{1,9}$/.test(told) ? Number(told) : undefined;
}

export const realPatience: Patience = {
  chance: Math.random,
  pause: (ms, signal) => new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  }),
};
