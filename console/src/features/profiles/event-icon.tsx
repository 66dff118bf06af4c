// Events of a timeline as icons: by what they are about where their name says it, else by their type.
import {
  IconArrowBackUp, IconCreditCard, IconDoorEnter, IconHandStop, IconHeadset, IconMail, IconNote, IconPackage, IconPencil, IconShoppingCart, IconSparkles,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { TimelineEvent } from "@tributary/schema/api/profiles.ts";
import { TypeIcon } from "../events/event-type.tsx";

const kinds: readonly (readonly [RegExp, typeof IconNote])[] = [
  [/^(Trait Corrected|Consent Recorded)$/, IconPencil], [/^Note /, IconNote], [/^Promise /, IconHandStop], [/^(Unmerge Propos|Person Split)/, IconArrowBackUp],
  [/payment|subscription|refund/i, IconCreditCard], [/order|delivery|shipped|pickup/i, IconPackage], [/ticket|call|chat/i, IconHeadset], [/e-?mail|newsletter|unsubscribed/i, IconMail],
  [/cart|product|checkout|wishlist/i, IconShoppingCart], [/signed|logged|login|logout/i, IconDoorEnter], [/reviewed|rated|feedback/i, IconSparkles],
];

export function EventIcon({ event }: { readonly event: TimelineEvent }): ReactNode {
  const Icon = event.type === "track" || event.type === "control" ? kinds.find(([name]) => name.test(event.event))?.[1] : undefined;
  return Icon ? <Icon size={16} stroke={1.6} aria-hidden className="dim" style={{ flex: "none" }} /> : <TypeIcon type={event.type} />;
}

/** What was recorded at the desk and can be taken back; the server says no where it was settled since. */
export function isUndoable(event: TimelineEvent): boolean {
  if (event.type === "control") return /^(Trait Corrected|Consent Recorded)$/.test(event.event) && Object.hasOwn(event.properties, "previous");
  return event.message_id.startsWith("console-") && /^(Note Added|Promise Made|Promise Kept|Promise Broken|Unmerge Proposed)$/.test(event.event);
}
