// What arrives: the events, and the fields that wait for a decision; traits and context.
import { SegmentedControl } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconChecklist, IconListDetails } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import type { ObservedEvent, ObservedSummary } from "@tributary/schema/api/observed.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { ExportCsv } from "../../ui/export-csv.tsx";
import { Figure, When } from "../../ui/figure.tsx";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Sparkline } from "../../ui/sparkline.tsx";
import { State } from "../../ui/state.tsx";
import { Value } from "../../ui/value.tsx";
import { DriftMark, driftText } from "./field-words.tsx";
import { FieldsTable } from "./fields-table.tsx";
import { fieldsQuery, observedEventsQuery } from "./queries.ts";
import { matches, schemaTabs, type SchemaSearch } from "./schema-search.ts";
import { SchemaTools } from "./schema-tools.tsx";
import "./schema.css";

const t = texts.schema;
const route = getRouteApi("/shell/schema");

export function SchemaPage(): ReactNode {
  const search = route.useSearch();
  const navigate = useNavigate();
  const go = (next: SchemaSearch): void => void navigate({ to: "/schema", search: next, replace: true });
  const events = useQuery(observedEventsQuery);
  const tab = search.tab ?? "events";
  const summary = events.data?.summary;
  const tabs = <Tabs tab={tab} undecided={summary?.undecided} onTab={(next) => go(next === "events" ? {} : { tab: next })} />;
  return (
    <Page fills title={t.title} sentence={summary ? t.sentence(summary.events, summary.fields, summary.undecided) : <>&nbsp;</>}>
      {summary ? <Beyond summary={summary} /> : null}
      {events.error && !events.data ? <ProblemNotice problem={events.error} onRetry={() => void events.refetch()} /> : tab === "events" ? <Events events={events.data?.data} search={search} onSearch={go} tabs={tabs} /> : <Fields key={tab} tab={tab} search={search} onSearch={go} tabs={tabs} />}
    </Page>
  );
}

function Tabs({ tab, undecided, onTab }: { readonly tab: (typeof schemaTabs)[number]; readonly undecided: number | undefined; readonly onTab: (tab: (typeof schemaTabs)[number]) => void }): ReactNode {
  const label = (one: (typeof schemaTabs)[number]): string => (one === "decide" && undecided !== undefined && undecided > 0 ? `${t.tabs.decide} (${undecided})` : t.tabs[one]);
  return <SegmentedControl size="xs" aria-label={t.tabsLabel} value={tab} onChange={(value) => onTab(schemaTabs.find((one) => one === value) ?? "events")} data={schemaTabs.map((one) => ({ value: one, label: label(one) }))} />;
}

function Beyond({ summary }: { readonly summary: ObservedSummary }): ReactNode {
  if (summary.events_beyond === 0 && summary.fields_beyond === 0) return null;
  return <div className="schema-note"><State tone="attention">{t.beyond(summary.events_beyond, summary.fields_beyond, summary.limits)}</State></div>;
}

interface TabProps {
  readonly search: SchemaSearch;
  readonly onSearch: (search: SchemaSearch) => void;
  readonly tabs: ReactNode;
}

const columns: readonly Column<ObservedEvent>[] = [
  { key: "event", header: t.columns.event, width: "minmax(112px, 2fr)", cell: (row) => <Value value={row.event} />, csv: (row) => row.event },
  { key: "type", header: t.columns.type, width: "64px", cell: (row) => <span className="dim">{row.type}</span>, csv: (row) => row.type },
  { key: "count", header: t.columns.count, width: "60px", isEnd: true, cell: (row) => <Figure value={row.count} />, csv: (row) => row.count },
  { key: "curve", header: t.columns.curve, width: "minmax(72px, 120px)", cell: (row) => <Sparkline values={row.days} label={t.curve(row.days)} /> },
  { key: "last", header: t.columns.last, width: "76px", cell: (row) => <When at={row.last_at} />, csv: (row) => row.last_at },
  { key: "fields", header: t.columns.fields, width: "52px", isEnd: true, cell: (row) => <Figure value={row.fields} />, csv: (row) => row.fields },
  { key: "undecided", header: t.columns.undecided, width: "72px", isEnd: true, cell: (row) => (row.undecided === 0 ? <span className="dim">0</span> : <strong>{row.undecided}</strong>), csv: (row) => row.undecided },
  { key: "changed", header: t.columns.changed, width: "minmax(128px, 1fr)", cell: (row) => <Changed event={row} />, csv: (row) => changesOf(row).join("; ") },
];

const narrowColumns = columns.filter(({ key }) => key !== "type");

function changesOf(event: ObservedEvent): string[] {
  return [
    ...event.drift.map(driftText), ...(event.fields_new > 0 ? [t.drift.fieldsNew(event.fields_new)] : []), ...(event.fields_silent > 0 ? [t.drift.fieldsSilent(event.fields_silent)] : []),
  ];
}

function Changed({ event }: { readonly event: ObservedEvent }): ReactNode {
  const [first] = event.drift;
  if (first) return <DriftMark drift={first} />;
  const text = changesOf(event).join(", ");
  return text === "" ? null : <State tone={event.fields_silent > 0 ? "attention" : "waiting"}>{text}</State>;
}

function Events({ events, search, onSearch, tabs }: TabProps & { readonly events: readonly ObservedEvent[] | undefined }): ReactNode {
  const navigate = useNavigate();
  const isNarrow = useMediaQuery("(max-width: 1000px)", false, { getInitialValueInEffect: false });
  const shown = useMemo(
    () => events?.filter((event) => matches(search.find, event.event, event.type) && (search.changed !== true || changesOf(event).length > 0)), [events, search.find, search.changed],
  );
  const icon = <IconListDetails size={28} stroke={1.4} />;
  return (
    <>
      <SchemaTools search={search} onSearch={onSearch} tabs={tabs} findLabel={t.find.events}><ExportCsv title={t.title} columns={columns} rows={shown} /></SchemaTools>
      <DataTable
        fills label={t.tabs.events} columns={isNarrow ? narrowColumns : columns} rows={shown} rowKey={(row) => `${row.type} ${row.event}`} onOpen={(row) => void navigate({ to: "/schema/$event", params: { event: row.event } })}
        empty={events?.length === 0 ? <Empty icon={icon} title={t.none.title} text={t.none.text} action={<Link to="/sources">{t.none.action}</Link>} /> : <Empty icon={icon} title={t.noneFound.title} text={t.noneFound.text} action={<Link to="/schema">{t.noneFound.action}</Link>} />}
      />
    </>
  );
}

function Fields({ tab, search, onSearch, tabs }: TabProps & { readonly tab: Parameters<typeof fieldsQuery>[0] }): ReactNode {
  const query = useQuery(fieldsQuery(tab));
  if (query.error && !query.data) return <>{tabs}<ProblemNotice problem={query.error} onRetry={() => void query.refetch()} /></>;
  const empty = tab === "decide"
    ? <Empty icon={<IconChecklist size={28} stroke={1.4} />} title={t.allDecided.title} text={t.allDecided.text} />
    : <Empty icon={<IconListDetails size={28} stroke={1.4} />} title={t.none.title} text={t.none.text} action={<Link to="/sources">{t.none.action}</Link>} />;
  return <FieldsTable title={t.tabs[tab]} fields={query.data?.fields} withEvent={tab === "decide"} search={search} onSearch={onSearch} tabs={tabs} empty={empty} />;
}
