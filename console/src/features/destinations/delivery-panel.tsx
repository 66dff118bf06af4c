// One delivery: what it was about, what was asked of the destination, and what came back.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { DeliveryShown } from "@tributary/schema/api/deliveries.ts";
import type { Exchange } from "@tributary/schema/api/destinations.ts";
import { texts, wordFrom } from "../../texts/texts.ts";
import { CopyIcon } from "../../ui/copy.tsx";
import { When } from "../../ui/figure.tsx";
import { isJson } from "../../ui/json-text.ts";
import { Json } from "../../ui/json.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { State, type Tone } from "../../ui/state.tsx";
import { MaskedMark } from "../masking/masked.tsx";
import { tookText } from "./funnel.ts";
import { requestQuery } from "./queries.ts";

const t = texts.deliveries;
const tones: Readonly<Record<string, Tone>> = { delivered: "good", refused: "bad", expired: "bad", held_out: "plain", nothing: "plain", waiting: "waiting", behind: "waiting" };

export const deliveryKey = ({ stream, subscription, position }: Pick<DeliveryShown, "stream" | "subscription" | "position">): string => `${stream}.${subscription}.${position}`;

export function DeliveryOutcome({ outcome }: { readonly outcome: string }): ReactNode {
  return <State tone={tones[outcome] ?? "plain"}>{wordFrom(t.outcomes, outcome)}</State>;
}

/** `http_400` is an answer of the vendor's; others are words of ours. */
export function codeText(code: string): string {
  return wordFrom(t.reasons, code).replace(/^http_(\d{3})$/, "HTTP $1");
}

export interface DeliveryPanelProps {
  readonly destination: string;
  readonly delivery: DeliveryShown;
  readonly onClose: () => void;
  /** Without it, nothing can be sent again from here. */
  readonly onReplay?: (() => void) | undefined;
  readonly over?: boolean;
  /** What brought it about, where that is known. */
  readonly why?: ReactNode;
}

export function DeliveryPanel({ destination, delivery, onClose, onReplay, over = false, why }: DeliveryPanelProps): ReactNode {
  const { profile_id: person, message_id: message, request_id: request, outcome, detail, event, subscription_name: subscription } = delivery;
  const isFailed = outcome === "refused" || outcome === "expired";
  return (
    <Panel title={`${t.one.title}: ${event}`} onClose={onClose} over={over} actions={isFailed && onReplay ? <Button variant="default" size="compact-sm" onClick={onReplay}>{t.one.sendAgain}</Button> : undefined}>
      <dl className="facts">
        <dt>{t.outcome}</dt><dd><DeliveryOutcome outcome={outcome} /></dd>
        {detail ? <><dt>{t.one.detail}</dt><dd><bdi>{detail}</bdi></dd></> : null}
        <dt>{t.one.subscription}</dt><dd><bdi>{subscription ?? `#${delivery.subscription}`}</bdi></dd>
        {why === undefined ? null : <><dt>{t.columns.why}</dt><dd>{why}</dd></>}
        <dt>{t.one.person}</dt><dd>{person === null ? <span className="dim">{t.one.nobody}</span> : <Link to="/profiles/$ref" params={{ ref: person }} className="mono">{person}</Link>}</dd>
        <dt>{t.one.message}</dt><dd className="row"><span className="mono cut">{message}</span><CopyIcon value={message} /></dd>
        <dt>{t.one.happened}</dt><dd><When at={delivery.happened_at} /></dd>
        <dt>{t.one.received}</dt><dd><When at={delivery.received_at} /></dd>
        <dt>{t.one.finished}</dt><dd><When at={delivery.finished_at} /></dd>
        <dt>{t.one.attempts}</dt><dd>{delivery.attempts}</dd>
      </dl>
      {request === null ? <p className="dim">{t.one.noRequest}</p> : <Request destination={destination} requestId={request} />}
    </Panel>
  );
}

function Request({ destination, requestId }: { readonly destination: string; readonly requestId: string }): ReactNode {
  const request = useQuery(requestQuery(destination, requestId));
  if (request.error) return <ProblemNotice problem={request.error} onRetry={() => void request.refetch()} />;
  if (!request.data) return <div className="stack" aria-busy>{[60, 90, 80, 50].map((width) => <Bar key={width} width={width} />)}</div>;
  return (
    <div className="stack roomy">
      <Exchanges all={request.data.exchanges} />
      {request.data.exchanges.length > 0 ? null : request.data.hashes.map(({ at, method, status, request: sent, response }, index) => (
        <dl key={index} className="facts">
          <dt className="mono">{method}</dt><dd className="row wrap"><When at={at} /><State tone={toneOfStatus(status)}>{status === null ? t.one.noReply : `HTTP ${status}`}</State></dd>
          <dt>{t.one.requestHash}</dt><dd className="mono cut">{sent}</dd>
          <dt>{t.one.replyHash}</dt><dd className="mono cut">{response}</dd>
        </dl>
      ))}
      <p className="dim row wrap">{t.one.kept(request.data.kept_for_days)}<MaskedMark /></p>
    </div>
  );
}

export function Exchanges({ all }: { readonly all: readonly Exchange[] }): ReactNode {
  return all.map((one, index) => (
    <div key={index} className="stack roomy">
      <section className="stack">
        <h3>{t.one.request}</h3>
        <div className="mono exchange-line"><strong>{one.method}</strong> <bdi>{one.url}</bdi></div>
        <Headers all={one.request_headers} />
        <Body text={one.request_body} label={t.one.request} />
      </section>
      <section className="stack">
        <h3>{t.one.reply}</h3>
        <div className="row wrap"><State tone={toneOfStatus(one.status)}>{one.status === null ? t.one.noReply : `HTTP ${one.status}`}</State><span className="dim">{tookText(one.took_ms)}</span></div>
        {one.failure === null ? null : <p><bdi>{one.failure}</bdi></p>}
        {one.status === null ? null : <><Headers all={one.response_headers} /><Body text={one.response_body} label={t.one.reply} /></>}
      </section>
    </div>
  ));
}

function toneOfStatus(status: number | null): Tone {
  return status === null || status >= 400 ? "bad" : "good";
}

function Headers({ all }: { readonly all: Readonly<Record<string, string>> }): ReactNode {
  const entries = Object.entries(all);
  if (entries.length === 0) return null;
  return (
    <details className="exchange-headers">
      <summary>{t.one.headers} ({entries.length})</summary>
      <dl className="facts">{entries.map(([name, value]) => [<dt key={name} className="mono">{name}</dt>, <dd key={`${name} value`} className="mono"><bdi>{value}</bdi></dd>])}</dl>
    </details>
  );
}

function Body({ text, label }: { readonly text: string; readonly label: string }): ReactNode {
  if (text === "") return <p className="dim">{t.one.noBody}</p>;
  return isJson(text) ? <Json text={text} label={`${label}: ${t.one.body}`} /> : <pre className="code" tabIndex={0} aria-label={`${label}: ${t.one.body}`}>{text}</pre>;
}
