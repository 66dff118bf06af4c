// Merges, refusals, splits: one line each, with the reason in words, the event and the other person.
import { IconArrowsSplit2, IconBan, IconGitMerge, IconLink, IconUsersGroup } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ExplainedMerge, IdentityGraph, PeopleNow } from "@tributary/schema/api/identity.ts";
import { texts } from "../../texts/texts.ts";
import { When } from "../../ui/figure.tsx";
import { nameOf } from "../profiles/person-words.ts";
import { Filled } from "../../ui/filled.tsx";
import { Ident } from "./ident.tsx";
import { EventLink } from "./story.tsx";

const t = texts.identity;

export const mergeIcons = { merge: IconGitMerge, unmerge: IconArrowsSplit2, refused: IconBan, shared: IconUsersGroup, link: IconLink } as const;

export function History({ graph }: { readonly graph: IdentityGraph }): ReactNode {
  const entries = [...graph.merges, ...graph.refusals].toSorted((a, b) => b.row_id - a.row_id || b.step - a.step);
  if (entries.length === 0) return <p className="dim">{t.history.none}</p>;
  return <ul className="identity-history">{entries.map((entry) => <Entry key={`${entry.row_id}-${entry.step}`} entry={entry} graph={graph} />)}</ul>;
}

function Entry({ entry, graph }: { readonly entry: ExplainedMerge; readonly graph: IdentityGraph }): ReactNode {
  const Icon = mergeIcons[entry.kind];
  const other = otherOf(entry, graph);
  // The id that was merged answers with this person now, so its name says nothing; what joined it does.
  const parts = {
    other: entry.kind === "merge" ? <span className="mono">{(entry.other ?? "").slice(0, 8)}</span> : <PersonLink id={other} people={graph.people} own={graph.profile_id} />,
    by: entry.identifier ? <Ident identifier={entry.identifier} /> : (t.reasonTexts[entry.reason] ?? entry.reason),
  };
  const text = entry.kind === "refused" && entry.other === null ? t.history.refusedAlone : t.history[entry.kind];
  return (
    <li>
      <Icon size={15} stroke={1.6} aria-hidden />
      <div><Filled text={text} parts={parts} /> <span className="why">{t.reasonTexts[entry.reason] ?? entry.reason}</span>{entry.cause ? <div className="dim">{t.history.event}: <EventLink event={entry.cause} /></div> : null}</div>
      <span className="dim"><When at={entry.at} /></span>
    </li>
  );
}

function otherOf(entry: ExplainedMerge, { profile_id, people }: IdentityGraph): string | null {
  const isThis = (id: string): boolean => id === profile_id || people[id]?.id === profile_id;
  return isThis(entry.survivor) ? entry.other : entry.survivor;
}

/** A person by an id of then, as they are now. */
export function PersonLink({ id, people, own }: { readonly id: string | null; readonly people: PeopleNow; readonly own?: string }): ReactNode {
  const person = id === null ? undefined : people[id];
  if (person === undefined) return id !== null && id === own ? t.history.thisPerson : t.history.somebody;
  if (person.id === own) return t.history.thisPerson;
  return <Link to="/profiles/$ref" params={{ ref: person.id }}><bdi>{nameOf(person).slice(0, 60)}</bdi></Link>;
}
