// At the till: what is bought in a shop is known by a loyalty card, by the address that a receipt is sent to, or not at all.
import type { EpisodeWriter } from "./episode.ts";
import { catalogue } from "./catalogue.ts";
import { orderOf, orderProperties } from "./orders.ts";
import { MINUTE } from "./shop-time.ts";

export interface StoreVisit {
  readonly orderNumber: number;
  /** The receipt goes to the person's address. */
  readonly hasMailedReceipt: boolean;
  /** The card is added to the person's account at the till. */
  readonly linksCard: boolean;
}

/** What the person is known by at the till until something ties the card to more. */
export function cardKey(index: number): string {
  return `${index}.card`;
}

export function writeStoreVisit(writer: EpisodeWriter, visit: StoreVisit): void {
  const { person, startMs } = writer;
  const card = cardKey(person.index);
  const me = String(person.index);
  const bought = orderOf(person, "store", visit.orderNumber);
  const receipt = `R-${bought.id}`;
  const context = {
    library: { name: "till-server", version: "3.2.0" },
    externalIds: [{ id: person.card, type: "loyalty_card", collection: "users", encoding: "none" }],
  };
  const at = { source: "point of sale", context } as const;
  writer.add({
    ...at, atMs: startMs, shows: [card], type: "track", event: "Order Completed",
    properties: { ...orderProperties(bought, `Store ${bought.store}`), receipt_number: receipt, till: writer.dice.between(1, 4),
      fulfilment: bought.fulfilment },
  });
  if (visit.hasMailedReceipt) {
    writer.add({ ...at, atMs: startMs + MINUTE, shows: [card, me], type: "track", event: "Receipt Emailed",
      properties: { order_id: bought.id, receipt_number: receipt, email: person.email } });
  }
  if (visit.linksCard) {
    writer.add({ ...at, atMs: startMs + 2 * MINUTE, shows: [me, card], type: "identify", userId: person.userId,
      traits: { loyaltyCard: person.card, loyaltyTier: ["blue", "silver", "gold"][person.spending] ?? "gold" } });
  }
  // The shop counts its shelves; that is nobody's doing.
  if (writer.dice.chance(0.05)) {
    const product = writer.dice.pick(catalogue);
    writer.add({
      source: "point of sale", atMs: startMs + 5 * MINUTE, shows: [], type: "track", event: "Stock Adjusted",
      properties: { product_id: product.id, store: bought.store, quantity: -writer.dice.between(1, 3) },
      context: { library: { name: "till-server", version: "3.2.0" } },
    });
  }
}
