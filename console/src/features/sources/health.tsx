// How a source is, as a word with its icon and as a sentence.
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { State, type Tone } from "../../ui/state.tsx";
import type { Hops, SourceHealth } from "../ledger/hops.ts";

const t = texts.sources;
const tones: Readonly<Record<SourceHealth, Tone>> = { off: "waiting", quiet: "plain", well: "good", held: "attention", failed: "bad", unbalanced: "bad" };

export function Health({ health }: { readonly health: SourceHealth }): ReactNode {
  return <State tone={tones[health]}>{t.health[health]}</State>;
}

export function healthSentence(health: SourceHealth, hops: Hops): string {
  const words = t.healthText;
  switch (health) {
    case "well": return words.well(hops.received);
    case "held": return words.held(hops.received, hops.held);
    case "failed": return words.failed(hops.failed);
    default: return words[health];
  }
}
