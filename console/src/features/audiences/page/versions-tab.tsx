// What it was before: each version with who made it, and the difference of two.
import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { AudienceDetail, AudienceVersions } from "@tributary/schema/api/audiences.ts";
import { language, texts } from "../../../texts/texts.ts";
import { When } from "../../../ui/figure.tsx";
import { JsonDiff } from "../../../ui/json-diff-view.tsx";
import { WordDiff } from "../../../ui/word-diff.tsx";
import { ProblemNotice } from "../../../ui/notice.tsx";
import { Card } from "../../../ui/page.tsx";
import { Waiting } from "../parts.tsx";
import { versionsQuery } from "../queries.ts";

const t = texts.audiences.page;
const route = getRouteApi("/shell/audiences/$slug/");

export function VersionsTab({ audience: { slug } }: { readonly audience: AudienceDetail }): ReactNode {
  const { data, error, refetch } = useQuery(versionsQuery(slug));
  if (error) return <ProblemNotice problem={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Waiting rows={5} />;
  const versions = data.data.toSorted((a, b) => b.version - a.version);
  return (
    <div className="stack-wide">
      <Card title={t.tabs.versions}>
        <table className="plain-table">
          <thead><tr><th>{t.version}</th><th>{t.when}</th><th>{t.by}</th><th>{texts.audiences.columns.sentence}</th></tr></thead>
          <tbody>{versions.map((one) => <tr key={one.version}><td className="figure">{one.version}</td><td><When at={one.at} /></td><td><bdi>{one.author_name ?? one.author}</bdi></td><td><bdi>{one.sentence[language]}</bdi></td></tr>)}</tbody>
        </table>
      </Card>
      {versions.length > 1 ? <Difference slug={slug} versions={versions} /> : <p className="dim">{t.oneVersion}</p>}
    </div>
  );
}

function Difference({ slug, versions }: { readonly slug: string; readonly versions: AudienceVersions["data"] }): ReactNode {
  const { from, to } = route.useSearch();
  const navigate = useNavigate();
  const newer = versions.find(({ version }) => version === to) ?? versions[0];
  const older = versions.find(({ version }) => version === from) ?? versions[1];
  const go = (next: { readonly from: number; readonly to: number }): void => void navigate({ to: "/audiences/$slug", params: { slug }, search: { tab: "versions", ...next }, replace: true });
  if (newer === undefined || older === undefined) return null;
  const choice = (label: string, value: number, onChange: (version: number) => void): ReactNode => (
    <NativeSelect aria-label={label} value={value} data={versions.map(({ version }) => ({ value: String(version), label: t.versionNumber(version) }))} onChange={(event) => onChange(Number(event.currentTarget.value))} />
  );
  return (
    <Card title={t.difference} actions={<div className="row">{choice(t.older, older.version, (version) => go({ from: version, to: newer.version }))}<span aria-hidden>→</span>{choice(t.newer, newer.version, (version) => go({ from: older.version, to: version }))}</div>}>
      <div className="stack">
        <h3 className="small-head">{t.sentenceDifference}</h3>
        <WordDiff before={older.sentence[language]} after={newer.sentence[language]} />
        <h3 className="small-head">{t.definitionDifference}</h3>
        <JsonDiff before={older.definition} after={newer.definition} label={t.difference} skipped={t.linesSame} tooLong={<p className="dim">{t.tooLong}</p>} />
      </div>
    </Card>
  );
}
