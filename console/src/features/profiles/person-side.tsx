// Beside a person's timeline: identifiers, consents, devices, linked people.
import { IconDeviceDesktop, IconDeviceMobile, IconDeviceTablet, IconDeviceUnknown } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ProfileAnswer } from "@tributary/schema/api/profiles.ts";
import { texts } from "../../texts/texts.ts";
import { When } from "../../ui/figure.tsx";
import { Card } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { Value } from "../../ui/value.tsx";
import { Revealable } from "../masking/reveal.tsx";
import { identifiersByWeight } from "./person-words.ts";

const t = texts.profiles;
const SHOWN = 8;
const devices = { desktop: IconDeviceDesktop, mobile: IconDeviceMobile, tablet: IconDeviceTablet } as const;

interface Props {
  readonly person: ProfileAnswer;
}

export function KnownBy({ person }: Props): ReactNode {
  const all = identifiersByWeight(person.identifiers);
  return (
    <ul className="side-list">
      {all.slice(0, SHOWN).map((one) => <li key={one.key ?? `${one.namespace}:${one.value}`}><div className="dim">{one.namespace}</div><KnownValue person={person} one={one} /></li>)}
      {all.length > SHOWN ? <li><Link to="." search={{ tab: "identity" } as never}>{t.moreIdentifiers(all.length - SHOWN)}</Link></li> : null}
    </ul>
  );
}

function KnownValue({ person, one }: Props & { readonly one: ProfileAnswer["identifiers"][number] }): ReactNode {
  const value = <span className="mono"><Value value={one.value} /></span>;
  return one.key === undefined ? value : <Revealable personId={person.id} field={{ kind: "identifier", key: one.key }} name={one.namespace} value={one.value}>{value}</Revealable>;
}

export function Consents({ person }: Props): ReactNode {
  const consents = Object.entries(person.consents);
  if (consents.length === 0) return <p className="dim">{t.noConsents((person.consent_when_absent === "granted" ? t.granted : t.denied).toLowerCase())}</p>;
  return (
    <ul className="side-list">
      {consents.map(([category, state]) => (
        <li key={category} className="row"><span className="grow"><Value value={category} /></span><State tone={state.granted ? "good" : "bad"}>{state.granted ? t.granted : t.denied}</State></li>
      ))}
    </ul>
  );
}

export function Devices({ person }: Props): ReactNode {
  if (person.devices.length === 0) return <p className="dim">{t.noDevices}</p>;
  return (
    <ul className="side-list">
      {person.devices.slice(0, SHOWN).map((device) => {
        const Icon = Object.hasOwn(devices, device.type) ? devices[device.type as keyof typeof devices] : IconDeviceUnknown; // Just looked up.
        return (
          <li key={`${device.type} ${device.os} ${device.browser}`} className="row">
            <Icon size={16} stroke={1.6} aria-hidden style={{ flex: "none" }} /><span className="grow"><Value value={[device.browser, device.os].filter((part) => part !== "").join(" · ") || device.type} /></span>
            <span className="dim"><When at={device.last_seen_at} /></span>
          </li>
        );
      })}
    </ul>
  );
}

export function Linked({ person }: Props): ReactNode {
  if (person.linked_profiles.length === 0 && person.accounts.length === 0) return null;
  return (
    <>
      {person.accounts.length === 0 ? null : <Card title={t.accounts}><ul className="side-list">{person.accounts.map((account) => <li key={account.id}><Value value={account.traits["name"] ?? account.id} note={account.id.slice(0, 300)} /></li>)}</ul></Card>}
      {person.linked_profiles.length === 0 ? null : (
        <Card title={t.linked}><ul className="side-list">{person.linked_profiles.map((id) => <li key={id}><Link to="/profiles/$ref" params={{ ref: id }} className="mono cut">{id}</Link></li>)}</ul></Card>
      )}
    </>
  );
}
