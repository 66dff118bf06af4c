// What a person did, the latest first, by day and session. Drawn only where it is seen; older events are read as one scrolls.
import { TextInput } from "@mantine/core";
import { IconChevronDown, IconChevronRight, IconHistory, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import type { TimelineEvent } from "@tributary/schema/api/profiles.ts";
import { texts } from "../../texts/texts.ts";
import { Clock, useNow } from "../../ui/figure.tsx";
import { dayName, duration, valueText } from "../../ui/format.ts";
import { Json } from "../../ui/json.tsx";
import { Bar, Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { TypeIcon } from "../events/event-type.tsx";
import { timelineQuery } from "./queries.ts";
import { matching, timelineRows, type TimelineRow } from "./timeline-rows.ts";

const t = texts.profiles;
const ROW_PX = 37;

export function Timeline({ id }: { readonly id: string }): ReactNode {
  const pages = useInfiniteQuery(timelineQuery(id));
  const [filter, setFilter] = useState("");
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  const events = useMemo(() => pages.data?.pages.flatMap((page) => page.data), [pages.data]);
  const rows = useMemo(() => events && timelineRows(matching(events, filter), turned), [events, filter, turned]);
  const turn = (key: string): void => setTurned((before) => {
    const next = new Set(before);
    if (!next.delete(key)) next.add(key);
    return next;
  });
  const search = (
    <TextInput size="xs" w={200} data-search leftSection={<IconSearch size={14} />} placeholder={t.timelineFilter} aria-label={t.timelineFilter} value={filter} onChange={(event) => setFilter(event.currentTarget.value)} />
  );
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  return (
    <Card title={t.timeline} actions={search} bare>
      {pages.error ? <div className="card-body"><ProblemNotice problem={pages.error} onRetry={() => void pages.refetch()} /></div> : null}
      {pages.isPending ? <div className="card-body stack">{[80, 60, 70, 50, 65].map((width) => <Bar key={width} width={width} />)}</div> : null}
      {rows?.length === 0 ? <Empty icon={<IconHistory size={28} stroke={1.4} />} title={texts.everywhere.none} text={filter === "" ? t.noTimeline : t.noTimelineFound} /> : null}
      {rows && rows.length > 0 ? (
        <Lines rows={rows} turned={turned} onTurn={turn} onEnd={hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined} />
      ) : null}
    </Card>
  );
}

interface LinesProps {
  readonly rows: readonly TimelineRow[];
  readonly turned: ReadonlySet<string>;
  readonly onTurn: (key: string) => void;
  readonly onEnd: (() => void) | undefined;
}

function Lines({ rows, turned, onTurn, onEnd }: LinesProps): ReactNode {
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
              <Line row={row} isTurned={turned.has(row.key)} onTurn={() => onTurn(row.key)} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Line({ row, isTurned, onTurn }: { readonly row: TimelineRow; readonly isTurned: boolean; readonly onTurn: () => void }): ReactNode {
  if (row.kind === "day") return <h3 className="timeline-day"><DayName ms={row.atMs} /></h3>;
  if (row.kind === "event") return <EventLine event={row.event} isOpen={isTurned} onTurn={onTurn} />;
  return (
    <button type="button" className="timeline-session" aria-expanded={row.isOpen} onClick={onTurn}>
      {row.isOpen ? <IconChevronDown size={14} aria-hidden /> : <IconChevronRight size={14} aria-hidden />}{t.session(row.count, duration(row.lengthMs))}
    </button>
  );
}

function DayName({ ms }: { readonly ms: number }): ReactNode {
  return dayName(ms, useNow());
}

function EventLine({ event, isOpen, onTurn }: { readonly event: TimelineEvent; readonly isOpen: boolean; readonly onTurn: () => void }): ReactNode {
  return (
    <article className="timeline-event" aria-label={valueText(event.event || event.type, 100)}>
      <button type="button" className="timeline-line" aria-expanded={isOpen} onClick={onTurn}>
        <TypeIcon type={event.type} />
        <span className="what"><bdi className="cut name">{valueText(event.event || event.type, 120)}</bdi><bdi className="cut values dim">{summaryOf(event)}</bdi></span>
        <span className="dim"><Clock at={event.at} /></span>
      </button>
      {isOpen ? <div className="timeline-more"><Json text={JSON.stringify(event)} label={texts.events.panel.title} /></div> : null}
    </article>
  );
}

/** The page, or the first few values, on one line. */
function summaryOf(event: TimelineEvent): string {
  const called = event.type === "page" || event.type === "screen" ? event.properties["name"] : undefined;
  if (event.page_url !== "" && event.type === "page") return valueText(typeof called === "string" && called !== "" ? `${called}   ${event.page_url}` : event.page_url, 160);
  return Object.entries(event.properties).slice(0, 3).map(([name, value]) => `${valueText(name, 30)}: ${valueText(value, 40)}`).join("   ");
}
