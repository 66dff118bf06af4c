// The type of an event as an icon.
import { IconApps, IconBolt, IconBuilding, IconDeviceMobile, IconFileText, IconFingerprint, IconHelpCircle, IconId } from "@tabler/icons-react";
import type { ReactNode } from "react";

const icons = { track: IconBolt, identify: IconId, page: IconFileText, screen: IconDeviceMobile, group: IconBuilding, alias: IconFingerprint, merge: IconApps } as const;

export const eventTypes = ["track", "identify", "page", "screen", "group", "alias"] as const;

export function TypeIcon({ type }: { readonly type: string }): ReactNode {
  const Icon = Object.hasOwn(icons, type) ? icons[type as keyof typeof icons] : IconHelpCircle; // Just looked up.
  return <Icon size={16} stroke={1.6} aria-hidden className="dim" style={{ flex: "none" }} />;
}

export function EventType({ type }: { readonly type: string }): ReactNode {
  return <span className="row"><TypeIcon type={type} /><span className="dim cut">{type}</span></span>;
}
