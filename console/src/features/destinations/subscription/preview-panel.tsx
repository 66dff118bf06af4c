// What the destination would get of a real event, beside what is edited: which event, whether it would be sent, the outcome, and a test.
import { Button, Textarea } from "@mantine/core";
import { IconBolt } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import type { PreviewedEvent } from "@tributary/schema/api/destinations.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { texts } from "../../../texts/texts.ts";
import { When } from "../../../ui/figure.tsx";
import { relativeTime } from "../../../ui/format.ts";
import { Json } from "../../../ui/json.tsx";
import { Bar, ProblemNotice } from "../../../ui/notice.tsx";
import { State } from "../../../ui/state.tsx";
import { Picker, type PickerGroup } from "../../audiences/editors/picker.tsx";
import { MaskedMark } from "../../masking/masked.tsx";
import { ProblemList } from "./problem-list.tsx";
import type { Looked } from "./queries.ts";
import { isLooked, lookedAt, type Tried } from "./use-tried.ts";

const t = texts.subscriptions.preview;

export interface PreviewPanelProps {
  readonly tried: Tried;
  /** What nobody has filled in yet. */
  readonly isOpen: boolean;
  readonly onLook: (looked: Looked | undefined) => void;
  /** Without it, nothing may be sent. */
  readonly onTest: (() => void) | undefined;
}

export function PreviewPanel({ tried, isOpen, onLook, onTest }: PreviewPanelProps): ReactNode {
  const { recent, found, preview, looked, one, isCurrent } = tried;
  const error = recent.error ?? preview.error;
  const isWaiting = (recent.isPending && recent.fetchStatus !== "idle") || (preview.isPending && preview.fetchStatus !== "idle");
  return (
    <aside className="mapping-preview" aria-label={t.title}>
      <div className="row"><h2 className="grow">{t.title}</h2><MaskedMark /></div>
      {isOpen ? <p className="dim">{t.open}</p> : null}
      {error ? <ProblemNotice problem={error} onRetry={() => void (recent.error ? recent.refetch() : preview.refetch())} /> : null}
      {found ? <Chooser tried={tried} onLook={onLook} /> : null}
      {isWaiting && !error ? <div className="stack" aria-busy>{[70, 90, 60].map((width) => <Bar key={width} width={width} />)}</div> : null}
      {one && looked ? <Outcome one={one} isCurrent={isCurrent} /> : null}
      {one && looked && onTest ? (
        <div className="preview-test"><Button variant="default" leftSection={<IconBolt size={15} />} onClick={onTest}>{t.test}</Button><span className="dim">{t.testHint}</span></div>
      ) : null}
    </aside>
  );
}

const GIVEN = "\u0000given";

function Chooser({ tried: { found, looked, one, asked }, onLook }: Pick<PreviewPanelProps, "tried" | "onLook">): ReactNode {
  const [isWriting, setIsWriting] = useState(false);
  const all = found?.data ?? [];
  const option = (event: PreviewedEvent): PickerGroup["options"][number] => ({ value: idOf(event), label: event.event === "" ? event.type : event.event, note: event.why === null ? relativeTime(Date.parse(event.at), Date.now()) : event.why.reason, isChosen: isLooked(event, looked) });
  const groups: readonly PickerGroup[] = [
    { title: t.passing, options: all.filter(({ passes }) => passes).map(option) }, { title: t.others, options: all.filter(({ passes }) => !passes).map(option) },
    { title: t.yours, options: [{ value: GIVEN, label: t.write }] },
  ];
  const pick = (id: string): void => {
    setIsWriting(id === GIVEN);
    if (id !== GIVEN) onLook(lookedAt(all.find((event) => idOf(event) === id)));
  };
  const words = { events: t.found, audience: t.foundChanges, model: t.foundRows }[asked.definition.trigger.kind];
  return (
    <div className="stack">
      <p className="preview-found">{all.length === 0 ? t.none : words(found?.passing ?? 0, found?.examined ?? 0)}</p>
      <span className="words preview-chooser">
        <Picker label={t.event} placeholder={t.search} groups={groups} onPick={pick}><bdi className="cut">{looked === undefined ? t.choose : looked.kind === "given" ? t.given : one?.event || one?.type || t.choose}</bdi></Picker>
        {one && looked?.kind !== "given" ? <span className="dim"><When at={one.at} /></span> : null}
      </span>
      {isWriting || (looked?.kind === "given") ? <Given event={looked?.kind === "given" ? looked.event : undefined} onLook={onLook} /> : null}
      {all.length === 0 && !isWriting && looked === undefined ? <div><Button variant="default" size="compact-sm" onClick={() => setIsWriting(true)}>{t.write}</Button></div> : null}
    </div>
  );
}

const idOf = ({ row_id: row, message_id: message }: PreviewedEvent): string => (row === null ? message : String(row));

const example = { type: "track", event: "Order Completed", userId: "u-1", properties: { order_id: "o-1", total: 49.9, currency: "EUR" }, context: { traits: { email: "ada@example.com" } } };

function Given({ event, onLook }: { readonly event: Readonly<Record<string, unknown>> | undefined; readonly onLook: (looked: Looked) => void }): ReactNode {
  const [text, setText] = useState(() => JSON.stringify(event ?? example, null, 2));
  const read = recordOf(text);
  return (
    <div className="stack">
      <Textarea label={t.write} description={t.writeHint} autosize minRows={5} maxRows={14} spellCheck={false} dir="ltr" classNames={{ input: "mono" }} value={text} error={read === undefined ? t.noJson : undefined} onChange={(change) => setText(change.currentTarget.value)} />
      <div><Button variant="default" size="compact-sm" disabled={read === undefined} onClick={() => read && onLook({ kind: "given", event: read })}>{t.useGiven}</Button></div>
    </div>
  );
}

function recordOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const read: unknown = JSON.parse(text);
    return isRecord(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

function Outcome({ one: { passes, why, payload, problems }, isCurrent }: { readonly one: PreviewedEvent; readonly isCurrent: boolean }): ReactNode {
  const text = payload === null ? undefined : JSON.stringify(payload);
  return (
    <div className="stack preview-outcome" data-stale={!isCurrent || undefined} aria-busy={!isCurrent}>
      <State tone={!passes ? "plain" : problems.length > 0 ? "bad" : "good"}>{!passes ? t.notSent : problems.length > 0 ? t.sentWrong : t.sent}</State>
      {why === null ? null : <p className="dim">{t.why[why.clause]} <bdi>{why.reason}</bdi></p>}
      <ProblemList all={problems} />
      <h3 className="small-head">{t.gets}</h3>
      {text === undefined ? <p className="dim">{t.nothing}</p> : <Json text={text} label={t.gets} />}
      <p className="dim small-note">{t.later}</p>
    </div>
  );
}
