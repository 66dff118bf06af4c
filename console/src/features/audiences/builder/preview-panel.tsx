// Beside the conditions: how many they are, and who. What is shown stays until the next answer is there, so that nothing jumps while
// somebody types.
import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { texts } from "../../../texts/texts.ts";
import { When } from "../../../ui/figure.tsx";
import { duration, fullNumber } from "../../../ui/format.ts";
import { Filled } from "../../../ui/filled.tsx";
import { Bar, ProblemNotice } from "../../../ui/notice.tsx";
import { computedListQuery } from "../../computed/queries.ts";
import { traitNamesQuery } from "../../profiles/queries.ts";
import { Picker } from "../editors/picker.tsx";
import { memberKnownBy, PersonLink, Waiting } from "../parts.tsx";
import { FlowChart } from "./flow-chart.tsx";
import { Overlap, Reach } from "./overlap-and-reach.tsx";
import { StillCounting } from "./still-counting.tsx";
import type { Answers } from "./use-answers.ts";
import { usePreviewOf } from "./use-preview-of.ts";

const t = texts.audiences;
const tabs = ["people", "reach", "by", "overlap", "flow"] as const;
type Tab = (typeof tabs)[number];

export function PreviewPanel({ answers, own }: { readonly answers: Answers; readonly own: string | undefined }): ReactNode {
  const [tab, setTab] = useState<Tab>("people");
  const error = answers.checkError ?? answers.previewError;
  return (
    <aside className="preview" aria-label={t.preview.title}>
      <Size answers={answers} error={error} />
      {error ? <ProblemNotice problem={error} onRetry={answers.retry} /> : null}
      {answers.isEmpty || error ? null : (
        <>
          <SegmentedControl size="xs" fullWidth aria-label={t.preview.more} value={tab} data={tabs.map((value) => ({ value, label: t.preview.tabs[value] }))} onChange={(value) => setTab(value as Tab)} />
          <div className="preview-more">
            {answers.check?.ok === false ? <p className="dim">{t.preview.unfinished}</p> : <Tabbed tab={tab} answers={answers} own={own} />}
          </div>
        </>
      )}
    </aside>
  );
}

function Tabbed({ tab, answers, own }: { readonly tab: Tab; readonly answers: Answers; readonly own: string | undefined }): ReactNode {
  switch (tab) {
    case "people":
      return <Sample answers={answers} />;
    case "reach":
      return <Reach answers={answers} />;
    case "by":
      return <Breakdown answers={answers} />;
    case "overlap":
      return <Overlap answers={answers} own={own} />;
    case "flow":
      return <FlowChart answers={answers} />;
  }
}

function Size({ answers: { preview, previewError, check, isEmpty, isValid, isStale }, error }: { readonly answers: Answers; readonly error: Error | null }): ReactNode {
  const hasProblems = !isEmpty && check?.ok === false;
  const share = preview && preview.of > 0 ? t.preview.share((100 * preview.size) / preview.of) : "";
  const isAwaited = !isEmpty && preview === undefined && !hasProblems && !error;
  const isCounting = isValid && !previewError && (preview === undefined || isStale);
  const facts = preview && !hasProblems
    ? <>{share}{share ? " · " : ""}<NextChange at={preview.next_change_at} /> · {t.preview.took(duration(preview.took_ms) || `${Math.round(preview.took_ms)} ms`)}</>
    : <>&nbsp;</>;
  return (
    <div className="preview-size" data-stale={isStale || undefined}>
      <div className="preview-number" role="status" aria-busy={isAwaited}>
        {isEmpty ? <span className="dim">–</span> : preview ? <strong className="figure">{fullNumber(preview.size)}</strong> : isAwaited ? <Bar width={40} /> : <span className="dim">–</span>}
        <span className="dim">{isEmpty || !preview ? t.preview.people : t.preview.of(preview.of)}</span>
      </div>
      <div className="dim preview-facts">
        {isEmpty ? t.preview.empty : isCounting ? <StillCounting>{facts}</StillCounting> : facts}
      </div>
    </div>
  );
}

function NextChange({ at }: { readonly at: string | null }): ReactNode {
  return at === null ? t.preview.noChange : <Filled text={t.preview.nextChange} parts={{ when: <When at={at} /> }} />;
}

function Sample({ answers }: { readonly answers: Answers }): ReactNode {
  const { data, error } = usePreviewOf(answers, { sample: 10 });
  if (error) return <ProblemNotice problem={error} />;
  if (data === undefined) return <Waiting rows={6} />;
  if (data.sample.length === 0) return <p className="dim">{t.preview.nobody}</p>;
  return <ul className="side-list">{data.sample.map((member) => <li key={member.profile_id} className="row"><span className="grow"><PersonLink member={member} /></span><span className="dim cut half">{memberKnownBy(member)?.value ?? ""}</span></li>)}</ul>;
}

/** Before the slug of a computed trait, which no trait's name begins with. */
const COMPUTED = "\u0000computed ";

function Breakdown({ answers }: { readonly answers: Answers }): ReactNode {
  const [by, setBy] = useState<string>();
  const names = useQuery(traitNamesQuery);
  const computed = useQuery(computedListQuery("", "in_use"));
  const slug = by?.startsWith(COMPUTED) ? by.slice(COMPUTED.length) : undefined;
  const { data, error } = usePreviewOf(answers, slug === undefined ? { by: by ?? "" } : { by_computed: slug }, by !== undefined);
  const groups = names.data && [
    { title: t.add.traits, options: names.data.data.map(({ name }) => ({ value: name, label: name })) },
    { title: t.computed.which, options: (computed.data?.data ?? []).map((one) => ({ value: `${COMPUTED}${one.slug}`, label: one.name })) },
  ];
  const chosen = slug === undefined ? by : (computed.data?.data.find((one) => one.slug === slug)?.name ?? slug);
  const most = Math.max(1, ...(data?.breakdown.map(({ size }) => size) ?? []));
  return (
    <div className="stack">
      <div className="words"><span>{t.preview.by}</span><Picker label={t.preview.by} placeholder={t.trait.search} groups={groups} isPlaceholder={by === undefined} onPick={setBy}><bdi className="cut">{chosen ?? t.preview.chooseTrait}</bdi></Picker></div>
      {error ? <ProblemNotice problem={error} /> : null}
      {by === undefined ? <p className="dim">{t.preview.byText}</p> : data === undefined && !error ? <Waiting rows={4} /> : (
        <ul className="breakdown">
          {data?.breakdown.map(({ value, size }) => <li key={value ?? "\u0000"}><span className="row"><bdi className="grow cut">{value ?? t.preview.notSet}</bdi><span className="figure">{fullNumber(size)}</span></span><progress className="meter" value={size} max={most} aria-label={value ?? t.preview.notSet} /></li>)}
          {data && data.breakdown_rest > 0 ? <li className="row dim"><span className="grow">{t.preview.rest}</span><span className="figure">{fullNumber(data.breakdown_rest)}</span></li> : null}
        </ul>
      )}
    </div>
  );
}
