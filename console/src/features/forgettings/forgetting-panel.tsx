// One person who asked to be forgotten: each destination with what it said and what is left to do there, rows, what was sent, and files that left.
import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { ForgettingDetail, ForgettingShown } from "@tributary/schema/api/forgettings.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { CopyIcon } from "../../ui/copy.tsx";
import { When } from "../../ui/figure.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { State, type Tone } from "../../ui/state.tsx";
import { toast } from "../../ui/toast.tsx";
import { Value } from "../../ui/value.tsx";
import { forgettingQuery } from "./queries.ts";
import "./forgettings.css";

const t = texts.forgettings;
const tones = { waiting: "waiting", told: "good", nothing: "good", done_by_hand: "good", refused: "bad", expired: "bad", by_hand: "attention" } as const satisfies Readonly<Record<string, Tone>>;
const modelTones = { waiting: "waiting", removed: "waiting", erased: "good", by_hand: "attention" } as const satisfies Readonly<Record<string, Tone>>;

type At = ForgettingShown["destinations"][number];

export function ForgettingPanel({ id, mayAct, onClose }: { readonly id: number; readonly mayAct: boolean; readonly onClose: () => void }): ReactNode {
  const { data, error, refetch } = useQuery(forgettingQuery(id));
  return (
    <Panel title={t.panel(id)} onClose={onClose}>
      {error ? <ProblemNotice problem={error} onRetry={() => void refetch()} /> : null}
      {data ? <Shown forgetting={data} mayAct={mayAct} /> : error ? null : <div className="stack">{[90, 70, 40, 60, 50].map((width) => <Bar key={width} width={width} />)}</div>}
    </Panel>
  );
}

function Shown({ forgetting, mayAct }: { readonly forgetting: ForgettingDetail; readonly mayAct: boolean }): ReactNode {
  const { destinations, models, files } = forgetting;
  return (
    <>
      <dl className="facts">
        <dt>{t.columns.asked}</dt><dd><When at={forgetting.asked_at} /></dd>
        <dt>{t.columns.by}</dt><dd><Value value={forgetting.asked_by_name ?? forgetting.asked_by} /></dd>
        <dt>{t.columns.person}</dt><dd className="row"><span className="mono cut grow">{forgetting.profile_id}</span><CopyIcon value={forgetting.profile_id} /></dd>
      </dl>
      <section>
        <h3>{t.destinations}</h3>
        {destinations.length === 0 ? <p className="dim">{t.noDestinations}</p> : <ul className="forgettings">{destinations.map((at) => <AtDestination key={at.slug} id={forgetting.id} at={at} mayAct={mayAct} />)}</ul>}
      </section>
      {models.length === 0 ? null : (
        <section>
          <h3>{t.models}</h3>
          <ul className="forgettings">
            {models.map((model) => (
              <li key={model.slug}>
                <div className="row wrap"><bdi className="cut grow">{model.name}</bdi><State tone={modelTones[model.status]}>{t.model[model.status]}</State></div>
                {model.status === "by_hand" ? <p className="dim">{t.modelHint}</p> : model.status === "erased" ? <p className="dim">{t.rows(model.rows)}</p> : null}
              </li>
            ))}
          </ul>
        </section>
      )}
      <section><h3>{t.sent}</h3>{forgetting.sent_erased_at === null ? <p className="dim">{t.notErased}</p> : <div className="row"><State tone="good">{t.erased}</State><span className="dim"><When at={forgetting.sent_erased_at} /></span></div>}</section>
      <section>
        <h3>{t.files}</h3>
        <p className="dim">{files.length === 0 ? t.noFiles : t.filesText}</p>
        <ul className="forgettings">{files.map((file) => <li key={file.id} className="row wrap"><bdi className="grow cut">{file.what || file.kind} ({file.format})</bdi><span className="dim">{file.created_by_name ?? file.created_by} · <When at={file.created_at} /></span></li>)}</ul>
      </section>
    </>
  );
}

function AtDestination({ id, at, mayAct }: { readonly id: number; readonly at: At; readonly mayAct: boolean }): ReactNode {
  const client = useQueryClient();
  const act = useMutation({
    mutationFn: ({ action }: { readonly action: "retry" | "done_by_hand"; readonly says: string }) => change<ForgettingShown>("POST", `/forgettings/${id}/destinations/${encodeURIComponent(at.slug)}`, { action }),
    onSuccess: async (_, { says }) => {
      await client.invalidateQueries({ queryKey: ["forgettings"] });
      toast({ text: says });
    },
  });
  // One that has answered, and not as it should, is told again by itself.
  const hint = at.status === "waiting" && at.detail !== "" ? t.triedAgain : t.atHint[at.status];
  const isLeft = at.status === "refused" || at.status === "expired" || at.status === "by_hand";
  return (
    <li>
      <div className="row wrap"><bdi className="cut grow">{at.name}</bdi><State tone={tones[at.status]}>{t.at[at.status]}</State></div>
      <p className="dim">
        {at.done_at === null ? null : <><When at={at.done_at} />{at.done_by === null ? "" : ` ${t.doneBy(at.done_by)}`}</>}
        {at.status === "waiting" && at.attempts > 0 ? <>{t.attempts(at.attempts)}{at.next_at === null ? null : <>, {t.next} <When at={at.next_at} /></>}</> : null}
      </p>
      {at.detail === "" ? null : <p className="forgettings-said"><bdi>{at.detail}</bdi></p>}
      {hint === "" ? null : <p className="dim">{hint}</p>}
      {isLeft && mayAct ? (
        <div className="row wrap">
          {at.code === "not_offered" || at.code === "archived" ? null : <Button variant="default" loading={act.isPending} onClick={() => act.mutate({ action: "retry", says: t.retried })}>{t.retry}</Button>}
          <Button variant="default" loading={act.isPending} onClick={() => act.mutate({ action: "done_by_hand", says: t.noted })}>{t.byHand}</Button>
        </div>
      ) : null}
      {act.error ? <ProblemNotice problem={act.error} /> : null}
    </li>
  );
}
