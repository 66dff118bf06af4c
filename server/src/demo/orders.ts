// What stands in an order, and what becomes of it: made from the person and the order's number alone, so that the visit,
// the mails, the till and the refund all speak of the same one. Money is counted in pence and becomes pounds in events.
import { catalogue, type Product } from "./catalogue.ts";
import { diceFor, type Dice } from "./dice.ts";
import type { Person } from "./people.ts";
import { refundReasons, stores } from "./words.ts";

export interface Line {
  readonly product: Product;
  readonly colour: string;
  readonly size: string;
  readonly quantity: number;
}

export interface Refund {
  readonly afterDays: number;
  readonly reason: string;
  readonly isWhole: boolean;
  readonly lines: readonly Line[];
  readonly pence: number;
}

export interface Order {
  readonly id: string;
  readonly lines: readonly Line[];
  readonly coupon: string;
  readonly discountPence: number;
  readonly shippingPence: number;
  readonly totalPence: number;
  readonly fulfilment: "delivery" | "click_and_collect" | "in_store";
  /** Of click-and-collect, and of what was bought in a shop. */
  readonly store: string;
  /** Hours by which a click-and-collect order is later than promised; 0 when it is not. */
  readonly lateHours: number;
  readonly refunds: readonly Refund[];
  readonly hasTicket: boolean;
  readonly hasReview: boolean;
}

const COUPON_PERCENT = 10;
const FREE_SHIPPING_PENCE = 6_000;
const SHIPPING_PENCE = 395;

/** `number` counts a person's orders on the web, or in shops. */
export function orderOf(person: Person, where: "web" | "store", number: number, mustCollect = false): Order {
  const dice = diceFor(person.seed, where, number);
  const lines = linesOf(person, dice);
  const productPence = lines.reduce((sum, line) => sum + line.product.pence * line.quantity, 0);
  const coupon = where === "web" && dice.chance(number === 0 ? 0.4 : 0.12) ? (number === 0 ? "WELCOME10" : "LARK10") : "";
  const discountPence = coupon === "" ? 0 : Math.floor((productPence * COUPON_PERCENT) / 100);
  const collects = dice.chance(0.25) || mustCollect;
  const fulfilment = where === "store" ? "in_store" : collects ? "click_and_collect" : "delivery";
  const shippingPence = fulfilment === "delivery" && productPence - discountPence < FREE_SHIPPING_PENCE ? SHIPPING_PENCE : 0;
  const isLate = dice.chance(0.12);
  const known = { lines, discountPence, shippingPence, totalPence: productPence - discountPence + shippingPence };
  return {
    id: `${where === "store" ? "S" : "W"}${10_000 + person.index}-${number + 1}`, coupon, fulfilment, ...known,
    store: dice.pick(stores),
    lateHours: fulfilment === "click_and_collect" && isLate ? 6 + dice.below(40) : 0,
    refunds: refundsOf(known, dice),
    hasTicket: dice.chance(isLate ? 0.5 : 0.07),
    hasReview: dice.chance(0.12),
  };
}

/** Most buy one thing; few buy many. Everybody has a taste: a stretch of the catalogue that they mostly buy from. */
function linesOf(person: Person, dice: Dice): Line[] {
  const count = 1 + dice.weighted([60, 25, 10, 5]) + (person.spending > 1 ? dice.below(3) : 0);
  const lines = new Map<string, Line>();
  for (let i = 0; i < count; i++) {
    const product = tasteOf(person, dice);
    const quantity = person.kind === "business" ? dice.between(2, 12) : 1 + dice.weighted([88, 10, 2]);
    lines.set(product.id, { product, colour: dice.pick(product.colours), size: dice.pick(product.sizes), quantity });
  }
  return [...lines.values()];
}

export function tasteOf(person: Person, dice: Dice): Product {
  const centre = (person.index * 29) % catalogue.length;
  const away = Math.floor(dice.share() * dice.share() * catalogue.length);
  return catalogue[(centre + away) % catalogue.length]!; // The index is below the length.
}

function refundsOf(order: Pick<Order, "lines" | "discountPence" | "totalPence">, dice: Dice): Refund[] {
  if (!dice.chance(0.13)) return [];
  const afterDays = dice.between(5, 20);
  const reason = dice.pick(refundReasons);
  if (dice.chance(0.45)) return [{ afterDays, reason, isWhole: true, lines: order.lines, pence: order.totalPence }];
  const returned = order.lines.slice(0, order.lines.length > 2 && dice.chance(0.3) ? 2 : 1);
  const productPence = order.lines.reduce((sum, line) => sum + line.product.pence * line.quantity, 0);
  return returned.map((line, i) => {
    const one = { ...line, quantity: 1 };
    // What was paid for it: its price less its part of the discount.
    const pence = line.product.pence - Math.ceil((line.product.pence * order.discountPence) / productPence);
    return { afterDays: afterDays + i * 4, reason, isWhole: false, lines: [one], pence };
  });
}

const VAT_PARTS = 6;

/** The order's properties in Segment's words. Prices include value added tax; `subtotal` and `revenue` are without it. */
export function orderProperties(order: Order, affiliation: string): Record<string, unknown> {
  const taxPence = Math.round(order.totalPence / VAT_PARTS);
  const revenue = pounds(order.totalPence - order.shippingPence - taxPence);
  return {
    order_id: order.id, affiliation, total: pounds(order.totalPence), subtotal: revenue, revenue, shipping: pounds(order.shippingPence),
    tax: pounds(taxPence), discount: pounds(order.discountPence), ...(order.coupon === "" ? {} : { coupon: order.coupon }), currency: "GBP",
    products: order.lines.map(lineProperties),
  };
}

export function lineProperties(line: Line): Record<string, unknown> {
  const { product, colour, size, quantity } = line;
  return { ...productProperties(product, colour, size), quantity };
}

export function productProperties(product: Product, colour: string, size: string): Record<string, unknown> {
  return {
    product_id: product.id, sku: `${product.id}-${colour.replaceAll(" ", "-")}-${size.replaceAll(" ", "-")}`, name: product.name,
    brand: product.brand,
    category: product.category, variant: `${colour}, ${size}`, color: colour, size, price: pounds(product.pence),
    url: `https://shop.example.com/p/${product.id}`, image_url: `https://shop.example.com/i/${product.id}.jpg`,
  };
}

export function pounds(pence: number): number {
  return pence / 100;
}
