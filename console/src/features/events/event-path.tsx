// The path that an event took: one line a stage, each opens to what it changed. Everything here is what the API found by
// running the stages again; this file only says it in words.
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { EventPath } from "@tributary/schema/api/event-path.ts";
import type { EventFate } from "@tributary/schema/api/events.ts";
import { read } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { Clock, When } from "../../ui/figure.tsx";
import { relativeTime, valueText } from "../../ui/format.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Told } from "../../ui/told.tsx";
import { useSourceName } from "../sources/queries.ts";
import type { LiveSearch } from "./live-search.ts";
import { toneOf } from "./outcome.tsx";
import { FoldedRows, IdentifiedRows, NormalisedRows, ReceivedRows } from "./path-rows.tsx";
import "./path.css";

const t = texts.path;

export interface EventPathProps {
  readonly row: EventFate;
  readonly onFilter: (search: LiveSearch) => void;
}

export function EventPathView({ row, onFilter }: EventPathProps): ReactNode {
  const path = useQuery({
    queryKey: ["events", "path", row.message_id, row.row_id, row.outcome, row.profile_id],
    queryFn: ({ signal }) => read<EventPath>(`/events/${encodeURIComponent(row.message_id)}/path`, { row: row.row_id }, signal),
    staleTime: 30_000,
  });
  if (path.error) return <ProblemNotice problem={path.error} onRetry={() => void path.refetch()} />;
  if (!path.data) return <ol className="steps" aria-busy>{[60, 80, 50, 70, 40].map((width) => <li key={width}><span className="name"><Bar width={80} /></span><Bar width={width} /></li>)}</ol>;
  return <Stages path={path.data} row={row} onFilter={onFilter} />;
}

function Stages({ path, row, onFilter }: EventPathProps & { readonly path: EventPath }): ReactNode {
  return (
    <>
      <ol className="steps">
        <Received path={path} />
        {path.hidden ? <Stage name={t.normalised} tone="waiting" text={t.hiddenText} /> : null}
        {path.normalised ? <Normalised path={path} row={row} onFilter={onFilter} /> : null}
        {path.refused ? <Refused refused={path.refused} /> : null}
        {path.normalised && !path.refused ? <Once path={path} /> : null}
        {path.identified ? <Identified identified={path.identified} onFilter={onFilter} /> : null}
        {path.folded ? <Folded folded={path.folded} onFilter={onFilter} /> : null}
        {row.outcome === "withdrawn" ? <Stage name={t.withdrawn} tone="waiting" text={texts.events.outcomeText["withdrawn"] ?? ""} /> : null}
        <Stage name={t.stored} tone="good" text={path.landed.at === null ? t.inTable : <>{t.landedAt} <Clock at={path.landed.at} /></>} />
      </ol>
      <Rules rules={path.rules} />
    </>
  );
}

function Rules({ rules }: { readonly rules: EventPath["rules"] }): ReactNode {
  if (rules.in_force === "now") return <p className="dim">{t.rulesUnknown}</p>;
  return rules.changed_since === null ? null : <p className="dim">{t.rulesChanged(relativeTime(Date.parse(rules.changed_since), Date.now()))}</p>;
}

interface StageProps {
  readonly name: string;
  readonly tone?: string;
  readonly text: ReactNode;
  /** What the line opens to. */
  readonly children?: ReactNode;
  readonly isOpen?: boolean;
}

function Stage({ name, tone = "good", text, children, isOpen: startsOpen = false }: StageProps): ReactNode {
  const [isOpen, setOpen] = useState(startsOpen);
  const Icon = isOpen ? IconChevronDown : IconChevronRight;
  return (
    <li data-tone={tone}>
      <span className="name">{name}</span>
      <div className="path-step">
        {children ? <button type="button" className="path-toggle" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}><span className="grow"><span className="unseen">{name}: {isOpen ? t.less : t.more}. </span>{text}</span><Icon size={14} aria-hidden /></button> : <div>{text}</div>}
        {children && isOpen ? <div className="path-rows">{children}</div> : null}
      </div>
    </li>
  );
}

