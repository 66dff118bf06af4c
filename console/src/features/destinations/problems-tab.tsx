// What failed, grouped by its cause, with what to do about each; and what was sent again.
import { Button } from "@mantine/core";
import { IconCircleCheck, IconInfoCircle } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { ErrorGroups, ReplayShown, ReplayWish } from "@tributary/schema/api/deliveries.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Figure, When } from "../../ui/figure.tsx";
import { Filled } from "../../ui/filled.tsx";
import { Bar, Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { toast } from "../../ui/toast.tsx";
import { Told } from "../../ui/told.tsx";
import { Value } from "../../ui/value.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { codeText } from "./delivery-panel.tsx";
import { destinationPath, errorsQuery, replaysQuery } from "./queries.ts";
import { ReplayDialog } from "./replay-dialog.tsx";
import type { TabProps } from "./tab-props.ts";

const t = texts.deliveries.problems;
type Group = ErrorGroups["data"][number];

export function ProblemsTab({ destination: { slug }, search, onSearch }: TabProps): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const mayReplay = may(session, "write");
  const groups = useQuery(errorsQuery(slug, search.hours ?? 24));
  const [wish, setWish] = useState<ReplayWish>();
  return (
    <div className="stack-wide">
      {groups.error ? <ProblemNotice problem={groups.error} onRetry={() => void groups.refetch()} /> : null}
      {groups.isPending ? <div className="card card-body stack" aria-busy><Bar width={40} /><Bar width={80} /><Bar width={60} /></div> : null}
      {groups.data?.data.length === 0 ? <div className="card"><Empty icon={<IconCircleCheck size={28} stroke={1.4} />} title={t.none} text={t.noneText} /></div> : null}
      {groups.data?.data.map((group) => (
        <Problem
          key={group.code} group={group} onShow={() => onSearch({ tab: "deliveries", code: group.code, outcome: undefined, event: undefined, open: undefined })}
          onReplay={mayReplay ? () => setWish({ code: group.code }) : undefined}
        />
      ))}
      <Replays slug={slug} mayStop={mayReplay} />
      {wish ? <ReplayDialog slug={slug} wish={wish} onClose={() => setWish(undefined)} /> : null}
    </div>
  );
}

function Problem({ group, onShow, onReplay }: { readonly group: Group; readonly onShow: () => void; readonly onReplay: (() => void) | undefined }): ReactNode {
  const name = codeText(group.code);
  return (
    <section className="card" aria-label={name}>
      <div className="card-head">
        <div className="row wrap"><State tone="bad"><strong>{name}</strong></State><span>{t.items(group.count)}</span><span className="dim">{t.people(group.people)}, <Filled text={t.last} parts={{ when: <When at={group.last_at} /> }} /></span></div>
        <div className="row"><Button variant="default" size="compact-sm" onClick={onShow}>{t.show}</Button>{onReplay ? <Button size="compact-sm" onClick={onReplay}>{t.again}</Button> : null}</div>
      </div>
      <div className="card-body stack">
        {group.detail === "" ? null : <div><div className="dim">{t.said}</div><p className="mono problem-said"><bdi>{group.detail}</bdi></p></div>}
        <div className="row problem-advice"><IconInfoCircle size={16} aria-hidden /><span><Told text={texts.deliveries.advice(group.advice, "refused", group.code)} /></span></div>
      </div>
    </section>
  );
}

const tones = { running: "waiting", done: "good", stopped: "plain" } as const;

function Replays({ slug, mayStop }: { readonly slug: string; readonly mayStop: boolean }): ReactNode {
  const client = useQueryClient();
  const replays = useQuery(replaysQuery(slug));
  const stop = useMutation({
    mutationFn: (id: number) => change<ReplayShown>("DELETE", `${destinationPath(slug)}/replays/${id}`), onError: (error) => toast({ tone: "bad", text: error.message }),
    onSuccess: async () => { toast({ text: t.stopped }); await client.invalidateQueries({ queryKey: replaysQuery(slug).queryKey }); },
  });
  if (replays.error) return <ProblemNotice problem={replays.error} onRetry={() => void replays.refetch()} />;
  if (!replays.data || replays.data.data.length === 0) return null;
  const columns: readonly Column<ReplayShown>[] = [
    { key: "at", header: t.replayColumns.at, width: "128px", cell: (row) => <When at={row.created_at} /> },
    { key: "status", header: t.replayColumns.status, width: "minmax(96px, 1fr)", cell: (row) => <State tone={tones[row.status]}>{t.status[row.status]}</State> },
    { key: "found", header: t.replayColumns.found, width: "64px", isEnd: true, cell: (row) => <Figure value={row.found} /> },
    { key: "passed", header: t.replayColumns.passed, width: "96px", isEnd: true, cell: (row) => <Figure value={row.passed_over} /> },
    { key: "by", header: t.replayColumns.by, width: "minmax(80px, 1fr)", cell: (row) => <span className="dim"><Value value={row.created_by} /></span> },
    { key: "stop", header: "", width: "80px", cell: (row) => (row.status === "running" && mayStop ? <Button size="compact-sm" variant="default" onClick={() => stop.mutate(row.id)}>{t.stop}</Button> : null) },
  ];
  return (
    <Card title={t.replays} bare>
      <div className="table-in-card"><DataTable label={t.replays} columns={columns} rows={replays.data.data} rowKey={({ id }) => id} empty={null} /></div>
    </Card>
  );
}
