// An identifier within a sentence or a row: its kind as an icon, its value short, all of it on hover.
import { Tooltip } from "@mantine/core";
import { IconAd2, IconDeviceMobile, IconHash, IconId, IconMail, IconPhone, IconWorld } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { kindWord, shortValue } from "./identity-words.ts";
import "./identity.css";

const icons = { email: IconMail, user_id: IconId, phone: IconPhone, anonymous_id: IconWorld, device_id: IconDeviceMobile, advertising_id: IconAd2 } as const;

export function KindIcon({ namespace, size = 15 }: { readonly namespace: string; readonly size?: number }): ReactNode {
  const Icon = Object.hasOwn(icons, namespace) ? icons[namespace as keyof typeof icons] : IconHash; // Just looked up.
  return <Icon size={size} stroke={1.6} aria-hidden style={{ flex: "none" }} />;
}

export interface IdentProps {
  readonly identifier: { readonly namespace: string; readonly value: string };
  /** In place of the kind's word: "the browser". Empty for none. */
  readonly word?: string;
}

export function Ident({ identifier, word = kindWord(identifier.namespace) }: IdentProps): ReactNode {
  return (
    <Tooltip label={`${kindWord(identifier.namespace)} ${identifier.value.slice(0, 300)}`}>
      <span className="ident">{word === "" ? null : `${word} `}<span className="ident-value"><KindIcon namespace={identifier.namespace} size={13} /><bdi className="mono">{shortValue(identifier)}</bdi></span></span>
    </Tooltip>
  );
}
