// One import: where it stands, what was refused and why, how it was read, and the way back.
import { Button, Progress } from "@mantine/core";
import { IconActivity, IconArrowBackUp, IconPlayerPlay, IconRepeat } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { ImportError, ImportState } from "@tributary/schema/import.ts";
import { texts } from "../../texts/texts.ts";
import type { Column } from "../../ui/data-table.tsx";
import { ExportCsv } from "../../ui/export-csv.tsx";
import { Figure, When } from "../../ui/figure.tsx";
import { valueText } from "../../ui/format.ts";
import { Json } from "../../ui/json.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { State } from "../../ui/state.tsx";
import { Told } from "../../ui/told.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { sourceListQuery } from "../sources/queries.ts";
import { importTones } from "./import-tones.ts";
import { importQuery, importsKey, isGoing, readErrors } from "./queries.ts";
import { useUpload } from "./uploads.ts";
import { sizeText } from "./size-text.ts";
import { WithdrawDialog } from "./withdraw-dialog.tsx";

const t = texts.imports;
const ERRORS_SHOWN = 50;

export const errorColumns: readonly Column<ImportError>[] = [
  { key: "file", header: t.file, width: "1fr", cell: (row) => row.file, csv: (row) => row.file },
  { key: "line", header: t.line, width: "80px", cell: (row) => row.line, csv: (row) => row.line },
  { key: "code", header: t.code, width: "1fr", cell: (row) => row.code, csv: (row) => row.code },
  { key: "message", header: t.message, width: "2fr", cell: (row) => row.message, csv: (row) => row.message },
];

export function ImportPanel({ id, onClose }: { readonly id: number; readonly onClose: () => void }): ReactNode {
  const found = useQuery(importQuery(id));
  return (
    <Panel title={found.data ? valueText(found.data.name, 80) : t.title} onClose={onClose}>
      {found.error ? <ProblemNotice problem={found.error} onRetry={() => void found.refetch()} /> : null}
      {found.isPending ? [70, 50, 90].map((width) => <Bar key={width} width={width} />) : null}
      {found.data ? <Loaded state={found.data} /> : null}
    </Panel>
  );
}

function Loaded({ state }: { readonly state: ImportState }): ReactNode {
  const upload = useUpload(state.id);
  const { data: session } = useSuspenseQuery(sessionQuery);
  const isStopped = (state.status === "uploading" || state.status === "running") && upload?.status !== "sending";
  return (
    <>
      <section className="stack">
        <State tone={importTones[state.status]}>{t.status[state.status]}</State>
        {state.failure ? <p><Told text={state.failure} /></p> : null}
        {state.bytes !== null && (state.status === "uploading" || state.status === "running") ? (
          <div><Progress value={state.bytes === 0 ? 100 : (state.bytes_done / state.bytes) * 100} aria-label={t.status[state.status]} /><div className="dim">{t.percent(sizeText(state.bytes_done), sizeText(state.bytes))}</div></div>
        ) : null}
        {isStopped ? <p>{t.stopped}</p> : null}
        {may(session, "write") ? <Actions state={state} isStopped={isStopped} /> : null}
      </section>
      <Facts state={state} />
      {state.refused > 0 ? <Refused state={state} /> : null}
      <section><h3>{t.mapping}</h3>{state.mapping ? <Json text={JSON.stringify(state.mapping)} label={t.mapping} /> : <p className="dim">{t.noMapping}</p>}</section>
    </>
  );
}

function Actions({ state, isStopped }: { readonly state: ImportState; readonly isStopped: boolean }): ReactNode {
  const [isAsking, setAsking] = useState(false);
  const sources = useQuery(sourceListQuery);
  const source = sources.data?.find(({ slug }) => slug === state.source);
  const mayWithdraw = state.status !== "withdrawn";
  return (
    <div className="row wrap">
      {isStopped ? <Button component={Link} to="/imports/new" search={{ resume: state.id } as never} leftSection={<IconPlayerPlay size={15} />}>{t.goOn}</Button> : null}
      {source && state.accepted > 0 ? <Button component={Link} to="/live" search={{ source: source.id } as never} variant="default" leftSection={<IconActivity size={15} />}>{t.watch}</Button> : null}
      <Button component={Link} to="/imports/new" search={{ from: state.id } as never} variant="default" leftSection={<IconRepeat size={15} />}>{t.useAgain}</Button>
      {mayWithdraw ? <Button variant="subtle" color="red" leftSection={<IconArrowBackUp size={15} />} onClick={() => setAsking(true)}>{t.withdraw}</Button> : null}
      {isAsking ? <WithdrawDialog state={state} onClose={() => setAsking(false)} /> : null}
    </div>
  );
}

function Facts({ state }: { readonly state: ImportState }): ReactNode {
  return (
    <dl className="facts">
      <dt>{t.facts.lines}</dt><dd><Figure value={state.lines} /></dd>
      <dt>{t.facts.accepted}</dt><dd><Figure value={state.accepted} /></dd>
      <dt>{t.facts.refused}</dt><dd><Figure value={state.refused} /></dd>
      {state.skipped > 0 ? <><dt>{t.facts.skipped}</dt><dd><Figure value={state.skipped} /></dd></> : null}
      <dt>{t.facts.files}</dt><dd><bdi>{(state.files ?? []).map(({ name }) => name).join(", ").slice(0, 200)}</bdi>{state.bytes === null ? "" : ` · ${sizeText(state.bytes)}`}</dd>
      <dt>{t.facts.source}</dt><dd className="mono">{state.source}</dd>
      {state.created_by ? <><dt>{t.facts.by}</dt><dd><bdi>{state.created_by}</bdi></dd></> : null}
      <dt>{t.facts.at}</dt><dd><When at={state.created_at} /></dd>
      {state.withdrawn_by ? <><dt>{t.facts.withdrawnBy}</dt><dd><bdi>{state.withdrawn_by}</bdi></dd></> : null}
    </dl>
  );
}

function Refused({ state }: { readonly state: ImportState }): ReactNode {
  const errors = useQuery({ queryKey: [...importsKey, state.id, "errors", isGoing(state)], queryFn: () => readErrors(state.id, ERRORS_SHOWN) });
  return (
    <section className="stack">
      <h3 className="row"><span className="grow">{t.refusedTitle}</span></h3>
      {errors.error ? <ProblemNotice problem={errors.error} onRetry={() => void errors.refetch()} /> : null}
      <div className="refused-list">{errors.data?.map((error) => <div key={`${error.file} ${error.line} ${error.code}`}><span className="mono dim">{t.line} {error.line}</span> {error.message}</div>)}</div>
      <p className="dim">{t.refusedNote(errors.data?.length ?? 0, state.refused)}</p>
      <div><ExportCsv title={`${state.name} ${t.refusedTitle}`} columns={errorColumns} rows={() => readErrors(state.id)} /></div>
    </section>
  );
}
