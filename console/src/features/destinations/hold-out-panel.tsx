// Those who are sent, held against the share who are held out.
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { HoldOutShown } from "@tributary/schema/api/audience-sync.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Figure, When } from "../../ui/figure.tsx";
import { Filled } from "../../ui/filled.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { holdOutQuery } from "./audience-sync-queries.ts";

const t = texts.audienceSync.holdOut;
const percent = new Intl.NumberFormat(texts.language, { style: "percent", maximumFractionDigits: 1 });

interface Row {
  readonly who: string;
  readonly arm: HoldOutShown["sent"];
}

export function HoldOutPanel({ slug, id }: { readonly slug: string; readonly id: number }): ReactNode {
  const { data, error, refetch } = useQuery(holdOutQuery(slug, id));
  if (error && !data) return <ProblemNotice problem={error} onRetry={() => void refetch()} />;
  return <section className="stack" aria-label={t.title}><h3>{t.title}</h3>{data ? <Told holdOut={data} /> : <div className="stack" aria-busy><Bar width={70} /><Bar width={50} /></div>}</section>;
}

function Told({ holdOut }: { readonly holdOut: HoldOutShown }): ReactNode {
  const { share, since, sent, held_out: heldOut, both, currency } = holdOut;
  if (since === null) return <p className="dim">{share === 0 ? t.none : t.waiting}</p>;
  const money = moneyIn(currency);
  const columns: readonly Column<Row>[] = [
    { key: "who", header: t.columns.who, width: "minmax(96px, 2fr)", cell: ({ who }) => who },
    { key: "people", header: t.columns.people, width: "minmax(72px, 1fr)", isEnd: true, cell: ({ arm }) => <Figure value={arm.people} /> },
    { key: "buyers", header: t.columns.buyers, width: "minmax(72px, 1fr)", isEnd: true, cell: ({ arm }) => <Figure value={arm.buyers} /> },
    { key: "orders", header: t.columns.orders, width: "minmax(88px, 1fr)", isEnd: true, cell: ({ arm }) => <Figure value={arm.orders} /> },
    { key: "revenue", header: t.columns.revenue, width: "minmax(112px, 1fr)", isEnd: true, cell: ({ arm }) => money.format(arm.net_revenue) },
    { key: "per_person", header: t.columns.perPerson, width: "minmax(96px, 1fr)", isEnd: true, cell: ({ arm }) => money.format(arm.net_revenue_per_person) },
  ];
  return (
    <>
      <p className="dim">{t.share(percent.format(share))} <Filled text={t.since} parts={{ when: <When at={since} /> }} /></p>
      <DataTable label={t.title} columns={columns} rows={[{ who: t.sent, arm: sent }, { who: t.heldOut, arm: heldOut }]} rowKey={({ who }) => who} empty={null} />
      <p><Verdict holdOut={holdOut} money={money} /></p>
      {both > 0 ? <p className="dim">{t.both(both)}</p> : null}
    </>
  );
}

function Verdict({ holdOut: { problem, difference, needed }, money }: { readonly holdOut: HoldOutShown; readonly money: Intl.NumberFormat }): ReactNode {
  if (problem !== null) return problem;
  if (difference === null) return t.tooFew(needed.people, needed.buyers);
  const { net_revenue_per_person: more, low, high } = difference;
  return `${t.difference(money.format(more), money.format(low), money.format(high))}${low <= 0 && high >= 0 ? ` ${t.unclear}` : ""}`;
}

function moneyIn(currency: string | null): Intl.NumberFormat {
  return new Intl.NumberFormat(texts.language, currency === null ? { maximumFractionDigits: 2 } : { style: "currency", currency });
}
