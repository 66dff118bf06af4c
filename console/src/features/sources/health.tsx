// How a source is, as a word with its icon.
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { State, type Tone } from "../../ui/state.tsx";
import type { SourceHealth } from "../ledger/hops.ts";

const tones: Readonly<Record<SourceHealth, Tone>> = { off: "waiting", quiet: "plain", well: "good", held: "attention", failed: "bad", unbalanced: "bad" };

export function Health({ health }: { readonly health: SourceHealth }): ReactNode {
  return <State tone={tones[health]}>{texts.everywhere.sourceHealth[health]}</State>;
}
