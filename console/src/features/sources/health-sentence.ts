// How a source is, as a sentence.
import { texts } from "../../texts/texts.ts";
import type { Hops, SourceHealth } from "../ledger/hops.ts";

export function healthSentence(health: SourceHealth, hops: Hops): string {
  const words = texts.sources.healthText;
  switch (health) {
    case "well": return words.well(hops.received);
    case "held": return words.held(hops.received, hops.held);
    case "failed": return words.failed(hops.failed);
    default: return words[health];
  }
}
