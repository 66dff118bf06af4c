// Beside a person's timeline: identifiers, consents, devices, linked people.
import { IconDeviceDesktop, IconDeviceMobile, IconDeviceTablet, IconDeviceUnknown } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { ProfileAnswer } from "@tributary/schema/api/profiles.ts";
import { texts } from "../../texts/texts.ts";
import { When } from "../../ui/figure.tsx";
import { Card } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { Value } from "../../ui/value.tsx";
import { Revealable } from "../masking/reveal.tsx";
import { History } from "./history.tsx";
import { identifiersByWeight, nameOf } from "./person-words.ts";
import { accountPeopleQuery } from "./queries.ts";

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
  const [history, setHistory] = useState<string>();
  const consents = Object.entries(person.consents);
  if (consents.length === 0) return <p className="dim">{t.noConsents((person.consent_when_absent === "granted" ? t.granted : t.denied).toLowerCase())}</p>;
  return (
    <>
    <ul className="side-list">
      {consents.map(([category, state]) => (
        <li key={category} className="row"><span className="grow"><button type="button" className="plain-button" aria-label={t.historyOf(category.slice(0, 80))} onClick={() => setHistory(category)}><Value value={category} /></button></span><State tone={state.granted ? "good" : "bad"}>{state.granted ? t.granted : t.denied}</State></li>
      ))}
    </ul>
    {history === undefined ? null : <History personId={person.id} of={{ kind: "consent", name: history }} onClose={() => setHistory(undefined)} />}
    </>
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

function Account({ person, account }: Props & { readonly account: ProfileAnswer["accounts"][number] }): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const people = useQuery({ ...accountPeopleQuery(person.id, account.id), enabled: isOpen });
  return (
    <li>
      <button type="button" className="plain-button" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}><Value value={account.traits["name"] ?? account.id} note={account.id.slice(0, 300)} /></button>
      {isOpen && people.error ? <div className="dim" role="alert">{people.error.message}</div> : null}
      {isOpen && people.data ? (
        <div className="stack"><span className="dim">{t.accountPeople(people.data.data.length, people.data.more)}</span>{people.data.data.slice(0, SHOWN).map((one) => <Link key={one.id} to="/profiles/$ref" params={{ ref: one.id }}><Value value={nameOf(one)} /></Link>)}</div>
      ) : null}
    </li>
  );
}

export function Linked({ person, hasHistory }: Props & { readonly hasHistory: boolean }): ReactNode {
  if (person.linked_profiles.length === 0 && person.accounts.length === 0) return null;
  return (
    <>
      {person.accounts.length === 0 ? null : <Card title={t.accounts}><ul className="side-list">{person.accounts.map((account) => hasHistory ? <Account key={account.id} person={person} account={account} /> : <li key={account.id}><Value value={account.traits["name"] ?? account.id} note={account.id.slice(0, 300)} /></li>)}</ul></Card>}
      {person.linked_profiles.length === 0 ? null : (
        <Card title={t.linked}><ul className="side-list">{person.linked_profiles.map((id) => <li key={id}><Link to="/profiles/$ref" params={{ ref: id }} className="mono cut">{id}</Link></li>)}</ul></Card>
      )}
    </>
  );
}
