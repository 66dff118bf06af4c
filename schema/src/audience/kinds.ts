// Every kind of condition. A new one is a file in kinds/, and a line here.
import { audienceKind } from "./kinds/audience.ts";
import { computedKind } from "./kinds/computed.ts";
import { eventKind } from "./kinds/event.ts";
import { identifierKind } from "./kinds/identifier.ts";
import { traitKind } from "./kinds/trait.ts";

export const conditionKinds = [
  traitKind,
  eventKind,
  identifierKind,
  computedKind,
  audienceKind,
] as const;
