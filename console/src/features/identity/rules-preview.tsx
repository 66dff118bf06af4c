// What changed rules would have made of today's people: numbers first, then who with whom and by what, then what this can't tell.
import { Link } from "@tanstack/react-router";
import { useEffect, useRef, type ReactNode } from "react";
import type { IdentityPreviewAnswer, PeopleNow } from "@tributary/schema/api/identity.ts";
import { texts } from "../../texts/texts.ts";
import { Card } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { nameOf } from "../profiles/person-words.ts";
import { Filled, Listed } from "../../ui/filled.tsx";
import { Ident } from "./ident.tsx";

const t = texts.identityRules.preview;
const and = texts.identity.and;
const EXAMPLES_SHOWN = 10;

type Example = IdentityPreviewAnswer["merges"][number]["people"][number];

export function RulesPreview({ result }: { readonly result: IdentityPreviewAnswer }): ReactNode {
  const { merging, merged_into, splitting, split_into, leaving, dropped } = result;
  const isSame = merging + splitting + leaving + dropped === 0;
  const top = useRef<HTMLDivElement>(null);
  useEffect(() => void top.current?.scrollIntoView({ block: "center" }), [result]);
  return (
    <div ref={top}><Card title={t.title}>
      <div className="stack" role="status" style={{ gap: 12 }}>
        {isSame ? <State tone="good">{t.same(result.examined)}</State> : (
          <div className="stack rules-numbers">
            {merging > 0 ? <strong>{t.merge(merging, merged_into)}</strong> : null}
            {splitting > 0 ? <strong>{t.split(splitting, split_into)}</strong> : null}
            {leaving > 0 ? <span>{t.leaving(leaving)}</span> : null}
            {dropped > 0 ? <span>{t.dropped(dropped)} <Idents refs={result.dropped_examples} count={dropped} /></span> : null}
            <span className="dim">{t.total(result.people_before, result.people_after)}</span>
          </div>
        )}
        {result.merges.length > 0 ? <Examples title={t.merges} count={result.merged_into}>{result.merges.slice(0, EXAMPLES_SHOWN).map((one, index) => <li key={index}><Filled text={t.by} parts={{ people: <Listed items={one.people.map((person, at) => <Who key={at} person={person} people={result.people} />)} and={and} />, by: <Idents refs={one.by} count={one.by.length} /> }} /></li>)}</Examples> : null}
        {result.splits.length > 0 ? <Examples title={t.splits} count={result.splitting}>{result.splits.slice(0, EXAMPLES_SHOWN).map((one, index) => <li key={index}><Filled text={t.apart} parts={{ person: <Name id={one.profile_id} people={result.people} />, parts: <Listed items={one.into.map((part, at) => <span key={at}>(<Idents refs={part.identifiers} count={part.identifier_count} />)</span>)} and={and} /> }} /></li>)}</Examples> : null}
        {result.complete ? null : <State tone="attention">{t.incomplete}</State>}
        <p className="dim">{t.limits(result.evidence)}</p>
      </div>
    </Card></div>
  );
}

function Examples({ title, count, children }: { readonly title: string; readonly count: number; readonly children: ReactNode }): ReactNode {
  return <section><h3>{title}</h3><ul className="rules-examples">{children}</ul>{count > EXAMPLES_SHOWN ? <p className="dim">{t.shown(EXAMPLES_SHOWN)}</p> : null}</section>;
}

function Name({ id, people }: { readonly id: string | null; readonly people: PeopleNow }): ReactNode {
  const person = id === null ? undefined : people[id];
  return person ? <Link to="/profiles/$ref" params={{ ref: person.id }} search={{ tab: "identity" }} target="_blank"><bdi>{nameOf(person).slice(0, 60)}</bdi></Link> : t.unknown;
}

function Who({ person, people }: { readonly person: Example; readonly people: PeopleNow }): ReactNode {
  return <span><Name id={person.profile_id} people={people} /> <Idents refs={person.identifiers.slice(0, 2)} count={person.identifier_count} /></span>;
}

function Idents({ refs, count }: { readonly refs: readonly { readonly namespace: string; readonly value: string }[]; readonly count: number }): ReactNode {
  return <><Listed items={refs.map((one) => <Ident key={`${one.namespace}:${one.value}`} identifier={one} word="" />)} and=", " />{count > refs.length ? ` ${t.more(count - refs.length)}` : ""}</>;
}
