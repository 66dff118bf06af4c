// Every kind of alert there is, in the order in which people are shown them.
import type { AlertKind } from "./alert-kind.ts";
import { audienceJumped } from "./kinds/audience-jumped.ts";
import { deadLetters } from "./kinds/dead-letters.ts";
import { destinationFailing } from "./kinds/destination-failing.ts";
import { forgettingGivenUp } from "./kinds/forgetting-given-up.ts";
import { pipelineLate } from "./kinds/pipeline-late.ts";
import { queueOld } from "./kinds/queue-old.ts";
import { sourceSilent } from "./kinds/source-silent.ts";
import { syncStopped } from "./kinds/sync-stopped.ts";

export const alertKinds: readonly AlertKind[] = [sourceSilent, destinationFailing, deadLetters, queueOld, syncStopped, forgettingGivenUp, audienceJumped, pipelineLate];

/** Undefined: of another version of this program. */
export function alertKindOf(kind: string): AlertKind | undefined {
  return alertKinds.find((one) => one.kind === kind);
}
