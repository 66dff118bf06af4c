// What is known of a person, grouped: each trait with where it came from on hover and focus, its history on click, and for
// agents a way to correct it.
import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { ProfileAnswer } from "@tributary/schema/api/profiles.ts";
import { texts } from "../../texts/texts.ts";
import { absoluteTime, valueText } from "../../ui/format.ts";
import { Card } from "../../ui/page.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { valueWords } from "../computed/computed-words.ts";
import { Correction } from "../desk/correction.tsx";
import { Revealable } from "../masking/reveal.tsx";
import { useSourceName } from "../sources/queries.ts";
import { History, type HistoryOf } from "./history.tsx";
import { reachTraits } from "./person-words.ts";

const t = texts.profiles;

interface Correcting {
  readonly trait: string | undefined;
}

export function Traits({ person }: { readonly person: ProfileAnswer }): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const [history, setHistory] = useState<HistoryOf>();
  const [correcting, setCorrecting] = useState<Correcting>();
  const isMasked = !may(session, "personal_data");
  const mayCorrect = may(session, "service");
  const names = Object.keys(person.traits);
  const rank = (name: string): number => reachTraits.indexOf(name);
  const groups = [
    { title: t.groups.contact, names: names.filter((name) => rank(name) >= 0).toSorted((a, b) => rank(a) - rank(b)) },
    { title: t.groups.other, names: names.filter((name) => rank(name) < 0).toSorted((a, b) => a.localeCompare(b)) },
  ].filter((group) => group.names.length > 0);
  const trait = correcting?.trait;
  return (
    <Card title={t.traits} actions={mayCorrect ? <Button size="xs" variant="subtle" onClick={() => setCorrecting({ trait: undefined })}>{texts.desk.addTrait}</Button> : null}>
      {names.length === 0 ? <p className="dim">{t.noTraits}</p> : null}
      <div className="trait-groups">{groups.map((group) => (
        <section key={group.title} aria-label={group.title}>
          {groups.length > 1 ? <h3 className="trait-group">{group.title}</h3> : null}
          <dl className="traits">
            {group.names.map((name) => (
              <Trait
                key={name} person={person} name={name} onHistory={isMasked ? undefined : () => setHistory({ kind: "trait", name })}
                onCorrect={mayCorrect ? () => setCorrecting({ trait: name }) : undefined}
              />
            ))}
          </dl>
        </section>
      ))}<ComputedTraits person={person} /></div>
      {history ? <History personId={person.id} of={history} onClose={() => setHistory(undefined)} /> : null}
      {correcting ? (
        <Correction personId={person.id} trait={trait} value={trait === undefined ? undefined : person.traits[trait]} isMasked={isMasked} onClose={() => setCorrecting(undefined)} />
      ) : null}
    </Card>
  );
}

/** What is worked out about them: since when and why on hover and focus. */
function ComputedTraits({ person }: { readonly person: ProfileAnswer }): ReactNode {
  const c = texts.computed;
  const all = Object.entries(person.computed).toSorted(([, a], [, b]) => a.name.localeCompare(b.name));
  if (all.length === 0) return null;
  const reasons: Readonly<Record<string, string>> = c.reasons;
  return (
    <section aria-label={c.onPerson}>
      <h3 className="trait-group">{c.onPerson}</h3>
      <dl className="traits">
        {all.map(([slug, { name, value, at, reason }]) => (
          <div key={slug} className="trait">
            <dt><Link to="/computed-traits/$slug" params={{ slug }}><bdi className="cut">{name}</bdi></Link></dt>
            <dd><Tooltip label={at === null ? c.always : c.since(absoluteTime(Date.parse(at)), reasons[reason ?? ""] ?? reason ?? "")}><span tabIndex={0} className="trait-value"><bdi>{valueWords(value)}</bdi></span></Tooltip></dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

interface TraitProps {
  readonly person: ProfileAnswer;
  readonly name: string;
  readonly onHistory: (() => void) | undefined;
  readonly onCorrect: (() => void) | undefined;
}

function Trait({ person, name, onHistory, onCorrect }: TraitProps): ReactNode {
  const sourceName = useSourceName();
  const origin = person.provenance && Object.hasOwn(person.provenance, name) ? person.provenance[name] : undefined;
  const note = origin ? t.provenance(origin.source_id === 0 ? t.byHand : sourceName(origin.source_id).slice(0, 80), absoluteTime(Date.parse(origin.at))) : "";
  const label = valueText(name, 80);
  const value = <bdi>{valueText(person.traits[name])}</bdi>;
  return (
    <div className="trait">
      <dt><bdi className="cut" title={name.slice(0, 300)}>{label}</bdi></dt>
      <dd>
        <Revealable personId={person.id} field={{ kind: "trait", name }} name={name} value={person.traits[name]}><Tooltip label={<TraitNote value={person.traits[name]} note={note} />}>
          {onHistory ? <button type="button" className="trait-value plain-button" onClick={onHistory}><span className="unseen">{t.historyOf(label)}: </span>{value}</button> : <span tabIndex={0} className="trait-value">{value}</span>}
        </Tooltip></Revealable>
        {onCorrect ? <ActionIcon size={24} className="on-hover" aria-label={texts.desk.correctTitle(label)} onClick={onCorrect}><IconPencil size={14} /></ActionIcon> : null}
      </dd>
    </div>
  );
}

function TraitNote({ value, note }: { readonly value: unknown; readonly note: string }): ReactNode {
  return <span style={{ overflowWrap: "anywhere" }}><bdi>{valueText(value, 500)}</bdi>{note === "" ? null : <><br />{note}</>}</span>;
}
