// "Needs you": held events, refused writes and rejected keys, grouped, each with where to look.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { IconAlertTriangle, IconCheck, IconDatabaseX, IconKeyOff } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { When } from "../../ui/figure.tsx";
import { Bar, Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { Told } from "../../ui/told.tsx";
import { useSourceName } from "../sources/queries.ts";
import { needsOf, type Need } from "./needs.ts";
import { heldQuery, refusedQuery, rejectedQuery } from "./queries.ts";

const t = texts.home;
const icons = { held: IconAlertTriangle, refused: IconDatabaseX, rejected: IconKeyOff } as const;

export function Needs(): ReactNode {
  const [held, refused, rejected] = [useQuery(heldQuery), useQuery(refusedQuery), useQuery(rejectedQuery)];
  const all = [held, refused, rejected];
  const failed = all.find((query) => query.error);
  const isPending = all.some((query) => query.isPending && !query.error);
  const needs = needsOf(
    { rows: held.data?.data ?? [], hasMore: held.data?.next_cursor != null },
    { rows: refused.data?.data ?? [], hasMore: refused.data?.next_cursor != null },
    rejected.data?.data ?? [],
  );
  return (
    <Card title={t.needsYou} bare>
      {failed?.error ? <div className="card-body"><ProblemNotice problem={failed.error} onRetry={() => all.forEach((query) => void query.refetch())} /></div> : null}
      {isPending ? [1, 2].map((row) => <div className="need" key={row}><Bar /><Bar width={60} /><Bar /></div>) : needs.map((need) => <NeedRow key={`${need.kind} ${need.key}`} need={need} />)}
      {!isPending && !failed && needs.length === 0 ? <Empty icon={<IconCheck size={28} stroke={1.4} />} title={t.nothingNeeded} text={t.nothingNeededText} /> : null}
    </Card>
  );
}

function NeedRow({ need }: { readonly need: Need }): ReactNode {
  const sourceName = useSourceName();
  const Icon = icons[need.kind];
  const count = { held: t.held, refused: t.refused, rejected: t.rejected }[need.kind](need.count);
  const where = need.sourceId === null ? "" : `${sourceName(need.sourceId)} · `;
  return (
    <div className="need" data-tone={need.kind === "refused" ? "bad" : "attention"}>
      <Icon size={18} stroke={1.6} aria-hidden />
      <div>
        <div><strong>{need.isAtLeast ? t.orMore(count) : count}</strong> <span className="dim">{where}{t.since} <When at={need.sinceMs} /></span></div>
        <div className="dim">{need.kind === "rejected" ? <><code className="mono"><bdi>{need.detail}…</bdi></code> {rejectedAdvice(need.reason)}</> : <Told text={need.detail || need.reason} />}</div>
      </div>
      <LookLink need={need} />
    </div>
  );
}

function LookLink({ need }: { readonly need: Need }): ReactNode {
  if (need.kind === "held") return <Link to="/held" search={{ reason: need.reason }}>{t.look}</Link>;
  if (need.kind === "refused") return <Link to="/held" search={{ tab: "refused" }}>{t.look}</Link>;
  return <Link to="/" search={{ open: need.kind }}>{t.look}</Link>;
}

export function rejectedAdvice(reason: string): string {
  const advice: Readonly<Record<string, string>> = t.rejectedAdvice;
  return advice[reason] ?? t.rejectedAdvice.other;
}
