// A subscription as an address names it.
import type { ClientBase } from "pg";
import { presentDestination, presentSubscription, type StoredDestination, type StoredSubscription } from "../destinations/destinations.ts";

interface Found {
  readonly to: StoredDestination;
  readonly one: StoredSubscription;
  readonly of: { readonly workspaceId: number; readonly subscriptionId: number };
}

export async function subscriptionIn(db: ClientBase, workspaceId: number, { slug, id }: { readonly slug: string; readonly id: number }): Promise<Found> {
  const to = await presentDestination(db, workspaceId, slug);
  const one = await presentSubscription(db, workspaceId, to.id, id);
  return { to, one, of: { workspaceId, subscriptionId: one.id } };
}
