// One audience: what it says, how many are in it and how that went, who, why, and what it was before.
import { ActionIcon, Button, Menu, Tabs } from "@mantine/core";
import { IconArchive, IconArchiveOff, IconCopy, IconDots, IconPencil, IconSnowflake } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState, type ReactNode } from "react";
import type { AudienceDetail } from "@tributary/schema/api/audiences.ts";
import { change } from "../../../api.ts";
import { language, texts } from "../../../texts/texts.ts";
import { Figure, When } from "../../../ui/figure.tsx";
import { Filled } from "../../../ui/filled.tsx";
import { CopyIcon } from "../../../ui/copy.tsx";
import { Bar, ProblemNotice } from "../../../ui/notice.tsx";
import { Page } from "../../../ui/page.tsx";
import { toast } from "../../../ui/toast.tsx";
import { Told } from "../../../ui/told.tsx";
import { may, sessionQuery } from "../../accounts/session.ts";
import { ArchiveDialog } from "../../destinations/archive-dialog.tsx";
import { AudienceState } from "../audience-state.tsx";
import { audienceTabs } from "../audiences-search.ts";
import { Waiting } from "../parts.tsx";
import { archive, audienceQuery } from "../queries.ts";
import "../audiences.css";

const panels = {
  overview: lazy(async () => ({ default: (await import("./overview-tab.tsx")).OverviewTab })),
  people: lazy(async () => ({ default: (await import("./people-tab.tsx")).PeopleTab })),
  changes: lazy(async () => ({ default: (await import("./changes-tab.tsx")).ChangesTab })),
  why: lazy(async () => ({ default: (await import("./why-tab.tsx")).WhyTab })),
  versions: lazy(async () => ({ default: (await import("./versions-tab.tsx")).VersionsTab })),
  uses: lazy(async () => ({ default: (await import("./uses-tab.tsx")).UsesTab })),
} as const;

const t = texts.audiences;
const route = getRouteApi("/shell/audiences/$slug/");
const back = { to: "/audiences", text: t.title } as const;

export function AudiencePage(): ReactNode {
  const { slug } = route.useParams();
  const audience = useQuery(audienceQuery(slug));
  if (audience.data) return <Known audience={audience.data} />;
  if (audience.error) return <Page title={slug} back={back}><ProblemNotice problem={audience.error} onRetry={() => void audience.refetch()} /></Page>;
  return <Page title={slug} back={back} sentence={<Bar width={60} />}><Waiting rows={6} /></Page>;
}

function Known({ audience }: { readonly audience: AudienceDetail }): ReactNode {
  const { tab = "overview" } = route.useSearch();
  const navigate = useNavigate();
  const { slug } = audience;
  const Panel = panels[tab];
  const go = (next: string | null): void => void navigate({ to: "/audiences/$slug", params: { slug }, search: next === null || next === "overview" ? {} : { tab: next as "people" }, replace: true }); // A tab of the list below.
  return (
    <Page title={audience.name} back={back} sentence={<bdi>{audience.sentence[language]}</bdi>} actions={<Actions audience={audience} />}>
      <Standing audience={audience} />
      <Tabs value={tab} onChange={go} keepMounted={false}>
        <Tabs.List className="tabs-space">{audienceTabs.map((one) => <Tabs.Tab key={one} value={one}>{t.page.tabs[one]}</Tabs.Tab>)}</Tabs.List>
        <Tabs.Panel value={tab}><Suspense fallback={<Waiting rows={5} />}><Panel audience={audience} /></Suspense></Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function Standing({ audience }: { readonly audience: AudienceDetail }): ReactNode {
  const { status, size, problem, updated_at: updatedAt, updated_by_name: name, updated_by: updatedBy, version, slug, folder } = audience;
  return (
    <div className="stack audience-standing">
      <div className="row wrap">
        <AudienceState status={status} />
        {audience.filled_at === null ? <span className="dim">{t.page.counting}</span> : <span><strong><Figure value={size} /></strong> {t.page.people(size)}</span>}
        <span className="dim"><Filled text={t.page.changed} parts={{ when: <When at={updatedAt} />, who: <bdi>{name ?? updatedBy}</bdi>, version: String(version) }} /></span>
        {folder === "" ? null : <Link to="/audiences" search={{ folder }} className="dim">{folder}</Link>}
        <span className="row dim"><span className="mono">{slug}</span><CopyIcon value={slug} label={t.page.copySlug} /></span>
      </div>
      {audience.description === "" ? null : <p><bdi>{audience.description}</bdi></p>}
      {problem === null ? null : <div className="notice" data-tone="bad" role="alert"><div><Told text={problem} /></div></div>}
    </div>
  );
}

function Actions({ audience }: { readonly audience: AudienceDetail }): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const client = useQueryClient();
  const navigate = useNavigate();
  const { slug, name, status } = audience;
  const isArchived = status === "archived";
  const [isAsking, setIsAsking] = useState(false);
  const sentBy = audience.used_by.filter(({ kind }) => kind === "subscription");
  const refresh = (): Promise<void> => client.invalidateQueries({ queryKey: ["audiences"] });
  const failed = (error: Error): void => toast({ tone: "bad", text: error.message });
  const move = useMutation({
    mutationFn: (isBack: boolean) => archive(slug, isBack), onError: failed,
    onSuccess: async (_, isBack) => {
      await refresh();
      toast({ text: isBack ? t.page.restored(name) : t.page.archived(name), ...(isBack ? {} : { onUndo: () => move.mutate(true) }) });
    },
  });
  const freeze = useMutation({
    mutationFn: () => change<{ slug: string }>("POST", "/audience-lists", { name: t.page.frozenName(name), frozen_of: slug }), onError: failed,
    onSuccess: async () => {
      await refresh();
      toast({ text: t.page.frozen(name) });
      void navigate({ to: "/audiences", search: { show: "lists" } });
    },
  });
  if (!may(session, "write")) return null;
  return (
    <>
      {isArchived ? <Button loading={move.isPending} leftSection={<IconArchiveOff size={15} aria-hidden />} onClick={() => move.mutate(true)}>{t.page.restore}</Button> : <Button component={Link} to={`/audiences/${slug}/edit`} leftSection={<IconPencil size={15} aria-hidden />}>{t.page.edit}</Button>}
      <Menu position="bottom-end" width={240}>
        <Menu.Target><ActionIcon variant="default" aria-label={t.page.more}><IconDots size={16} /></ActionIcon></Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconCopy size={15} />} onClick={() => void navigate({ to: "/audiences/new", search: { copy: slug } })}>{t.page.copy}</Menu.Item>
          <Menu.Item leftSection={<IconSnowflake size={15} />} onClick={() => freeze.mutate()}>{t.page.freeze}</Menu.Item>
          {isArchived ? null : <Menu.Item leftSection={<IconArchive size={15} />} onClick={() => (sentBy.length > 0 ? setIsAsking(true) : move.mutate(false))}>{t.page.archive}</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
      {isAsking ? (
        <ArchiveDialog
          title={texts.audienceSync.audienceTitle(name)} text={texts.audienceSync.audienceText(sentBy.map((one) => one.name).join(", "))} offersEmptying={false} onClose={() => setIsAsking(false)}
          onArchive={() => change("POST", `/audiences/${encodeURIComponent(slug)}/archive?empty=true`)} done={() => texts.audienceSync.emptying(name)}
        />
      ) : null}
    </>
  );
}
