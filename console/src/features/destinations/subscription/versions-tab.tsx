// What a subscription was before: each version with who made it, the difference of two, and the way back to one.
import { Button, NativeSelect } from "@mantine/core";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { SubscriptionDetail, SubscriptionVersions } from "@tributary/schema/api/destinations.ts";
import { texts } from "../../../texts/texts.ts";
import { When } from "../../../ui/figure.tsx";
import { JsonDiff } from "../../../ui/json-diff-view.tsx";
import { Bar, ProblemNotice } from "../../../ui/notice.tsx";
import { Card } from "../../../ui/page.tsx";
import { may, sessionQuery } from "../../accounts/session.ts";
import { subscriptionVersionQuery, subscriptionVersionsQuery } from "./queries.ts";

const t = texts.subscriptions.versions;
const route = getRouteApi("/shell/destinations/$slug/subscriptions/$id");

interface VersionsProps {
  readonly slug: string;
  readonly saved: SubscriptionDetail;
  /** Puts it into the editor, where it is saved as a new version. */
  readonly onTake: (version: number, definition: SubscriptionDetail["definition"]) => void;
}

export function VersionsTab({ slug, saved, onTake }: VersionsProps): ReactNode {
  const { data, error, refetch } = useQuery(subscriptionVersionsQuery(slug, saved.id));
  if (error && !data) return <ProblemNotice problem={error} onRetry={() => void refetch()} />;
  if (!data) return <div className="stack" aria-busy>{[60, 80, 50].map((width) => <Bar key={width} width={width} />)}</div>;
  const versions = data.data.toSorted((a, b) => b.version - a.version);
  return (
    <div className="stack-wide">
      <Card title={t.title}>
        <table className="plain-table">
          <thead><tr><th>{t.version}</th><th>{t.when}</th><th>{t.by}</th></tr></thead>
          <tbody>{versions.map((one) => <tr key={one.version}><td className="figure">{one.version}{one.version === saved.version ? <span className="dim"> {t.inForce}</span> : null}</td><td><When at={one.at} /></td><td><bdi>{one.author_name ?? one.author}</bdi></td></tr>)}</tbody>
        </table>
      </Card>
      {versions.length > 1 ? <Difference slug={slug} saved={saved} versions={versions} onTake={onTake} /> : <p className="dim">{t.one}</p>}
    </div>
  );
}

function Difference({ slug, saved, versions, onTake }: VersionsProps & { readonly versions: SubscriptionVersions["data"] }): ReactNode {
  const { from, to } = route.useSearch();
  const navigate = route.useNavigate();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const newer = versions.find(({ version }) => version === to)?.version ?? saved.version;
  const older = versions.find(({ version }) => version === from)?.version ?? versions.find(({ version }) => version < newer)?.version ?? newer;
  const [before, after] = [useQuery(subscriptionVersionQuery(slug, saved.id, older)), useQuery(subscriptionVersionQuery(slug, saved.id, newer))];
  const go = (next: { readonly from: number; readonly to: number }): void => void navigate({ search: (now) => ({ ...now, tab: "versions" as const, ...next }), replace: true });
  const choice = (label: string, value: number, onChange: (version: number) => void): ReactNode => (
    <NativeSelect aria-label={label} value={value} data={versions.map(({ version }) => ({ value: String(version), label: t.number(version) }))} onChange={(event) => onChange(Number(event.currentTarget.value))} />
  );
  const error = before.error ?? after.error;
  const old = before.data;
  return (
    <Card title={t.difference} actions={<div className="row wrap">{choice(t.older, older, (version) => go({ from: version, to: newer }))}<span aria-hidden>→</span>{choice(t.newer, newer, (version) => go({ from: older, to: version }))}</div>}>
      <div className="stack">
        {error ? <ProblemNotice problem={error} onRetry={() => void (before.error ? before.refetch() : after.refetch())} /> : null}
        {!error && !(old && after.data) ? <div className="stack" aria-busy><Bar width={70} /><Bar width={40} /></div> : null}
        {old && after.data ? <JsonDiff before={old.definition} after={after.data.definition} label={t.difference} skipped={t.same} tooLong={<p className="dim">{t.tooLong}</p>} /> : null}
        {old && older !== saved.version && may(session, "write") && saved.status === "active" ? <div><Button variant="default" onClick={() => onTake(older, old.definition)}>{t.take(older)}</Button></div> : null}
      </div>
    </Card>
  );
}
