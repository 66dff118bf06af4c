// All destinations: is each well, since when, and how much of it is switched on?
import { Button, NativeSelect } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconPlus, IconSearch, IconSend } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import type { Destination } from "@tributary/schema/api/destinations.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { ExportCsv } from "../../ui/export-csv.tsx";
import { When } from "../../ui/figure.tsx";
import { Bar, Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Value } from "../../ui/value.tsx";
import { DestinationState, isBad, shownStateOf, type ShownState } from "./destination-state.tsx";
import { FindField } from "./find-field.tsx";
import { destinationListQuery, destinationQuery, statesQuery } from "./queries.ts";
import { SetUpButton } from "./set-up-button.tsx";
import "../sources/source.css";
import "./destinations.css";

const t = texts.destinations;
const route = getRouteApi("/shell/destinations/");

interface Row {
  readonly destination: Destination;
  /** undefined while it is read. */
  readonly state: ShownState | undefined;
  readonly since: string | undefined;
}

const columns: readonly Column<Row>[] = [
  { key: "name", header: t.columns.name, width: "minmax(120px, 2fr)", cell: ({ destination }) => <Value value={destination.name} />, csv: ({ destination }) => destination.name },
  { key: "kind", header: t.columns.kind, width: "minmax(96px, 1fr)", cell: ({ destination }) => <Kind {...destination} />, csv: ({ destination }) => destination.definition },
  { key: "state", header: t.columns.state, width: "minmax(168px, 1fr)", cell: ({ state }) => (state ? <DestinationState state={state} /> : <Bar />), csv: ({ state }) => state },
  { key: "since", header: t.columns.since, width: "112px", cell: ({ since }) => (since === undefined ? <span className="dim">–</span> : <When at={since} />), csv: ({ since }) => since },
  { key: "sends", header: t.columns.sends, width: "112px", isEnd: true, cell: ({ destination: { subscriptions } }) => t.onOf(subscriptions.enabled, subscriptions.total), csv: ({ destination }) => destination.subscriptions.enabled },
  { key: "by", header: t.columns.by, width: "minmax(80px, 1fr)", cell: ({ destination }) => <span className="dim"><Value value={destination.updated_by_name ?? destination.updated_by} /></span>, csv: ({ destination }) => destination.updated_by },
  { key: "changed", header: t.columns.changed, width: "104px", cell: ({ destination }) => <When at={destination.updated_at} />, csv: ({ destination }) => destination.updated_at },
];
const inNarrow: ReadonlySet<string> = new Set(["name", "state", "since", "sends"]);
const narrowColumns = columns.filter(({ key }) => inNarrow.has(key));

function Kind({ definition, definition_name: name }: Destination): ReactNode {
  return <span className="dim cut" title={definition}>{name ?? t.gone}</span>;
}

export function DestinationsPage(): ReactNode {
  const navigate = route.useNavigate();
  const client = useQueryClient();
  const { search = "", status = "active" } = route.useSearch();
  const isNarrow = useMediaQuery("(max-width: 1000px)", false, { getInitialValueInEffect: false });
  const list = useQuery(destinationListQuery({ search, status }));
  const states = useQuery(statesQuery);
  const rows = useMemo(() => {
    const told = states.data && new Map(states.data.data.map((one) => [one.slug, one]));
    return list.data?.data.map((destination): Row => {
      const one = told?.get(destination.slug);
      return { destination, state: told && shownStateOf(destination, one?.state), since: destination.enabled ? one?.since : undefined };
    });
  }, [list.data, states.data]);
  const failed = [list, states].find((query) => query.error !== null);
  const isWhole = search === "" && status === "active" && rows?.every(({ state }) => state !== undefined);
  const on = rows?.filter(({ destination }) => destination.enabled) ?? [];
  const sentence = isWhole && rows && rows.length > 0 ? t.sentence(on.length, on.filter(({ state }) => state !== undefined && isBad(state)).length, rows.length - on.length) : <>&nbsp;</>;
  const actions = (
    <>
      <ExportCsv title={t.title} columns={columns} rows={rows} />
      <Button component={Link} to="/destinations/catalog" leftSection={<IconPlus size={15} />}>{t.catalog.open}</Button>
    </>
  );
  const isEmpty = rows?.length === 0 && search === "";
  const set = (next: { readonly search: string; readonly status: string }): void =>
    void navigate({ search: { ...(next.search === "" ? {} : { search: next.search }), ...(next.status === "archived" ? { status: "archived" as const } : {}) }, replace: true });
  return (
    <Page title={t.title} actions={actions} sentence={sentence}>
      <div className="stack roomy">
        {failed?.error ? <ProblemNotice problem={failed.error} onRetry={() => void failed.refetch()} /> : null}
        <div className="row wrap">
          <FindField label={t.filter} value={search} onChange={(word) => set({ search: word, status })} />
          <NativeSelect
            aria-label={t.status} value={status} data={[{ value: "active", label: t.statuses.active }, { value: "archived", label: t.statuses.archived }]}
            onChange={(event) => set({ search, status: event.currentTarget.value })}
          />
        </div>
        {list.error && !rows ? null : (
          <DataTable
            label={t.title} columns={isNarrow ? narrowColumns : columns} rows={rows} rowKey={({ destination }) => destination.slug}
            onOpen={({ destination: { slug } }) => void navigate({ to: "/destinations/$slug", params: { slug }, search: {} })} onHover={({ destination: { slug } }) => void client.prefetchQuery(destinationQuery(slug))}
            empty={isEmpty ? <NoDestination isArchived={status === "archived"} /> : <Empty icon={<IconSearch size={28} stroke={1.4} />} title={t.noMatch} text={t.noMatchText} action={<Link to="/destinations">{t.clearFilter}</Link>} />}
          />
        )}
      </div>
    </Page>
  );
}

function NoDestination({ isArchived }: { readonly isArchived: boolean }): ReactNode {
  const icon = <IconSend size={28} stroke={1.4} />;
  if (isArchived) return <Empty icon={icon} title={t.noneArchived} text={t.noneArchivedText} action={<Link to="/destinations">{t.clearFilter}</Link>} />;
  return <Empty icon={icon} title={t.none} text={t.noneText} action={<div className="row wrap"><Button component={Link} to="/destinations/catalog">{t.catalog.open}</Button><SetUpButton variant="default" definition="signed-webhook">{texts.setUp.webhook}</SetUpButton></div>} />;
}
