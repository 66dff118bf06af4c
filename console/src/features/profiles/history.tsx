// How a trait or a consent came to be: each value with where and when it was first said.
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { TraitHistory } from "@tributary/schema/api/profiles.ts";
import { texts } from "../../texts/texts.ts";
import { When } from "../../ui/figure.tsx";
import { valueText } from "../../ui/format.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { State } from "../../ui/state.tsx";
import { useSourceName } from "../sources/queries.ts";
import { consentHistoryQuery, traitHistoryQuery } from "./queries.ts";

const t = texts.profiles;

export interface HistoryOf {
  readonly kind: "trait" | "consent";
  readonly name: string;
}

export function History({ personId, of, onClose }: { readonly personId: string; readonly of: HistoryOf; readonly onClose: () => void }): ReactNode {
  const history = useQuery(of.kind === "trait" ? traitHistoryQuery(personId, of.name) : consentHistoryQuery(personId, of.name));
  return (
    <Panel over title={t.historyOf(of.name.slice(0, 80))} onClose={onClose}>
      <p className="dim">{t.historyText}</p>
      {history.error ? <ProblemNotice problem={history.error} onRetry={() => void history.refetch()} /> : null}
      {history.isPending ? <div className="stack">{[60, 40, 50].map((width) => <Bar key={width} width={width} />)}</div> : null}
      {history.data ? <Values of={of} history={history.data} /> : null}
    </Panel>
  );
}

function Values({ of, history }: { readonly of: HistoryOf; readonly history: TraitHistory }): ReactNode {
  const sourceName = useSourceName();
  if (history.data.length === 0) return <p className="dim">{t.historyNone}</p>;
  const shown = (value: unknown): string => (value === null ? t.removed : of.kind === "consent" ? (value === true ? t.granted : t.denied) : valueText(value, 2_000));
  return (
    <>
      <ol className="history">
        {history.data.map((entry) => (
          <li key={entry.row_id}>
            <div className="row wrap"><bdi className="history-value">{shown(entry.value)}</bdi>{entry.in_force ? <State tone="good">{t.inForce}</State> : null}</div>
            <div className="dim">
              {entry.source_id === 0 ? t.byHand : <bdi>{sourceName(entry.source_id)} · {valueText(entry.event, 80)}</bdi>} · {entry.times > 1 ? `${t.saidTimes(entry.times)} ` : ""}<When at={entry.at} />
            </div>
          </li>
        ))}
      </ol>
      {history.complete ? null : <p className="dim">{t.historyCut}</p>}
    </>
  );
}
