// The mixed stream that the benches send: events of many people, Zipf-distributed, in Segment's batch form. Seeded: the same
// seed gives the same people and the same events (ids of messages differ by `run`).

export interface StreamOptions {
  readonly seed: number;
  readonly people: number;
  /** Share of identify calls; the rest are track and page calls. */
  readonly identifyShare: number;
  /** Exponent of the Zipf distribution over people. */
  readonly zipf: number;
  /** Makes messageIds of different runs differ. */
  readonly run: string;
}

export const defaultStream: StreamOptions = { seed: 42, people: 1_000_000, identifyShare: 0.1, zipf: 0.99, run: "r" };

/** A small, fast, seeded generator of numbers in [0, 1) (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Ranks 1..n with probability ∝ 1/rank^s, by inverting the continuous distribution: exact enough for a load. */
function zipfSampler(n: number, s: number, random: () => number): () => number {
  const power = 1 - s;
  const total = (n ** power - 1) / power;
  return () => Math.min(n - 1, Math.floor((random() * total * power + 1) ** (1 / power)) - 1);
}

const events = ["Product Viewed", "Product Added", "Order Completed", "Product List Viewed", "Cart Viewed", "Checkout Started", "Coupon Applied"];
const PAGE_SHARE = 0.4;

/** What share of the default stream's events each name of a track call has. */
export const trackNameShare = (): number => ((1 - defaultStream.identifyShare) * (1 - PAGE_SHARE)) / events.length;

const categories = ["dress", "shoes", "scarf", "jacket", "bag", "belt"];
const colours = ["red", "blue", "green", "black", "white"];
const agents = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
  "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
];

/** Gives the JSON text of one event after another. */
export function createStream(options: StreamOptions): (nowMs: number) => string {
  const random = seededRandom(options.seed);
  const rank = zipfSampler(options.people, options.zipf, random);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!; // The lists are not empty.
  let count = 0;
  return (nowMs) => {
    // Ranks are spread over the ids, so that the popular are not neighbours in any index.
    const person = (rank() * 7_919 + 13) % options.people;
    const sequence = count++;
    const isKnown = person % 3 === 0;
    const common = {
      messageId: `${options.run}-${options.seed}-${sequence}-0f3a9c52-7d1b-4e86`,
      anonymousId: `a5d2c3e1-9b47-4c60-8f13-${String(person).padStart(12, "0")}`,
      timestamp: new Date(nowMs).toISOString(),
      sentAt: undefined,
      context: {
        library: { name: "analytics.js", version: "next-1.84.3" },
        userAgent: agents[person % agents.length],
        locale: "en-GB",
        timezone: "Europe/London",
        page: {
          path: `/p/${person % 500}`, referrer: "https://www.example.com/search", search: "?utm_source=news&utm_medium=email&utm_campaign=autumn",
          title: "A page of the shop", url: `https://shop.example.com/p/${person % 500}?utm_source=news&utm_medium=email&utm_campaign=autumn`,
        },
        campaign: { name: "autumn", source: "news", medium: "email" },
        screen: { width: 1440, height: 900, density: 2 },
      },
      integrations: {},
    };
    if (random() < options.identifyShare) {
      return JSON.stringify({
        ...common, type: "identify", userId: `user-${person}`,
        traits: { email: `person.${person}@example.com`, firstName: "Given", lastName: `Name ${person}`, plan: pick(["free", "pro", "team"]), city: pick(["Oslo", "Rome", "Lyon"]) },
      });
    }
    if (random() < PAGE_SHARE) {
      return JSON.stringify({ ...common, ...(isKnown ? { userId: `user-${person}` } : {}), type: "page", name: "Product", properties: common.context.page });
    }
    return JSON.stringify({
      ...common, ...(isKnown ? { userId: `user-${person}` } : {}), type: "track", event: pick(events),
      properties: {
        order_id: `o-${sequence}`, currency: "EUR", total: Math.round(random() * 20_000) / 100,
        products: [
          { product_id: `p-${Math.floor(random() * 5_000)}`, category: pick(categories), color: pick(colours), price: Math.round(random() * 9_000) / 100, quantity: 1 },
          { product_id: `p-${Math.floor(random() * 5_000)}`, category: pick(categories), color: pick(colours), price: Math.round(random() * 9_000) / 100, quantity: 2 },
        ],
      },
    });
  };
}
