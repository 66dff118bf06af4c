// The page of a person as a service agent needs it with somebody on the phone: what is open and what to say, what was promised,
// the orders; beside them what to write down.
import { Button, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import type { DeskAnswer, DeskProblem, DeskPromise } from "@tributary/schema/api/desk.ts";
import type { ProfileAnswer } from "@tributary/schema/api/profiles.ts";
import { texts } from "../../texts/texts.ts";
import { When } from "../../ui/figure.tsx";
import { duration } from "../../ui/format.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { Value } from "../../ui/value.tsx";
import { Channels } from "./channels.tsx";
import { Proposals } from "./proposals.tsx";
import { deskQuery, useRecord } from "./queries.ts";
import "./desk.css";

const t = texts.desk;

export function ServiceView({ person }: { readonly person: ProfileAnswer }): ReactNode {
  const desk = useQuery(deskQuery(person.id));
  if (desk.error && !desk.data) return <ProblemNotice problem={desk.error} onRetry={() => void desk.refetch()} />;
  return (
    <div className="desk-grid">
      <div className="stack-wide">
        {desk.data ? <Problems problems={desk.data.problems} /> : <Loading title={t.open} />}
        {desk.data?.complete === false ? <p className="dim">{t.incomplete}</p> : null}
        {desk.data ? <Promises id={person.id} promises={desk.data.promises} /> : <Loading title={t.promises} />}
        {desk.data ? <Orders orders={desk.data.orders} /> : <Loading title={t.orders} />}
      </div>
      <div className="stack-wide">
        {desk.data ? <Notes id={person.id} notes={desk.data.notes} /> : <Loading title={t.notes} />}
        {desk.data ? <Channels id={person.id} desk={desk.data} /> : <Loading title={t.contact} />}
        {desk.data ? <Proposals person={person} proposals={desk.data.proposals} /> : null}
      </div>
    </div>
  );
}

function Loading({ title }: { readonly title: string }): ReactNode {
  return <Card title={title}><div className="stack"><Bar width={70} /><Bar width={50} /><Bar width={60} /></div></Card>;
}

function Problems({ problems }: { readonly problems: readonly DeskProblem[] }): ReactNode {
  return (
    <Card title={t.open} bare>
      {problems.length === 0 ? (
        <div className="card-body row"><IconCircleCheck size={18} aria-hidden style={{ color: "var(--good)", flex: "none" }} /><span><strong>{t.noProblems}</strong> <span className="dim">{t.noProblemsText}</span></span></div>
      ) : <ol className="problems">{problems.map((problem) => <Problem key={`${problem.name} ${problem.row_id} ${problem.reference}`} problem={problem} />)}</ol>}
    </Card>
  );
}

function Problem({ problem }: { readonly problem: DeskProblem }): ReactNode {
  const title = Object.hasOwn(t.problemTitles, problem.title) ? t.problemTitles[problem.title] : problem.title;
  return (
    <li className="problem">
      <IconAlertTriangle size={18} aria-hidden />
      <div className="stack grow">
        <div className="row wrap"><strong><bdi>{title}</bdi></strong><span className="dim">{problem.due_at ? t.due : t.since} <When at={problem.due_at ?? problem.since} /></span></div>
        <Facts facts={problem.facts} />
        {problem.say === "" ? null : <p><span className="dim">{t.say}:</span> <bdi>{t.quoted(problem.say)}</bdi></p>}
        {problem.advice === "" ? null : <p><span className="dim">{t.advice}:</span> <bdi>{problem.advice}</bdi></p>}
      </div>
    </li>
  );
}

function Facts({ facts }: { readonly facts: Readonly<Record<string, unknown>> }): ReactNode {
  return (
    <dl className="fact-line">
      {Object.entries(facts).map(([name, value]) => (
        <div key={name}><dt>{Object.hasOwn(t.facts, name) ? t.facts[name] : name}</dt><dd>{isTime(value) ? <When at={value} /> : <Value value={value} />}</dd></div>
      ))}
    </dl>
  );
}

function isTime(value: unknown): value is string {
  return typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value));
}

