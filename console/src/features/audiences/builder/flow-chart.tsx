// How many would have come in and gone out on each of the last days.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { texts } from "../../../texts/texts.ts";
import { StackedBars } from "../../../ui/chart.tsx";
import { date, fullNumber, shortDay } from "../../../ui/format.ts";
import { ProblemNotice } from "../../../ui/notice.tsx";
import { flowQuery } from "../queries.ts";
import { Waiting } from "../parts.tsx";
import type { Answers } from "./use-answers.ts";

const t = texts.audiences.preview;
const DAYS = 14;

export function FlowChart({ answers: { key, isValid } }: { readonly answers: Answers }): ReactNode {
  const { data, error } = useQuery({ ...flowQuery(JSON.parse(key), key, DAYS), enabled: isValid, placeholderData: keepPreviousData });
  if (error) return <ProblemNotice problem={error} />;
  if (data === undefined) return <Waiting rows={5} />;
  const sum = (name: "entered" | "left"): number => data.days.reduce((all, day) => all + day[name], 0);
  // A date of the workspace's, whatever the zone here: its midnight here, so that it is written as that date.
  const times = data.days.map(({ day }) => Date.parse(`${day}T00:00`));
  return (
    <div className="stack">
      <p>{t.flowText(sum("entered"), sum("left"), data.days.length)}</p>
      <StackedBars
        label={t.flowText(sum("entered"), sum("left"), data.days.length)} height={170} axis={times.map(shortDay)} heads={data.days.map(({ size }, i) => `${date(times[i] ?? 0)}: ${t.inIt(size)}`)}
        series={[{ name: t.entered, color: "--chart-stored", values: data.days.map(({ entered }) => entered) }, { name: t.left, color: "--chart-held", values: data.days.map(({ left }) => left) }]}
      />
      <details><summary>{t.asTable}</summary>
        <table className="plain-table"><thead><tr><th>{t.day}</th><th className="end">{t.size}</th><th className="end">{t.entered}</th><th className="end">{t.left}</th></tr></thead>
          <tbody>{data.days.map((one, i) => <tr key={one.day}><td>{date(times[i] ?? 0)}</td><td className="end">{fullNumber(one.size)}</td><td className="end">{fullNumber(one.entered)}</td><td className="end">{fullNumber(one.left)}</td></tr>)}</tbody>
        </table>
      </details>
    </div>
  );
}
