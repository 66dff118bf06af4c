// The live debugger: events as they come in, what each was, and what became of it.
import { Button } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconActivity, IconArrowUp, IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import type { EventRow } from "@tributary/schema/api/events.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Clock } from "../../ui/figure.tsx";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { Value } from "../../ui/value.tsx";
import { useSourceName } from "../sources/queries.ts";
import { EventPanel } from "./event-panel.tsx";
import { EventType, TypeIcon } from "./event-type.tsx";
import { LiveFilters } from "./live-filters.tsx";
import { WAITING_MAX } from "./live-rows.ts";
import { filtersOf, type LiveSearch } from "./live-search.ts";
import { Outcome } from "./outcome.tsx";
import { useLiveEvents, type LiveEvents } from "./use-live-events.ts";

const t = texts.events;
const route = getRouteApi("/shell/live");

export function LivePage(): ReactNode {
  const search = route.useSearch();
  const navigate = useNavigate();
  const go = (next: LiveSearch): void => void navigate({ to: "/live", search: next, replace: next.message !== undefined && search.message !== undefined });
  const [isPaused, setPaused] = useState(false);
  const [isPointed, setPointed] = useState(false);
  const [isDown, setDown] = useState(false);
  const isHeld = isPaused || isPointed || isDown;
  const live = useLiveEvents(filtersOf(search), isHeld);
  const { showFresh } = live;
  useEffect(() => {
    if (!isHeld) showFresh();
  }, [isHeld, showFresh]);
  useHotkeys([["p", () => setPaused((before) => !before)]]);
  const columns = useColumns(search.message !== undefined);
  return (
    <Page fills title={t.title} sentence={<Connection live={live} isPaused={isPaused} isHeld={isHeld} />} actions={<PauseButton isPaused={isPaused} onToggle={() => setPaused(!isPaused)} />}>
      <LiveFilters search={search} onChange={go} />
      {live.rows.skipped > 0 ? <div className="live-note"><State tone="attention">{t.sampled(live.rows.skipped)}</State></div> : null}
      {live.problem ? <ProblemNotice problem={live.problem} onRetry={live.retry} /> : null}
      <div className="split">
        <div className="main" onPointerEnter={() => setPointed(true)} onPointerLeave={() => setPointed(false)}>
          {live.problem && live.rows.shown.length === 0 ? null : (
            <DataTable
              fills label={t.title} columns={columns} rows={live.isLoaded ? live.rows.shown : undefined} rowKey={(row) => row.row_id} selected={search.row ?? live.rows.shown.findLast((row) => row.message_id === search.message)?.row_id}
              onOpen={(row) => go({ ...search, message: row.message_id, row: row.row_id })} onEnd={live.loadOlder} isLoadingMore={live.isLoadingOlder} onScroll={(top) => setDown(top > 4)}
              overlay={<FreshBar live={live} />} empty={<NoEvents isFiltered={Object.keys(filtersOf(search)).length > 0} />}
            />
          )}
        </div>
        {search.message === undefined ? null : <EventPanel messageId={search.message} search={search} onChange={go} />}
      </div>
    </Page>
  );
}

function PauseButton({ isPaused, onToggle }: { readonly isPaused: boolean; readonly onToggle: () => void }): ReactNode {
  return (
    <Button variant={isPaused ? "filled" : "default"} aria-pressed={isPaused} onClick={onToggle} leftSection={isPaused ? <IconPlayerPlay size={15} /> : <IconPlayerPause size={15} />}>
      {isPaused ? t.resume : t.pause}
    </Button>
  );
}

function Connection({ live, isPaused, isHeld }: { readonly live: LiveEvents; readonly isPaused: boolean; readonly isHeld: boolean }): ReactNode {
  if (live.connection === "lost") return <State tone="attention">{t.state.lost}</State>;
  if (live.connection === "connecting") return <State tone="waiting">{t.state.connecting}</State>;
  if (isPaused) return <State tone="waiting">{t.state.paused}</State>;
  return <State tone="good">{isHeld ? t.state.held : t.state.live}</State>;
}

/** Rows that came in while somebody looks: nothing moves before this is clicked. */
function FreshBar({ live }: { readonly live: LiveEvents }): ReactNode {
  const { waiting, lost } = live.rows;
  if (waiting.length === 0) return null;
  return (
    <div className="bar-fresh" role="status">
      <Button leftSection={<IconArrowUp size={14} />} onClick={live.showFresh}>{lost > 0 ? t.freshMax(WAITING_MAX + lost) : t.fresh(waiting.length)}</Button>
    </div>
  );
}

function NoEvents({ isFiltered }: { readonly isFiltered: boolean }): ReactNode {
  const icon = <IconActivity size={28} stroke={1.4} />;
  if (isFiltered) return <Empty icon={icon} title={t.noneFiltered} text={t.noneFilteredText} action={<Link to="/live">{t.filters.clear}</Link>} />;
  return <Empty icon={icon} title={t.none} text={t.noneText} action={<Link to="/sources">{t.noneAction}</Link>} />;
}

/** Fewer where the panel takes its room. */
function useColumns(isNarrow: boolean): readonly Column<EventRow>[] {
  const sourceName = useSourceName();
  const time: Column<EventRow> = { key: "time", header: t.columns.time, width: "68px", cell: (row) => <Clock at={row.received_at} /> };
  const type: Column<EventRow> = { key: "type", header: isNarrow ? "" : t.columns.type, width: isNarrow ? "28px" : "92px", cell: (row) => (isNarrow ? <span className="row" title={row.type}><TypeIcon type={row.type} /></span> : <EventType type={row.type} />) };
  const name: Column<EventRow> = { key: "name", header: t.columns.name, width: "minmax(96px, 2fr)", cell: (row) => <NameCell row={row} /> };
  const person: Column<EventRow> = { key: "person", header: t.columns.person, width: "minmax(80px, 1.5fr)", cell: (row) => <PersonCell row={row} /> };
  const source: Column<EventRow> = { key: "source", header: t.columns.source, width: "minmax(72px, 1fr)", cell: (row) => <span className="dim"><Value value={sourceName(row.source_id)} /></span> };
  const outcome: Column<EventRow> = { key: "outcome", header: t.columns.outcome, width: "128px", cell: (row) => <Outcome outcome={row.outcome} /> };
  return isNarrow ? [time, type, name, person, outcome] : [time, type, name, person, source, outcome];
}

/** Of an event that could not be read, why. */
function NameCell({ row }: { readonly row: EventRow }): ReactNode {
  return row.event === "" ? <span className="mono dim">{row.reason || "–"}</span> : <Value value={row.event} />;
}

function PersonCell({ row }: { readonly row: EventRow }): ReactNode {
  const name = row.user_id || row.anonymous_id || row.profile_id?.slice(0, 8) || "";
  if (row.profile_id === null) return <span className="dim"><Value value={name || texts.everywhere.nobody} /></span>;
  return <Link to="/profiles/$ref" params={{ ref: row.profile_id }} className="cut" onClick={(event) => event.stopPropagation()} tabIndex={-1}><bdi>{name.slice(0, 200)}</bdi></Link>;
}
