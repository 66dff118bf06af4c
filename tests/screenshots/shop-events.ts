// A small shop's morning for pictures and for the console's tests: people on several devices, orders, mistakes, repeats,
// and values that try to break a page. Invented people under example.com; the same for the same `nowMs`.
interface Call {
  readonly type: string;
  readonly [field: string]: unknown;
}

const people = ["Ann Lee", "Björn Straßenbahnhaltestelle", "Chloé Martin", "دانا الخطيب", "李小龍", "Eva Rossi 🧀", "Finn O’Hara", "Grace Okafor"];
const products = ["Oak table", "Wool rug", "Desk lamp", "Linen curtain", "Walnut shelf"];
const agents = {
  desktop: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
  mobile: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
};

/** Everything that the shop's visitors did, in the order in which it is sent. */
export function shopEvents(nowMs: number): Call[] {
  return [...people.flatMap((name, index) => visitOf(name, index, nowMs)), ...visitors(nowMs), ...mistakes(nowMs), ...hostile(nowMs)];
}

function visitOf(name: string, index: number, nowMs: number): Call[] {
  const userId = `u-${index + 1}`;
  const product = products[index % products.length] ?? "";
  const startMs = nowMs - (index * 47 + 5) * 60_000;
  let step = 0;
  const at = (): string => new Date(startMs + step++ * 65_000).toISOString();
  const desktop = { anonymousId: `web-${index}`, context: { userAgent: agents.desktop, page: { url: `https://shop.example.com/${encodeURIComponent(product)}`, title: product } } };
  const mobile = { anonymousId: `app-${index}`, context: { userAgent: agents.mobile } };
  const total = 49.9 + index * 20;
  return [
    { type: "page", name: "Home", ...desktop, timestamp: at() },
    { type: "page", name: "Product", ...desktop, timestamp: at() },
    { type: "track", event: "Product Viewed", ...desktop, properties: { product, price: total }, timestamp: at() },
    {
      type: "identify", userId, ...desktop, timestamp: at(),
      traits: { name, email: `person${index + 1}@example.com`, phone: `+4520${index}00100`, plan: index % 3 === 0 ? "pro" : "free", city: ["Aarhus", "Odense", "København"][index % 3], newsletter: index % 2 === 0 },
    },
    { type: "track", event: "Order Completed", userId, ...desktop, properties: { order_id: `o-${1000 + index}`, total, currency: "EUR", products: [{ name: product, price: total, quantity: 1 }] }, timestamp: at() },
    { type: "screen", name: "Orders", userId, ...mobile, timestamp: at() },
    { type: "track", event: "Receipt Opened", userId, ...mobile, properties: { order_id: `o-${1000 + index}` }, timestamp: at() },
  ];
}

function visitors(nowMs: number): Call[] {
  return Array.from({ length: 14 }, (_, index) => ({
    type: "page", name: "Home", anonymousId: `visitor-${index}`, timestamp: new Date(nowMs - index * 9 * 60_000).toISOString(),
    context: { userAgent: index % 2 === 0 ? agents.mobile : agents.desktop, page: { url: `https://shop.example.com/?from=newsletter-${index}` } },
  }));
}

function mistakes(nowMs: number): Call[] {
  const timestamp = new Date(nowMs).toISOString();
  return [
    { type: "track", userId: "u-1", timestamp }, { type: "track", userId: "u-2", timestamp }, { type: "track", event: "", userId: "u-3", timestamp },
    { type: "purchase", userId: "u-2", timestamp },
    { type: "track", event: "Order Completed", userId: "u-3", messageId: "sent-twice", timestamp }, { type: "track", event: "Order Completed", userId: "u-3", messageId: "sent-twice", timestamp },
  ];
}

export const HOSTILE_NAME = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;

function hostile(nowMs: number): Call[] {
  const timestamp = new Date(nowMs).toISOString();
  return [
    {
      type: "identify", userId: "hostile-1", timestamp,
      traits: { name: HOSTILE_NAME, email: "hostile@example.com", bidi: "\u202Egnp.exe\u202C \u2066abc", "=cmd|' /C calc'!A0": "=HYPERLINK(\"https://evil.example.com\")", long: "x".repeat(10_000), "a name of a trait that goes on and on and on and on and on": "y", url: "javascript:alert(3)", nested: { deep: { er: [1, 2, { "</script>": true }] } } },
    },
    { type: "track", event: `\u202E${"<b>".repeat(60)}`, userId: "hostile-1", timestamp, properties: { html: "<svg/onload=alert(4)>", tick: "`${alert(5)}`", big: 12345678901234567 } },
    { type: "track", event: "W".repeat(400), userId: "hostile-1", timestamp, properties: {} },
  ];
}
