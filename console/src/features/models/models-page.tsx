// All models: what each reads, how its last run went, and when the next is; and the warehouses that they read.
import { Button, NativeSelect } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconDatabase, IconPlus, IconSearch, IconTable } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { ModelShown } from "@tributary/schema/api/models.ts";
import type { Warehouse } from "@tributary/schema/api/warehouses.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Figure, When } from "../../ui/figure.tsx";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Card, Page } from "../../ui/page.tsx";
import { Value } from "../../ui/value.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { FindField } from "../destinations/find-field.tsx";
import { modelListQuery, warehouseListQuery } from "./queries.ts";
import { WarehouseName } from "./warehouse-name.tsx";
import { Found, RunState } from "./run-state.tsx";
import { WarehouseDialog } from "./warehouse-dialog.tsx";
import "../destinations/destinations.css";
import "./models.css";

const t = texts.models;
const route = getRouteApi("/shell/models/");

const columns: readonly Column<ModelShown>[] = [
  { key: "name", header: t.columns.name, width: "minmax(120px, 2fr)", cell: ({ name }) => <Value value={name} /> },
  { key: "reads", header: t.columns.reads, width: "minmax(152px, 1fr)", cell: ({ definition }) => <WarehouseName slug={definition.warehouse} /> },
  { key: "state", header: t.columns.state, width: "minmax(136px, 1fr)", cell: ({ last_run: run }) => <RunState run={run} /> },
  { key: "found", header: t.columns.found, width: "128px", isEnd: true, cell: ({ last_run: run }) => (run === null ? null : <Found run={run} />) },
  { key: "rows", header: t.columns.rows, width: "80px", isEnd: true, cell: ({ rows }) => <Figure value={rows} /> },
  { key: "last", header: t.columns.last, width: "104px", cell: ({ last_run: run }) => (run === null ? <span className="dim">–</span> : <When at={run.created_at} />) },
  { key: "next", header: t.columns.next, width: "104px", cell: ({ next_run_at: at, enabled }) => (at === null || !enabled ? <span className="dim">–</span> : <When at={at} />) },
];
const inNarrow: ReadonlySet<string> = new Set(["name", "state", "found", "last"]);
const narrowColumns = columns.filter(({ key }) => inNarrow.has(key));

export function ModelsPage(): ReactNode {
  const navigate = route.useNavigate();
  const { search = "", status = "active" } = route.useSearch();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const isNarrow = useMediaQuery("(max-width: 1000px)", false, { getInitialValueInEffect: false });
  const list = useQuery(modelListQuery(search, status));
  const rows = list.data?.data;
  const asking = rows?.filter(({ last_run: run }) => run?.status === "asking").length ?? 0;
  const failed = rows?.filter(({ last_run: run }) => run?.status === "failed").length ?? 0;
  const isEmpty = rows?.length === 0 && search === "" && status === "active";
  const add = may(session, "admin") ? <Button component={Link} to="/models/new" leftSection={<IconPlus size={15} />}>{t.make}</Button> : null;
  const set = (next: { readonly search: string; readonly status: string }): void =>
    void navigate({ search: { ...(next.search === "" ? {} : { search: next.search }), ...(next.status === "archived" ? { status: "archived" as const } : {}) }, replace: true });
  return (
    <Page title={t.title} actions={add} sentence={rows && rows.length > 0 && status === "active" && search === "" ? t.sentence(rows.length, asking, failed) : t.what}>
      <div className="stack-wide">
        {list.error ? <ProblemNotice problem={list.error} onRetry={() => void list.refetch()} /> : null}
        {isEmpty ? null : (
          <div className="row wrap">
            <FindField label={t.find} value={search} onChange={(word) => set({ search: word, status })} />
            <NativeSelect aria-label={t.show} value={status} data={[{ value: "active", label: t.shows.active }, { value: "archived", label: t.shows.archived }]} onChange={(event) => set({ search, status: event.currentTarget.value })} />
          </div>
        )}
        {list.error && !rows ? null : (
          <DataTable
            label={t.title} columns={isNarrow ? narrowColumns : columns} rows={rows} rowKey={({ slug }) => slug} onOpen={({ slug }) => void navigate({ to: "/models/$slug", params: { slug }, search: {} })}
            empty={isEmpty ? <Empty icon={<IconTable size={28} stroke={1.4} />} title={t.none} text={t.noneText} action={add} />
              : <Empty icon={<IconSearch size={28} stroke={1.4} />} title={t.noMatch} text={t.noMatchText} action={<Link to="/models">{t.clear}</Link>} />}
          />
        )}
        <Warehouses mayAdd={may(session, "admin")} />
      </div>
    </Page>
  );
}

const warehouseColumns: readonly Column<Warehouse>[] = [
  { key: "name", header: t.warehouse.columns.name, width: "minmax(120px, 2fr)", cell: ({ name }) => <Value value={name} /> },
  { key: "kind", header: t.warehouse.columns.kind, width: "minmax(96px, 1fr)", cell: ({ kind, kind_name: name }) => <span className="dim cut">{name ?? kind}</span> },
  { key: "slug", header: t.warehouse.columns.slug, width: "minmax(96px, 1fr)", cell: ({ slug }) => <span className="mono cut">{slug}</span> },
  { key: "by", header: t.warehouse.columns.by, width: "minmax(80px, 1fr)", cell: ({ updated_by: by, updated_by_name: name }) => <span className="dim"><Value value={name ?? by} /></span> },
  { key: "at", header: t.warehouse.columns.at, width: "104px", cell: ({ updated_at: at }) => <When at={at} /> },
];
const inNarrowWarehouses: ReadonlySet<string> = new Set(["name", "kind", "at"]);

function Warehouses({ mayAdd }: { readonly mayAdd: boolean }): ReactNode {
  const list = useQuery(warehouseListQuery);
  const [shown, setShown] = useState<Warehouse | "new">();
  const isNarrow = useMediaQuery("(max-width: 1000px)", false, { getInitialValueInEffect: false });
  const add = mayAdd ? <Button variant="default" size="compact-sm" leftSection={<IconPlus size={14} />} onClick={() => setShown("new")}>{t.warehouse.add}</Button> : null;
  return (
    <Card title={t.warehouse.title} actions={add} bare>
      {list.error ? <div className="card-body"><ProblemNotice problem={list.error} onRetry={() => void list.refetch()} /></div> : null}
      {list.error && !list.data ? null : <div className="table-in-card">
        <DataTable
          label={t.warehouse.title} columns={isNarrow ? warehouseColumns.filter(({ key }) => inNarrowWarehouses.has(key)) : warehouseColumns} rows={list.data?.data} rowKey={({ slug }) => slug} {...(mayAdd ? { onOpen: setShown } : {})}
          empty={<Empty icon={<IconDatabase size={28} stroke={1.4} />} title={t.warehouse.none} text={t.warehouse.noneText} action={add ?? undefined} />}
        />
      </div>}
      {shown === undefined ? null : <WarehouseDialog warehouse={shown === "new" ? undefined : shown} onClose={() => setShown(undefined)} />}
    </Card>
  );
}
