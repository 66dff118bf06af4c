// All imports: where each stands and what came of it, and the one way to begin another.
import { Button } from "@mantine/core";
import { IconFileImport } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ImportState } from "@tributary/schema/import.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Figure, When } from "../../ui/figure.tsx";
import { Bar, Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { Value } from "../../ui/value.tsx";
import { ImportPanel } from "./import-panel.tsx";
import { importTones } from "./import-tones.ts";
import { importListQuery, isGoing } from "./queries.ts";
import "./imports.css";

const t = texts.imports;
const route = getRouteApi("/shell/imports");

const columns: readonly Column<ImportState>[] = [
  { key: "name", header: t.columns.name, width: "minmax(120px, 2fr)", cell: (row) => <Value value={row.name} /> },
  { key: "status", header: t.columns.status, width: "minmax(112px, 1fr)", cell: (row) => <State tone={importTones[row.status]}>{t.status[row.status]}</State> },
  { key: "events", header: t.columns.events, width: "80px", isEnd: true, cell: (row) => <Figure value={row.accepted} /> },
  { key: "refused", header: t.columns.refused, width: "72px", isEnd: true, cell: (row) => (row.refused === 0 ? <span className="dim">0</span> : <Figure value={row.refused} />) },
  { key: "by", header: t.columns.by, width: "minmax(80px, 1fr)", cell: (row) => <span className="dim"><Value value={row.created_by} /></span> },
  { key: "at", header: t.columns.at, width: "112px", cell: (row) => <When at={row.created_at} /> },
];

export function ImportsPage(): ReactNode {
  const { id } = route.useSearch();
  const navigate = useNavigate();
  const list = useQuery(importListQuery);
  const create = <Button component={Link} to="/imports/new" leftSection={<IconFileImport size={16} />}>{t.create}</Button>;
  const shown = id === undefined ? columns : columns.filter(({ key }) => key !== "by" && key !== "at");
  return (
    <Page fills title={t.title} sentence={list.data ? t.sentence(list.data.length, list.data.filter(isGoing).length) : <Bar width={30} />} actions={create}>
      {list.error ? <ProblemNotice problem={list.error} onRetry={() => void list.refetch()} /> : null}
      <div className="split">
        <div className="main">
          {list.error && !list.data ? null : (
            <DataTable
              fills label={t.title} columns={shown} rows={list.data} rowKey={(row) => row.id} selected={id} onOpen={(row) => void navigate({ to: "/imports", search: { id: row.id } })}
              empty={<Empty icon={<IconFileImport size={28} stroke={1.4} />} title={t.none} text={t.noneText} action={<Link to="/imports/new">{t.create}</Link>} />}
            />
          )}
        </div>
        {id === undefined ? null : <ImportPanel key={id} id={id} onClose={() => void navigate({ to: "/imports", search: {} })} />}
      </div>
    </Page>
  );
}
