// What the addresses of subscriptions hold.
export const subscriptionTabs = ["edit", "versions"] as const;
export type SubscriptionTab = (typeof subscriptionTabs)[number];

export interface SubscriptionSearch {
  readonly tab?: "versions";
  /** Versions that are compared. */
  readonly from?: number;
  readonly to?: number;
  /** Where the event stands that is looked at. */
  readonly event?: number;
}

export function subscriptionSearch(search: Record<string, unknown>): SubscriptionSearch {
  const [from, to, event] = [wholeOf(search["from"]), wholeOf(search["to"]), wholeOf(search["event"])];
  return { ...(search["tab"] === "versions" ? { tab: "versions" } : {}), ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }), ...(event === undefined ? {} : { event }) };
}

export interface NewSubscriptionSearch {
  readonly action?: string;
  readonly preset?: string;
  readonly event?: number;
}

export function newSubscriptionSearch(search: Record<string, unknown>): NewSubscriptionSearch {
  const [action, preset, event] = [search["action"], search["preset"], wholeOf(search["event"])];
  return { ...(typeof action === "string" ? { action } : {}), ...(typeof preset === "string" ? { preset } : {}), ...(event === undefined ? {} : { event }) };
}

function wholeOf(value: unknown): number | undefined {
  const number = Number(value);
  return value !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}
