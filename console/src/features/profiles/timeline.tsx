// What a person did, the latest first, by day and session. Drawn only where it is seen; older events are read as one scrolls.
import { Button } from "@mantine/core";
import { IconChevronDown, IconChevronRight, IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import type { TimelineEvent } from "@tributary/schema/api/profiles.ts";
import { texts } from "../../texts/texts.ts";
import { Clock, useNow } from "../../ui/figure.tsx";
import { dayName, duration, valueText } from "../../ui/format.ts";
import { Json } from "../../ui/json.tsx";
import { Bar, Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { useRecord } from "../desk/queries.ts";
import { useIsMasked } from "../masking/masked.tsx";
import { EventIcon, isUndoable } from "./event-icon.tsx";
import { summaryOf } from "./event-summary.ts";
import { timelineQuery, timelineWish } from "./queries.ts";
import { timelineRows, type TimelineRow } from "./timeline-rows.ts";
import { TimelineTools, type TimelineLook } from "./timeline-tools.tsx";

const t = texts.profiles;
const route = getRouteApi("/shell/profiles/$ref");
const ROW_PX = 37;

export function Timeline({ id }: { readonly id: string }): ReactNode {
  const search = route.useSearch();
  const { tab, kind, source, before } = search;
  const { ref } = route.useParams();
  const navigate = useNavigate();
  const wish = timelineWish(search, useIsMasked());
  const q = wish.search;
  const pages = useInfiniteQuery(timelineQuery(id, wish));
  const look = (next: TimelineLook): void => void navigate({
    to: "/profiles/$ref", params: { ref }, replace: true,
    // What is empty stands in no address.
    search: { ...(tab === undefined ? {} : { tab }), ...Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined && value !== "")) },
  });
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  const events = useMemo(() => pages.data?.pages.flatMap((page) => page.data), [pages.data]);
  const rows = useMemo(() => events && timelineRows(events, turned), [events, turned]);
  const turn = (key: string): void => setTurned((before) => {
    const next = new Set(before);
    if (!next.delete(key)) next.add(key);
    return next;
  });
  const isLooking = q !== undefined || kind !== undefined || source !== undefined || before !== undefined;
  const given: TimelineLook = { ...(q === undefined ? {} : { q }), ...(kind === undefined ? {} : { kind }), ...(source === undefined ? {} : { source }), ...(before === undefined ? {} : { before }) };
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  return (
    <Card title={t.timeline} bare>
      <TimelineTools look={given} onLook={look} />
      {before === undefined ? null : <div className="timeline-banner" role="status"><span>{t.beforeBanner}</span><Button size="xs" variant="default" onClick={() => look({ q: "" })}>{t.showAll}</Button></div>}
      {pages.error ? <div className="card-body"><ProblemNotice problem={pages.error} onRetry={() => void pages.refetch()} /></div> : null}
      {pages.isPending ? <div className="card-body stack">{[80, 60, 70, 50, 65].map((width) => <Bar key={width} width={width} />)}</div> : null}
      {rows?.length === 0 ? <Empty icon={<IconHistory size={28} stroke={1.4} />} title={texts.everywhere.none} text={isLooking ? t.noTimelineFound : t.noTimeline} /> : null}
      {rows && rows.length > 0 ? (
        <Lines id={id} rows={rows} turned={turned} onTurn={turn} onBefore={(row) => look({ before: row })} onEnd={hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined} />
      ) : null}
    </Card>
  );
}

interface LinesProps {
  readonly id: string;
  readonly onBefore: (row: number) => void;
  readonly rows: readonly TimelineRow[];
  readonly turned: ReadonlySet<string>;
  readonly onTurn: (key: string) => void;
  readonly onEnd: (() => void) | undefined;
}

function Lines({ id, rows, turned, onTurn, onBefore, onEnd }: LinesProps): ReactNode {
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroll.current, estimateSize: () => ROW_PX, getItemKey: (index) => rows[index]?.key ?? index, overscan: 10 });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= rows.length - 5) onEnd?.();
  }, [last, rows.length, onEnd]);
  const top = items.find((item) => item.end > (virtual.scrollOffset ?? 0))?.index ?? 0;
  const day = rows.slice(0, top + 1).findLast((row) => row.kind === "day");
  return (
    <div className="timeline" ref={scroll} role="group" tabIndex={0} aria-label={t.timeline}>
      {day?.kind === "day" && top > 0 ? <div className="timeline-day" aria-hidden style={{ height: 32, marginBottom: -32 }}><DayName ms={day.atMs} /></div> : null}
      <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          return (
            <div key={item.key} ref={virtual.measureElement} data-index={item.index} style={{ position: "absolute", insetInline: 0, top: 0, transform: `translateY(${item.start}px)` }}>
              <Line row={row} id={id} isTurned={turned.has(row.key)} onTurn={() => onTurn(row.key)} onBefore={onBefore} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface LineProps {
  readonly row: TimelineRow;
  readonly id: string;
  readonly isTurned: boolean;
  readonly onTurn: () => void;
  readonly onBefore: (row: number) => void;
}

function Line({ row, id, isTurned, onTurn, onBefore }: LineProps): ReactNode {
  if (row.kind === "day") return <h3 className="timeline-day"><DayName ms={row.atMs} /></h3>;
  if (row.kind === "event") return <EventLine event={row.event} id={id} isOpen={isTurned} onTurn={onTurn} onBefore={onBefore} />;
  return (
    <button type="button" className="timeline-session" aria-expanded={row.isOpen} onClick={onTurn}>
      {row.isOpen ? <IconChevronDown size={14} aria-hidden /> : <IconChevronRight size={14} aria-hidden />}{t.session(row.count, duration(row.lengthMs))}
    </button>
  );
}

function DayName({ ms }: { readonly ms: number }): ReactNode {
  return dayName(ms, useNow());
}

function EventLine({ event, id, isOpen, onTurn, onBefore }: Omit<LineProps, "row" | "isTurned"> & { readonly event: TimelineEvent; readonly isOpen: boolean }): ReactNode {
  return (
    <article className="timeline-event" aria-label={valueText(event.event || event.type, 100)}>
      <button type="button" className="timeline-line" aria-expanded={isOpen} onClick={onTurn}>
        <EventIcon event={event} />
        <span className="what"><bdi className="cut name">{valueText(event.event || event.type, 120)}</bdi><bdi className="cut values dim">{summaryOf(event)}</bdi></span>
        <span className="dim"><Clock at={event.at} /></span>
      </button>
      {isOpen ? <EventMore event={event} id={id} onBefore={onBefore} /> : null}
    </article>
  );
}

function EventMore({ event, id, onBefore }: { readonly event: TimelineEvent; readonly id: string; readonly onBefore: (row: number) => void }): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { record, undo } = useRecord(id);
  return (
    <div className="timeline-more">
      <div className="row">
        <Button size="xs" variant="default" onClick={() => onBefore(event.row_id)}>{t.before}</Button>
        {may(session, "service") && isUndoable(event) ? <Button size="xs" variant="default" loading={record.isPending} onClick={() => undo(event.row_id)}>{texts.desk.undo}</Button> : null}
      </div>
      <Json text={JSON.stringify(event)} label={texts.events.panel.title} />
    </div>
  );
}
