// Ready audiences in the workspace's own words; what one still needs is said with the way to it.
import { Button } from "@mantine/core";
import { IconSparkles } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { language, texts } from "../../../texts/texts.ts";
import { Empty, ProblemNotice } from "../../../ui/notice.tsx";
import { State } from "../../../ui/state.tsx";
import { Waiting } from "../parts.tsx";
import { templatesQuery } from "../queries.ts";

const t = texts.audiences.templates;

export function TemplatesTab(): ReactNode {
  const { data, error, refetch } = useQuery(templatesQuery);
  if (error) return <ProblemNotice problem={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <div className="templates">{Array.from({ length: 6 }, (_, i) => <div key={i} className="card card-body"><Waiting rows={3} /></div>)}</div>;
  if (data.data.length === 0) return <Empty icon={<IconSparkles size={28} stroke={1.4} />} title={t.none} text={t.noneText} />;
  return (
    <ul className="templates">
      {data.data.toSorted((a, b) => Number(a.definition === null) - Number(b.definition === null)).map((one) => (
        <li key={one.id} className="card template">
          <h2>{one.name[language]}</h2>
          <p className="dim">{one.about[language]}</p>
          {one.definition === null ? (
            <div className="stack"><State tone="attention">{t.needs(one.needs.map(nameOf))}</State><Link to="/settings/vocabulary">{t.toVocabulary}</Link></div>
          ) : <Button component={Link} to={`/audiences/new?template=${encodeURIComponent(one.id)}`} variant="default" aria-label={t.useIt(one.name[language])}>{t.use}</Button>}
        </li>
      ))}
    </ul>
  );
}

/** What is missing, by its name: a role, or a role and its property. */
function nameOf(need: string): string {
  const roles: Readonly<Record<string, { readonly name: string }>> = texts.vocabulary.role;
  const properties: Readonly<Record<string, string>> = texts.vocabulary.property;
  return need.split(".").map((part) => roles[part]?.name ?? properties[part] ?? part).join(": ");
}
