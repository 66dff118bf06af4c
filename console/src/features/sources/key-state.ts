// How a write key stands now, and by whom it is used, decided from what the API says. Pure: the time it is now is an argument.
import type { KeyUse } from "@tributary/schema/api/source-keys.ts";
import { duration } from "../../ui/format.ts";
import type { WriteKeyAnswer } from "@tributary/schema/api/workspace.ts";

export type KeyState = "active" | "ending" | "ended" | "revoked";

export function keyStateOf(key: WriteKeyAnswer, nowMs: number): KeyState {
  if (key.revoked_at !== null) return "revoked";
  if (key.expires_at === null) return "active";
  return Date.parse(key.expires_at) > nowMs ? "ending" : "ended";
}

/** Keys that still open the door first, the newest of them first; then those that do not. */
export function keysInOrder(keys: readonly WriteKeyAnswer[], nowMs: number): { readonly live: WriteKeyAnswer[]; readonly gone: WriteKeyAnswer[] } {
  const newest = keys.toSorted((a, b) => b.id - a.id);
  const isGone = (key: WriteKeyAnswer): boolean => keyStateOf(key, nowMs) === "revoked";
  return { live: newest.filter((key) => !isGone(key)), gone: newest.filter(isGone) };
}

/** How long it still goes on, in its two largest units: `6 d 23 h`. */
export function countdown(leftMs: number): string {
  const units = [86_400_000, 3_600_000, 60_000, 1_000];
  const unit = units.find((size) => leftMs >= size);
  if (unit === undefined) return "";
  return [duration(leftMs), unit === 1_000 ? "" : duration(leftMs % unit - (leftMs % unit) % (units[units.indexOf(unit) + 1] ?? 1))].filter((part) => part !== "").join(" ");
}

/** An SDK as it is told: `analytics-node 2.1.3`. */
export function sdkText(use: KeyUse["by_sdk"][number], unknown: string): string {
  return [use.sdk === "" ? unknown : use.sdk, use.version].filter((part) => part !== "").join(" ");
}
