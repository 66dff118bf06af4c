// One event sent for real: asked for once more, and then what was asked of the destination and what came back.
import { Button } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { TestSend as Sent } from "@tributary/schema/api/destinations.ts";
import { texts } from "../../../texts/texts.ts";
import { ProblemNotice } from "../../../ui/notice.tsx";
import { Panel } from "../../../ui/panel.tsx";
import { State, type Tone } from "../../../ui/state.tsx";
import { codeText, Exchanges } from "../delivery-panel.tsx";
import { ProblemList } from "./problem-list.tsx";
import { sendTest } from "./queries.ts";
import type { Tried } from "./use-tried.ts";

const t = texts.subscriptions.test;
const tones: Readonly<Record<Sent["outcome"], Tone>> = { delivered: "good", retry: "attention", refused: "bad", unauthorized: "bad", nothing: "plain", not_sent: "plain" };

export function TestSendPanel({ tried, destination, onClose }: { readonly tried: Tried; readonly destination: string; readonly onClose: () => void }): ReactNode {
  const { asked, looked, one, sample } = tried;
  const test = useMutation({ mutationFn: () => (looked === undefined ? Promise.reject(new Error(t.noEvent)) : sendTest(asked, looked, one, sample)) });
  return (
    <Panel over title={t.title} onClose={onClose}>
      <div className="notice" data-tone="attention"><IconAlertTriangle size={18} aria-hidden /><div><strong>{t.real(destination)}</strong><div>{t.realText}</div></div></div>
      <p>{t.what(one?.event || one?.type || "")}</p>
      <div><Button loading={test.isPending} disabled={looked === undefined} onClick={() => test.mutate()}>{test.data ? t.again : t.send}</Button></div>
      {test.error ? <ProblemNotice problem={test.error} /> : null}
      {test.data ? <Answer sent={test.data} /> : null}
    </Panel>
  );
}

function Answer({ sent: { outcome, code, detail, passes, problems, exchanges } }: { readonly sent: Sent }): ReactNode {
  return (
    <section className="stack roomy" aria-label={t.answer} role="status">
      <State tone={tones[outcome]}><strong>{t.outcomes[outcome]}</strong>{code === null ? null : <span className="dim">{codeText(code)}</span>}</State>
      {detail === null ? null : <p><bdi>{detail}</bdi></p>}
      {passes ? null : <p className="dim">{t.passesNot}</p>}
      <ProblemList all={problems} />
      <Exchanges all={exchanges} />
    </section>
  );
}
