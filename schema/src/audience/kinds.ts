// Every kind of condition. A new one is a file in kinds/, and a line here.
import { accountKind } from "./kinds/account.ts";
import { audienceKind } from "./kinds/audience.ts";
import { computedKind } from "./kinds/computed.ts";
import { consentKind } from "./kinds/consent.ts";
import { eventKind } from "./kinds/event.ts";
import { firstOfKind } from "./kinds/first-of.ts";
import { identifierKind } from "./kinds/identifier.ts";
import { listKind } from "./kinds/list.ts";
import { sequenceKind } from "./kinds/sequence.ts";
import { shareKind } from "./kinds/share.ts";
import { traitKind } from "./kinds/trait.ts";

export const conditionKinds = [
  traitKind,
  eventKind,
  sequenceKind,
  identifierKind,
  computedKind,
  audienceKind,
  firstOfKind,
  listKind,
  accountKind,
  consentKind,
  shareKind,
] as const;
