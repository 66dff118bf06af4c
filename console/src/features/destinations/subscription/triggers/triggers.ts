// Every kind of trigger that the editor knows, in the order in which they are offered.
import type { Trigger } from "../model/subscription-draft.ts";
import { audienceTriggerKind } from "./audience.tsx";
import { eventsTriggerKind } from "./events.tsx";
import { modelTriggerKind } from "./model.tsx";
import type { TriggerKind } from "./trigger-kind.ts";

export const triggerKinds: { readonly [Kind in Trigger["kind"]]: TriggerKind<Extract<Trigger, { kind: Kind }>> } = { events: eventsTriggerKind, audience: audienceTriggerKind, model: modelTriggerKind };
