// The computed traits of the workspace, with templates to begin from.
import { Button, NativeSelect, Tabs, TextInput } from "@mantine/core";
import { IconCalculator, IconPlus, IconSearch } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ComputedTrait } from "@tributary/schema/api/computed-traits.ts";
import { language, texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Figure, When } from "../../ui/figure.tsx";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { State, type Tone } from "../../ui/state.tsx";
import { Value } from "../../ui/value.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { Waiting } from "../audiences/parts.tsx";
import { TemplateCard } from "../audiences/templates/template-card.tsx";
import "../audiences/audiences.css";
import { valueWords } from "./computed-words.ts";
import { computedListQuery, computedTemplatesQuery } from "./queries.ts";
import "../profiles/profiles.css";
import "./computed.css";

const t = texts.computed;
const route = getRouteApi("/shell/computed-traits/");

const tones: Readonly<Record<ComputedTrait["status"], Tone>> = { active: "good", filling: "waiting", failed: "bad", archived: "plain" };

export function ComputedState({ status }: { readonly status: ComputedTrait["status"] }): ReactNode {
  return <State tone={tones[status]}>{t.status[status]}</State>;
}

const columns: readonly Column<ComputedTrait>[] = [
  { key: "name", header: t.columns.name, width: "minmax(140px, 2fr)", cell: ({ name }) => <strong><Value value={name} /></strong> },
  { key: "sentence", header: t.columns.sentence, width: "minmax(160px, 4fr)", cell: ({ sentence }) => <span className="dim"><Value value={sentence[language]} note={sentence[language]} /></span> },
  { key: "people", header: t.columns.people, width: "88px", isEnd: true, cell: ({ people, filled_at }) => (filled_at === null ? <span className="dim">–</span> : <Figure value={people} />) },
  { key: "rest", header: t.columns.rest, width: "104px", cell: ({ rest }) => <span className="dim"><Value value={rest === null ? "–" : valueWords(rest)} /></span> },
  { key: "status", header: t.columns.status, width: "132px", cell: ({ status }) => <ComputedState status={status} /> },
  { key: "changed", header: t.columns.changed, width: "110px", cell: ({ updated_at }) => <span className="dim"><When at={updated_at} /></span> },
];

export function ComputedPage(): ReactNode {
  const { show } = route.useSearch();
  const navigate = useNavigate();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const mayWrite = may(session, "write");
  return (
    <Page fills title={t.title} sentence={t.sentence} actions={mayWrite ? <Button component={Link} to="/computed-traits/new" leftSection={<IconPlus size={15} aria-hidden />}>{t.create}</Button> : null}>
      <Tabs className="computed-tabs" value={show ?? "all"} keepMounted={false} onChange={(next) => void navigate({ to: "/computed-traits", search: next === "templates" ? { show: next } : {}, replace: true })}>
        <Tabs.List className="tabs-space"><Tabs.Tab value="all">{t.all}</Tabs.Tab><Tabs.Tab value="templates">{t.templates}</Tabs.Tab></Tabs.List>
        <Tabs.Panel value="all"><All mayWrite={mayWrite} /></Tabs.Panel>
        <Tabs.Panel value="templates"><Templates mayWrite={mayWrite} /></Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function All({ mayWrite }: { readonly mayWrite: boolean }): ReactNode {
  const search = route.useSearch();
  const { search: text = "", status = "in_use" } = search;
  const navigate = useNavigate();
  const list = useQuery(computedListQuery(text, status));
  const go = (next: string, archived: boolean): void => void navigate({ to: "/computed-traits", search: { ...(next === "" ? {} : { search: next }), ...(archived ? { status: "archived" as const } : {}) }, replace: true });
  return (
    <div className="audiences">
      <div className="list-tools">
        <TextInput className="profiles-search" data-search leftSection={<IconSearch size={16} />} placeholder={t.search} aria-label={t.search} maxLength={200} value={text} onChange={(event) => go(event.currentTarget.value, status === "archived")} />
        <NativeSelect aria-label={t.columns.status} value={status} data={(["in_use", "archived"] as const).map((value) => ({ value, label: t.filter[value] }))} onChange={(event) => go(text, event.currentTarget.value === "archived")} />
      </div>
      {list.error ? <ProblemNotice problem={list.error} onRetry={() => void list.refetch()} /> : (
        <DataTable
          fills label={t.title} columns={columns} rows={list.data?.data} rowKey={({ slug }) => slug} onOpen={({ slug }) => void navigate({ to: "/computed-traits/$slug", params: { slug } })}
          empty={text !== "" || status !== "in_use" ? <Empty icon={<IconCalculator size={28} stroke={1.4} />} title={t.noneFound} text={t.noneFoundText} /> : (
            <Empty icon={<IconCalculator size={28} stroke={1.4} />} title={t.none} text={t.noneText} action={mayWrite ? <div className="row"><Button component={Link} to="/computed-traits?show=templates">{t.fromTemplate}</Button><Button component={Link} to="/computed-traits/new" variant="default">{t.create}</Button></div> : undefined} />
          )}
        />
      )}
    </div>
  );
}

function Templates({ mayWrite }: { readonly mayWrite: boolean }): ReactNode {
  const templates = useQuery(computedTemplatesQuery);
  if (templates.error) return <ProblemNotice problem={templates.error} onRetry={() => void templates.refetch()} />;
  if (templates.data === undefined) return <div className="templates">{Array.from({ length: 6 }, (_, i) => <div key={i} className="card card-body"><Waiting rows={3} /></div>)}</div>;
  return (
    <ul className="templates">
      {templates.data.data.map(({ id, name, about, sentence, needs }) => (
        <TemplateCard key={id} name={name[language]} about={about[language]} needs={sentence ? [] : needs} to={mayWrite ? `/computed-traits/new?template=${encodeURIComponent(id)}` : undefined} />
      ))}
    </ul>
  );
}
