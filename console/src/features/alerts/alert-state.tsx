// How an alert is, as a word with its icon.
import type { ReactNode } from "react";
import type { AlertShown } from "@tributary/schema/api/alerts.ts";
import { texts } from "../../texts/texts.ts";
import { State, type Tone } from "../../ui/state.tsx";

const tones = { open: "bad", acknowledged: "attention", closed: "good", snoozed: "waiting" } as const satisfies Readonly<Record<string, Tone>>;

export function alertStateOf({ status, snoozed }: Pick<AlertShown, "status" | "snoozed">): keyof typeof tones {
  return status !== "closed" && snoozed !== null ? "snoozed" : status;
}

export function AlertState({ alert }: { readonly alert: Pick<AlertShown, "status" | "snoozed"> }): ReactNode {
  const state = alertStateOf(alert);
  return <State tone={tones[state]}>{texts.alerts.states[state]}</State>;
}
