// For vendors that take a request whole or not at all: when one is refused, its halves are sent, so that one bad item takes no good ones
// with it. What was refused was not taken, so that nothing is sent twice.
import type { Outcome, SendItem } from "../destination.ts";

/** Beyond it, what is left is refused together. */
const REQUESTS_MAX = 60;

export async function allOrNothing(items: readonly SendItem[], send: (items: readonly SendItem[]) => Promise<Outcome>): Promise<Outcome[]> {
  let requests = 0;
  const sendSome = async (some: readonly SendItem[]): Promise<Outcome[]> => {
    requests++;
    const outcome = await send(some);
    // Only what speaks of the items: another key, address or right is not found by asking for less.
    const isOfItems = outcome.kind === "refused" && (outcome.status === 400 || outcome.status === 422 || outcome.status === undefined);
    if (!isOfItems || some.length === 1 || requests > REQUESTS_MAX) return some.map(() => outcome);
    const middle = Math.ceil(some.length / 2);
    return [...await sendSome(some.slice(0, middle)), ...await sendSome(some.slice(middle))];
  };
  return await sendSome(items);
}
