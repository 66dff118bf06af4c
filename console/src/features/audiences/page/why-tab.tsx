// Why somebody is in it, or not: each condition ticked or crossed, what decides it, and what would turn it.
import { Button, TextInput } from "@mantine/core";
import { IconCheck, IconUserQuestion, IconX } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { AudienceDetail, AudienceWhy } from "@tributary/schema/api/audiences.ts";
import { language, texts } from "../../../texts/texts.ts";
import { When } from "../../../ui/figure.tsx";
import { Filled } from "../../../ui/filled.tsx";
import { Empty, ProblemNotice } from "../../../ui/notice.tsx";
import { Card } from "../../../ui/page.tsx";
import { EventPanel } from "../../events/event-panel.tsx";
import { nameOf } from "../../profiles/person-words.ts";
import { personQuery, profilesQuery } from "../../profiles/queries.ts";
import type { AudienceSearch } from "../audiences-search.ts";
import { Picker } from "../editors/picker.tsx";
import { Waiting } from "../parts.tsx";
import { historyQuery, whyQuery } from "../queries.ts";
import { reasonText, Turn } from "./change-line.tsx";
import { whyLines, type WhyLineOf } from "./why-lines.ts";

const t = texts.audiences.why;
const route = getRouteApi("/shell/audiences/$slug/");

export function WhyTab({ audience: { slug } }: { readonly audience: AudienceDetail }): ReactNode {
  const search = route.useSearch();
  const { person, at, message } = search;
  const navigate = useNavigate();
  const go = (next: AudienceSearch): void => void navigate({ to: "/audiences/$slug", params: { slug }, search: { tab: "why", ...next }, replace: true });
  const { tab: _, message: __, ...kept } = search;
  const why = useQuery({ ...whyQuery(slug, person ?? "", at), enabled: person !== undefined });
  return (
    <div className="split">
    <div className="main stack-wide">
      <div className="row wrap"><PersonChoice person={person} onChoose={(next) => go({ ...kept, person: next })} /><AsOfChoice at={at} onChoose={(next) => go({ ...(person === undefined ? {} : { person }), ...(next === undefined ? {} : { at: next }) })} /></div>
      {person === undefined ? <Empty icon={<IconUserQuestion size={28} stroke={1.4} />} title={t.choose} text={t.chooseText} /> : null}
      {why.error ? <ProblemNotice problem={why.error} onRetry={() => void why.refetch()} /> : null}
      {person !== undefined && why.data === undefined && !why.error ? <Waiting rows={5} /> : null}
      {person !== undefined && why.data ? (
        <div className="audience-overview">
          <Card title={t.title}><Answer why={why.data} onEvent={(id) => go({ ...kept, message: id })} /></Card>
          <Card title={t.history}><History slug={slug} person={person} /></Card>
        </div>
      ) : null}
    </div>
    {message === undefined ? null : <EventPanel messageId={message} search={{ message }} onChange={(next) => go(next.message === undefined ? kept : { ...kept, message: next.message })} />}
    </div>
  );
}

function PersonChoice({ person, onChoose }: { readonly person: string | undefined; readonly onChoose: (id: string) => void }): ReactNode {
  const [text, setText] = useState("");
  const wanted = text.trim();
  const known = useQuery({ ...personQuery(person ?? ""), enabled: person !== undefined });
  const found = useQuery({ ...profilesQuery(wanted, 8), enabled: wanted.length >= 2, placeholderData: keepPreviousData });
  const name = known.data && !("shared" in known.data) ? nameOf(known.data) : person;
  const groups = [{ title: t.people, options: wanted.length < 2 ? [] : (found.data?.data ?? []).map((one) => ({ value: one.id, label: nameOf(one), note: one.identifiers[0]?.value.slice(0, 24) })) }];
  return <Picker label={t.person} placeholder={t.personSearch} variant="button" groups={groups} onSearch={setText} other={t.usePerson} isOtherFirst={wanted.length < 2} onPick={onChoose}><bdi className="cut">{name ?? t.choosePerson}</bdi></Picker>;
}

function AsOfChoice({ at, onChoose }: { readonly at: string | undefined; readonly onChoose: (at: string | undefined) => void }): ReactNode {
  const [text, setText] = useState(at?.slice(0, 16) ?? "");
  const ms = Date.parse(text);
  return (
    <form className="row" onSubmit={(event) => { event.preventDefault(); if (!Number.isNaN(ms)) onChoose(new Date(ms).toISOString()); }}>
      <TextInput type="datetime-local" aria-label={t.asOf} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      <Button type="submit" variant="default" disabled={Number.isNaN(ms)}>{t.asOf}</Button>
      {at === undefined ? null : <Button variant="subtle" onClick={() => { setText(""); onChoose(undefined); }}>{t.now}</Button>}
    </form>
  );
}

