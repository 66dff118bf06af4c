// What can begin a subscription: one file a kind, each registered in triggers.ts.
import type { Icon } from "@tabler/icons-react";
import type { ComponentType } from "react";
import type { DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import type { Problem } from "../model/fields.ts";
import type { Trigger } from "../model/subscription-draft.ts";

export interface TriggerFormProps<Of extends Trigger> {
  readonly trigger: Of;
  readonly onChange: (trigger: Of) => void;
  readonly definition: DestinationDefinition;
  /** Of its settings, by their keys. */
  readonly problems: readonly Problem[];
  readonly isReadOnly: boolean;
}

export interface TriggerKind<Of extends Trigger> {
  readonly Icon: Icon;
  readonly begin: Of;
  readonly Form: ComponentType<TriggerFormProps<Of>>;
}
