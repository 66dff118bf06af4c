// Fields, to be looked at and decided: one after the other by keyboard, or all that are proposed at once. The one that is open
// stands in a panel beside them.
import { Button } from "@mantine/core";
import { IconChecks, IconListDetails } from "@tabler/icons-react";
import { useEffect, useMemo, useRef, type ReactNode } from "react";
import type { ObservedField } from "@tributary/schema/api/observed.ts";
import { useQuery } from "@tanstack/react-query";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { ExportCsv } from "../../ui/export-csv.tsx";
import { When } from "../../ui/figure.tsx";
import { Empty } from "../../ui/notice.tsx";
import { Value } from "../../ui/value.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { decideOne } from "./decide-one.ts";
import { FieldPanel } from "./field-panel.tsx";
import { decisionOf, DriftMark, driftText, isGroup, shareText, Standing, typesText, undoOf } from "./field-words.tsx";
import { useDecide, type Decide } from "./use-decide.ts";
import { keyOf, matches, type FieldsSearch } from "./schema-search.ts";
import { SchemaTools } from "./schema-tools.tsx";
import "./schema.css";

const t = texts.schema;

export interface FieldsTableProps<Search extends FieldsSearch> {
  readonly title: string;
  /** undefined: loading. */
  readonly fields: readonly ObservedField[] | undefined;
  /** Whether rows are of several events. */
  readonly withEvent?: boolean;
  readonly search: Search;
  readonly onSearch: (search: Search) => void;
  /** In front of the tools. */
  readonly tabs?: ReactNode;
  readonly empty: ReactNode;
}

export function FieldsTable<Search extends FieldsSearch>(props: FieldsTableProps<Search>): ReactNode {
  const { title, fields, withEvent = false, search, onSearch, tabs } = props;
  const { mayDecide, mayDescribe } = useRights();
  const decide = useDecide();
  const shown = useMemo(
    () => fields?.filter((field) => matches(search.find, field.path, field.event, field.description) && (search.changed !== true || field.drift.length > 0)),
    [fields, search.find, search.changed],
  );
  const openKey = search.field === undefined ? undefined : JSON.stringify(search.field);
  const open = fields?.find((field) => keyOf(field) === openKey);
  const columns = useMemo(() => columnsOf(withEvent, open !== undefined), [withEvent, open !== undefined]);
  const main = useRef<HTMLDivElement>(null);
  useDecisionKeys(main, shown, open, mayDecide ? decide : undefined);
  const go = (field: ObservedField | undefined): void => {
    const { field: _, ...rest } = search;
    onSearch((field === undefined ? rest : { ...rest, field: [field.place, field.event, field.path] }) as Search); // Only `field` differs.
  };
  return (
    <>
      <SchemaTools search={search} onSearch={onSearch} tabs={tabs} findLabel={t.find.fields}>
        {mayDecide ? <AcceptAll fields={shown} decide={decide} /> : null}
        <ExportCsv title={title} columns={allColumns} rows={shown} />
      </SchemaTools>
      <div className="split">
        <div className="main" ref={main}>
          <DataTable
            fills label={title} columns={columns} rows={shown} rowKey={keyOf} selected={openKey} onOpen={go}
            empty={fields?.length === 0 ? props.empty : <Empty icon={<IconListDetails size={28} stroke={1.4} />} title={t.noneFound.title} text={t.noneFound.text} />}
          />
        </div>
        {open === undefined ? null : <FieldPanel key={keyOf(open)} field={open} decide={mayDecide ? decide : undefined} describe={mayDescribe ? decide : undefined} onClose={() => go(undefined)} />}
      </div>
      {mayDecide ? <p className="schema-keys">{t.keys}</p> : null}
    </>
  );
}

/** As the API has it: whoever sees people decides what is hidden; whoever keeps the workspace's rules describes. */
function useRights(): { readonly mayDecide: boolean; readonly mayDescribe: boolean } {
  const { data } = useQuery(sessionQuery);
  if (data === undefined || !may(data, "write")) return { mayDecide: false, mayDescribe: false };
  const mayDecide = may(data, "personal_data");
  return { mayDecide, mayDescribe: mayDecide || may(data, "admin") };
}

function AcceptAll({ fields, decide }: { readonly fields: readonly ObservedField[] | undefined; readonly decide: Decide }): ReactNode {
  const proposed = fields?.filter((field) => field.decided_by === "nobody" && field.proposal.personal !== null && !isGroup(field)) ?? [];
  if (proposed.length === 0) return null;
  const accept = (): void => decide(proposed.map((field) => decisionOf(field, field.proposal.personal)), { text: t.decided.many(proposed.length), undo: proposed.map(undoOf) });
  return <Button variant="default" leftSection={<IconChecks size={15} aria-hidden />} onClick={accept}>{t.decide.acceptAll(proposed.length)}</Button>;
}