function Answer({ why, onEvent }: { readonly why: AudienceWhy; readonly onEvent: (messageId: string) => void }): ReactNode {
  const decisive = why.nodes.find(({ path }) => path === why.decisive);
  return (
    <div className="stack-wide">
      <div className="why-answer" data-in={why.member}>
        {why.member ? <IconCheck size={20} aria-hidden /> : <IconX size={20} aria-hidden />}
        <div>
          <strong>{why.member ? t.isIn : t.isOut}</strong>
          <div className="dim">
            {why.member && why.since ? <><Filled text={t.since} parts={{ when: <When at={why.since} /> }} /> </> : null}
            {why.reason ? reasonText(why.reason.reason) : null}
          </div>
          {decisive ? <p>{t.because} <bdi>{decisive.sentence[language]}</bdi>{decisive.to_flip ? <> <span className="dim">{t.flip} <bdi>{decisive.to_flip[language]}</bdi></span></> : null}</p> : null}
        </div>
      </div>
      <ul className="why-tree">{whyLines(why.nodes).map((line) => <WhyLine key={line.node.path} line={line} isDecisive={line.node.path === why.decisive} onEvent={onEvent} />)}</ul>
    </div>
  );
}

function WhyLine({ line: { node, group, depth, isWanted }, isDecisive, onEvent }: { readonly line: WhyLineOf; readonly isDecisive: boolean; readonly onEvent: (messageId: string) => void }): ReactNode {
  return (
    <li style={{ paddingInlineStart: depth * 24 }} data-decisive={isDecisive || undefined}>
      <span className="why-mark" data-holds={node.holds === isWanted}>{node.holds ? <IconCheck size={16} aria-label={t.holds} role="img" /> : <IconX size={16} aria-label={t.fails} role="img" />}</span>
      <div className="grow">
        {group === undefined ? <bdi>{node.sentence[language]}</bdi> : <strong>{t.groups[group]}</strong>}
        {node.value === null ? null : <div className="dim">{t.value} <bdi>{node.value[language]}</bdi></div>}
        {node.next_at === null || (group !== undefined && depth > 0) || node.evidence.some(({ leaves_at: leavesAt }) => leavesAt === node.next_at) ? null : <div className="dim"><Filled text={t.next} parts={{ when: <When at={node.next_at} /> }} /></div>}
        {!node.holds && isWanted && group === undefined && node.to_flip ? <div className="dim">{t.flip} <bdi>{node.to_flip[language]}</bdi></div> : null}
        {node.evidence.length === 0 ? null : (
          <ul className="why-evidence">
            {node.evidence.map((one) => (
              <li key={one.row_id} className="row wrap">
                <OpenEvent one={one} onEvent={onEvent} /><span className="dim"><When at={one.at} /></span><bdi className="dim">{one.detail}</bdi>
                {one.leaves_at === null ? null : <span className="dim"><Filled text={t.leaves} parts={{ when: <When at={one.leaves_at} /> }} /></span>}
              </li>
            ))}
          </ul>
        )}
      </div>
    </li>
  );
}

/** An event's panel knows it by its message id. */
function OpenEvent({ one, onEvent }: { readonly one: AudienceWhy["nodes"][number]["evidence"][number]; readonly onEvent: (messageId: string) => void }): ReactNode {
  const { message_id: id, event } = one;
  return id === undefined ? <bdi>{event}</bdi> : <button type="button" className="plain-button why-event" onClick={() => onEvent(id)}><bdi>{event}</bdi></button>;
}

function History({ slug, person }: { readonly slug: string; readonly person: string }): ReactNode {
  const { data, error } = useQuery(historyQuery(slug, person));
  if (error) return <ProblemNotice problem={error} />;
  if (data === undefined) return <Waiting rows={3} />;
  if (data.data.length === 0) return <p className="dim">{t.noHistory}</p>;
  return <ul className="side-list">{data.data.map((one) => <li key={`${one.at} ${String(one.entered)}`} className="row"><Turn isIn={one.entered} /><span className="grow dim cut">{reasonText(one.reason)}</span><span className="dim"><When at={one.at} /></span></li>)}</ul>;
}
