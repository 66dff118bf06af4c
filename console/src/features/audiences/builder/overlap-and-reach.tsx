// Of the people of a definition: who is also in which other audiences, and who can be reached.
import { useState, type ReactNode } from "react";
import { texts } from "../../../texts/texts.ts";
import { fullNumber } from "../../../ui/format.ts";
import { ProblemNotice } from "../../../ui/notice.tsx";
import { Picker } from "../editors/picker.tsx";
import { useAudienceGroups } from "../editors/other-editors.tsx";
import { Waiting } from "../parts.tsx";
import { OverlapChart } from "./overlap-chart.tsx";
import type { Answers } from "./use-answers.ts";
import { usePreviewOf } from "./use-preview-of.ts";

const t = texts.audiences;
const OVERLAP_MAX = 6;

type Asked = Pick<Answers, "key" | "isValid">;

export interface OverlapProps {
  readonly answers: Asked;
  /** The audience itself, which is not compared with. */
  readonly own: string | undefined;
  /** Chosen from the beginning. */
  readonly first?: readonly string[];
}

export function Overlap({ answers, own, first = [] }: OverlapProps): ReactNode {
  const [chosen, setChosen] = useState<readonly string[]>(first);
  const groups = useAudienceGroups()?.map(({ title, options }) => ({ title, options: options.filter(({ value }) => value !== own).map((one) => ({ ...one, isChosen: chosen.includes(one.value) })) }));
  const { data, error } = usePreviewOf(answers, { overlap: chosen }, chosen.length > 0);
  const nameOf = (slug: string): string => groups?.[0]?.options.find(({ value }) => value === slug)?.label ?? slug;
  const toggle = (slug: string): void => setChosen(chosen.includes(slug) ? chosen.filter((one) => one !== slug) : [...chosen, slug].slice(-OVERLAP_MAX));
  return (
    <div className="stack">
      <div className="words">
        <span>{t.preview.with}</span>
        {chosen.map((slug) => <span key={slug} className="word-chip"><bdi className="cut">{nameOf(slug)}</bdi><button type="button" aria-label={t.filters.remove(nameOf(slug))} onClick={() => toggle(slug)}>×</button></span>)}
        <Picker label={t.preview.addOverlap} variant="add" placeholder={t.audience.search} groups={groups} staysOpen onPick={toggle}>{t.preview.addOverlap}</Picker>
      </div>
      {error ? <ProblemNotice problem={error} /> : null}
      {chosen.length === 0 ? <p className="dim">{t.preview.overlapText}</p> : data === undefined && !error ? <Waiting rows={5} /> : data ? <OverlapChart sets={chosen} rows={data.overlap} nameOf={nameOf} /> : null}
    </div>
  );
}

export function Reach({ answers }: { readonly answers: Asked }): ReactNode {
  const { data, error } = usePreviewOf(answers, { reach: true });
  if (error) return <ProblemNotice problem={error} />;
  if (data === undefined) return <Waiting rows={3} />;
  const words: Readonly<Record<string, string>> = t.preview.channels;
  return (
    <table className="plain-table">
      <thead><tr><th>{t.preview.channel}</th><th className="end">{t.preview.address}</th><th className="end">{t.preview.consent}</th><th className="end">{t.preview.reachable}</th></tr></thead>
      <tbody>{data.reach.map((one) => <tr key={one.channel}><td>{words[one.channel] ?? one.channel}</td><td className="end">{fullNumber(one.address)}</td><td className="end">{fullNumber(one.consent)}</td><td className="end"><strong>{fullNumber(one.reachable)}</strong></td></tr>)}</tbody>
    </table>
  );
}
