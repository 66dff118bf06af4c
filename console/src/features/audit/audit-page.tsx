// Who changed what, and who looked at whom: searched by its filters, each entry opened beside the list.
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch, IconShieldSearch, IconUserOff, IconX } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import type { AuditEntryAnswer } from "@tributary/schema/api/workspace.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { ExportCsv } from "../../ui/export-csv.tsx";
import { When } from "../../ui/figure.tsx";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Value } from "../../ui/value.tsx";
import { AuditPanel } from "./audit-panel.tsx";
import type { AuditSearch } from "./audit-search.ts";
import { auditPagesQuery } from "./queries.ts";
import { noteOf, personOf, whoOf } from "./audit-words.ts";
import "./audit.css";

const t = texts.audit;
const route = getRouteApi("/shell/audit");
const TYPING_MS = 250;

const columns: readonly Column<AuditEntryAnswer>[] = [
  { key: "when", header: t.columns.when, width: "112px", cell: (row) => <When at={row.at} />, csv: (row) => new Date(row.at) },
  { key: "who", header: t.columns.who, width: "minmax(96px, 1fr)", cell: (row) => <Value value={whoOf(row)} />, csv: whoOf },
  { key: "actor", header: t.columns.actor, width: "0px", cell: () => null, csv: (row) => row.actor },
  { key: "what", header: t.columns.what, width: "minmax(136px, 1.4fr)", cell: (row) => <Value value={t.what(row.action)} note={row.action} />, csv: (row) => row.action },
  { key: "target", header: t.columns.target, width: "minmax(96px, 1.2fr)", cell: (row) => <Target row={row} />, csv: (row) => row.target },
  { key: "why", header: t.columns.why, width: "minmax(120px, 2fr)", cell: (row) => <span className="dim cut"><bdi>{noteOf(row)}</bdi></span>, csv: (row) => JSON.stringify(row.detail) },
];
/** The account's or token's own id stands in the file alone. */
const shown = columns.filter(({ key }) => key !== "actor");

function Target({ row }: { readonly row: AuditEntryAnswer }): ReactNode {
  const person = personOf(row);
  if (person === undefined) return <span className="cut"><Value value={row.target === "workspace" ? t.workspace : row.target} /></span>;
  return <Link to="/profiles/$ref" params={{ ref: person }} className="mono cut" onClick={(event) => event.stopPropagation()} tabIndex={-1}>{person}</Link>;
}

export function AuditPage(): ReactNode {
  const search = route.useSearch();
  const navigate = useNavigate();
  const go = (next: AuditSearch): void => void navigate({ to: "/audit", search: next, replace: true });
  const pages = useInfiniteQuery({ ...auditPagesQuery(search), placeholderData: keepPreviousData });
  const rows = useMemo(() => pages.data?.pages.flatMap((page) => page.data), [pages.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const { open, ...filters } = search;
  const isFiltered = Object.keys(filters).length > 0;
  const opened = rows?.find(({ id }) => id === open);
  const icon = <IconShieldSearch size={28} stroke={1.4} />;
  return (
    <Page
      fills title={t.title} sentence={rows === undefined || rows.length === 0 || !isFiltered ? t.sentence : t.found(rows.length, hasNextPage)}
      actions={<><Button component={Link} to="/forgettings" variant="default" leftSection={<IconUserOff size={15} aria-hidden />}>{t.forgotten}</Button><ExportCsv title={t.title} columns={columns} rows={rows} /></>}
    >
      <Filters search={search} onChange={go} />
      {pages.error ? <ProblemNotice problem={pages.error} onRetry={() => void pages.refetch()} /> : null}
      <div className="split">
        <div className="main">
          {pages.error && rows === undefined ? null : (
            <DataTable
              fills label={t.title} columns={shown} rows={rows} rowKey={(row) => row.id} selected={open} onOpen={(row) => go({ ...search, open: row.id })}
              onEnd={hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined} isLoadingMore={isFetchingNextPage}
              empty={isFiltered ? <Empty icon={icon} title={t.noneFound} text={t.noneFoundText} action={<Link to="/audit">{t.clear}</Link>} /> : <Empty icon={icon} title={t.none} text={t.noneText} />}
            />
          )}
        </div>
        {opened ? <AuditPanel entry={opened} search={search} onChange={go} /> : null}
      </div>
    </Page>
  );
}

interface FiltersProps {
  readonly search: AuditSearch;
  readonly onChange: (search: AuditSearch) => void;
}

function Filters({ search, onChange }: FiltersProps): ReactNode {
  const { open: _, ...filters } = search;
  const set = (name: Exclude<keyof AuditSearch, "open">, value: string): void => {
    const { [name]: _before, ...rest } = filters;
    onChange(value === "" ? rest : { ...rest, [name]: value });
  };
  const chips = ([["actor", t.by], ["target", t.target]] as const).flatMap(([name, label]) => (filters[name] === undefined ? [] : [{ name, label: `${label}: ${filters[name]}` }]));
  return (
    <div className="audit-filters">
      <Words value={filters.text ?? ""} onChange={(text) => set("text", text)} />
      <NativeSelect aria-label={t.kind} value={filters.action ?? ""} onChange={(event) => set("action", event.currentTarget.value)} data={kindsWith(filters.action)} />
      <TextInput type="date" aria-label={t.from} leftSection={<span className="dim">{t.from}</span>} leftSectionWidth={52} value={filters.from ?? ""} onChange={(event) => set("from", event.currentTarget.value)} />
      <TextInput type="date" aria-label={t.to} leftSection={<span className="dim">{t.to}</span>} leftSectionWidth={52} value={filters.to ?? ""} onChange={(event) => set("to", event.currentTarget.value)} />
      {chips.map(({ name, label }) => (
        <Button key={name} variant="light" className="audit-chip" rightSection={<IconX size={13} aria-hidden />} aria-label={t.without(label)} onClick={() => set(name, "")}><bdi className="cut">{label}</bdi></Button>
      ))}
    </div>
  );
}

/** An action that somebody's link names stands among the kinds. */
function kindsWith(action: string | undefined): { readonly value: string; readonly label: string }[] {
  const kinds = Object.entries(t.kinds).map(([value, label]) => ({ value, label }));
  return action === undefined || Object.hasOwn(t.kinds, action) ? kinds : [...kinds, { value: action, label: t.what(action) }];
}

function Words({ value, onChange }: { readonly value: string; readonly onChange: (text: string) => void }): ReactNode {
  const [text, setText] = useState(value);
  const [typed] = useDebouncedValue(text.trim(), TYPING_MS);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (typed !== value && typed === text.trim()) onChange(typed);
  });
  return <TextInput data-search leftSection={<IconSearch size={16} />} placeholder={t.search} aria-label={t.search} maxLength={200} value={text} onChange={(event) => setText(event.currentTarget.value)} />;
}
