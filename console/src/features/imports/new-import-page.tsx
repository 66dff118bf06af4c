// From a file to events: how it is read, what its columns are, what comes of it, a dry run, the import. Nothing is stored
// before the last step, and every preview is made by the server with the very code that imports.
import { Button, Textarea } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import type { ImportSample } from "@tributary/schema/api/import-sample.ts";
import type { CreateImport, ImportMapping, ImportState } from "@tributary/schema/import.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { ProblemNotice } from "../../ui/notice.tsx";
import { Card, Page } from "../../ui/page.tsx";
import { FileCard } from "./file-card.tsx";
import { formOf, guessedForm, mappingOf, type MappingForm } from "./mapping-form.ts";
import { MappingTable } from "./mapping-table.tsx";
import { importQuery, importsKey } from "./queries.ts";
import { ReadingCard, type Reading } from "./reading-card.tsx";
import { ResumeImport } from "./resume-import.tsx";
import { RunCard, type Naming } from "./run-card.tsx";
import { SamplePreview } from "./sample-preview.tsx";
import { startUpload, useUpload } from "./uploads.ts";
import { readSampleText, useSample, type SampleText } from "./use-sample.ts";
import "./imports.css";

const t = texts.imports;
const route = getRouteApi("/shell/imports/new");
export const backToImports = { to: "/imports", text: t.title } as const;

export function NewImportPage(): ReactNode {
  const { from, resume } = route.useSearch();
  const earlier = useQuery({ ...importQuery(from ?? 0), enabled: from !== undefined, refetchInterval: false });
  if (resume !== undefined) return <ResumeImport key={resume} id={resume} />;
  if (from !== undefined && earlier.isPending) return <Page title={t.newTitle} back={backToImports} sentence={<>&nbsp;</>}>{null}</Page>;
  return <NewImport key={from ?? 0} earlier={earlier.data} />;
}

interface Chosen {
  readonly file: File;
  readonly sample: SampleText;
}

/** As a table where the table shows all of it, else as text. */
type Editing = { readonly as: "table"; readonly form: MappingForm } | { readonly as: "yaml"; readonly yaml: string } | { readonly as: "calls" };

function NewImport({ earlier }: { readonly earlier: ImportState | undefined }): ReactNode {
  const [chosen, setChosen] = useState<Chosen>();
  const [fileProblem, setFileProblem] = useState<string>();
  const first = useSample(chosen?.sample, { mapping: earlier?.mapping ?? undefined });
  const choose = async (file: File): Promise<void> => {
    const sample = await readSampleText(file);
    setFileProblem(sample === undefined ? t.notUtf8 : undefined);
    setChosen(sample === undefined ? undefined : { file, sample });
  };
  const answer = first.isPlaceholderData ? undefined : first.data;
  return (
    <Page title={t.newTitle} sentence={t.newSentence} back={backToImports}>
      <div className="stack" style={{ gap: 16 }}>
        <FileCard file={chosen?.file} problem={fileProblem} isLocked={false} onFile={(file) => void choose(file)} />
        {first.error ? <ProblemNotice problem={first.error} onRetry={() => void first.refetch()} /> : null}
        {chosen && answer ? <Mapped key={`${chosen.file.name} ${chosen.file.size} ${chosen.file.lastModified}`} chosen={chosen} first={answer} earlier={earlier} /> : null}
      </div>
    </Page>
  );
}

function beginning(first: ImportSample, earlier: ImportState | undefined): Editing {
  if (earlier?.mapping) {
    const form = formOf(earlier.mapping, first.columns.map(({ name }) => name));
    return form ? { as: "table", form } : { as: "yaml", yaml: first.yaml };
  }
  return first.guess.kind === "calls" ? { as: "calls" } : { as: "table", form: guessedForm(first) };
}

function Mapped({ chosen: { file, sample: text }, first, earlier }: { readonly chosen: Chosen; readonly first: ImportSample; readonly earlier: ImportState | undefined }): ReactNode {
  const [editing, setEditing] = useState<Editing>(() => beginning(first, earlier));
  const [reading, setReading] = useState<Reading>(() => ({
    zone: earlier?.reading?.time_zone ?? earlier?.mapping?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone, mark: earlier?.reading?.decimal_mark ?? first.guess.decimal_mark ?? ".", isConfirmed: false,
  }));
  const mapping: ImportMapping | undefined = editing.as === "table" ? mappingOf(editing.form, first.guess.format) : undefined;
  const said = { ...(reading.zone === "" ? {} : { time_zone: reading.zone }), ...(reading.mark === "" ? {} : { decimal_mark: reading.mark }) };
  const sample = useSample(text, { ...said, ...(editing.as === "yaml" ? { yaml: editing.yaml } : { mapping }) });
  useColumnsOf(sample.data, editing, setEditing);
  const running = useRun(file, { mapping: editing.as === "yaml" ? (sample.data?.mapping ?? undefined) : mapping, format: first.guess.format, ...said });
  const isSound = sample.data?.problem === null && !sample.isPlaceholderData;
  const change = (next: Editing): void => {
    setEditing(next);
    running.forget();
  };
  return (
    <div className="import-grid">
      <div className="stack" style={{ gap: 16 }}>
        <ReadingCard sample={first} reading={reading} form={editing.as === "table" ? editing.form : undefined} onReading={(next) => { setReading(next); running.forget(); }} onForm={(form) => change({ as: "table", form })} />
        <Columns editing={editing} sample={sample.data ?? first} onChange={change} />
        <RunCard {...running} isReady={reading.isConfirmed && isSound && running.naming.name.trim() !== ""} />
      </div>
      <div className="right"><SamplePreview sample={sample.data} problem={sample.error} /></div>
    </div>
  );
}

