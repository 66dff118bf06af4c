// What the lines of an event's path open to: each change with its reason, each identifier with whose it was, each trait with
// what it was before.
import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconFilter } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { EventPath, PathChange } from "@tributary/schema/api/event-path.ts";
import { texts } from "../../texts/texts.ts";
import { CopyIcon } from "../../ui/copy.tsx";
import { valueText } from "../../ui/format.ts";
import { JsonDiff } from "../../ui/json-diff-view.tsx";
import { Json } from "../../ui/json.tsx";
import { State } from "../../ui/state.tsx";
import { isHidden } from "../masking/masked.tsx";
import type { LiveSearch } from "./live-search.ts";

const t = texts.path;
const SHOWN_CHARACTERS = 160;
/** Fields shown before the JSON is the better view. */
const CHANGES_SHOWN = 40;

type OnFilter = (search: LiveSearch) => void;

function text(value: unknown): string {
  return valueText(typeof value === "string" ? value : JSON.stringify(value) ?? "", SHOWN_CHARACTERS);
}

export function ReceivedRows({ received }: { readonly received: EventPath["received"] }): ReactNode {
  const { partition, offset, index } = received.position;
  return (
    <>
      <Pair name={t.place}>{t.placeText(partition, offset, index)}</Pair>
      {received.user_agent ? <Pair name={t.agent}><bdi>{text(received.user_agent)}</bdi></Pair> : null}
      {received.origin ? <Pair name={t.origin}><bdi>{text(received.origin)}</bdi></Pair> : null}
      {received.import_id === null ? null : <Pair name={t.importId}>{received.import_id}</Pair>}
      {received.again_of === null ? null : <Pair name={t.againOf}><Link to="/live" search={{ message: received.again_of }} className="mono">{text(received.again_of)}</Link></Pair>}
    </>
  );
}

