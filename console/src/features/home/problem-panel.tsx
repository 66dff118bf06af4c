// The rows behind a number on Home: refused writes, requests whose key was rejected, and what waits.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { RefusedWrite } from "@tributary/schema/api/refused-writes.ts";
import type { RejectedKey } from "@tributary/schema/api/workspace.ts";
import { texts } from "../../texts/texts.ts";
import { Figure, When } from "../../ui/figure.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { eventSources, hopsOf } from "../ledger/hops.ts";
import { ledgerQuery, useSourceName } from "../sources/queries.ts";
import { rejectedAdvice } from "./needs-card.tsx";
import { refusedQuery, rejectedQuery } from "./queries.ts";

const t = texts.home;

export function ProblemPanel({ kind, onClose }: { readonly kind: "refused" | "rejected" | "waiting"; readonly onClose: () => void }): ReactNode {
  if (kind === "waiting") return <Waiting onClose={onClose} />;
  return kind === "refused" ? <Refused onClose={onClose} /> : <Rejected onClose={onClose} />;
}

function Refused({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { data, error, refetch } = useQuery(refusedQuery);
  return (
    <Panel over title={t.refused(data?.data.length ?? 0)} onClose={onClose}>
      {error ? <ProblemNotice problem={error} onRetry={() => void refetch()} /> : null}
      {data ? data.data.map((row) => <RefusedEntry key={row.id} row={row} />) : <Bar />}
    </Panel>
  );
}

function RefusedEntry({ row }: { readonly row: RefusedWrite }): ReactNode {
  return (
    <div className="entry">
      <div className="row"><strong className="mono">{row.reason}</strong><span className="dim">{row.table}</span><span className="grow" /><span className="dim"><When at={row.at} /></span></div>
      <div>{row.detail}</div>
      {row.message_id ? <div className="mono dim"><bdi>{row.message_id.slice(0, 200)}</bdi></div> : null}
      <div className="mono dim">ClickHouse {row.engine.code}: {row.engine.message.slice(0, 500)}</div>
    </div>
  );
}

function Rejected({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { data, error, refetch } = useQuery(rejectedQuery);
  const total = data?.data.reduce((sum, row) => sum + row.count, 0) ?? 0;
  return (
    <Panel over title={t.rejected(total)} onClose={onClose}>
      {error ? <ProblemNotice problem={error} onRetry={() => void refetch()} /> : null}
      {data?.note ? <p className="dim">{data.note}</p> : null}
      {data ? data.data.map((row) => <RejectedEntry key={`${row.key_prefix} ${row.origin} ${row.sdk} ${row.reason}`} row={row} />) : <Bar />}
    </Panel>
  );
}

function RejectedEntry({ row }: { readonly row: RejectedKey }): ReactNode {
  return (
    <div className="entry">
      <div className="row"><strong className="mono cut"><bdi>{row.key_prefix}…</bdi></strong><span className="grow" /><span className="dim nowrap">{row.count} × · <When at={row.last_at} /></span></div>
      <div>{rejectedAdvice(row.reason)}</div>
      <div className="dim"><bdi>{[row.sdk, row.origin].filter((text) => text !== "").join(" · ")}</bdi></div>
    </div>
  );
}

/** Where events are that were answered and are not yet in their profile, or not yet in the event table; by source. */
function Waiting({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { data, error, refetch } = useQuery(ledgerQuery);
  const sourceName = useSourceName();
  const rows = data && eventSources(data).filter((source) => source.waiting_to_be_decided + source.waiting_to_land > 0);
  const hops = data && hopsOf(eventSources(data));
  const w = t.waitingPanel;
  return (
    <Panel over title={hops && hops.waiting > 0 ? w.title(hops.waiting) : w.none} onClose={onClose}>
      {error ? <ProblemNotice problem={error} onRetry={() => void refetch()} /> : null}
      {hops && hops.waiting > 0 ? <p>{w.safe}</p> : null}
      <p className="dim">{w.decide}</p>
      <p className="dim">{w.land}</p>
      {rows === undefined ? <Bar /> : rows.map((source) => (
        <div className="entry" key={source.source_id}>
          <Link to="/sources/$sourceId" params={{ sourceId: String(source.source_id) }}><bdi>{sourceName(source.source_id)}</bdi></Link>
          <div><Figure value={source.waiting_to_be_decided} /> {t.side.toDecide()} · <Figure value={source.waiting_to_land} /> {t.side.toLand()}</div>
        </div>
      ))}
    </Panel>
  );
}
