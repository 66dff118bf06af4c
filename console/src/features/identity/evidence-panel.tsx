// What ties two identifiers together: the events themselves, or the way from one to the other over third ones.
import { Button } from "@mantine/core";
import { IconUser } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { GraphEdge, GraphIdentifier, IdentityGraph } from "@tributary/schema/api/identity.ts";
import { texts } from "../../texts/texts.ts";
import { When } from "../../ui/figure.tsx";
import { date } from "../../ui/format.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { TypeIcon } from "../events/event-type.tsx";
import { Filled } from "../../ui/filled.tsx";
import { pathBetween, type GraphLine } from "./graph-model.ts";
import { Ident } from "./ident.tsx";
import { evidenceQuery } from "./queries.ts";
import { EventLink } from "./story.tsx";

const t = texts.identity;

interface OfGraph {
  readonly graph: IdentityGraph;
  readonly onClose: () => void;
}

/** Of one line of the graph; of a cluster's line its strongest pairs. */
export function LinePanel({ graph, line, onClose }: OfGraph & { readonly line: GraphLine }): ReactNode {
  const pairs = line.edges.toSorted((a, b) => (b.events ?? 0) - (a.events ?? 0)).slice(0, PAIRS_MAX);
  return (
    <Panel over title={t.evidence.title} onClose={onClose}>
      {line.reason === undefined ? null : <p>{t.reasonTexts[line.reason] ?? line.reason}</p>}
      {pairs.length === 0 ? <p>{t.evidence.bare}</p> : null}
      {pairs.map((edge) => <Pair key={`${edge.a}${edge.b}${edge.kind}`} graph={graph} edge={edge} />)}
    </Panel>
  );
}

const PAIRS_MAX = 5;

/** Why two identifiers that somebody selected are one person's. */
export function PathPanel({ graph, from, to, onClose }: OfGraph & { readonly from: string; readonly to: string }): ReactNode {
  const path = pathBetween(graph, from, to);
  const ends = [from, to].flatMap((key) => graph.identifiers.find((one) => one.key === key) ?? []);
  return (
    <Panel over title={t.path.title} onClose={onClose}>
      <div className="identity-pair">{ends.map((one) => <Ident key={one.key} identifier={one} />)}</div>
      <p><strong>{path === undefined ? t.path.none : path.length === 1 ? t.path.direct : t.path.over(path.length - 1)}</strong></p>
      {path?.map((edge) => <Pair key={`${edge.a}${edge.b}`} graph={graph} edge={edge} />)}
    </Panel>
  );
}

function Pair({ graph, edge }: { readonly graph: IdentityGraph; readonly edge: GraphEdge }): ReactNode {
  const evidence = useQuery(evidenceQuery(graph.profile_id, edge.a, edge.b));
  const all: readonly (GraphIdentifier & { readonly profile_id?: string | null })[] = [...graph.identifiers, ...graph.neighbours];
  const ends = [edge.a, edge.b].flatMap((key) => all.find((one) => one.key === key) ?? []);
  const [first] = evidence.data?.data ?? [];
  return (
    <section className="stack">
      <div className="identity-pair">{ends.map((one) => <span key={one.key} className="row wrap"><Ident identifier={one} />{one.profile_id ? <OtherPerson id={one.profile_id} /> : null}</span>)}</div>
      {evidence.error ? <ProblemNotice problem={evidence.error} onRetry={() => void evidence.refetch()} /> : null}
      {evidence.isPending ? <Bar width={70} /> : null}
      {evidence.data && first === undefined ? <p>{t.evidence.none}</p> : null}
      {evidence.data && first ? (
        <p><Filled text={t.evidence.total} parts={{ count: t.line.events(evidence.data.total), date: <time dateTime={first.at}>{date(Date.parse(first.at))}</time>, event: <EventLink event={first} /> }} /></p>
      ) : null}
      {evidence.data && first ? (
        <ul className="identity-events">
          {evidence.data.data.map((event) => <li key={event.row_id}><TypeIcon type={event.type} /><span className="grow cut"><EventLink event={event} /></span><span className="dim"><When at={event.at} /></span></li>)}
        </ul>
      ) : null}
      {evidence.data && evidence.data.total > evidence.data.data.length ? <p className="dim">{t.evidence.more(evidence.data.data.length)}</p> : null}
    </section>
  );
}

function OtherPerson({ id }: { readonly id: string }): ReactNode {
  return <Button component={Link} to={`/profiles/${id}`} variant="subtle" leftSection={<IconUser size={14} aria-hidden />}>{t.evidence.person}</Button>;
}
