// SQL over the workspace's own views: what can be read at the side, a statement, and what it gives.
import { Button, Textarea, TextInput } from "@mantine/core";
import { IconDatabaseSearch, IconFileExport, IconPlayerPlay, IconSearch } from "@tabler/icons-react";
import { queryOptions, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useState, type KeyboardEvent, type ReactNode } from "react";
import type { SqlAnswer, SqlView } from "@tributary/schema/api/sql.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { ExportCsv } from "../../ui/export-csv.tsx";
import { fullNumber } from "../../ui/format.ts";
import { Bar, Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { viewsQuery } from "./queries.ts";
import "./sql.css";

const t = texts.sql;
const route = getRouteApi("/shell/sql");
const EXAMPLE = "select event, count() as events, uniq(profile_id) as people\nfrom events\nwhere is_bot = 0\ngroup by event\norder by events desc\nlimit 20";

/** Asked only once somebody runs it: a look at the page runs what its address says. */
const answerQuery = (statement: string) => queryOptions({
  queryKey: ["sql", statement], queryFn: ({ signal }) => change<SqlAnswer>("POST", "/sql", { statement }, signal), enabled: statement !== "", staleTime: Infinity, retry: false,
});

interface NumberedRow {
  readonly nr: number;
  readonly cells: readonly unknown[];
}

export function SqlPage(): ReactNode {
  const { q = "" } = route.useSearch();
  const navigate = useNavigate();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const [text, setText] = useState(q === "" ? EXAMPLE : q);
  const answer = useQuery(answerQuery(q));
  const run = (): void => {
    if (text.trim() === "") return;
    if (text === q) void answer.refetch();
    else void navigate({ to: "/sql", search: { q: text } });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    run();
  };
  const rows = useMemo(() => answer.data?.rows.map((cells, nr): NumberedRow => ({ nr, cells })), [answer.data]);
  const columns = useMemo(() => (answer.data?.columns ?? []).map((column, index) => columnOf(column, index, (answer.data?.rows ?? []).some((cells) => isLarge(cells[index])))), [answer.data]);
  const told = answer.data === undefined || answer.isFetching ? t.sentence : t.found(answer.data.rows.length, answer.data.is_cut, Math.round(answer.data.duration_ms));
  return (
    <Page fills title={t.title} sentence={told} actions={<><ExportCsv title={t.title} columns={columns} rows={rows} />{q !== "" && may(session, "personal_data") ? <Button component={Link} to={`/exports?new=file&statement=${encodeURIComponent(q)}`} variant="default" leftSection={<IconFileExport size={15} aria-hidden />}>{t.asFile}</Button> : null}</>}>
      <div className="sql-split">
        <Views onPick={(name) => setText((now) => `${now}${now === "" || now.endsWith(" ") || now.endsWith("\n") ? "" : " "}${name}`)} />
        <div className="sql-main">
          <Textarea
            aria-label={t.statement} value={text} onChange={(event) => setText(event.currentTarget.value)} onKeyDown={onKeyDown} autosize minRows={6} maxRows={16} spellCheck={false} dir="ltr"
            classNames={{ input: "mono sql-text" }}
          />
          <div className="sql-run">
            <Button size="xs" leftSection={<IconPlayerPlay size={14} aria-hidden />} onClick={run} loading={answer.isFetching}>{t.run}</Button>
            <span className="dim">{t.hint}</span>
            {answer.data?.export_id && !answer.isFetching ? <Link to="/exports" search={{ open: answer.data.export_id }}>{t.kept}</Link> : null}
          </div>
          {answer.error ? <ProblemNotice problem={answer.error} /> : null}
          {answer.error ? null : q === "" ? <Empty icon={<IconDatabaseSearch size={28} stroke={1.4} />} title={t.none} text={t.noneText} /> : (
            <DataTable fills label={t.result} columns={columns} rows={answer.isFetching ? undefined : rows} rowKey={({ nr }) => nr} empty={<Empty icon={<IconDatabaseSearch size={28} stroke={1.4} />} title={t.noRows} text={t.noRowsText} />} />
          )}
        </div>
      </div>
    </Page>
  );
}

const isNumeric = (type: string): boolean => /^(Nullable\()?(U?Int|Float|Decimal)/.test(type);

/** What is always as long is seen whole. */
function widthOf(type: string): number {
  const short = shortType(type);
  return short === "UUID" ? 264 : short.startsWith("DateTime") ? 168 : 112;
}

function columnOf({ name, type }: SqlAnswer["columns"][number], index: number, isGrouped: boolean): Column<NumberedRow> {
  return {
    key: `${index}`, header: `${name} · ${shortType(type)}`, width: `minmax(${widthOf(type)}px, 1fr)`, isEnd: isNumeric(type),
    cell: ({ cells }) => <Cell value={cells[index]} isGrouped={isGrouped} />, csv: ({ cells }) => textOf(cells[index]),
  };
}

/** Without what every reader takes for granted. */
function shortType(type: string): string {
  return type.replace(/^Nullable\((.*)\)$/, "$1").replace(/^LowCardinality\((.*)\)$/, "$1").replace(/^(DateTime(64)?).*/, "$1");
}

function textOf(value: unknown): string | number | boolean | null {
  if (value === null || value === undefined) return null;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : JSON.stringify(value);
}

/** A column of numbers is grouped once one of them needs it to be read: years stay as they are. */
const GROUPED_FROM = 10_000;
const isLarge = (value: unknown): boolean => typeof value === "number" && Number.isSafeInteger(value) && Math.abs(value) >= GROUPED_FROM;

function Cell({ value, isGrouped }: { readonly value: unknown; readonly isGrouped: boolean }): ReactNode {
  const text = textOf(value);
  if (text === null) return <span className="dim">{t.nothing}</span>;
  return <span className="cut" title={String(text)}><bdi>{isGrouped && typeof text === "number" && Number.isSafeInteger(text) ? fullNumber(text) : String(text)}</bdi></span>;
}

function Views({ onPick }: { readonly onPick: (name: string) => void }): ReactNode {
  const views = useQuery(viewsQuery);
  const [search, setSearch] = useState("");
  const wanted = search.trim().toLowerCase();
  const shown = views.data?.data.filter(({ name, columns }) => wanted === "" || name.includes(wanted) || columns.some((one) => one.name.includes(wanted)));
  return (
    <section className="sql-views" aria-label={t.views}>
      <TextInput size="xs" aria-label={t.search} placeholder={t.search} leftSection={<IconSearch size={14} aria-hidden />} value={search} onChange={(event) => setSearch(event.currentTarget.value)} />
      {views.error ? <ProblemNotice problem={views.error} onRetry={() => void views.refetch()} /> : null}
      <div className="sql-views-scroll" tabIndex={0} role="group" aria-label={t.views}>
        {shown === undefined && !views.error ? [70, 50, 60, 40].map((width) => <Bar key={width} width={width} />) : null}
        {shown?.length === 0 ? <p className="dim">{t.noViews}</p> : null}
        {shown?.map((view) => <ViewItem key={view.name} view={view} wanted={wanted} onPick={onPick} />)}
      </div>
    </section>
  );
}

function ViewItem({ view, wanted, onPick }: { readonly view: SqlView; readonly wanted: string; readonly onPick: (name: string) => void }): ReactNode {
  return (
    <details>
      <summary title={view.about}><span className="mono cut">{view.name}</span></summary>
      <ul>
        {view.columns.filter(({ name }) => wanted === "" || view.name.includes(wanted) || name.includes(wanted)).map((column) => (
          <li key={column.name}>
            <button type="button" className="sql-column" title={column.about} onClick={() => onPick(column.name)}><span className="mono cut">{column.name}</span><span className="dim">{shortType(column.type)}</span></button>
          </li>
        ))}
      </ul>
    </details>
  );
}
