// How long events take until they are in their profiles: in a sentence, and over the day.
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { Columns } from "../../ui/columns.tsx";
import { amountWithUnit, hourOfDay, dayAndHour, fullNumber } from "../../ui/format.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { freshnessByHour, mostWithin, speeds, type Speed } from "./freshness-words.ts";
import { freshnessQuery } from "./queries.ts";

const t = texts.home.fresh;
const HEIGHT_PX = 64;
const colors: Readonly<Record<Speed, string>> = { fast: "--chart-stored", slow: "--chart-held", late: "--chart-failed" };

export function FreshnessCard(): ReactNode {
  const { data, error, refetch } = useQuery(freshnessQuery);
  const most = data && mostWithin(data);
  const hours = data && freshnessByHour(data);
  const span = (ms: number): string => amountWithUnit(ms, "milliseconds");
  const sentence = most && (most.events === 0 ? t.nothing : most.withinMs === undefined ? t.slower(span(data?.spans_ms.at(-1) ?? 0)) : t.most(span(most.withinMs)));
  return (
    <Card title={texts.home.freshness}>
      {error ? <ProblemNotice problem={error} onRetry={() => void refetch()} /> : null}
      {sentence === undefined ? error ? null : <Bar width={80} /> : <p className="fresh-sentence">{sentence}</p>}
      {hours ? (
        <>
          <Columns
            label={t.label} heightPx={HEIGHT_PX} heads={hours.timesMs.map(dayAndHour)} from={hourOfDay(hours.timesMs[0] ?? 0)} to={hourOfDay(hours.timesMs.at(-1) ?? 0)}
            series={speeds.map((speed) => ({ key: speed, name: t.speeds[speed], color: colors[speed], values: hours.values[speed] }))} say={(name, value) => `${name}: ${fullNumber(value)}`}
          />
          <ul className="legend">
            {speeds.map((speed) => <li key={speed}><span className="swatch" style={{ background: `var(${colors[speed]})` }} aria-hidden />{t.speeds[speed]}</li>)}
          </ul>
        </>
      ) : error ? null : <div style={{ height: HEIGHT_PX + 50 }} aria-busy />}
    </Card>
  );
}
