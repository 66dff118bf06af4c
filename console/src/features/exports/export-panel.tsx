// One export: who had it, what it held, and everybody who stood in it.
import { Badge, Button } from "@mantine/core";
import { useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Exported } from "@tributary/schema/api/exports.ts";
import { texts } from "../../texts/texts.ts";
import { CopyIcon, Snippet } from "../../ui/copy.tsx";
import { absoluteTime, fullNumber } from "../../ui/format.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { State } from "../../ui/state.tsx";
import { Value } from "../../ui/value.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { formatOf, nameOf, stateOf, whoOf } from "./export-words.ts";
import { exportPeopleQuery } from "./queries.ts";

const t = texts.exports;

export function ExportPanel({ one, onClose }: { readonly one: Exported; readonly onClose: () => void }): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { tone, text } = stateOf(one);
  const statement = one.statement === null ? undefined : one.statement;
  const bound = Object.entries(one.parameters ?? {});
  return (
    <Panel title={nameOf(one)} onClose={onClose}>
      <dl className="facts">
        <dt>{t.columns.state}</dt><dd><State tone={tone}>{text}</State>{one.status === "broken_off" ? <div className="dim">{t.brokenOffText}</div> : null}</dd>
        <dt>{t.columns.kind}</dt><dd>{t.kinds[one.kind]}</dd>
        <dt>{t.columns.when}</dt><dd>{absoluteTime(Date.parse(one.created_at))}</dd>
        <dt>{t.columns.who}</dt><dd><Value value={whoOf(one)} /></dd>
        <dt>{t.columns.people}</dt><dd>{fullNumber(one.people)}{one.is_masked ? <div className="dim">{t.masked}</div> : null}</dd>
        {one.rows === null ? null : <><dt>{t.columns.rows}</dt><dd>{fullNumber(one.rows)}</dd></>}
        {one.times > 1 ? <><dt>{t.asked}</dt><dd>{t.times(one.times)}</dd></> : null}
        {one.format === "" ? null : <><dt>{t.columns.format}</dt><dd>{formatOf(one)}</dd></>}
        <dt>{t.columns.id}</dt><dd className="row"><span className="mono cut grow">{one.id}</span><CopyIcon value={one.id} /></dd>
      </dl>
      {one.columns.length === 0 ? null : <section><h3>{t.columnsHeld}</h3><Columns names={one.columns} /></section>}
      {statement === undefined ? null : <section><h3>{t.statement}</h3><Snippet text={statement} label={t.statement} /></section>}
      {bound.length === 0 ? null : <section><h3>{t.bound}</h3><dl className="facts">{bound.map(([name, value]) => <Bound key={name} name={name} value={value} />)}</dl></section>}
      <section><h3>{t.people}</h3>{may(session, "personal_data") ? <People id={one.id} /> : <p className="dim">{t.peopleHidden}</p>}</section>
    </Panel>
  );
}

function Bound({ name, value }: { readonly name: string; readonly value: string }): ReactNode {
  return <><dt className="mono">{name}</dt><dd className="mono"><Value value={value} /></dd></>;
}

export function Columns({ names }: { readonly names: readonly string[] }): ReactNode {
  return <div className="exports-columns">{names.map((name) => <Badge key={name} variant="default" tt="none" fw={400} maw="100%"><bdi>{name}</bdi></Badge>)}</div>;
}

function People({ id }: { readonly id: string }): ReactNode {
  const pages = useInfiniteQuery(exportPeopleQuery(id));
  const ids = pages.data?.pages.flatMap(({ data }) => data);
  if (pages.error) return <ProblemNotice problem={pages.error} onRetry={() => void pages.refetch()} />;
  if (ids === undefined) return <div className="stack" aria-busy><Bar width={80} /><Bar width={80} /></div>;
  if (ids.length === 0) return <p className="dim">{t.nobody}</p>;
  return (
    <div className="stack">
      <ul className="exports-people" aria-label={t.people} tabIndex={0}>{ids.map((one) => <li key={one}><Link to="/profiles/$ref" params={{ ref: one }} className="mono">{one}</Link></li>)}</ul>
      {pages.hasNextPage ? <div><Button variant="default" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>{t.more}</Button></div> : null}
    </div>
  );
}
