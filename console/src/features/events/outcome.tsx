// What became of an event, as a word with its icon.
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { State, type Tone } from "../../ui/state.tsx";

const tones: Readonly<Record<string, Tone>> = {
  stored: "good", duplicate: "plain", quarantined: "attention", dropped: "waiting", withdrawn: "waiting", failed: "bad", pending: "waiting", expired: "plain",
};

export function toneOf(outcome: string): Tone {
  return tones[outcome] ?? "plain";
}

export function Outcome({ outcome }: { readonly outcome: string }): ReactNode {
  return <State tone={toneOf(outcome)}>{texts.everywhere.outcomes[outcome] ?? outcome}</State>;
}