function Received({ path: { received } }: { readonly path: EventPath }): ReactNode {
  const sourceName = useSourceName();
  const text = <><Clock at={received.at} /> <span className="dim">· <bdi>{sourceName(received.source_id).slice(0, 80)}</bdi>{received.bytes === null ? null : <> · {t.bytes(received.bytes)}</>}</span></>;
  return <Stage name={t.received} text={text}><ReceivedRows received={received} /></Stage>;
}

function Normalised({ path: { normalised }, row, onFilter }: EventPathProps & { readonly path: EventPath }): ReactNode {
  if (normalised === null) return null;
  const text = t.normalisedText(normalised.changes.length, normalised.identifiers.length, normalised.ignored.length);
  return <Stage name={t.normalised} tone={normalised.ignored.length > 0 ? "attention" : "good"} text={text}><NormalisedRows normalised={normalised} raw={row.raw} onFilter={onFilter} /></Stage>;
}

function Refused({ refused }: { readonly refused: NonNullable<EventPath["refused"]> }): ReactNode {
  const name = refused.outcome === "quarantined" ? t.held : refused.outcome === "dropped" ? t.dropped : (texts.everywhere.outcomes[refused.outcome] ?? refused.outcome);
  const places = refused.places.map((place) => place.join("."));
  return (
    <Stage
      name={name} tone={toneOf(refused.outcome)}
      text={<><span title={refused.reason}>{texts.held.reason(refused.reason)}</span>{refused.detail ? <div><Told text={refused.detail} /></div> : null}{places.length > 0 ? <div className="dim">{t.place_} <span className="mono">{valueText(places.join(", "), 160)}</span></div> : null}</>}
    />
  );
}

function Once({ path: { repeat, message_id: messageId } }: { readonly path: EventPath }): ReactNode {
  if (repeat === null) return <Stage name={t.deduplicated} text={t.first} />;
  if (repeat.first_at === null || repeat.first_row === null) return <Stage name={t.deduplicated} tone="waiting" text={t.repeatUnknown} />;
  return <Stage name={t.deduplicated} tone="waiting" text={<>{t.repeat} <When at={repeat.first_at} /> <Link to="/live" search={{ message: messageId, row: repeat.first_row }}>{t.seeFirst}</Link></>} />;
}

function Identified({ identified, onFilter }: { readonly identified: NonNullable<EventPath["identified"]>; readonly onFilter: EventPathProps["onFilter"] }): ReactNode {
  if (identified.profile_id === null) return <Stage name={t.identified} tone="waiting" text={t.nobody} />;
  const merges = identified.steps.filter(({ kind }) => kind === "merge").length;
  const found = new Set(identified.identifiers.flatMap(({ held_by: holder }) => holder ?? [])).size;
  const text = merges > 0 ? t.joined(merges) : identified.created ? t.created : t.found(Math.max(1, found));
  const hasMoved = identified.profile_now !== null && identified.profile_now !== identified.profile_id && merges === 0;
  return (
    <Stage name={t.identified} tone={identified.steps.some(({ kind }) => kind === "refused") ? "attention" : "good"} text={<>{text}{hasMoved ? <div className="dim">{t.movedSince}</div> : null}</>} isOpen={merges > 0}>
      <IdentifiedRows identified={identified} onFilter={onFilter} />
    </Stage>
  );
}

function Folded({ folded, onFilter }: { readonly folded: NonNullable<EventPath["folded"]>; readonly onFilter: EventPathProps["onFilter"] }): ReactNode {
  const all = [...folded.traits, ...folded.consents];
  const changed = all.filter(({ taken }) => taken === "changed").length;
  const text = t.foldedText(changed, all.length - changed);
  return <Stage name={t.folded} text={text}>{all.length === 0 && folded.replayed === "yes" ? undefined : <FoldedRows folded={folded} onFilter={onFilter} />}</Stage>;
}
