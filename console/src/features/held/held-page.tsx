// Held events: why events wait, what to do, and the events themselves; beside them what ClickHouse refused.
import { SegmentedControl, Select } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import type { QuarantineRow } from "@tributary/schema/api/events.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { When } from "../../ui/figure.tsx";
import { Bar, Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { Value } from "../../ui/value.tsx";
import { useSourceName } from "../sources/queries.ts";
import { HeldGroupsView } from "./held-groups.tsx";
import { HeldPanel } from "./held-panel.tsx";
import type { HeldSearch } from "./held-search.ts";
import { groupsQuery, heldPagesQuery } from "./queries.ts";
import { RefusedWrites } from "./refused-writes.tsx";
import "./held.css";

const t = texts.held;
const route = getRouteApi("/shell/held");

export function HeldPage(): ReactNode {
  const search = route.useSearch();
  const navigate = useNavigate();
  const go = (next: HeldSearch): void => void navigate({ to: "/held", search: next });
  const tabs = <SegmentedControl size="xs" value={search.tab ?? "held"} onChange={(tab) => go(tab === "refused" ? { tab } : {})} data={[{ value: "held", label: t.tabs.held }, { value: "refused", label: t.tabs.refused }]} aria-label={t.title} />;
  if (search.tab === "refused") return <RefusedWrites search={search} onGo={go} tabs={tabs} />;
  return <Held search={search} onGo={go} tabs={tabs} />;
}

interface HeldProps {
  readonly search: HeldSearch;
  readonly onGo: (search: HeldSearch) => void;
  readonly tabs: ReactNode;
}

function Held({ search, onGo, tabs }: HeldProps): ReactNode {
  const groups = useQuery(groupsQuery(search.status));
  const open = useQuery(groupsQuery(undefined));
  const count = open.data?.data.reduce((sum, group) => sum + group.count, 0);
  const { row: _, ...listed } = search;
  return (
    <Page fills title={t.title} sentence={count === undefined ? <Bar width={40} /> : t.sentence(count, open.data?.data.length ?? 0)} actions={tabs}>
      <div className="held-bar">
        <Select
          w={150} aria-label={t.statusLabel} allowDeselect={false} value={search.status ?? "open"} data={(["open", "resent", "discarded"] as const).map((value) => ({ value, label: t.status[value] }))}
          onChange={(status) => onGo(status === "resent" || status === "discarded" ? { status } : {})}
        />
      </div>
      {groups.error ? <ProblemNotice problem={groups.error} onRetry={() => void groups.refetch()} /> : null}
      {groups.data && groups.data.data.length > 0 ? <HeldGroupsView groups={groups.data.data} search={search} onGo={onGo} /> : null}
      <div className="split">
        <div className="main"><Rows search={search} onGo={onGo} /></div>
        {search.row === undefined ? null : <HeldPanel key={search.row} row={search.row} onClose={() => onGo(listed)} />}
      </div>
    </Page>
  );
}

function Rows({ search, onGo }: Omit<HeldProps, "tabs">): ReactNode {
  const pages = useInfiniteQuery(heldPagesQuery(search));
  const rows = useMemo(() => pages.data?.pages.flatMap((page) => page.data), [pages.data]);
  const columns = useColumns(search.row !== undefined);
  const empty = <Empty icon={<IconCircleCheck size={28} stroke={1.4} />} title={t.none} text={t.noneText} action={<Link to="/live">{t.noneAction}</Link>} />;
  if (pages.error && rows === undefined) return <ProblemNotice problem={pages.error} onRetry={() => void pages.refetch()} />;
  return (
    <DataTable
      fills label={t.title} columns={columns} rows={rows} rowKey={(row) => row.row_id} selected={search.row} onOpen={(row) => onGo({ ...search, row: row.row_id })} empty={empty}
      onEnd={pages.hasNextPage && !pages.isFetchingNextPage ? () => void pages.fetchNextPage() : undefined} isLoadingMore={pages.isFetchingNextPage}
    />
  );
}

const tones = { open: "attention", resent: "good", discarded: "waiting" } as const;

function useColumns(isNarrow: boolean): readonly Column<QuarantineRow>[] {
  const sourceName = useSourceName();
  const columns: readonly Column<QuarantineRow>[] = [
    { key: "at", header: t.columns.at, width: "112px", cell: (row) => <When at={row.received_at} /> },
    { key: "event", header: t.columns.event, width: "minmax(88px, 1.5fr)", cell: (row) => (row.event === "" ? <span className="dim mono"><Value value={row.message_id} /></span> : <Value value={row.event} />) },
    { key: "reason", header: t.columns.reason, width: "minmax(96px, 1.5fr)", cell: (row) => t.reason(row.reason) },
    { key: "source", header: t.columns.source, width: "minmax(72px, 1fr)", cell: (row) => <span className="dim"><Value value={sourceName(row.source_id)} /></span> },
    { key: "status", header: t.columns.status, width: "104px", cell: (row) => <State tone={tones[row.status]}>{t.status[row.status]}</State> },
  ];
  return isNarrow ? columns.filter(({ key }) => key !== "source" && key !== "status") : columns;
}
