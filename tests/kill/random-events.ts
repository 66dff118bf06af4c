// Calls of a few hundred people who share browsers, sign in and out, and change their names: dense enough that people are
// merged, merges are refused and identifiers become shared within a minute.
import type { RandomSource } from "./random-source.ts";

const PEOPLE = 60;
const BROWSERS = 150;

/** One call as an SDK sends it. */
export type Call = Readonly<Record<string, unknown>> & { readonly messageId: string };

export function randomCall(random: RandomSource, messageId: string): Call {
  const user = `u${random.below(PEOPLE)}`;
  const anonymousId = `a${random.below(BROWSERS)}`;
  switch (random.below(8)) {
    case 0:
      return { type: "identify", messageId, userId: user, anonymousId, traits: { name: `Name ${messageId}`, plan: random.pick(["free", "pro"]) } };
    case 1:
      return { type: "identify", messageId, userId: user, traits: { email: `${user}@example.com`, visits: random.below(100) } };
    case 2:
      return { type: "track", event: "Order Completed", messageId, userId: user, properties: { total: random.below(10_000) / 100, email: `u${random.below(PEOPLE)}@example.com` } };
    case 3:
      return { type: "group", messageId, userId: user, groupId: `g${random.below(5)}`, traits: { seats: random.below(50) } };
    case 4:
      return { type: "alias", messageId, userId: user, previousId: anonymousId };
    case 5:
      return { type: "track", messageId, anonymousId, properties: { note: "no name: held" } };
    default:
      return {
        type: "page", messageId, anonymousId, ...(random.oneIn(3) ? { userId: user } : {}), properties: { path: `/p/${random.below(20)}` },
        context: { consent: { categoryPreferences: { advertising: random.oneIn(2) } } },
      };
  }
}