const decisions: Readonly<Record<string, (field: ObservedField) => boolean | null>> = {
  y: () => true, n: () => false, u: () => null, a: (field) => field.proposal.personal,
};

/** y, n, a and u decide the row that has the focus, or the field that is open, and go on to the next. */
function useDecisionKeys(main: { readonly current: HTMLElement | null }, rows: readonly ObservedField[] | undefined, open: ObservedField | undefined, decide: Decide | undefined): void {
  useEffect(() => {
    if (decide === undefined) return;
    const onKey = (event: KeyboardEvent): void => {
      const from = event.target instanceof HTMLElement ? event.target : undefined;
      const personalOf = decisions[event.key];
      if (personalOf === undefined || event.ctrlKey || event.metaKey || event.altKey || event.repeat || from?.closest("input, textarea, select, [contenteditable], [role=listbox]")) return;
      const row = from?.closest<HTMLElement>("[data-index]");
      const index = row && main.current?.contains(row) ? Number(row.dataset["index"]) : rows?.findIndex((field) => open && keyOf(field) === keyOf(open)) ?? -1;
      const field = rows?.[index];
      if (field === undefined || isGroup(field)) return;
      const personal = personalOf(field);
      if (event.key === "a" && personal === null) return;
      decideOne(decide, field, personal);
      main.current?.querySelector<HTMLElement>(`[data-index="${index + 1}"]`)?.focus();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [main, rows, open, decide]);
}

const placeOf = (field: ObservedField): string => (field.place === "property" ? field.event || t.allEvents : t.places[field.place]);

const name: Column<ObservedField> = { key: "field", header: t.columns.field, width: "minmax(112px, 2fr)", cell: (field) => <Value value={field.path} />, csv: (field) => field.path };
const of: Column<ObservedField> = { key: "of", header: t.columns.event, width: "minmax(80px, 1.2fr)", cell: (field) => <span className="dim"><Value value={placeOf(field)} /></span>, csv: placeOf };
const types: Column<ObservedField> = { key: "types", header: t.columns.types, width: "minmax(72px, 1fr)", cell: (field) => <span title={typesText(field)}>{typesText(field)}</span>, csv: typesText };
const share: Column<ObservedField> = { key: "share", header: t.columns.share, width: "60px", isEnd: true, cell: (field) => (field.share === null ? "" : shareText(field.share)), csv: (field) => field.share };
const example: Column<ObservedField> = { key: "example", header: t.columns.examples, width: "minmax(80px, 1.4fr)", cell: (field) => <span className="dim"><Value value={field.examples[0] ?? ""} /></span>, csv: (field) => field.examples.join(" | ") };
const personal: Column<ObservedField> = { key: "personal", header: t.columns.personal, width: "120px", cell: (field) => <Standing field={field} />, csv: (field) => (field.personal === null ? t.personal.undecided : field.personal ? t.personal.yes : t.personal.no) };
const evidence: Column<ObservedField> = { key: "evidence", header: t.columns.proposal, width: "minmax(96px, 2fr)", cell: (field) => <span className="dim" title={field.proposal.evidence.join(" ")}>{field.proposal.evidence[0]}</span>, csv: (field) => field.proposal.evidence.join(" ") };
const drift: Column<ObservedField> = { key: "drift", header: t.columns.changed, width: "minmax(72px, 1fr)", cell: (field) => (field.drift[0] ? <DriftMark drift={field.drift[0]} /> : null), csv: (field) => field.drift.map(driftText).join("; ") };
const last: Column<ObservedField> = { key: "last", header: t.columns.last, width: "92px", cell: (field) => <When at={field.last_at} />, csv: (field) => field.last_at };
const forFiles: readonly Column<ObservedField>[] = [
  { key: "kind", header: t.columns.kind, width: "", cell: () => null, csv: (field) => (field.kind === null ? "" : t.kinds[field.kind]) },
  { key: "description", header: t.columns.description, width: "", cell: () => null, csv: (field) => field.description },
  { key: "owner", header: t.columns.owner, width: "", cell: () => null, csv: (field) => field.owner },
  { key: "first", header: t.columns.first, width: "", cell: () => null, csv: (field) => field.first_at },
];
const allColumns = [of, name, types, share, example, personal, evidence, drift, last, ...forFiles];

/** Fewer where the panel takes its room. */
function columnsOf(withEvent: boolean, isNarrow: boolean): readonly Column<ObservedField>[] {
  if (isNarrow) return withEvent ? [name, of, personal] : [name, types, personal];
  return withEvent ? [name, of, types, example, personal, evidence] : [name, types, share, example, personal, drift, last];
}
