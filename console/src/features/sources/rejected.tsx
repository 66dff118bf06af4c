// Requests for this source that were turned away lately, with what to do; an origin that is one's own is allowed by one click.
import { Button } from "@mantine/core";
import { IconShieldCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { RejectedKey, SourceAnswer } from "@tributary/schema/api/workspace.ts";
import { texts } from "../../texts/texts.ts";
import { Figure, When } from "../../ui/figure.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { rejectedQuery } from "../home/queries.ts";
import { useSourceChange } from "./source-changes.ts";

const t = texts.sources.rejected;
const SHOWN_MAX = 8;

export function Rejected({ source, mayChange }: { readonly source: SourceAnswer; readonly mayChange: boolean }): ReactNode {
  const { data, error, refetch } = useQuery(rejectedQuery);
  const rows = data?.data.filter((row) => row.source_id === source.id);
  return (
    <Card title={t.title}>
      {error ? <ProblemNotice problem={error} onRetry={() => void refetch()} /> : null}
      {rows === undefined && !error ? <Bar width={60} /> : null}
      {rows?.length === 0 ? <p className="dim row"><IconShieldCheck size={16} aria-hidden />{t.none}</p> : null}
      {rows?.slice(0, SHOWN_MAX).map((row) => <Entry key={`${row.key_prefix} ${row.origin} ${row.sdk} ${row.reason}`} row={row} source={source} mayChange={mayChange} />)}
      {rows && rows.length > SHOWN_MAX ? <p className="dim">{t.more(rows.length - SHOWN_MAX)}</p> : null}
    </Card>
  );
}

function Entry({ row, source, mayChange }: { readonly row: RejectedKey; readonly source: SourceAnswer; readonly mayChange: boolean }): ReactNode {
  const changing = useSourceChange(source);
  const advice: Readonly<Record<string, string>> = texts.home.rejectedAdvice;
  const before = source.allowed_origins;
  const canAllow = mayChange && row.reason === "origin" && row.origin !== "" && before.length > 0 && !before.includes(row.origin);
  return (
    <div className="rejected-entry">
      <div className="row">
        <strong className="cut"><bdi>{row.reason === "origin" ? row.origin : <span className="mono">{row.key_prefix}…</span>}</bdi></strong>
        <span className="grow" />
        <span className="dim nowrap"><Figure value={row.count} /> × · <When at={row.last_at} /></span>
      </div>
      <div>{advice[row.reason] ?? texts.home.rejectedAdvice.other}</div>
      <div className="row wrap">
        <span className="dim grow"><bdi>{[row.sdk, row.reason === "origin" ? "" : row.origin].filter((text) => text !== "").join(" · ")}</bdi></span>
        {canAllow ? (
          <Button variant="default" size="compact-sm" onClick={() => changing.mutate({ patch: { allowed_origins: [...before, row.origin] }, undo: { allowed_origins: [...before] }, said: t.allowed(row.origin) })}>
            {t.allow}
          </Button>
        ) : null}
      </div>
    </div>
  );
}
