// One held event: why it is held and where its fault lies, a place to repair it with the server's word on what would become of
// it, and, once it was sent, what did.
import { Button, Textarea } from "@mantine/core";
import { IconArrowBackUp, IconSend } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { EventCheck, EventPath } from "@tributary/schema/api/event-path.ts";
import type { QuarantineList, QuarantineRow } from "@tributary/schema/api/events.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { CopyIcon } from "../../ui/copy.tsx";
import { When } from "../../ui/figure.tsx";
import { valueText } from "../../ui/format.ts";
import { hasPlace } from "../../ui/json-marks.ts";
import { prettyJson } from "../../ui/json-text.ts";
import { Json } from "../../ui/json.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { State } from "../../ui/state.tsx";
import { toast } from "../../ui/toast.tsx";
import { Told } from "../../ui/told.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { useSourceName } from "../sources/queries.ts";
import { heldKey, heldPathQuery, heldRowQuery } from "./queries.ts";
import { ResentFate } from "./resent-fate.tsx";
import { useCheck, type Checked } from "./use-check.ts";

const t = texts.held;

export function HeldPanel({ row, onClose }: { readonly row: number; readonly onClose: () => void }): ReactNode {
  const found = useQuery(heldRowQuery(row));
  const held = found.data?.data[0];
  return (
    <Panel title={held ? t.reason(held.reason) : t.title} onClose={onClose}>
      {found.error ? <ProblemNotice problem={found.error} onRetry={() => void found.refetch()} /> : null}
      {found.isPending ? [70, 50, 90].map((width) => <Bar key={width} width={width} />) : null}
      {held ? <Held held={held} /> : null}
      {found.data && !held ? <p className="dim">{texts.everywhere.notFound.text}</p> : null}
    </Panel>
  );
}

function Held({ held }: { readonly held: QuarantineRow }): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const path = useQuery({ ...heldPathQuery(held.message_id, held.row_id), enabled: may(session, "personal_data") });
  const mayAct = may(session, "write") && may(session, "personal_data");
  const [sent, setSent] = useState<Sent>();
  const isOpen = held.status === "open" && sent === undefined;
  return (
    <>
      <Why held={held} refused={path.data?.refused ?? null} />
      {sent ? <section><h3>{t.sentText}</h3><ResentFate messageId={sent.messageId} row={sent.row} /></section> : null}
      {held.status === "resent" && !sent ? <section><h3>{t.sentText}</h3><ResentFate messageId={held.message_id} row={undefined} /></section> : null}
      {isOpen && held.raw !== null && held.raw !== "" && mayAct ? <Repair held={held} onSent={setSent} /> : null}
      {isOpen && !mayAct ? <p className="dim">{t.needsRight}</p> : null}
      <section>
        <h3 className="row"><span className="grow">{t.asReceived}</span>{held.raw ? <CopyIcon value={held.raw} label={texts.events.panel.copyJson} /> : null}</h3>
        {held.raw === null ? <p className="dim">{t.notLanded}</p> : held.raw === "" ? <p className="dim">{texts.events.panel.hidden}</p> : <Json text={held.raw} label={t.asReceived} places={path.data?.refused?.places ?? []} />}
      </section>
    </>
  );
}

function Why({ held, refused }: { readonly held: QuarantineRow; readonly refused: EventPath["refused"] }): ReactNode {
  const sourceName = useSourceName();
  return (
    <section className="stack">
      <State tone={held.status === "open" ? "attention" : "plain"}>{held.status === "open" ? t.reason(held.reason) : t.status[held.status]}</State>
      <p><Told text={held.detail} /></p>
      {refused ? <Where refused={refused} raw={held.raw ?? ""} /> : null}
      <p className="dim"><bdi>{sourceName(held.source_id).slice(0, 80)}</bdi> · <When at={held.received_at} /> · <span className="mono"><bdi>{valueText(held.message_id, 80)}</bdi></span></p>
    </section>
  );
}

