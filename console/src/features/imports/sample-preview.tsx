// What comes of the first lines: the calls as they would go into the log, and the lines that would be refused.
import { Pagination } from "@mantine/core";
import { useState, type ReactNode } from "react";
import type { ImportSample } from "@tributary/schema/api/import-sample.ts";
import { texts } from "../../texts/texts.ts";
import { valueText } from "../../ui/format.ts";
import { Json } from "../../ui/json.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";

const t = texts.imports;
const REFUSED_SHOWN = 8;

export function SamplePreview({ sample, problem }: { readonly sample: ImportSample | undefined; readonly problem: Error | null }): ReactNode {
  return (
    <Card title={t.steps.preview}>
      <div className="stack" aria-live="polite">
        {problem ? <ProblemNotice problem={problem} /> : null}
        {sample?.problem ? <ProblemNotice problem={Object.assign(new Error(sample.problem.message), { hint: sample.problem.hint })} /> : null}
        {sample && !sample.problem ? <Read sample={sample} /> : null}
        {!sample && !problem ? [80, 60, 90].map((width) => <Bar key={width} width={width} />) : null}
      </div>
    </Card>
  );
}

function Read({ sample }: { readonly sample: ImportSample }): ReactNode {
  const [page, setPage] = useState(1);
  const event = sample.events[Math.min(page, sample.events.length) - 1];
  return (
    <>
      <p className="dim">{t.comes(sample.events.length, sample.lines)}</p>
      {event === undefined ? null : <Json text={JSON.stringify(event)} label={t.call(page)} />}
      {sample.events.length > 1 ? (
        <Pagination size="xs" total={sample.events.length} value={Math.min(page, sample.events.length)} onChange={setPage} siblings={1} boundaries={1} getItemProps={(one) => ({ "aria-label": t.call(one) })} getControlProps={(control) => ({ "aria-label": control === "next" ? t.nextCall : t.previousCall })} />
      ) : null}
      {sample.refused.length > 0 ? (
        <>
          <State tone="attention">{t.refusedLines(sample.refused.length)}</State>
          <div className="refused-list">{sample.refused.slice(0, REFUSED_SHOWN).map((error) => <div key={`${error.line} ${error.code}`}><span className="mono dim">{t.line} {error.line}</span> {error.message}</div>)}</div>
        </>
      ) : null}
      {sample.columns_not_used.length > 0 ? <p className="dim">{t.notUsed(sample.columns_not_used.length)} <bdi>{valueText(sample.columns_not_used.join(", "), 200)}</bdi></p> : null}
    </>
  );
}
