// How a run is, in a word with its colour; and what it found.
import type { ReactNode } from "react";
import type { ModelRunShown } from "@tributary/schema/api/models.ts";
import { texts } from "../../texts/texts.ts";
import { State, type Tone } from "../../ui/state.tsx";

const t = texts.models;

const tones: Readonly<Record<ModelRunShown["status"], Tone>> = { waiting: "waiting", reading: "waiting", comparing: "waiting", asking: "attention", done: "good", failed: "bad", stopped: "plain" };

export function RunState({ run }: { readonly run: ModelRunShown | null }): ReactNode {
  return run === null ? <State tone="plain">{t.never}</State> : <State tone={tones[run.status]}>{t.statuses[run.status]}</State>;
}

/** `+3 −1`: what there was none of is left out; each is named for who can't see the sign. A dash: nothing was found. */
export function Found({ run: { added, changed, removed } }: { readonly run: Pick<ModelRunShown, "added" | "changed" | "removed"> }): ReactNode {
  const parts = ([["added", "+", added], ["changed", "~", changed], ["removed", "−", removed]] as const).filter(([, , count]) => count > 0);
  if (parts.length === 0) return <span className="dim">–</span>;
  return <span className="model-found">{parts.map(([key, sign, count]) => <span key={key} title={t.foundText[key](count)} aria-label={t.foundText[key](count)} role="img">{sign}{t.figure(count)}</span>)}</span>;
}
