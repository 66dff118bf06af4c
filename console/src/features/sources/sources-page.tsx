// All sources: is each well, how much does it send, and when did it last?
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { IconFileImport, IconPlugConnected, IconPlus, IconSearch } from "@tabler/icons-react";
import { useMemo, type ReactNode } from "react";
import type { SourceAnswer } from "@tributary/schema/api/workspace.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { ExportCsv } from "../../ui/export-csv.tsx";
import { Figure, When } from "../../ui/figure.tsx";
import { Bar, Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Sparkline } from "../../ui/sparkline.tsx";
import { Value } from "../../ui/value.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { healthOf, hopsOf, type Hops, type SourceHealth } from "../ledger/hops.ts";
import { Health } from "./health.tsx";
import { keyStateOf } from "./key-state.ts";
import { ledgerQuery, sourceListQuery, volumesQuery } from "./queries.ts";
import { healths, type SourcesSearch } from "./sources-search.ts";
import { volumesBySource, type SourceVolume } from "./volume-series.ts";
import "./source.css";

const t = texts.sources;
const route = getRouteApi("/shell/sources");

interface Row {
  readonly source: SourceAnswer;
  /** undefined while the ledger is read. */
  readonly hops: Hops | undefined;
  readonly health: SourceHealth | undefined;
  readonly liveKeys: number;
  /** undefined while it is read; null: it sent nothing in the last day. */
  readonly volume: SourceVolume | null | undefined;
}

const columns: readonly Column<Row>[] = [
  { key: "name", header: t.columns.name, width: "minmax(88px, 2fr)", cell: ({ source }) => <Value value={source.name} />, csv: ({ source }) => source.name },
  { key: "kind", header: t.columns.kind, width: "72px", cell: ({ source }) => <span className="dim">{t.kinds[source.kind]}</span>, csv: ({ source }) => source.kind },
  { key: "health", header: t.columns.health, width: "minmax(128px, 1fr)", cell: ({ health }) => (health ? <Health health={health} /> : <Bar />), csv: ({ health }) => health },
  { key: "volume", header: t.columns.volume, width: "100px", cell: ({ volume }) => <Line volume={volume} /> },
  { key: "received", header: t.columns.received, width: "72px", isEnd: true, cell: ({ hops }) => <Count hops={hops} of="received" />, csv: ({ hops }) => hops?.received },
  { key: "held", header: t.columns.held, width: "56px", isEnd: true, cell: ({ hops }) => <Count hops={hops} of="held" />, csv: ({ hops }) => hops?.held },
  { key: "failed", header: t.columns.failed, width: "56px", isEnd: true, cell: ({ hops }) => <Count hops={hops} of="failed" />, csv: ({ hops }) => hops?.failed },
  { key: "last", header: t.columns.last, width: "104px", cell: ({ volume }) => <Last volume={volume} />, csv: ({ volume }) => volume?.lastAt },
  { key: "keys", header: t.columns.keys, width: "44px", isEnd: true, cell: ({ liveKeys }) => liveKeys, csv: ({ liveKeys }) => liveKeys },
];
const inNarrow: ReadonlySet<string> = new Set(["name", "health", "volume", "received", "held", "last"]);
const narrowColumns = columns.filter((column) => inNarrow.has(column.key));

function Count({ hops, of }: { readonly hops: Hops | undefined; readonly of: "received" | "held" | "failed" }): ReactNode {
  if (hops === undefined) return <Bar />;
  if (hops[of] === 0) return <span className="dim">0</span>;
  return of === "held" ? <Link to="/held" tabIndex={-1} onClick={(event) => event.stopPropagation()}><Figure value={hops[of]} /></Link> : <Figure value={hops[of]} />;
}

function Line({ volume }: { readonly volume: SourceVolume | null | undefined }): ReactNode {
  if (volume === undefined) return <Bar />;
  return volume === null ? <span className="dim">–</span> : <Sparkline values={volume.received} label={t.volume.line} />;
}

function Last({ volume }: { readonly volume: SourceVolume | null | undefined }): ReactNode {
  if (volume === undefined) return <Bar />;
  return volume?.lastAt === undefined ? <span className="dim">{t.overADay}</span> : <When at={volume.lastAt} />;
}

