// What is wrong now, and what was: open alerts first, each opened beside the list.
import { Button, NativeSelect, Tooltip } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconBellCheck, IconSearch, IconSettings } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import type { AlertShown } from "@tributary/schema/api/alerts.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { ExportCsv } from "../../ui/export-csv.tsx";
import { When } from "../../ui/figure.tsx";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { AlertPanel } from "./alert-panel.tsx";
import { AlertState, alertStateOf } from "./alert-state.tsx";
import type { AlertsSearch } from "./alerts-search.ts";
import { alertPagesQuery, alertSummaryQuery } from "./queries.ts";
import "./alerts.css";

const t = texts.alerts;
const route = getRouteApi("/shell/alerts");

const wordsOf = (alert: AlertShown): string => t.wrong(alert.sentence, alert.kind, alert.name, alert.facts);

/** In the direction of the console's language, whatever name stands first in it. */
function Sentence({ text }: { readonly text: string }): ReactNode {
  return <Tooltip label={text} multiline maw={420}><span className="cut" dir="ltr">{text}</span></Tooltip>;
}

const columns: readonly Column<AlertShown>[] = [
  { key: "state", header: t.columns.state, width: "128px", cell: (alert) => <AlertState alert={alert} />, csv: alertStateOf },
  { key: "kind", header: t.columns.kind, width: "152px", cell: ({ kind }) => <span className="cut dim">{t.kindWord(kind)}</span>, csv: ({ kind }) => kind },
  { key: "what", header: t.columns.what, width: "minmax(160px, 4fr)", cell: (alert) => <Sentence text={wordsOf(alert)} />, csv: wordsOf },
  { key: "since", header: t.columns.since, width: "104px", cell: ({ since }) => <When at={since} />, csv: ({ since }) => new Date(since) },
  { key: "told", header: t.columns.told, width: "minmax(72px, 1fr)", cell: ({ told }) => <span className="dim cut">{t.toldShort(told.sent, told.waiting, told.failed)}</span>, csv: ({ told }) => told.sent },
];
const inNarrow: ReadonlySet<string> = new Set(["state", "what", "since"]);
const narrowColumns = columns.filter(({ key }) => inNarrow.has(key));

export function AlertsPage(): ReactNode {
  const search = route.useSearch();
  const navigate = useNavigate();
  const isNarrow = useMediaQuery("(max-width: 1000px)", false, { getInitialValueInEffect: false });
  const go = (next: AlertsSearch): void => void navigate({ to: "/alerts", search: next, replace: true });
  const { alert: open, ...filters } = search;
  const pages = useInfiniteQuery({ ...alertPagesQuery(filters), placeholderData: keepPreviousData });
  const summary = useQuery(alertSummaryQuery);
  const rows = useMemo(() => pages.data?.pages.flatMap((page) => page.data), [pages.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const isFiltered = Object.keys(filters).length > 0;
  return (
    <Page
      fills title={t.title} sentence={summary.data ? t.sentence(summary.data.open + summary.data.snoozed, summary.data.acknowledged) : <>&nbsp;</>}
      actions={<><ExportCsv title={t.title} columns={columns} rows={rows} /><Button component={Link} to="/settings/alerts" variant="default" leftSection={<IconSettings size={15} />}>{t.settings}</Button></>}
    >
      <div className="row wrap" style={{ marginBottom: 16 }}>
        <Filters search={filters} onChange={go} />
      </div>
      {pages.error ? <ProblemNotice problem={pages.error} onRetry={() => void pages.refetch()} /> : null}
      <div className="split">
        <div className="main">
          {pages.error && rows === undefined ? null : (
            <DataTable
              fills label={t.title} columns={isNarrow || open !== undefined ? narrowColumns : columns} rows={rows} rowKey={({ id }) => id} selected={open} onOpen={({ id }) => go({ ...search, alert: id })}
              onEnd={hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined} isLoadingMore={isFetchingNextPage}
              empty={isFiltered ? <Empty icon={<IconSearch size={28} stroke={1.4} />} title={t.noneShown} text={t.noneShownText} action={<Link to="/alerts">{t.clear}</Link>} />
                : <Empty icon={<IconBellCheck size={28} stroke={1.4} />} title={t.none} text={t.noneText} action={<Link to="/settings/alerts">{t.settings}</Link>} />}
            />
          )}
        </div>
        {open === undefined ? null : <AlertPanel key={open} id={open} onClose={() => go(filters)} />}
      </div>
    </Page>
  );
}

function Filters({ search, onChange }: { readonly search: AlertsSearch; readonly onChange: (search: AlertsSearch) => void }): ReactNode {
  const set = (show: string, kind: string): void => onChange({ ...(show === "open" || show === "closed" ? { show } : {}), ...(kind === "" ? {} : { kind }) });
  return (
    <>
      <NativeSelect
        aria-label={t.show} value={search.show ?? "all"} data={(["all", "open", "closed"] as const).map((value) => ({ value, label: t.shows[value] }))} onChange={(event) => set(event.currentTarget.value, search.kind ?? "")}
      />
      <NativeSelect
        aria-label={t.kindLabel} value={search.kind ?? ""} data={[{ value: "", label: t.kindAll }, ...Object.entries(t.kinds).map(([value, label]) => ({ value, label }))]} onChange={(event) => set(search.show ?? "all", event.currentTarget.value)}
      />
    </>
  );
}
