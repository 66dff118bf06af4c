// Writes an audience, a table or what a statement gives into a file, here and now.
import { Button, MultiSelect, NativeSelect, SegmentedControl, Select, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import type { ExportCreate } from "@tributary/schema/api/exports.ts";
import { download, downloadOf } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemNotice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { viewsQuery } from "../sql/queries.ts";
import { ChooseAudience, ChooseColumns, ChooseRows } from "./choose.tsx";

const t = texts.exports.newFile;
const kinds = ["audience", "table", "statement"] as const;
type Kind = (typeof kinds)[number];
const formats = ["csv", "ndjson", "parquet"] as const;
const ROWS = 100_000;
const isKind = (text: string): text is Kind => kinds.some((kind) => kind === text);
const isFormat = (text: string): text is (typeof formats)[number] => formats.some((format) => format === text);

interface Draft {
  readonly kind: Kind;
  readonly audience: string;
  readonly ofPeople: readonly string[];
  readonly table: string;
  readonly ofTable: readonly string[];
  readonly statement: string;
  readonly format: (typeof formats)[number];
  readonly rows: number;
}

async function write({ kind, audience, ofPeople, table, ofTable, statement, format, rows }: Draft): Promise<void> {
  if (kind === "audience") return download(`/audiences/${encodeURIComponent(audience)}/members/export`, { format, columns: ofPeople.join(","), row_limit: rows }, `${audience}.${format}`);
  const wish: ExportCreate = { format, row_limit: rows, ...(kind === "statement" ? { statement } : { table, ...(ofTable.length === 0 ? {} : { columns: [...ofTable] }) }) };
  return downloadOf("/exports", wish, `${kind === "table" ? table : t.fileName}.${format}`);
}

const isReady = ({ kind, audience, ofPeople, table, statement }: Draft): boolean => (kind === "audience" ? audience !== "" && ofPeople.length > 0 : kind === "table" ? table !== "" : statement.trim() !== "");

export function NewFile({ audience = "", statement = "", onClose }: { readonly audience?: string; readonly statement?: string; readonly onClose: () => void }): ReactNode {
  const client = useQueryClient();
  const [draft, setDraft] = useState<Draft>({
    kind: statement === "" ? "audience" : "statement", audience, ofPeople: ["id", "since", "identifiers"], table: "", ofTable: [], statement, format: "csv", rows: ROWS,
  });
  const set = (change: Partial<Draft>): void => setDraft((now) => ({ ...now, ...change }));
  const make = useMutation({
    mutationFn: () => write(draft),
    onSettled: () => client.invalidateQueries({ queryKey: ["exports"] }),
    onSuccess: () => { toast({ text: t.written }); onClose(); },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isReady(draft)) make.mutate();
  };
  return (
    <Dialog onClose={onClose} title={t.title} size="lg">
      <form className="stack roomy" noValidate onSubmit={submit}>
        <SegmentedControl aria-label={t.kind} value={draft.kind} onChange={(kind) => { if (isKind(kind)) set({ kind }); }} data={kinds.map((value) => ({ value, label: t.kinds[value] }))} />
        {draft.kind === "audience" ? (
          <>
            <ChooseAudience value={draft.audience} onChange={(slug) => set({ audience: slug })} />
            <ChooseColumns value={draft.ofPeople} onChange={(ofPeople) => set({ ofPeople })} />
          </>
        ) : null}
        {draft.kind === "table" ? <Table draft={draft} onChange={set} /> : null}
        {draft.kind === "statement" ? (
          <Textarea
            className="exports-statement" label={t.statement} description={t.statementHint} autosize minRows={5} maxRows={14} spellCheck={false} dir="ltr" value={draft.statement}
            onChange={(event) => set({ statement: event.currentTarget.value })}
          />
        ) : null}
        <div className="exports-two">
          <NativeSelect label={t.format} value={draft.format} data={formats.map((value) => ({ value, label: t.formats[value] }))} onChange={(event) => { if (isFormat(event.currentTarget.value)) set({ format: event.currentTarget.value }); }} />
          <ChooseRows value={draft.rows} onChange={(rows) => set({ rows })} />
        </div>
        <p className="dim">{t.kept}</p>
        {make.error ? <ProblemNotice problem={make.error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" onClick={onClose}>{texts.everywhere.cancel}</Button>
          <Button type="submit" loading={make.isPending} disabled={!isReady(draft)}>{t.make}</Button>
        </div>
      </form>
    </Dialog>
  );
}

function Table({ draft, onChange }: { readonly draft: Draft; readonly onChange: (change: Partial<Draft>) => void }): ReactNode {
  const views = useQuery(viewsQuery);
  const all = views.data?.data ?? [];
  const chosen = all.find(({ name }) => name === draft.table);
  if (views.error) return <ProblemNotice problem={views.error} onRetry={() => void views.refetch()} />;
  return (
    <>
      <Select
        label={t.table} placeholder={t.tableHint} searchable data={all.map(({ name }) => name)} value={draft.table === "" ? null : draft.table} nothingFoundMessage={texts.exports.choose.nothing} description={chosen?.about}
        onChange={(table) => onChange({ table: table ?? "", ofTable: [] })}
      />
      {chosen ? <MultiSelect label={texts.exports.choose.columns} description={t.allColumns} searchable data={chosen.columns.map(({ name }) => name)} value={[...draft.ofTable]} onChange={(ofTable) => onChange({ ofTable })} /> : null}
    </>
  );
}