/** Every source with what is known of it so far; undefined while the list is read. */
function useRows(): { readonly rows: readonly Row[] | undefined; readonly error: Error | null; readonly retry: () => void } {
  const sources = useQuery(sourceListQuery);
  const ledger = useQuery(ledgerQuery);
  const volumes = useQuery(volumesQuery);
  const rows = useMemo(() => {
    const bySource = volumes.data && volumesBySource(volumes.data);
    return sources.data?.map((source): Row => {
      const hops = ledger.data && hopsOf(ledger.data.sources.filter((one) => one.source_id === source.id));
      const state = (key: SourceAnswer["write_keys"][number]) => keyStateOf(key, Date.now());
      const liveKeys = source.write_keys.filter((key) => ["active", "ending"].includes(state(key))).length;
      return { source, hops, health: hops && healthOf(source.enabled, hops), liveKeys, volume: bySource && (bySource.get(source.id) ?? null) };
    });
  }, [sources.data, ledger.data, volumes.data]);
  const failed = [sources, ledger, volumes].find((query) => query.error !== null);
  return { rows, error: failed?.error ?? null, retry: () => void failed?.refetch() };
}

function isShown({ source, health }: Row, filter: SourcesSearch): boolean {
  const word = filter.search?.toLocaleLowerCase() ?? "";
  return (filter.health === undefined || health === filter.health) && (word === "" || source.name.toLocaleLowerCase().includes(word) || source.slug.includes(word));
}

export function SourcesPage(): ReactNode {
  const navigate = useNavigate();
  const filter = route.useSearch();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const isNarrow = useMediaQuery("(max-width: 1000px)", false, { getInitialValueInEffect: false });
  const { rows, error, retry } = useRows();
  const shown = useMemo(() => rows?.filter((row) => isShown(row, filter)), [rows, filter]);
  const silent = rows?.filter((row) => row.hops?.received === 0).length ?? 0;
  const isCounted = rows?.every((row) => row.hops !== undefined) ?? false;
  const drawn = isNarrow ? narrowColumns : columns;
  const actions = (
    <>
      <ExportCsv title={t.title} columns={columns} rows={shown} />
      <Button component={Link} to="/imports" variant="default" leftSection={<IconFileImport size={15} />}>{texts.imports.title}</Button>
      {may(session, "admin") ? <Button component={Link} to="/sources/new" leftSection={<IconPlus size={15} />}>{t.create.action}</Button> : null}
    </>
  );
  return (
    <Page title={t.title} actions={actions} sentence={rows && rows.length > 0 && isCounted ? t.sentence(rows.length, silent) : <>&nbsp;</>}>
      <div className="stack roomy">
        {error ? <ProblemNotice problem={error} onRetry={retry} /> : null}
        {rows?.length === 0 ? null : <Filters filter={filter} />}
        {error && !rows ? null : (
          <DataTable
            label={t.title} columns={drawn} rows={shown} rowKey={(row) => row.source.id}
            onOpen={({ source }) => void navigate({ to: "/sources/$sourceId", params: { sourceId: String(source.id) } })}
            empty={rows?.length === 0 ? <NoSource /> : <Empty icon={<IconSearch size={28} stroke={1.4} />} title={t.noMatch} text={t.noMatchText} action={<Link to="/sources">{t.clearFilter}</Link>} />}
          />
        )}
      </div>
    </Page>
  );
}

function Filters({ filter }: { readonly filter: SourcesSearch }): ReactNode {
  const navigate = route.useNavigate();
  const set = (search: string, health: string): void => {
    const found = healths.find((one) => one === health);
    void navigate({ search: { ...(search === "" ? {} : { search }), ...(found === undefined ? {} : { health: found }) }, replace: true });
  };
  return (
    <div className="row wrap">
      <TextInput
        className="filter-word" aria-label={t.filter} placeholder={t.filter} leftSection={<IconSearch size={15} aria-hidden />} value={filter.search ?? ""}
        onChange={(event) => set(event.currentTarget.value, filter.health ?? "")}
      />
      <NativeSelect
        aria-label={t.columns.health} value={filter.health ?? ""} data={[{ value: "", label: t.anyHealth }, ...healths.map((value) => ({ value, label: texts.everywhere.sourceHealth[value] }))]}
        onChange={(event) => set(filter.search ?? "", event.currentTarget.value)}
      />
    </div>
  );
}

function NoSource(): ReactNode {
  return <Empty icon={<IconPlugConnected size={28} stroke={1.4} />} title={t.none} text={t.noneText} action={<Link to="/sources/new">{t.create.action}</Link>} />;
}
