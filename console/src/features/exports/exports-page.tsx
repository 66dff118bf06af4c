// What left by hand, and whom it held: files of audiences, tables and questions, what was answered in SQL, and the links of shares.
import { Button, Tabs, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconFileExport, IconLink, IconUserSearch } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useState, type FormEvent, type ReactNode } from "react";
import type { Exported } from "@tributary/schema/api/exports.ts";
import { ApiProblem } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { ExportCsv } from "../../ui/export-csv.tsx";
import { Figure, When } from "../../ui/figure.tsx";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { Value } from "../../ui/value.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { ExportPanel } from "./export-panel.tsx";
import { formatOf, nameOf, stateOf, whoOf } from "./export-words.ts";
import type { ExportsSearch } from "./exports-search.ts";
import { NewFile } from "./new-file.tsx";
import { NewShare } from "./new-share.tsx";
import { exportPagesQuery, personExportsQuery } from "./queries.ts";
import { Shares } from "./shares.tsx";
import "./exports.css";

const t = texts.exports;
const route = getRouteApi("/shell/exports");

const columns: readonly Column<Exported>[] = [
  { key: "when", header: t.columns.when, width: "104px", cell: (row) => <When at={row.created_at} />, csv: (row) => new Date(row.created_at) },
  { key: "kind", header: t.columns.kind, width: "minmax(112px, 0.9fr)", cell: (row) => <span className="dim cut">{t.kinds[row.kind]}</span>, csv: (row) => t.kinds[row.kind] },
  { key: "what", header: t.columns.what, width: "minmax(120px, 1.6fr)", cell: (row) => <Value value={nameOf(row)} {...(row.statement === null ? {} : { note: row.statement.slice(0, 300) })} />, csv: nameOf },
  { key: "people", header: t.columns.people, width: "80px", isEnd: true, cell: (row) => <Figure value={row.people} />, csv: (row) => row.people },
  { key: "rows", header: t.columns.rows, width: "80px", isEnd: true, cell: (row) => (row.rows === null ? <span className="dim">–</span> : <Figure value={row.rows} />), csv: (row) => row.rows },
  { key: "format", header: t.columns.format, width: "72px", cell: (row) => <span className="dim">{formatOf(row)}</span>, csv: (row) => row.format },
  { key: "who", header: t.columns.who, width: "minmax(136px, 1fr)", cell: (row) => <Value value={whoOf(row)} />, csv: whoOf },
  { key: "state", header: t.columns.state, width: "120px", cell: (row) => <State tone={stateOf(row).tone}>{stateOf(row).text}</State>, csv: (row) => stateOf(row).text },
  { key: "id", header: t.columns.id, width: "0px", cell: () => null, csv: (row) => row.id },
];
const shown = columns.filter(({ key }) => key !== "id");
const inNarrow: ReadonlySet<string> = new Set(["when", "what", "people", "who", "state"]);
const narrow = shown.filter(({ key }) => inNarrow.has(key));
/** Beside the one that is open. */
const inBeside: ReadonlySet<string> = new Set(["when", "what", "people"]);
const beside = shown.filter(({ key }) => inBeside.has(key));

export function ExportsPage(): ReactNode {
  const search = route.useSearch();
  const navigate = useNavigate();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const go = (next: ExportsSearch): void => void navigate({ to: "/exports", search: next, replace: true });
  const { new: begun, audience, statement, ...rest } = search;
  const maySee = may(session, "personal_data");
  const actions = (
    <>
      {maySee && may(session, "write") ? <Button variant="default" leftSection={<IconLink size={15} aria-hidden />} onClick={() => go({ ...rest, new: "share" })}>{t.share}</Button> : null}
      {maySee ? <Button leftSection={<IconFileExport size={15} aria-hidden />} onClick={() => go({ ...rest, new: "file" })}>{t.file}</Button> : null}
    </>
  );
  return (
    <Page fills title={t.title} sentence={t.sentence} actions={actions}>
      <Tabs value={search.tab ?? "files"} onChange={(tab) => go(tab === "shares" ? { tab } : {})}>
        <Tabs.List><Tabs.Tab value="files">{t.tabs.files}</Tabs.Tab><Tabs.Tab value="shares">{t.tabs.shares}</Tabs.Tab></Tabs.List>
      </Tabs>
      {search.tab === "shares" ? <Shares onShare={maySee && may(session, "write") ? () => go({ ...rest, new: "share" }) : undefined} mayRevoke={may(session, "write")} /> : <Files search={rest} onChange={go} onNew={maySee ? () => go({ ...rest, new: "file" }) : undefined} />}
      {begun === "file" && maySee ? <NewFile {...(audience === undefined ? {} : { audience })} {...(statement === undefined ? {} : { statement })} onClose={() => go(rest)} /> : null}
      {begun === "share" && maySee ? <NewShare {...(audience === undefined ? {} : { audience })} onClose={(isMade) => go(isMade ? { tab: "shares" } : rest)} /> : null}
    </Page>
  );
}

