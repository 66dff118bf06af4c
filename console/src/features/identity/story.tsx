// Why these identifiers are one person, as sentences in the order of time. Each names its event, which opens.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { EvidenceEvent, GraphIdentifier, IdentityGraph } from "@tributary/schema/api/identity.ts";
import { texts } from "../../texts/texts.ts";
import { date } from "../../ui/format.ts";
import { sourceListQuery, useSourceName } from "../sources/queries.ts";
import { Filled, Listed } from "../../ui/filled.tsx";
import { Ident } from "./ident.tsx";
import { eventName, identifierWords, storyOf, type StoryStep } from "./identity-words.ts";

const t = texts.identity;
const STEPS_SHOWN = 6;
const NAMED_MAX = 4;

export function Story({ graph }: { readonly graph: IdentityGraph }): ReactNode {
  const [isWhole, setIsWhole] = useState(false);
  const steps = storyOf(graph);
  const [only] = graph.identifiers;
  if (steps.length === 0) return <p className="identity-alone">{only ? t.notOne(identifierWords(only)) : ""}</p>;
  const shown = isWhole ? steps : steps.slice(0, STEPS_SHOWN);
  return (
    <div className="stack">
      <ol className="steps identity-story">{shown.map((step) => <Sentence key={step.row} step={step} />)}</ol>
      {shown.length < steps.length ? <div><Button variant="default" onClick={() => setIsWhole(true)}>{t.story.rest(steps.length - shown.length)}</Button></div> : null}
    </div>
  );
}

function Sentence({ step }: { readonly step: StoryStep }): ReactNode {
  const sourceName = useSourceName();
  const deviceWord = useDeviceWord(step.sourceId);
  const [more, morePeople] = [step.devices.length - NAMED_MAX, step.people.length - NAMED_MAX];
  const people = [...step.people.slice(0, NAMED_MAX).map((one) => <Ident key={one.key} identifier={one} />), ...(morePeople > 0 ? [t.story.others(morePeople)] : [])];
  const devices = [...step.devices.slice(0, NAMED_MAX).map((one, index) => <Ident key={one.key} identifier={one} {...(step.kind === "together" ? {} : { word: index > 0 && isAlike(one, step.devices[0]) ? "" : one.namespace === "anonymous_id" ? deviceWord : t.device })} />), ...(more > 0 ? [step.kind === "together" ? t.story.others(more) : t.story.otherDevices(more)] : [])];
  const all = [...devices, ...people];
  const parts = {
    date: <time dateTime={step.at}>{date(Date.parse(step.at))}</time>,
    who: <Listed items={all} and={t.and} />,
    people: <Listed items={step.kind === "together" ? all : people} and={t.and} />,
    devices: <Listed items={devices} and={t.and} />,
    event: step.event ? <EventLink event={step.event} /> : <bdi>{sourceName(step.sourceId).slice(0, 60)}</bdi>,
  };
  return <li data-tone={step.merges > 0 ? "attention" : "good"}><div><Filled text={t.story[step.kind]} parts={parts} />{step.merges > 0 ? <strong> {t.story.merged}</strong> : null}</div></li>;
}

/** After "the browser a", b needs no word again. */
function isAlike(one: GraphIdentifier, first: GraphIdentifier | undefined): boolean {
  return one.namespace === first?.namespace;
}

/** An event's name and source, as a link to what became of it. */
export function EventLink({ event }: { readonly event: EvidenceEvent }): ReactNode {
  const sourceName = useSourceName();
  const name = t.evidence.event(eventName(event).slice(0, 80), sourceName(event.source_id).slice(0, 60));
  return <Link to="/live" search={{ message: event.message_id, row: event.row_id }}><bdi>{name}</bdi></Link>;
}

/** What an anonymous id stands for, by the kind of source it came from. */
function useDeviceWord(sourceId: number): string {
  const { data } = useQuery(sourceListQuery);
  const kind = data?.find(({ id }) => id === sourceId)?.kind;
  return kind === "website" ? t.browser : kind === "mobile" ? t.app : t.device;
}
