// One click loads the demo shop; then how far it is, and the way in.
import { Button, Progress, Select } from "@mantine/core";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { IconArrowRight, IconBuildingStore } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import type { DemoShopAnswer, DemoShopMade } from "@tributary/schema/api/demo-shop.ts";
import { change, useWorkspace } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { CopyIcon } from "../../ui/copy.tsx";
import { fullNumber } from "../../ui/format.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { demoShopQuery } from "./queries.ts";

const t = texts.demo;
const sizes = [100, 1_000, 3_000, 10_000];
const USUAL = 3_000;

export function DemoCard(): ReactNode {
  const client = useQueryClient();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const shop = useQuery(demoShopQuery);
  const [people, setPeople] = useState(USUAL);
  const load = useMutation({
    mutationFn: () => change<DemoShopMade>("POST", "/demo-shop", { people }),
    onSuccess: async ({ shop: made }) => {
      client.setQueryData(demoShopQuery.queryKey, made);
      await client.invalidateQueries({ queryKey: sessionQuery.queryKey });
    },
  });
  const { data } = shop;
  if (data?.is_here) return null;
  const isThere = data !== undefined && data.workspace !== null;
  return (
    <Card title={t.title}>
      <div className="stack">
        <IconBuildingStore size={28} stroke={1.4} aria-hidden />
        <p>{t.text}</p>
        {shop.isPending ? <Bar width={60} /> : null}
        {shop.error ? <ProblemNotice problem={shop.error} onRetry={() => void shop.refetch()} /> : null}
        {load.error ? <ProblemNotice problem={load.error} onRetry={() => load.mutate()} /> : null}
        {data?.state === "removing" ? <State tone="waiting">{t.removing(data.removal?.rows_removed ?? 0)}</State> : null}
        {data && !isThere && data.state === "none" ? (
          <div className="row wrap start-load">
            <Button onClick={() => load.mutate()} loading={load.isPending} disabled={!may(session, "admin")}>{t.load}</Button>
            <Select
              aria-label={t.people} value={String(people)} allowDeselect={false} w={150} onChange={(value) => setPeople(Number(value))}
              data={sizes.map((size) => ({ value: String(size), label: t.size(size) }))}
            />
          </div>
        ) : null}
        {data && !may(session, "admin") && !isThere ? <p className="dim">{t.notYours}</p> : null}
        {data && isThere ? <Loading shop={data} onJoin={() => load.mutate()} isToken={session.account === null} /> : null}
        {load.data?.secret ? <Secret secret={load.data.secret} /> : null}
      </div>
    </Card>
  );
}

function Loading({ shop, onJoin, isToken }: { readonly shop: DemoShopAnswer; readonly onJoin: () => void; readonly isToken: boolean }): ReactNode {
  const slug = shop.workspace?.slug ?? "";
  return (
    <>
      <HistoryProgress shop={shop} />
      {shop.is_member ? <div><Button onClick={() => enterDemo(slug)} rightSection={<IconArrowRight size={15} />}>{t.enter}</Button></div> : null}
      {!shop.is_member && isToken ? <p className="dim">{t.byToken}</p> : null}
      {!shop.is_member && !isToken ? <div><Button onClick={onJoin}>{t.join}</Button></div> : null}
    </>
  );
}

/** How much of the past is played, with the counts of each hop. */
export function HistoryProgress({ shop }: { readonly shop: DemoShopAnswer }): ReactNode {
  const { progress } = shop;
  if (progress === null) return null;
  const share = progress.total ? Math.min(100, (progress.landed / progress.total) * 100) : 0;
  if (shop.state === "live" && share >= 100) return <State tone="good">{t.ready(progress.landed)}</State>;
  return (
    <div className="stack" role="status">
      <Progress value={share} aria-label={t.progress} size="md" />
      <div className="dim">{progress.total === null ? (progress.appended === 0 ? t.counting : t.soFar(fullNumber(progress.appended))) : t.counts(fullNumber(progress.appended), fullNumber(progress.total), fullNumber(progress.decided), fullNumber(progress.landed))}</div>
      {shop.failure ? <State tone="attention">{t.failure(shop.failure)}</State> : null}
    </div>
  );
}

function Secret({ secret }: { readonly secret: string }): ReactNode {
  return (
    <div className="made-key" role="status">
      <strong>{t.secret}</strong>
      <div className="row"><code>{secret}</code><CopyIcon value={secret} /></div>
    </div>
  );
}

/** Nothing of one workspace may stay in memory in another. */
export function enterDemo(slug: string): void {
  useWorkspace(slug);
  location.assign("/start/scenarios");
}
