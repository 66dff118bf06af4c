// How a definition's values would be spread over everybody, kept beside the form while somebody writes.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ComputedCheck, ComputedPreview } from "@tributary/schema/api/computed-traits.ts";
import { texts } from "../../texts/texts.ts";
import { Columns } from "../../ui/columns.tsx";
import { duration, fullNumber } from "../../ui/format.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { Value } from "../../ui/value.tsx";
import { identifiersByWeight } from "../profiles/person-words.ts";
import { bucketWords, edgeWords, valueWords } from "./computed-words.ts";
import { computedPreviewQuery } from "./queries.ts";

const t = texts.computed;
const CHART_PX = 110;

export interface DistributionProps {
  readonly value: unknown;
  readonly slug: string | undefined;
  readonly check: ComputedCheck | undefined;
  /** False while `check` is still what was said of the value before: a value that is wrong is not asked about. */
  readonly isChecked: boolean;
}

export function DistributionCard({ value, slug, check, isChecked }: DistributionProps): ReactNode {
  const preview = useQuery({ ...computedPreviewQuery(value, slug), enabled: isChecked && check?.ok === true });
  return (
    <Card title={t.distribution}>
      {check !== undefined && !check.ok ? <p className="dim">{t.mendFirst}</p>
        : preview.error ? <ProblemNotice problem={preview.error} onRetry={() => void preview.refetch()} />
          : preview.data ? <Spread preview={preview.data} isTime={check?.type === "time"} isCode={isScores(value)} /> : <div className="stack" aria-busy>{[50, 90, 70, 60].map((width) => <Bar key={width} width={width} />)}</div>}
    </Card>
  );
}

/** Three scores beside each other, such as 545, look like a number; their average says nothing. */
function isScores(value: unknown): boolean {
  return typeof value === "object" && value !== null && "of" in value && value.of === "scores";
}

function Spread({ preview, isTime, isCode }: { readonly preview: ComputedPreview; readonly isTime: boolean; readonly isCode: boolean }): ReactNode {
  const { people, set, numbers, values, masked, sample, thresholds, took_ms: tookMs } = preview;
  return (
    <div className="stack computed-spread">
      <p><strong>{t.setOf(set, people)}</strong> <span className="dim">{t.took(duration(tookMs) || `${Math.round(tookMs)} ms`)}</span></p>
      {masked ? <p className="dim">{t.masked}</p> : null}
      {numbers && !isCode ? <Numbers numbers={numbers} isTime={isTime} /> : null}
      {thresholds ? <p className="dim">{t.fifths(thresholds.buyers)}</p> : null}
      {values.length > 0 && !isTime ? <Values values={values} /> : null}
      {sample.length > 0 ? (
        <section aria-label={t.sample}>
          <h3 className="computed-head">{t.sample}</h3>
          <dl className="computed-values">{sample.map((one) => (
            <div key={`${one.profile_id}${JSON.stringify(one.value)}`}>
              <dt><Link to="/profiles/$ref" params={{ ref: one.profile_id }} className="cut"><bdi>{one.name ?? identifiersByWeight(one.identifiers)[0]?.value ?? one.profile_id}</bdi></Link></dt>
              <dd><bdi className="cut">{valueWords(one.value)}</bdi></dd>
            </div>
          ))}</dl>
        </section>
      ) : null}
    </div>
  );
}

function Numbers({ numbers, isTime }: { readonly numbers: NonNullable<ComputedPreview["numbers"]>; readonly isTime: boolean }): ReactNode {
  const { buckets, min, max, average, median } = numbers;
  const [first, last] = [buckets[0], buckets.at(-1)];
  const say = (at: number): string => edgeWords(at, isTime);
  return (
    <>
      <Columns
        label={t.chart(say(min), say(max), say(median))} heightPx={CHART_PX} heads={buckets.map((bucket) => bucketWords(bucket, isTime, t.between, t.over))}
        series={[{ key: "people", name: t.people, color: "--chart-stored", values: buckets.map(({ count }) => count) }]} say={(name, value) => `${name}: ${fullNumber(value)}`}
        from={first ? say(first.from) : ""} to={last ? (last.to === null ? t.over(say(last.from)) : say(last.to)) : ""}
      />
      <p className="dim">{t.middle(say(median), say(average))}</p>
    </>
  );
}

function Values({ values }: { readonly values: ComputedPreview["values"] }): ReactNode {
  const most = Math.max(1, ...values.map(({ count }) => count));
  return (
    <section aria-label={t.frequent}>
      <h3 className="computed-head">{t.frequent}</h3>
      <dl className="computed-values">{values.slice(0, 8).map(({ value, count }) => (
        <div key={JSON.stringify(value)}>
          <dt><Value value={valueWords(value)} /></dt>
          <dd className="row"><span className="computed-share" style={{ inlineSize: `${(count / most) * 60}%` }} aria-hidden /><span className="figure">{fullNumber(count)}</span></dd>
        </div>
      ))}</dl>
    </section>
  );
}
