// Making an audience, and changing one: the conditions as a sentence on the left, on the right how many and who.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { texts } from "../../../texts/texts.ts";
import { Bar, ProblemNotice } from "../../../ui/notice.tsx";
import { Page } from "../../../ui/page.tsx";
import { language } from "../../../texts/texts.ts";
import { draftOf, emptyDraft } from "../model/draft.ts";
import { audienceQuery, templatesQuery } from "../queries.ts";
import { Builder } from "./builder.tsx";
import "../audiences.css";

const t = texts.audiences;
const newRoute = getRouteApi("/shell/audiences/new");
const editRoute = getRouteApi("/shell/audiences/$slug/edit");

export function NewAudiencePage(): ReactNode {
  const { template, copy } = newRoute.useSearch();
  const templates = useQuery({ ...templatesQuery, enabled: template !== undefined });
  const copied = useQuery({ ...audienceQuery(copy ?? ""), enabled: copy !== undefined, refetchInterval: false });
  const error = templates.error ?? copied.error;
  if (error) return <Page title={t.builder.newTitle} back={{ to: "/audiences", text: t.title }}><ProblemNotice problem={error} onRetry={() => void (templates.error ? templates.refetch() : copied.refetch())} /></Page>;
  if ((template !== undefined && templates.data === undefined) || (copy !== undefined && copied.data === undefined)) return <BuilderSkeleton title={t.builder.newTitle} />;
  const chosen = templates.data?.data.find(({ id }) => id === template);
  const first = chosen?.definition ?? copied.data?.definition;
  const name = chosen?.name[language] ?? (copied.data === undefined ? "" : t.builder.copyOf(copied.data.name));
  return <Builder key={`${template ?? ""} ${copy ?? ""}`} first={() => draftOf(first) ?? emptyDraft()} name={name} folder={copied.data?.folder ?? ""} isFilled={first !== undefined && first !== null} />;
}

export function EditAudiencePage(): ReactNode {
  const { slug } = editRoute.useParams();
  const audience = useQuery({ ...audienceQuery(slug), refetchInterval: false, refetchOnWindowFocus: false, staleTime: Infinity, refetchOnMount: "always" });
  const title = audience.data?.name ?? slug;
  if (audience.error) return <Page title={title} back={{ to: "/audiences", text: t.title }}><ProblemNotice problem={audience.error} onRetry={() => void audience.refetch()} /></Page>;
  if (audience.data === undefined || (audience.isFetching && audience.data.definition === undefined)) return <BuilderSkeleton title={title} />;
  return <Builder key={`${slug} ${audience.data.version}`} audience={audience.data} first={() => draftOf(audience.data.definition) ?? emptyDraft()} name={audience.data.name} folder={audience.data.folder} isFilled />;
}

function BuilderSkeleton({ title }: { readonly title: string }): ReactNode {
  return (
    <Page title={title} back={{ to: "/audiences", text: t.title }}>
      <div className="builder"><div className="card"><div className="card-body stack" aria-busy>{[50, 80, 65].map((width) => <Bar key={width} width={width} />)}</div></div><aside className="preview"><Bar width={40} /><Bar width={70} /></aside></div>
    </Page>
  );
}
