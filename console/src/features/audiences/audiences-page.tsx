// The audiences of the workspace, with templates to begin from and lists beside them.
import { Button, NativeSelect, Tabs, TextInput } from "@mantine/core";
import { IconPlus, IconSearch, IconUsersGroup, IconUserOff } from "@tabler/icons-react";
import { useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate, useRouter } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState, type ReactNode } from "react";
import type { Audience } from "@tributary/schema/api/audiences.ts";
import { language, texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Figure, When } from "../../ui/figure.tsx";
import { useIsLeaving } from "../../ui/leaving.ts";
import { Bar, Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Value } from "../../ui/value.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { AudienceState } from "./audience-state.tsx";
import type { AudiencesSearch } from "./audiences-search.ts";
import { Folders } from "./folders.tsx";
import { audiencePagesQuery } from "./queries.ts";
import "../profiles/profiles.css";
import "./audiences.css";

const Templates = lazy(async () => ({ default: (await import("./templates/templates-tab.tsx")).TemplatesTab }));
const Lists = lazy(async () => ({ default: (await import("./lists/lists-tab.tsx")).ListsTab }));
const t = texts.audiences;
const route = getRouteApi("/shell/audiences/");
const TYPING_MS = 200;

const columns: readonly Column<Audience>[] = [
  { key: "name", header: t.columns.name, width: "minmax(150px, 3fr)", cell: ({ name }) => <strong><Value value={name} /></strong>, csv: ({ name }) => name },
  { key: "sentence", header: t.columns.sentence, width: "minmax(160px, 4fr)", cell: ({ sentence }) => <span className="dim"><Value value={shortSentence(sentence[language])} note={sentence[language]} /></span>, csv: ({ sentence }) => sentence[language] },
  { key: "size", header: t.columns.size, width: "76px", isEnd: true, cell: ({ size, filled_at }) => (filled_at === null ? <span className="dim">–</span> : <Figure value={size} />), csv: ({ size }) => size },
  { key: "status", header: t.columns.status, width: "92px", cell: ({ status }) => <AudienceState status={status} />, csv: ({ status }) => t.status[status] },
  { key: "changed", header: t.columns.changed, width: "96px", cell: ({ updated_at }) => <span className="dim"><When at={updated_at} /></span>, csv: ({ updated_at }) => updated_at },
];

/** Nearly all of them are drawn from known people: what is the same in each row says nothing. */
function shortSentence(sentence: string): string {
  const usual = `${t.from.known}: `;
  return sentence.startsWith(usual) ? `${sentence.charAt(usual.length).toLocaleUpperCase(language)}${sentence.slice(usual.length + 1)}` : sentence;
}

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
  const rows = pages.data?.pages.flatMap(({ data }) => data);
  const folders = pages.data?.pages[0]?.folders ?? [];
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const isFiltered = text !== "" || folder !== undefined || status !== "in_use";
  const without = ({ folder: _, ...rest }: AudiencesSearch): AudiencesSearch => rest;
  return (
    <div className="audiences">
      <div className="list-tools">
        <SearchField value={text} onChange={(next) => go(next === "" ? (({ search: _, ...rest }) => rest)(search) : { ...search, search: next })} />
        <NativeSelect aria-label={t.columns.status} value={status} data={(["in_use", "filling", "failed", "archived"] as const).map((value) => ({ value, label: t.filter[value] }))} onChange={(event) => go(withStatus(search, event.currentTarget.value))} />
      </div>
      {pages.error ? <ProblemNotice problem={pages.error} onRetry={() => void pages.refetch()} /> : null}
      {pages.error && rows === undefined ? null : (
        <div className="audiences-split">
          {folders.some((one) => one.folder !== "") ? <Folders folders={folders} chosen={folder} onChoose={(next) => go(next === undefined ? without(search) : { ...search, folder: next })} /> : null}
          <DataTable
            fills label={t.title} columns={columns} rows={rows} rowKey={({ slug }) => slug}
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
