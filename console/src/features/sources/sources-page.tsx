// All sources: is each well, and how much does it send?
import { useQuery } from "@tanstack/react-query";
import { Button } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { IconFileImport, IconPlugConnected } from "@tabler/icons-react";
import { useMemo, type ReactNode } from "react";
import type { SourceAnswer } from "@tributary/schema/api/workspace.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Figure } from "../../ui/figure.tsx";
import { Bar, Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Value } from "../../ui/value.tsx";
import { healthOf, hopsOf, type Hops, type SourceHealth } from "../ledger/hops.ts";
import { Health } from "./health.tsx";
import { ledgerQuery, sourceListQuery } from "./queries.ts";

const t = texts.sources;

interface Row {
  readonly source: SourceAnswer;
  /** undefined while the ledger is read. */
  readonly hops: Hops | undefined;
  readonly health: SourceHealth | undefined;
}

const columns: readonly Column<Row>[] = [
  { key: "name", header: t.columns.name, width: "minmax(88px, 2fr)", cell: ({ source }) => <Value value={source.name} /> },
  { key: "kind", header: t.columns.kind, width: "88px", cell: ({ source }) => <span className="dim">{t.kinds[source.kind]}</span> },
  { key: "health", header: t.columns.health, width: "minmax(128px, 1fr)", cell: ({ health }) => (health ? <Health health={health} /> : <Bar />) },
  { key: "received", header: t.columns.received, width: "104px", isEnd: true, cell: ({ hops }) => <Count hops={hops} of="received" /> },
  { key: "held", header: t.columns.held, width: "64px", isEnd: true, cell: ({ hops }) => <Count hops={hops} of="held" /> },
  { key: "failed", header: t.columns.failed, width: "64px", isEnd: true, cell: ({ hops }) => <Count hops={hops} of="failed" /> },
  { key: "keys", header: t.columns.keys, width: "48px", isEnd: true, cell: ({ source }) => source.write_keys.filter((key) => key.revoked_at === null).length },
];

function Count({ hops, of }: { readonly hops: Hops | undefined; readonly of: "received" | "held" | "failed" }): ReactNode {
  if (hops === undefined) return <Bar />;
  if (hops[of] === 0) return <span className="dim">0</span>;
  return of === "held" ? <Link to="/held" tabIndex={-1} onClick={(event) => event.stopPropagation()}><Figure value={hops[of]} /></Link> : <Figure value={hops[of]} />;
}

export function SourcesPage(): ReactNode {
  const navigate = useNavigate();
  const sources = useQuery(sourceListQuery);
  const ledger = useQuery(ledgerQuery);
  const rows = useMemo(() => sources.data?.map((source): Row => {
    const hops = ledger.data && hopsOf(ledger.data.sources.filter((one) => one.source_id === source.id));
    return { source, hops, health: hops && healthOf(source.enabled, hops) };
  }), [sources.data, ledger.data]);
  const silent = rows?.filter((row) => row.hops?.received === 0).length ?? 0;
  return (
    <Page title={t.title} actions={<Button component={Link} to="/imports" variant="default" leftSection={<IconFileImport size={16} />}>{texts.imports.title}</Button>} sentence={rows && rows.length > 0 && ledger.data ? t.sentence(rows.length, silent) : <>&nbsp;</>}>
      <div className="stack">
        {sources.error ? <ProblemNotice problem={sources.error} onRetry={() => void sources.refetch()} /> : null}
        {ledger.error && !sources.error ? <ProblemNotice problem={ledger.error} onRetry={() => void ledger.refetch()} /> : null}
        {sources.error && !sources.data ? null : (
          <DataTable
            label={t.title} columns={columns} rows={rows} rowKey={(row) => row.source.id}
            onOpen={({ source }) => void navigate({ to: "/sources/$sourceId", params: { sourceId: String(source.id) } })}
            empty={<Empty icon={<IconPlugConnected size={28} stroke={1.4} />} title={t.none} text={t.noneText} action={<a href="/api/docs">{texts.navigation.reference}</a>} />}
          />
        )}
      </div>
    </Page>
  );
}
