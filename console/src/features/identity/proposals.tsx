// Splits that agents propose: with the person they are about, and all of them above Merges, for those who may decide. Accepting
// is looking at both sides first, then splitting.
import { Button } from "@mantine/core";
import { IconArrowsSplit2 } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { IdentityGraph, ProposalList } from "@tributary/schema/api/identity.ts";
import { texts } from "../../texts/texts.ts";
import { When } from "../../ui/figure.tsx";
import { ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { useRecord } from "../desk/queries.ts";
import { PersonLink } from "./history.tsx";
import { Ident } from "./ident.tsx";
import { proposalsQuery } from "./queries.ts";

const t = texts.identity.proposals;
const IDENTIFIERS_SHOWN = 6;

export type Proposal = ProposalList["data"][number];

function useMayDecide(): boolean {
  const { data: session } = useSuspenseQuery(sessionQuery);
  return may(session, "write") && may(session, "personal_data");
}

/** What is proposed about one person. */
export function useProposals(profileId: string): readonly Proposal[] {
  const { data } = useQuery({ ...proposalsQuery, enabled: useMayDecide() });
  return data?.data.filter((proposal) => proposal.profile_id === profileId) ?? [];
}

export interface ProposedSplitsProps {
  readonly graph: IdentityGraph;
  readonly proposals: readonly Proposal[];
  /** The one whose identifiers are selected below. */
  readonly shown: string | undefined;
  readonly onShow: (proposal: Proposal) => void;
  readonly onPreview: (proposal: Proposal) => void;
}

export function ProposedSplits({ graph, proposals, shown, onShow, onPreview }: ProposedSplitsProps): ReactNode {
  if (proposals.length === 0) return null;
  return (
    <Card title={t.title}>
      <ul className="proposal-list">
        {proposals.map((proposal) => <One key={proposal.id} graph={graph} proposal={proposal} isShown={proposal.id === shown} onShow={() => onShow(proposal)} onPreview={() => onPreview(proposal)} />)}
      </ul>
    </Card>
  );
}

interface OneProps {
  readonly graph: IdentityGraph;
  readonly proposal: Proposal;
  readonly isShown: boolean;
  readonly onShow: () => void;
  readonly onPreview: () => void;
}

function One({ graph, proposal, isShown, onShow, onPreview }: OneProps): ReactNode {
  const { record } = useRecord(graph.profile_id);
  const meant = proposedOf(graph, proposal);
  const isPossible = meant.length > 0 && meant.length < graph.identifiers.length;
  const decline = (): void => record.mutate({ path: `/unmerge-proposals/${proposal.id}/decision`, body: { decision: "declined" }, done: t.declined, canUndo: false });
  return (
    <li className="stack">
      <Reason proposal={proposal} />
      <div className="row wrap">
        {meant.slice(0, IDENTIFIERS_SHOWN).map((identifier) => <Ident key={identifier.key} identifier={identifier} />)}
        {meant.length > IDENTIFIERS_SHOWN ? <span className="dim">{texts.profiles.moreIdentifiers(meant.length - IDENTIFIERS_SHOWN)}</span> : null}
      </div>
      {meant.length < proposal.keys.length || !isPossible ? <State tone="attention">{isPossible ? t.changed : t.impossible}</State> : null}
      <div className="row wrap">
        {isPossible ? <Button leftSection={<IconArrowsSplit2 size={15} aria-hidden />} onClick={onPreview}>{t.preview}</Button> : null}
        {isPossible ? <Button variant="default" disabled={isShown} onClick={onShow}>{isShown ? t.selected : t.show}</Button> : null}
        <Button variant="default" loading={record.isPending} onClick={decline}>{t.decline}</Button>
      </div>
    </li>
  );
}

function Reason({ proposal: { author, reason, at } }: { readonly proposal: Proposal }): ReactNode {
  return <span><bdi>{t.proposes(author.name)}</bdi> “<bdi className="identity-reason">{reason}</bdi>” <span className="dim"><When at={at} /></span></span>;
}

/** Of the identifiers that are proposed, those that are this person's still. */
export function proposedOf(graph: IdentityGraph, proposal: Proposal): IdentityGraph["identifiers"] {
  return graph.identifiers.filter(({ key }) => proposal.keys.includes(key));
}

/** All that wait, above Merges; nothing for those who can't decide, and nothing while there are none. */
export function WaitingProposals(): ReactNode {
  const { data, error, refetch } = useQuery({ ...proposalsQuery, enabled: useMayDecide() });
  if (error && !data) return <ProblemNotice problem={error} onRetry={() => void refetch()} />;
  if (!data || data.data.length === 0) return null;
  return (
    <div className="merges-proposals">
      <Card title={t.waiting(data.data.length)}>
        <ul className="proposal-list">
          {data.data.map((proposal) => (
            <li key={proposal.id} className="proposal-row">
              <span className="grow"><PersonLink id={proposal.profile_id} people={data.people} />: <Reason proposal={proposal} /></span>
              <Button component={Link} to={`/profiles/${proposal.profile_id}?tab=identity&proposal=${proposal.id}`} variant="default" size="xs">{t.look}</Button>
            </li>
          ))}
        </ul>
        {data.complete ? null : <p className="dim">{t.incomplete}</p>}
      </Card>
    </div>
  );
}
