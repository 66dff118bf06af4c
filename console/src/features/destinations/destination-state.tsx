// How a destination is, as a word with its icon.
import type { ReactNode } from "react";
import type { Destination } from "@tributary/schema/api/destinations.ts";
import { texts } from "../../texts/texts.ts";
import { State, type Tone } from "../../ui/state.tsx";

const tones = { off: "plain", archived: "plain", nothing: "attention", on: "good", idle: "waiting", flowing: "good", throttled: "waiting", failing: "bad", unauthorized: "bad" } as const satisfies Readonly<Record<string, Tone>>;
export type ShownState = keyof typeof tones;

/** `told`: what delivery says of it; undefined where it never had anything to say, which is as good as it gets. */
export function shownStateOf({ status, enabled, subscriptions }: Pick<Destination, "status" | "enabled" | "subscriptions">, told: string | undefined): ShownState {
  if (status === "archived") return "archived";
  if (!enabled) return "off";
  if (subscriptions.enabled === 0) return "nothing";
  return told === "idle" || told === "flowing" || told === "throttled" || told === "failing" || told === "unauthorized" ? told : "on";
}

export const isBad = (state: ShownState): boolean => tones[state] === "bad";

export function DestinationState({ state }: { readonly state: ShownState }): ReactNode {
  return <State tone={tones[state]}>{texts.destinations.states[state]}</State>;
}
