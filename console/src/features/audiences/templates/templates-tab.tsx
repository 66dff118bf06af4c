// Ready audiences in the workspace's own words, those that can be used at once first.
import { IconSparkles } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { language, texts } from "../../../texts/texts.ts";
import { Empty, ProblemNotice } from "../../../ui/notice.tsx";
import { Waiting } from "../parts.tsx";
import { templatesQuery } from "../queries.ts";
import { TemplateCard } from "./template-card.tsx";

const t = texts.audiences.templates;

export function TemplatesTab(): ReactNode {
  const { data, error, refetch } = useQuery(templatesQuery);
  if (error) return <ProblemNotice problem={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <div className="templates">{Array.from({ length: 6 }, (_, i) => <div key={i} className="card card-body"><Waiting rows={3} /></div>)}</div>;
  if (data.data.length === 0) return <Empty icon={<IconSparkles size={28} stroke={1.4} />} title={t.none} text={t.noneText} />;
  return (
    <ul className="templates">
      {data.data.toSorted((a, b) => Number(a.definition === null) - Number(b.definition === null)).map((one) => (
        <TemplateCard key={one.id} name={one.name[language]} about={one.about[language]} needs={one.definition === null ? one.needs : []} to={`/audiences/new?template=${encodeURIComponent(one.id)}`} />
      ))}
    </ul>
  );
}