function Pair({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactNode {
  return <div className="path-change"><span className="dim">{name}</span><span className="path-value">{children}</span></div>;
}

export function NormalisedRows({ normalised, raw, onFilter }: { readonly normalised: NonNullable<EventPath["normalised"]>; readonly raw: string; readonly onFilter: OnFilter }): ReactNode {
  const [isDiffOpen, setDiffOpen] = useState(false);
  const trust = t.trust[normalised.trust];
  return (
    <>
      {normalised.changes.slice(0, CHANGES_SHOWN).map((change) => <Change key={`${change.field} ${change.kind}`} change={change} />)}
      {normalised.identifiers.length > 0 ? <h4>{t.identifiers}</h4> : null}
      {normalised.identifiers.map(({ namespace, value, path, raw: was }) => (
        <div className="path-change" key={`${namespace} ${value}`}>
          <span className="mono">{namespace}</span>
          <span className="row"><span className="path-value grow"><ins><bdi>{text(value)}</bdi></ins></span><FilterBy label={t.onlyPerson(valueText(value, 40))} onClick={() => onFilter({ profile: `${namespace}:${value}` })} /></span>
          <span className="dim why">{t.from} <span className="mono">{path}</span>{was === value || was === "" ? "" : <>: <bdi>{text(was)}</bdi></>}</span>
        </div>
      ))}
      {normalised.ignored.length > 0 ? <h4>{t.notTaken}</h4> : null}
      {normalised.ignored.map(({ namespace, path, reason }) => (
        <div className="path-change" key={`${namespace} ${path} ${reason}`}><span className="mono">{path}</span><span><State tone="attention">{t.rule(reason)}</State></span></div>
      ))}
      {trust ? <p className="dim">{trust}</p> : null}
      <div><Button size="compact-xs" variant="subtle" aria-expanded={isDiffOpen} onClick={() => setDiffOpen(!isDiffOpen)}>{isDiffOpen ? t.hideJson : t.asJson}</Button></div>
      {isDiffOpen ? <JsonDiff before={parsed(raw)} after={normalised.event} label={t.asJson} skipped={t.unchanged} tooLong={<Json text={JSON.stringify(normalised.event)} label={t.after} />} /> : null}
    </>
  );
}

function parsed(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return raw;
  }
}

function Change({ change: { field, kind, before, after, why } }: { readonly change: PathChange }): ReactNode {
  return (
    <div className="path-change">
      <span className="mono path-value" title={field}>{field}</span>
      <span className="path-value">{kind === "added" ? null : <del><bdi>{text(before)}</bdi></del>}{kind === "changed" ? " → " : ""}{kind === "removed" ? null : <ins><bdi>{text(after)}</bdi></ins>}</span>
      <span className="dim why">{t.why(why)}</span>
    </div>
  );
}

/** Nothing is found by a value that is hidden. */
function FilterBy({ label, onClick }: { readonly label: string; readonly onClick: () => void }): ReactNode {
  return isHidden(label) ? null : <Tooltip label={label}><ActionIcon size={22} aria-label={label} onClick={onClick}><IconFilter size={13} /></ActionIcon></Tooltip>;
}

export function IdentifiedRows({ identified, onFilter }: { readonly identified: NonNullable<EventPath["identified"]>; readonly onFilter: OnFilter }): ReactNode {
  return (
    <>
      {identified.identifiers.map(({ namespace, value, is_new: isNew, held_by: holder }) => (
        <div className="path-change" key={`${namespace} ${value}`}>
          <span className="mono">{namespace}</span>
          <span className="row"><span className="path-value grow"><bdi>{text(value)}</bdi></span><FilterBy label={t.onlyPerson(valueText(value, 40))} onClick={() => onFilter({ profile: `${namespace}:${value}` })} /></span>
          <span className="dim why">{isNew ? t.isNew : holder === null ? t.free : holder === identified.profile_id ? t.thisPerson : <>{t.heldBy} <Person id={holder} /></>}</span>
        </div>
      ))}
      {identified.steps.map(({ kind, reason, survivor, other, namespace, value }, index) => (
        <div className="path-change" key={index}>
          <span><State tone={kind === "merge" ? "good" : kind === "refused" ? "attention" : "waiting"}>{t.step[kind] ?? kind}</State></span>
          <span className="path-value"><Person id={survivor} />{other === null ? null : <> + <Person id={other} /></>}</span>
          <span className="dim why">{t.reason(reason)}{namespace ? <>: <span className="mono">{namespace}</span> <bdi>{text(value)}</bdi></> : null}</span>
        </div>
      ))}
      {identified.first_seen_together > 0 ? <p className="dim">{t.evidence(identified.first_seen_together)}</p> : null}
    </>
  );
}

function Person({ id }: { readonly id: string }): ReactNode {
  return <Link to="/profiles/$ref" params={{ ref: id }} className="mono" title={id}>{id.slice(0, 8)}</Link>;
}

type FoldedValue = NonNullable<EventPath["folded"]>["traits"][number];

export function FoldedRows({ folded, onFilter }: { readonly folded: NonNullable<EventPath["folded"]>; readonly onFilter: OnFilter }): ReactNode {
  const isReplayed = folded.replayed === "yes";
  return (
    <>
      {isReplayed ? null : <p className="dim">{t.replayed[folded.replayed]}</p>}
      {folded.traits.map((value) => <Value key={value.name} value={value} isReplayed={isReplayed} onFilter={onFilter} />)}
      {folded.consents.length > 0 ? <h4>{t.consent}</h4> : null}
      {folded.consents.map((value) => <Value key={value.name} value={value} isReplayed={isReplayed} onFilter={onFilter} />)}
      {folded.is_full ? <State tone="attention">{t.full}</State> : null}
    </>
  );
}

function Value({ value, isReplayed, onFilter }: { readonly value: FoldedValue; readonly isReplayed: boolean; readonly onFilter: OnFilter }): ReactNode {
  const { name, before, after, sent, taken, stands } = value;
  const sentText = typeof sent === "string" ? sent : JSON.stringify(sent);
  const isShort = sentText.length > 1 && sentText.length <= SHOWN_CHARACTERS;
  return (
    <div className="path-change">
      <span className="mono path-value" title={name}>{name}</span>
      <span className="row">
        <span className="path-value grow">
          {isReplayed && taken === "changed" ? <><del><bdi>{before === null ? t.nothing : text(before)}</bdi></del> → <ins><bdi>{text(after)}</bdi></ins></> : <bdi>{text(isReplayed && taken === "kept" ? before : sent)}</bdi>}
        </span>
        {isShort ? <FilterBy label={t.onlyText(valueText(sentText, 40))} onClick={() => onFilter({ text: sentText })} /> : null}
        {isHidden(sentText) ? null : <CopyIcon value={sentText} />}
      </span>
      <span className="dim why">{isReplayed ? t.taken[taken] : ""}{taken !== "kept" && !stands ? ` · ${t.overwritten}` : ""}</span>
    </div>
  );
}
