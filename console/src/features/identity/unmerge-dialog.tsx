// Splitting one person in two: both people side by side before anything happens, then the change itself until it has taken effect.
import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { GraphIdentifier, SplitSide, UnmergeAnswer, UnmergePreview } from "@tributary/schema/api/identity.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { When } from "../../ui/figure.tsx";
import { valueText } from "../../ui/format.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { State } from "../../ui/state.tsx";
import { nameOf } from "../profiles/person-words.ts";
import { personPath } from "../profiles/queries.ts";
import { Ident } from "./ident.tsx";
import { acceptProposal, useSplitOutcome } from "./split-outcome.ts";

const t = texts.identity.unmerge;
const IDENTIFIERS_SHOWN = 8;
const TRAITS_SHOWN = 12;

export interface UnmergeDialogProps {
  readonly profileId: string;
  readonly chosen: readonly GraphIdentifier[];
  readonly stayCount: number;
  /** Splitting accepts this proposal. */
  readonly proposalId?: string | undefined;
  readonly onClose: () => void;
}

export function UnmergeDialog({ profileId, onClose, ...asked }: UnmergeDialogProps): ReactNode {
  const client = useQueryClient();
  // As it was asked: once it is done, the person has these identifiers no more.
  const [{ chosen, stayCount, proposalId }] = useState(asked);
  const identifiers = chosen.map(({ namespace, value }) => ({ namespace, value }));
  const preview = useQuery({
    queryKey: ["profiles", "unmerge-preview", profileId, identifiers],
    queryFn: () => change<UnmergePreview>("POST", `${personPath(profileId)}/unmerge`, { identifiers, dry_run: true }),
    gcTime: 0, staleTime: Infinity, refetchOnWindowFocus: false,
  });
  const split = useMutation({
    mutationFn: () => (proposalId === undefined ? change<UnmergeAnswer>("POST", `${personPath(profileId)}/unmerge`, { identifiers }) : acceptProposal(profileId, proposalId)),
    onSettled: () => Promise.all([["profiles"], ["desk"], ["identity", "proposals"]].map((queryKey) =>
      client.invalidateQueries({ queryKey, predicate: ({ queryKey: [, what] }) => what !== "unmerge-preview" }))),
  });
  const isBusy = split.isPending;
  return (
    <Dialog onClose={onClose} title={t.title} size="min(960px, 94vw)" isHeld={isBusy}>
      <div className="stack" style={{ gap: 16 }}>
        {split.data ? <Outcome profileId={profileId} answer={split.data} onClose={onClose} /> : (
          <>
            <p className="dim">{t.intro(stayCount, chosen.length)}</p>
            {preview.error ? <ProblemNotice problem={preview.error} onRetry={() => void preview.refetch()} /> : null}
            {preview.isPending ? <div className="identity-sides">{[1, 2].map((side) => <div key={side} className="identity-side"><div className="stack" style={{ padding: 16 }}>{[60, 80, 50, 70].map((width) => <Bar key={width} width={width} />)}</div></div>)}</div> : null}
            {preview.data ? <Sides preview={preview.data} profileId={profileId} /> : null}
            {split.error ? <ProblemNotice problem={split.error} onRetry={() => split.mutate()} /> : null}
            <p className="dim">{t.line} {t.noUndo}</p>
            <p className="dim">{t.who}</p>
            <div className="row wrap" style={{ justifyContent: "flex-end" }}>
              {isBusy ? <span role="status" className="grow"><State tone="waiting">{t.working}</State></span> : null}
              <Button variant="default" onClick={onClose} disabled={isBusy}>{texts.everywhere.cancel}</Button>
              <Button onClick={() => split.mutate()} loading={isBusy} disabled={!preview.data}>{t.confirm}</Button>
            </div>
          </>
        )}
      </div>
    </Dialog>
  );
}

function Sides({ preview, profileId }: { readonly preview: UnmergePreview; readonly profileId: string }): ReactNode {
  const { stays, splits_off: leaves, others, nobodys } = preview;
  return (
    <>
      <p><strong>{t.result(stays.people + leaves.people, leaves.event_count)}</strong>{others > 0 ? ` ${t.others(others)}` : ""}</p>
      <div className="identity-sides">
        <Side title={t.stays} side={stays} other={leaves} profileId={profileId} />
        <Side title={t.leaves} side={leaves} other={stays} profileId={profileId} />
      </div>
      {nobodys.length > 0 ? <p>{t.nobodys} {nobodys.slice(0, IDENTIFIERS_SHOWN).map((one) => <span key={`${one.namespace}:${one.value}`}><Ident identifier={one} /> </span>)}</p> : null}
    </>
  );
}

