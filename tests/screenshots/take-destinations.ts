// The README's pictures of destinations, of the demo shop: what became of what was sent, a mapping beside what it makes of an event, and an
// audience that is kept at a destination.
import { join } from "node:path";
import type { Page } from "playwright-core";
import type { CallShop } from "./shop-audiences.ts";
import { makeDestinations, startReceiver } from "./shop-destinations.ts";
import { shoot } from "./shoot.ts";

export async function takeDestinations(page: Page, url: string, call: CallShop, audience: string, folder: string): Promise<void> {
  const receiver = await startReceiver();
  try {
    const { orders, ads, subscription } = await makeDestinations(call, receiver.url, audience);
    await shoot(page, url, `/destinations/${orders}?hours=1`, join(folder, "console-destination.png"));
    await shoot(page, url, `/destinations/${orders}/subscriptions/${subscription}`, join(folder, "console-mapping.png"));
    await shoot(page, url, `/destinations/${ads}?tab=subscriptions`, join(folder, "console-audience-sync.png"));
  } finally {
    receiver.server.close();
  }
}
