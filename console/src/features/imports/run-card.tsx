// The last steps: a dry run over the whole file, and the import itself, each with how far it is.
import { Button, Progress, TextInput } from "@mantine/core";
import { IconFileImport, IconPlayerStop, IconTestPipe } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ImportPreview } from "@tributary/schema/import.ts";
import { texts } from "../../texts/texts.ts";
import { ExportCsv } from "../../ui/export-csv.tsx";
import { Figure } from "../../ui/figure.tsx";
import { ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { errorColumns } from "./import-panel.tsx";
import { sizeText } from "./size-text.ts";
import { stopUpload, type Upload } from "./uploads.ts";

const t = texts.imports;

export interface Naming {
  readonly name: string;
  readonly source: string;
}

export interface RunCardProps {
  readonly naming: Naming;
  readonly onNaming: (naming: Naming) => void;
  readonly isReady: boolean;
  readonly trial: Upload | undefined;
  readonly run: Upload | undefined;
  readonly problem: Error | null;
  readonly onTry: () => void;
  readonly onRun: () => void;
}

export function RunCard({ naming, onNaming, isReady, trial, run, problem, onTry, onRun }: RunCardProps): ReactNode {
  const isBusy = trial?.status === "sending" || run?.status === "sending";
  const isDone = run?.status === "done";
  return (
    <Card title={t.steps.try}>
      <div className="stack" style={{ gap: 12 }}>
        <div className="reading">
          <TextInput label={t.name} value={naming.name} maxLength={200} disabled={run !== undefined} onChange={(event) => onNaming({ ...naming, name: event.currentTarget.value })} />
          <TextInput label={t.source} description={t.sourceNote} value={naming.source} maxLength={60} disabled={run !== undefined} onChange={(event) => onNaming({ ...naming, source: event.currentTarget.value })} />
        </div>
        {isReady ? null : <p className="dim">{t.confirmFirst}</p>}
        {problem ? <ProblemNotice problem={problem} /> : null}
        {trial ? <Sending upload={trial} text={t.trying} /> : null}
        {trial?.preview ? <Tried preview={trial.preview} name={naming.name} /> : null}
        {run ? <Sending upload={run} text={t.running} note={t.leave} /> : null}
        {isDone && run.state ? <State tone="good">{t.finished(run.state.accepted, run.state.refused)}</State> : null}
        {trial?.preview && !run ? <p className="dim">{t.runText}</p> : null}
        <div className="row wrap">
          {isDone ? <Button component={Link} to="/imports" search={{ id: run.id } as never}>{t.seeImport}</Button> : (
            <>
              <Button variant={trial?.preview ? "default" : "filled"} leftSection={<IconTestPipe size={15} />} disabled={!isReady || isBusy} loading={trial?.status === "sending"} onClick={onTry}>{trial?.preview ? t.tryAgain : t.tryIt}</Button>
              {trial?.preview ? <Button leftSection={<IconFileImport size={15} />} disabled={!isReady || isBusy || trial.preview.events === 0} loading={run?.status === "sending"} onClick={onRun}>{t.run}</Button> : null}
            </>
          )}
        </div>
      </div>
    </Card>
  );
}

export function Sending({ upload, text, note }: { readonly upload: Upload; readonly text: string; readonly note?: string }): ReactNode {
  if (upload.status === "failed" && upload.problem) return <ProblemNotice problem={upload.problem} />;
  if (upload.status === "stopped") return <State tone="attention">{t.interrupted}</State>;
  if (upload.status === "done") return null;
  return (
    <div className="stack" role="status">
      <div className="row"><span className="grow">{text}</span><Button size="compact-xs" variant="subtle" leftSection={<IconPlayerStop size={13} />} onClick={() => stopUpload(upload.id)}>{t.stop}</Button></div>
      <Progress value={upload.bytes === 0 ? 100 : (upload.sent / upload.bytes) * 100} aria-label={text} />
      <div className="dim">{t.percent(sizeText(upload.sent), sizeText(upload.bytes))}{note ? ` · ${note}` : ""}</div>
    </div>
  );
}

function Tried({ preview, name }: { readonly preview: ImportPreview; readonly name: string }): ReactNode {
  const { people, events, lines, refused, errors, events_by_name: byName, errors_by_code: byCode } = preview;
  return (
    <section className="stack" aria-label={t.tryIt}>
      <State tone="good">{t.tried(people.new, people.matched, people.complete)}</State>
      <div className="dim">{t.triedEvents(events, lines)}{people.events_without_person > 0 ? ` · ${t.nobody(people.events_without_person)}` : ""}</div>
      <Counts title={t.byName} counts={byName} />
      <State tone={refused === 0 ? "good" : "attention"}>{t.triedRefused(refused)}</State>
      <Counts title={t.byReason} counts={byCode} />
      {errors.length > 0 ? (
        <>
          <div className="refused-list">{errors.slice(0, 5).map((error) => <div key={`${error.line} ${error.code}`}><span className="mono dim">{t.line} {error.line}</span> {error.message}</div>)}</div>
          <div className="row wrap"><ExportCsv title={`${name} ${t.refusedTitle}`} columns={errorColumns} rows={errors} /><span className="dim">{t.refusedNote(errors.length, refused)}</span></div>
        </>
      ) : null}
    </section>
  );
}

function Counts({ title, counts }: { readonly title: string; readonly counts: Readonly<Record<string, number>> }): ReactNode {
  const entries = Object.entries(counts).sort(([, a], [, b]) => b - a).slice(0, 10);
  if (entries.length === 0) return null;
  return <div className="counts" role="group" aria-label={title}>{entries.map(([name, count]) => [<span key={name}><bdi>{name.slice(0, 80)}</bdi></span>, <span key={`${name} n`}><Figure value={count} /></span>])}</div>;
}
