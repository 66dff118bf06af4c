// The first page of a new workspace: send an event and see it become a person, or look around in a demo shop.
import { Button, UnstyledButton } from "@mantine/core";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { IconBrandNodejs, IconBrandPython, IconDeviceMobile, IconTerminal2, IconWorld, IconServer } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { NewWriteKey, SourceAnswer } from "@tributary/schema/api/workspace.ts";
import { change, read } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { ProblemNotice } from "../../ui/notice.tsx";
import { Card, Page } from "../../ui/page.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { called, SdkSnippet } from "../sources/install.tsx";
import { sourceListQuery } from "../sources/queries.ts";
import { isPlatform, sdkOf, sdks, type Platform } from "../sources/snippets.ts";
import { DemoCard } from "./demo-card.tsx";
import { FirstEvent } from "./first-event.tsx";
import { keepGuideKey, leaveStart, readGuideKey, type GuideKey } from "./guide-key.ts";
import "./start.css";

const t = texts.start;
const route = getRouteApi("/shell/start");

/** Those that most people look for; the source's page has all. */
const first: readonly Platform[] = ["curl", "website", "node", "python"];
const icons = { web: IconWorld, server: IconServer, phone: IconDeviceMobile, http: IconTerminal2 } as const;

export function StartPage(): ReactNode {
  const { platform: asked } = route.useSearch();
  const platform = isPlatform(asked) ? asked : undefined;
  const { data: session } = useSuspenseQuery(sessionQuery);
  const client = useQueryClient();
  const navigate = useNavigate();
  const kept = readGuideKey(session.workspace.slug);
  const made = useMutation({
    mutationFn: (wish: Platform) => makeKey(wish, session.workspace.slug),
    onSuccess: (key) => {
      keepGuideKey(key);
      return client.invalidateQueries({ queryKey: sourceListQuery.queryKey });
    },
  });
  const choose = (wish: Platform): void => {
    if (kept === undefined && may(session, "admin")) made.mutate(wish);
    void navigate({ to: "/start", search: { platform: wish } });
  };
  const key = made.data ?? kept;
  return (
    <Page title={t.title} sentence={t.sentence} actions={<Button component={Link} to="/" variant="subtle" onClick={leaveStart}>{t.skip}</Button>}>
      <div className="start-columns">
        <Card title={t.guide}>
          <ol className="start-steps">
            <Step number={1} title={t.choose} isOpen={platform === undefined} note={platform ? called(sdkOf(platform).platform) : undefined} back={platform ? <Link to="/start">{t.another}</Link> : undefined}>
              <Platforms onChoose={choose} />
            </Step>
            <Step number={2} title={t.send} isOpen={platform !== undefined}>
              {made.error ? <ProblemNotice problem={made.error} onRetry={() => platform && made.mutate(platform)} /> : null}
              {platform ? <Send platform={platform} guideKey={key} isMaking={made.isPending} onMake={may(session, "admin") ? () => made.mutate(platform) : undefined} /> : null}
            </Step>
            <Step number={3} title={t.see} isOpen={platform !== undefined && key !== undefined}>
              {key ? <FirstEvent guideKey={key} /> : null}
            </Step>
          </ol>
        </Card>
        <DemoCard />
      </div>
    </Page>
  );
}

/** Web pages send to the workspace's website; everything else has a source of the guide's own. */
async function makeKey(platform: Platform, workspace: string): Promise<GuideKey> {
  const sources = await read<{ data: readonly SourceAnswer[] }>("/sources", { limit: 200 });
  const isWeb = sdkOf(platform).group === "web";
  const found = sources.data.find(({ kind, slug, enabled }) => enabled && (isWeb ? kind === "website" : slug === t.source.slug));
  const madeAt = new Date(Date.now() - 2_000).toISOString();
  if (found) return { workspace, sourceId: found.id, madeAt, key: (await change<NewWriteKey>("POST", `/sources/${found.id}/keys`)).write_key };
  const kind = isWeb ? "website" : sdkOf(platform).group === "phone" ? "mobile" : "server";
  const wish = isWeb ? { name: t.source.website, kind } : { name: t.source.name, slug: t.source.slug, kind };
  const { source, key } = await change<{ source: SourceAnswer; key: NewWriteKey }>("POST", "/sources", wish);
  return { workspace, sourceId: source.id, madeAt, key: key.write_key };
}

interface StepProps {
  readonly number: number;
  readonly title: string;
  readonly isOpen: boolean;
  readonly note?: string | undefined;
  readonly back?: ReactNode;
  readonly children: ReactNode;
}

function Step({ number, title, isOpen, note, back, children }: StepProps): ReactNode {
  return (
    <li className={isOpen ? "start-step open" : "start-step"} {...(isOpen && { "aria-current": "step" as const })}>
      <span className="start-number" aria-hidden>{number}</span>
      <div className="grow stack">
        <div className="row"><h3 className="grow">{title}{note ? <span className="dim">: {note}</span> : null}</h3>{back}</div>
        {isOpen ? children : null}
      </div>
    </li>
  );
}

function Platforms({ onChoose }: { readonly onChoose: (platform: Platform) => void }): ReactNode {
  const rest = sdks.filter(({ id }) => !first.includes(id));
  return (
    <>
      <div className="start-platforms">
        {first.map((id) => <PlatformButton key={id} id={id} onChoose={onChoose} />)}
      </div>
      <details>
        <summary className="dim">{t.more(rest.length)}</summary>
        <div className="start-platforms small">{rest.map(({ id }) => <PlatformButton key={id} id={id} onChoose={onChoose} />)}</div>
      </details>
    </>
  );
}

function PlatformButton({ id, onChoose }: { readonly id: Platform; readonly onChoose: (platform: Platform) => void }): ReactNode {
  const { platform, name, group } = sdkOf(id);
  const Icon = id === "node" ? IconBrandNodejs : id === "python" ? IconBrandPython : icons[group];
  return (
    <UnstyledButton className="start-platform" onClick={() => onChoose(id)}>
      <Icon size={20} stroke={1.5} aria-hidden /><span className="grow"><strong className="cut">{called(platform)}</strong><span className="dim cut">{called(name)}</span></span>
    </UnstyledButton>
  );
}

interface SendProps {
  readonly platform: Platform;
  readonly guideKey: GuideKey | undefined;
  readonly isMaking: boolean;
  /** Absent for those who may not. */
  readonly onMake: (() => void) | undefined;
}

function Send({ platform, guideKey, isMaking, onMake }: SendProps): ReactNode {
  if (guideKey) return <><p className="dim">{t.keyIn}</p><SdkSnippet platform={platform} writeKey={guideKey.key} /></>;
  return (
    <>
      <p className="dim">{onMake ? t.keyGone : t.keyNotYours}</p>
      {onMake ? <div><Button onClick={onMake} loading={isMaking}>{t.makeKey}</Button></div> : <SdkSnippet platform={platform} writeKey={undefined} />}
    </>
  );
}
