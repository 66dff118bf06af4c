// The last resort when Postgres refuses what a batch holds (not the way to it): finds the events that are to blame, so that
// they alone are quarantined and the partition goes on. Stages and encoding are meant to keep such values away; this is for
// the one that nobody thought of.

/** Makes a trial of the first `count` events, less those held already. Gives why it was refused; undefined: it would pass. */
export type Trial = (count: number, held: ReadonlyMap<number, string>) => Promise<string | undefined>;

/**
 * Indexes of the events to blame, with the reason. Each is the last of the shortest beginning that is refused. Undefined when
 * holding an event does not help: then it is not the events' fault.
 */
export async function findCulprits(count: number, trial: Trial): Promise<ReadonlyMap<number, string> | undefined> {
  const culprits = new Map<number, string>();
  for (;;) {
    let reason = await trial(count, culprits);
    if (reason === undefined) return culprits;
    let passes = 0;
    let fails = count;
    while (fails - passes > 1) {
      const middle = Math.ceil((passes + fails) / 2);
      const refused = await trial(middle, culprits);
      if (refused === undefined) passes = middle;
      else [fails, reason] = [middle, refused];
    }
    const culprit = fails - 1;
    if (culprits.has(culprit)) return undefined;
    culprits.set(culprit, reason);
  }
}

// Codes of Postgres: data that a type can't hold, a constraint, a limit of the program.
const dataError = /^(22|23|54)\w{3}$/;

/** Whether the values are to blame, so that a repeat would fail again. */
export function isDataError(error: unknown): boolean {
  return error instanceof Error && "code" in error && dataError.test(String(error.code));
}
