// Times as the API writes them. A wild time in a stored row must not fail an answer, so it is shown at the edge of what
// a date can say.
const DATE_MS_MAX = 8.64e15;

export function iso(ms: number): string {
  return new Date(Math.max(-DATE_MS_MAX, Math.min(DATE_MS_MAX, ms))).toISOString();
}

export function isoOrNull(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : iso(ms);
}