function Orders({ orders }: { readonly orders: DeskAnswer["orders"] }): ReactNode {
  return (
    <Card title={t.orders}>
      {orders.length === 0 ? <p className="dim">{t.noOrders}</p> : (
        <ul className="side-list">
          {orders.map((order) => (
            <li key={order.reference}>
              <div className="row wrap"><span className="mono"><Value value={order.reference} /></span><span className="dim"><When at={order.at} /></span><span className="grow" /><State tone="plain">{order.state}</State><span className="dim"><When at={order.state_at} /></span></div>
              <Facts facts={order.facts} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

const HOUR_MS = 3_600_000;
const hours = [1, 2, 4, 24, 48, 168];

function Promises({ id, promises }: { readonly id: string; readonly promises: readonly DeskPromise[] }): ReactNode {
  const { record, undo } = useRecord(id);
  const [text, setText] = useState("");
  const [inHours, setInHours] = useState("2");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() === "") return;
    const due = new Date(Date.now() + Number(inHours) * HOUR_MS).toISOString();
    record.mutate({ path: "/promises", body: { text, due_at: due }, done: t.done.promise }, { onSuccess: () => setText("") });
  };
  const settle = (promise: DeskPromise, outcome: "kept" | "broken"): void =>
    record.mutate({ path: `/promises/${promise.id}/outcome`, body: { outcome }, done: t.done[outcome] });
  const tone = { open: "waiting", kept: "good", broken: "bad" } as const;
  return (
    <Card title={t.promises}>
      <form className="row wrap desk-form" onSubmit={submit}>
        <TextInput className="grow" aria-label={t.promiseText} placeholder={t.promiseText} maxLength={4_000} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        <NativeSelect w={104} aria-label={t.promiseDue} data={hours.map((n) => ({ label: duration(n * HOUR_MS), value: String(n) }))} value={inHours} onChange={(event) => setInHours(event.currentTarget.value)} />
        <Button type="submit" loading={record.isPending} disabled={text.trim() === ""}>{t.promise}</Button>
      </form>
      {promises.length === 0 ? <p className="dim">{t.noPromises}</p> : (
        <ul className="side-list">
          {promises.map((promise) => (
            <li key={promise.id} className="row wrap">
              <div className="grow"><bdi className="desk-text">{promise.text}</bdi><div className="dim">{t.due} <When at={promise.due_at} /> · {t.by(promise.author.name)}</div></div>
              {promise.state === "open" ? (
                <>
                  <Button size="xs" variant="default" aria-label={t.keepLabel(promise.text)} onClick={() => settle(promise, "kept")}>{t.keep}</Button>
                  <Button size="xs" variant="default" aria-label={t.breakLabel(promise.text)} onClick={() => settle(promise, "broken")}>{t.break}</Button>
                  <Button size="xs" variant="subtle" aria-label={t.undoLabel(promise.text)} onClick={() => undo(promise.row_id)}>{t.undo}</Button>
                </>
              ) : <State tone={tone[promise.state]}>{t.promiseStates[promise.state]}</State>}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Notes({ id, notes }: { readonly id: string; readonly notes: DeskAnswer["notes"] }): ReactNode {
  const { record, undo } = useRecord(id);
  const [text, setText] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() !== "") record.mutate({ path: "/notes", body: { text }, done: t.done.note }, { onSuccess: () => setText("") });
  };
  return (
    <Card title={t.notes}>
      <form className="stack desk-form" onSubmit={submit}>
        <Textarea autosize minRows={2} maxRows={8} aria-label={t.noteText} placeholder={t.noteText} maxLength={4_000} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        <div><Button type="submit" variant="default" loading={record.isPending} disabled={text.trim() === ""}>{t.addNote}</Button></div>
      </form>
      {notes.length === 0 ? <p className="dim">{t.noNotes}</p> : (
        <ul className="side-list">
          {notes.map((note) => (
            <li key={note.id}>
              <bdi className="desk-text">{note.text}</bdi>
              <div className="row dim"><span className="grow"><When at={note.at} /> · {t.by(note.author.name)}</span><Button size="xs" variant="subtle" aria-label={t.undoLabel(note.text.slice(0, 80))} onClick={() => undo(note.row_id)}>{t.undo}</Button></div>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
