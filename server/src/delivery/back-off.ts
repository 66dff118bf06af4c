// How long to wait before the next attempt: doubled each time, with jitter, so that many who failed at once do not come back at once.

export interface BackOff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** `failures`: so far, from 1 on. Between half and the whole of the doubled time. `random`: 0 to 1. */
export function backOffMs({ firstMs, maxMs }: BackOff, failures: number, random = Math.random()): number {
  const whole = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 40));
  return Math.round(whole * (0.5 + random / 2));
}
