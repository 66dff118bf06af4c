// What came in over the last day, hour by hour, and what became of it.
import { useQuery } from "@tanstack/react-query";
import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { Columns } from "../../ui/columns.tsx";
import { Figure } from "../../ui/figure.tsx";
import { hourOfDay, dayAndHour, fullNumber } from "../../ui/format.ts";
import { ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { outcomeColors, outcomeName, type ShownOutcome, volumeOf } from "../sources/volume-series.ts";
import { dayVolumeQuery } from "./queries.ts";

const t = texts.home.day;
const HEIGHT_PX = 96;

export function DayCard(): ReactNode {
  const { data, error, refetch } = useQuery(dayVolumeQuery);
  const volume = data && volumeOf(data);
  const lastMs = volume?.timesMs.at(-1) ?? 0;
  return (
    <Card title={t.title}>
      {error ? <ProblemNotice problem={error} onRetry={() => void refetch()} /> : null}
      {volume ? (
        <>
          <Columns
            label={t.label(volume.total)} heightPx={HEIGHT_PX} heads={volume.timesMs.map(dayAndHour)} from={hourOfDay(volume.timesMs[0] ?? 0)} to={hourOfDay(lastMs)}
            series={volume.series.map(({ outcome, values }) => ({ key: outcome, name: outcomeName(outcome), color: outcomeColors[outcome], values }))}
            say={(name, value) => `${name}: ${fullNumber(value)}`}
          />
          <ul className="legend">
            {volume.series.map(({ outcome, values }) => (
              <li key={outcome}>
                <span className="swatch" style={{ background: `var(${outcomeColors[outcome]})` }} aria-hidden />
                <Link {...rowsOf(outcome)}>{outcomeName(outcome)} <Figure value={values.reduce((sum, count) => sum + count, 0)} /></Link>
              </li>
            ))}
            {volume.series.length === 0 ? <li className="dim">{t.nothing}</li> : null}
          </ul>
        </>
      ) : error ? null : <div style={{ height: HEIGHT_PX + 50 }} aria-busy />}
    </Card>
  );
}

/** Where its rows are, and what can be done about them. */
function rowsOf(outcome: ShownOutcome): LinkProps {
  if (outcome === "quarantined") return { to: "/held" };
  if (outcome === "failed") return { to: "/held", search: { tab: "refused" } };
  if (outcome === "pending") return { to: "/", search: { open: "waiting" } };
  return { to: "/live", search: { outcome } };
}