interface SideProps {
  readonly title: string;
  readonly side: SplitSide;
  readonly other: SplitSide;
  readonly profileId: string;
}

function Side({ title, side, other, profileId }: SideProps): ReactNode {
  const name = nameOf({ traits: side.traits, identifiers: side.identifiers, is_anonymous: false });
  const identity = side.profile_id === profileId ? t.keepsId : side.profile_id === null ? t.newPerson : t.otherId;
  if (side.people === 0) return <section className="identity-side" aria-label={title}><header><h3>{title}</h3></header><p className="facts">{t.nobody}</p></section>;
  return (
    <section className="identity-side" aria-label={title}>
      <header><h3>{title}: <bdi>{name.slice(0, 80)}</bdi></h3><div className="dim">{identity}</div></header>
      {side.people > 1 ? <p className="identity-note"><State tone="attention">{t.several(side.people)}</State></p> : null}
      <dl className="facts">
        <dt>{t.identifiers}</dt><dd><ul>{side.identifiers.slice(0, IDENTIFIERS_SHOWN).map((one) => <li key={`${one.namespace}:${one.value}`}><Ident identifier={one} /></li>)}{side.identifiers.length > IDENTIFIERS_SHOWN ? <li className="dim">{texts.profiles.moreIdentifiers(side.identifiers.length - IDENTIFIERS_SHOWN)}</li> : null}</ul></dd>
        <dt>{t.traits}</dt><dd><Traits side={side} other={other} /></dd>
        <dt>{t.consents}</dt><dd>{Object.keys(side.consents).length === 0 ? texts.everywhere.none : <ul>{Object.entries(side.consents).map(([category, granted]) => <li key={category}><bdi>{category}</bdi>: {granted ? t.granted : t.denied}</li>)}</ul>}</dd>
        <dt>{t.events}</dt><dd>{texts.identity.line.events(side.event_count)}</dd>
        {side.first_seen_at ? <><dt>{t.first}</dt><dd><When at={side.first_seen_at} /></dd></> : null}
        {side.latest_events.length > 0 ? <><dt>{t.latest}</dt><dd><ul>{side.latest_events.map((event, index) => <li key={index}><bdi>{valueText(event.event, 60)}</bdi> <span className="dim"><When at={event.at} /></span></li>)}</ul></dd></> : null}
      </dl>
    </section>
  );
}

function Traits({ side, other }: Pick<SideProps, "side" | "other">): ReactNode {
  const names = Object.keys(side.traits);
  if (names.length === 0) return t.noTraits;
  return (
    <ul>
      {names.slice(0, TRAITS_SHOWN).map((name) => {
        const isOther = Object.hasOwn(other.traits, name) && JSON.stringify(other.traits[name]) !== JSON.stringify(side.traits[name]);
        return <li key={name}><span className="dim"><bdi>{name.slice(0, 60)}</bdi>:</span> <bdi>{valueText(side.traits[name], 80)}</bdi>{isOther ? <span className="dim"> ({t.onlyHere})</span> : null}</li>;
      })}
      {names.length > TRAITS_SHOWN ? <li className="dim">{texts.profiles.moreIdentifiers(names.length - TRAITS_SHOWN)}</li> : null}
    </ul>
  );
}

function Outcome({ profileId, answer, onClose }: { readonly profileId: string; readonly answer: UnmergeAnswer; readonly onClose: () => void }): ReactNode {
  const { changes, refused, isWaiting } = useSplitOutcome(profileId, answer);
  const ids = [...new Set(changes.flatMap(({ survivor, other }) => (other === null ? [survivor] : [survivor, other])))].filter((id) => id !== profileId);
  return (
    <div className="stack" role="status">
      {isWaiting ? <State tone="waiting">{t.working}</State> : null}
      {refused === undefined ? null : <ProblemNotice problem={Object.assign(new Error(t.refused), { hint: refused })} />}
      {!isWaiting && refused === undefined && changes.length === 0 ? <p>{t.unchanged}</p> : null}
      {changes.length > 0 ? <State tone="good">{t.done}</State> : null}
      <div className="row wrap">
        {ids.map((id) => <Button key={id} component={Link} to={`/profiles/${id}?tab=identity`} variant="default">{t.seeOther}</Button>)}
        {changes.length > 0 ? <Button component={Link} to={`/profiles/${profileId}?tab=identity`} variant="default" onClick={onClose}>{t.seeThis}</Button> : null}
        <Button onClick={onClose}>{t.close}</Button>
      </div>
    </div>
  );
}