/** Another delimiter makes other columns: the table begins anew with them. */
function useColumnsOf(sample: ImportSample | undefined, editing: Editing, onChange: (editing: Editing) => void): void {
  const found = sample?.columns.map(({ name }) => name).join("\n");
  const shown = editing.as === "table" ? editing.form.rows.map(({ column }) => column).join("\n") : undefined;
  const isOther = sample !== undefined && editing.as === "table" && found !== shown && (sample.mapping?.csv?.delimiter ?? ",") === editing.form.delimiter;
  useEffect(() => {
    if (isOther && editing.as === "table") onChange({ as: "table", form: { ...guessedForm(sample), kind: editing.form.kind, delimiter: editing.form.delimiter } });
  }, [isOther, found]); // Only when the columns themselves change.
}

function Columns({ editing, sample, onChange }: { readonly editing: Editing; readonly sample: ImportSample; readonly onChange: (editing: Editing) => void }): ReactNode {
  if (editing.as === "calls") return <Card title={t.steps.columns}><p>{t.calls}</p></Card>;
  const form = editing.as === "yaml" && sample.mapping ? formOf(sample.mapping, sample.columns.map(({ name }) => name)) : undefined;
  const toYaml = <Button size="compact-sm" variant="subtle" onClick={() => onChange({ as: "yaml", yaml: sample.yaml })}>{t.asYaml}</Button>;
  const toTable = form ? <Button size="compact-sm" variant="subtle" onClick={() => onChange({ as: "table", form })}>{t.asTable}</Button> : undefined;
  return (
    <Card title={t.steps.columns} actions={editing.as === "table" ? toYaml : toTable}>
      {editing.as === "table" ? <MappingTable form={editing.form} columns={sample.columns} onChange={(next) => onChange({ as: "table", form: next })} /> : (
        <div className="stack yaml">
          {form || !sample.mapping ? null : <p className="dim">{t.yamlOnly}</p>}
          <Textarea aria-label={t.yamlLabel} autosize minRows={10} maxRows={30} spellCheck={false} dir="ltr" value={editing.yaml} onChange={(event) => onChange({ as: "yaml", yaml: event.currentTarget.value })} />
        </div>
      )}
    </Card>
  );
}

type Wish = Pick<CreateImport, "mapping" | "format" | "time_zone" | "decimal_mark">;

/** The dry run and the import of this file. What was tried counts no more when something is changed. */
function useRun(file: File, wish: Wish) {
  const client = useQueryClient();
  const [naming, setNaming] = useState<Naming>({ name: nameOf(file), source: "" });
  const [ids, setIds] = useState<{ readonly trial?: number; readonly run?: number }>({});
  const [problem, setProblem] = useState<Error | null>(null);
  const [trial, run] = [useUpload(ids.trial), useUpload(ids.run)];
  const begin = async (isTrial: boolean): Promise<void> => {
    setProblem(null);
    try {
      const made = await change<ImportState>("POST", "/imports", {
        ...wish, name: naming.name.trim(), ...(naming.source.trim() === "" ? {} : { source: naming.source.trim() }), files: [{ name: file.name, bytes: file.size }], ...(isTrial ? { dry_run: true } : {}),
      });
      setIds((before) => (isTrial ? { trial: made.id } : { ...before, run: made.id }));
      await startUpload(made.id, file);
      await client.invalidateQueries({ queryKey: importsKey });
    } catch (error) {
      setProblem(error instanceof Error ? error : new Error(String(error)));
    }
  };
  return {
    naming, onNaming: setNaming, trial, run, problem, onTry: () => void begin(true), onRun: () => void begin(false),
    forget: () => setIds((before) => (before.run === undefined ? {} : before)),
  };
}

function nameOf(file: File): string {
  return file.name.replace(/\.(csv|tsv|txt|ndjson|jsonl|json)$/i, "").slice(0, 200);
}