interface FilesProps {
  readonly search: ExportsSearch;
  readonly onChange: (search: ExportsSearch) => void;
  /** Absent for those who may not. */
  readonly onNew: (() => void) | undefined;
}

function Files({ search, onChange, onNew }: FilesProps): ReactNode {
  const { open, person = "" } = search;
  const isNarrow = useMediaQuery("(max-width: 1000px)", false, { getInitialValueInEffect: false });
  const all = useInfiniteQuery({ ...exportPagesQuery, enabled: person === "" });
  const ofPerson = useQuery(personExportsQuery(person));
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = all;
  const list = person === "" ? { rows: all.data?.pages.flatMap(({ data }) => data), error: all.error, retry: () => void all.refetch() } : { rows: ofPerson.data?.data, error: ofPerson.error, retry: () => void ofPerson.refetch() };
  const { rows } = list;
  // Somebody who is not known has been in nothing, which is no error.
  const isUnknown = person !== "" && list.error instanceof ApiProblem && list.error.status === 404;
  const error = isUnknown ? null : list.error;
  const opened = rows?.find(({ id }) => id === open);
  const { open: _, ...closed } = search;
  const icon = <IconFileExport size={28} stroke={1.4} />;
  const isLastOfMany = person === "" && hasNextPage && !isFetchingNextPage;
  return (
    <div className="exports-list">
      <div className="exports-tools">
        <FindPerson person={person} onFind={(next) => onChange(next === "" ? {} : { person: next })} />
        <div className="row">{person !== "" && rows ? <span className="dim" role="status">{t.ofPerson(rows.length)}</span> : null}<ExportCsv title={t.title} columns={columns} rows={rows} /></div>
      </div>
      {error ? <ProblemNotice problem={error} onRetry={list.retry} /> : null}
      <div className="split">
        <div className="main">
          {error && rows === undefined ? null : (
            <DataTable
              fills label={t.title} columns={isNarrow ? narrow : opened ? beside : shown} rows={isUnknown ? [] : rows} rowKey={({ id }) => id} selected={open} onOpen={({ id }) => onChange({ ...search, open: id })}
              onEnd={isLastOfMany ? () => void fetchNextPage() : undefined} isLoadingMore={isFetchingNextPage}
              empty={person === "" ? <Empty icon={icon} title={t.none} text={t.noneText} action={onNew ? <Button onClick={onNew}>{t.file}</Button> : undefined} />
                : <Empty icon={icon} title={isUnknown ? t.unknown : t.noneOfPerson} text={isUnknown ? t.unknownText : t.noneOfPersonText} action={<Link to="/exports">{t.clear}</Link>} />}
            />
          )}
        </div>
        {opened ? <ExportPanel one={opened} onClose={() => onChange(closed)} /> : null}
      </div>
    </div>
  );
}

function FindPerson({ person, onFind }: { readonly person: string; readonly onFind: (person: string) => void }): ReactNode {
  const [text, setText] = useState(person);
  useEffect(() => setText(person), [person]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onFind(text.trim());
  };
  return (
    <form className="exports-person" role="search" onSubmit={submit}>
      <TextInput
        data-search aria-label={t.findPerson} placeholder={t.findPerson} title={t.findPersonHint} leftSection={<IconUserSearch size={16} aria-hidden />} maxLength={300} value={text}
        onChange={(event) => setText(event.currentTarget.value)} onBlur={() => (text.trim() === person ? undefined : onFind(text.trim()))}
      />
    </form>
  );
}
