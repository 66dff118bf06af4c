// What one request or event may be on this server.
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { LimitEntry } from "@tributary/schema/api/limits.ts";
import { texts } from "../../texts/texts.ts";
import { CopyIcon } from "../../ui/copy.tsx";
import { amountWithUnit } from "../../ui/format.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { limitsQuery } from "./queries.ts";

const t = texts.limits;

export function LimitsPage(): ReactNode {
  const limits = useQuery(limitsQuery);
  return (
    <Page title={t.title} sentence={t.sentence}>
      {limits.error ? <ProblemNotice problem={limits.error} onRetry={() => void limits.refetch()} /> : (
        <table className="plain-table">
          <thead><tr><th scope="col">{t.columns.what}</th><th scope="col" className="end">{t.columns.value}</th><th scope="col">{t.columns.setting}</th></tr></thead>
          <tbody>{limits.data ? limits.data.data.map((limit) => <Row key={limit.name} limit={limit} />) : <Skeleton />}</tbody>
        </table>
      )}
    </Page>
  );
}

function Row({ limit }: { readonly limit: LimitEntry }): ReactNode {
  const byDefault = amountWithUnit(limit.default_value, limit.unit);
  return (
    <tr>
      <td>{t.what[limit.name] ?? limit.what}</td>
      <td className="end nowrap">{amountWithUnit(limit.value, limit.unit)}{limit.value === limit.default_value ? null : <div className="dim">{t.byDefault(byDefault)}</div>}</td>
      <td><span className="row"><span className="mono">{limit.setting}</span><CopyIcon value={limit.setting} label={`${texts.everywhere.copy}: ${limit.setting}`} /></span></td>
    </tr>
  );
}

const SKELETON_ROWS = 12;

function Skeleton(): ReactNode {
  return Array.from({ length: SKELETON_ROWS }, (_, row) => <tr key={row}><td><Bar width={50 + (row % 4) * 10} /></td><td><Bar /></td><td><Bar width={80} /></td></tr>);
}
