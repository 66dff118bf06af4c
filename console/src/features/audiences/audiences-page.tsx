// The audiences of the workspace, with templates to begin from and lists beside them.
import { Button, NativeSelect, Tabs, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconPlus, IconSearch, IconUsersGroup, IconUserOff } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate, useRouter } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useMemo, useState, type ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { DataTable } from "../../ui/data-table.tsx";
import { ExportCsv } from "../../ui/export-csv.tsx";
import { useIsLeaving } from "../../ui/leaving.ts";
import { Bar, Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { toast } from "../../ui/toast.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { columnsOf, fileColumnsOf } from "./audience-columns.tsx";
import type { AudiencesSearch } from "./audiences-search.ts";
import { Folders } from "./folders.tsx";
import { allAudiences, audiencePagesQuery, trendsQuery } from "./queries.ts";
import "../profiles/profiles.css";
import "./audiences.css";

const Templates = lazy(async () => ({ default: (await import("./templates/templates-tab.tsx")).TemplatesTab }));
const Lists = lazy(async () => ({ default: (await import("./lists/lists-tab.tsx")).ListsTab }));
const t = texts.audiences;
/** What a sentence says needs the room. */
const inNarrow: ReadonlySet<string> = new Set(["name", "sentence", "size", "status"]);
const route = getRouteApi("/shell/audiences/");
const TYPING_MS = 200;

export function AudiencesPage(): ReactNode {
  const { show } = route.useSearch();
  const navigate = useNavigate();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const actions = may(session, "write") ? <Button component={Link} to="/audiences/new" leftSection={<IconPlus size={15} aria-hidden />}>{t.create}</Button> : null;
  const waiting = <div className="stack" aria-busy><Bar width={60} /><Bar width={40} /></div>;
  return (
    <Page fills title={t.title} sentence={t.sentence} actions={actions}>
      <Tabs className="audience-tabs" value={show ?? "all"} keepMounted={false} onChange={(next) => void navigate({ to: "/audiences", search: next === "templates" || next === "lists" ? { show: next } : {}, replace: true })}>
        <Tabs.List className="tabs-space">
          <Tabs.Tab value="all">{t.tabs.all}</Tabs.Tab><Tabs.Tab value="templates">{t.tabs.templates}</Tabs.Tab><Tabs.Tab value="lists">{t.tabs.lists}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="all"><All mayWrite={may(session, "write")} /></Tabs.Panel>
        <Tabs.Panel value="templates"><Suspense fallback={waiting}><Templates /></Suspense></Tabs.Panel>
        <Tabs.Panel value="lists"><Suspense fallback={waiting}><Lists /></Suspense></Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function All({ mayWrite }: { readonly mayWrite: boolean }): ReactNode {
  const search = route.useSearch();
  const { search: text = "", folder, status = "in_use" } = search;
  const navigate = useNavigate();
  const router = useRouter();
  const go = (next: AudiencesSearch): void => void navigate({ to: "/audiences", search: next, replace: true });
  const pages = useInfiniteQuery(audiencePagesQuery({ search: text, folder, status }));
  const rows = useMemo(() => pages.data?.pages.flatMap(({ data }) => data), [pages.data]);
  const { data: trends } = useQuery(trendsQuery(useMemo(() => (rows ?? []).map(({ slug }) => slug), [rows])));
  const columns = useMemo(() => columnsOf(trends), [trends]);
  const isNarrow = useMediaQuery("(max-width: 1000px)", false, { getInitialValueInEffect: false });
  const folders = pages.data?.pages[0]?.folders ?? [];
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const isFiltered = text !== "" || folder !== undefined || status !== "in_use";
  const without = ({ folder: _, ...rest }: AudiencesSearch): AudiencesSearch => rest;
  return (
    <div className="audiences">
      <div className="list-tools">
        <SearchField value={text} onChange={(next) => go(next === "" ? (({ search: _, ...rest }) => rest)(search) : { ...search, search: next })} />
        <NativeSelect aria-label={t.columns.status} value={status} data={(["in_use", "filling", "failed", "archived"] as const).map((value) => ({ value, label: t.filter[value] }))} onChange={(event) => go(withStatus(search, event.currentTarget.value))} />
        <ExportCsv title={t.title} columns={fileColumnsOf(columns)} rows={rows === undefined || rows.length === 0 ? undefined : () => allAudiences({ search: text, folder, status })} onError={({ message }) => toast({ tone: "bad", text: message })} />
      </div>
      {pages.error ? <ProblemNotice problem={pages.error} onRetry={() => void pages.refetch()} /> : null}
      {pages.error && rows === undefined ? null : (
        <div className="audiences-split">
          {folders.some((one) => one.folder !== "") ? <Folders folders={folders} chosen={folder} onChoose={(next) => go(next === undefined ? without(search) : { ...search, folder: next })} /> : null}
          <DataTable
            fills label={t.title} columns={isNarrow ? columns.filter(({ key }) => inNarrow.has(key)) : columns} rows={rows} rowKey={({ slug }) => slug}
            onOpen={({ slug }) => void navigate({ to: "/audiences/$slug", params: { slug } })}
            onHover={({ slug }) => void router.preloadRoute({ to: "/audiences/$slug", params: { slug } }).catch(() => undefined)}
            onEnd={hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined} isLoadingMore={isFetchingNextPage}
            empty={isFiltered
              ? <Empty icon={<IconUserOff size={28} stroke={1.4} />} title={t.noneFound} text={t.noneFoundText} />
              : <Empty icon={<IconUsersGroup size={28} stroke={1.4} />} title={t.none} text={t.noneText} action={mayWrite ? <div className="row"><Button component={Link} to="/audiences/new">{t.build}</Button><Button component={Link} to="/audiences?show=templates" variant="default">{t.fromTemplate}</Button></div> : undefined} />}
          />
        </div>
      )}
    </div>
  );
}

function withStatus({ status: _, ...rest }: AudiencesSearch, status: string): AudiencesSearch {
  return status === "archived" || status === "filling" || status === "failed" ? { ...rest, status } : rest;
}

function SearchField({ value, onChange }: { readonly value: string; readonly onChange: (text: string) => void }): ReactNode {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const isLeaving = useIsLeaving();
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => isLeaving() || onChange(text.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  });
  return <TextInput className="profiles-search" data-search leftSection={<IconSearch size={16} />} placeholder={t.search} aria-label={t.search} maxLength={200} value={text} onChange={(event) => setText(event.currentTarget.value)} />;
}