function Where({ refused, raw }: { readonly refused: NonNullable<EventPath["refused"]>; readonly raw: string }): ReactNode {
  if (refused.places.length === 0) return refused.position === null ? null : <p className="dim">{t.whereIs}: <span className="mono">{valueText(raw.slice(Math.max(0, refused.position - 20), refused.position + 20), 60)}</span></p>;
  return (
    <p className="dim">
      {t.whereIs}: {refused.places.slice(0, 5).map((place) => <span key={place.join(".")}><code className="word">{valueText(place.join("."), 80)}</code>{hasPlace(raw, place) ? "" : ` ${texts.held.missing}`} </span>)}
    </p>
  );
}

interface Sent {
  readonly messageId: string;
  readonly row: number | undefined;
}

interface Change {
  readonly resent: { readonly row_id: number } | null;
}

function Repair({ held, onSent }: { readonly held: QuarantineRow; readonly onSent: (sent: Sent) => void }): ReactNode {
  const client = useQueryClient();
  const original = prettyJson(held.raw ?? "");
  const [text, setText] = useState(original);
  const isRepaired = text !== original;
  const checked = useCheck(held.row_id, isRepaired ? text : undefined);
  const done = async (status: QuarantineRow["status"]): Promise<void> => {
    client.setQueryData<QuarantineList>(heldRowQuery(held.row_id).queryKey, (before) => before && { ...before, data: before.data.map((row) => ({ ...row, status })) });
    await Promise.all([client.invalidateQueries({ queryKey: [...heldKey, "groups"] }), client.invalidateQueries({ queryKey: [...heldKey, "rows"] })]);
  };
  const send = useMutation({
    mutationFn: () => change<Change>("POST", `/quarantine/${held.row_id}/resend`, isRepaired ? { text } : {}),
    onSuccess: async ({ resent }) => {
      const messageId = checked.answer?.event?.["messageId"];
      onSent({ messageId: typeof messageId === "string" ? messageId : held.message_id, row: resent?.row_id });
      await done("resent");
    },
  });
  const discard = useMutation({
    mutationFn: () => change("POST", `/quarantine/${held.row_id}/discard`),
    onSuccess: async () => {
      toast({ text: t.discarded });
      await done("discarded");
    },
  });
  const problem = send.error ?? discard.error ?? checked.problem;
  return (
    <section className="stack repair">
      <h3 className="row"><span className="grow">{t.edit}</span>{isRepaired ? <Button size="compact-xs" variant="subtle" leftSection={<IconArrowBackUp size={13} />} onClick={() => setText(original)}>{t.reset}</Button> : null}</h3>
      <Textarea aria-label={t.editLabel} autosize minRows={6} maxRows={22} spellCheck={false} dir="ltr" value={text} onChange={(event) => setText(event.currentTarget.value)} error={checked.notJson} />
      {checked.notJson ? null : <Verdict checked={checked} />}
      {problem ? <ProblemNotice problem={problem} /> : null}
      <div className="row wrap">
        <Button leftSection={<IconSend size={15} />} loading={send.isPending} disabled={checked.notJson !== undefined || !(checked.answer?.accepted ?? false)} onClick={() => send.mutate()}>{isRepaired ? t.sendRepaired : t.send}</Button>
        <Button variant="subtle" color="gray" loading={discard.isPending} onClick={() => discard.mutate()}>{t.discard}</Button>
      </div>
    </section>
  );
}

function Verdict({ checked }: { readonly checked: Checked }): ReactNode {
  const { answer } = checked;
  return <div role="status" aria-live="polite">{answer === undefined ? <State tone="waiting">{t.checking}</State> : <Answer answer={answer} />}</div>;
}

function Answer({ answer }: { readonly answer: EventCheck }): ReactNode {
  if (!answer.accepted) return <div className="stack"><State tone="attention">{t.stillHeld}</State>{answer.refused ? <div className="dim"><Told text={answer.refused.detail} /></div> : null}</div>;
  return (
    <div className="stack">
      <State tone={answer.repeat ? "attention" : "good"}>{answer.repeat ? t.wouldBeRepeat : t.wouldBeAccepted}</State>
      <div className="dim">{t.names(answer.identifiers.length)} {answer.identifiers.slice(0, 5).map(({ namespace, value }) => <span key={`${namespace} ${value}`} className="mono"><bdi>{`${namespace}:${valueText(value, 60)}`}</bdi> </span>)}</div>
    </div>
  );
}
