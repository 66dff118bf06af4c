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

/** +3 ~1 −0, each named for who can't see the sign. */
export function Found({ run }: { readonly run: Pick<ModelRunShown, "added" | "changed" | "removed"> }): ReactNode {
  return (
    <span className="model-found">
      <span title={t.changes.added} aria-label={`${t.changes.added}: ${run.added}`}>+{t.figure(run.added)}</span>
      <span title={t.changes.changed} aria-label={`${t.changes.changed}: ${run.changed}`}>~{t.figure(run.changed)}</span>
      <span title={t.changes.removed} aria-label={`${t.changes.removed}: ${run.removed}`}>−{t.figure(run.removed)}</span>
    </span>
  );
}
