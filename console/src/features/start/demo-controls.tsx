// What stands in the bar of a demo shop: that its people are invented, how fast it goes, where the scenarios are, and the way out.
import { Button, Select } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { IconBuildingStore } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { DemoShopAnswer } from "@tributary/schema/api/demo-shop.ts";
import { change, useWorkspace } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { AskDialog } from "../../ui/ask-dialog.tsx";
import { may, sessionQuery, type Session } from "../accounts/session.ts";
import { demoShopQuery } from "./queries.ts";
import { ScenarioPanel } from "./scenario-panel.tsx";
import "./demo-bar.css";

const t = texts.demo;
const PAUSED = "paused";
const paces = [1, 10, 60, 600];

export function DemoControls({ shop }: { readonly shop: DemoShopAnswer }): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const [isAsking, asking] = useDisclosure(false);
  const mayChange = may(session, "admin");
  const { progress } = shop;
  const share = progress?.total ? Math.floor((Math.min(progress.landed, progress.total) / progress.total) * 100) : 0;
  return (
    <>
      <aside className="demo-bar" aria-label={t.bar}>
        <IconBuildingStore size={16} aria-hidden />
        <span><strong>{t.bar}:</strong> {t.invented}</span>
        {shop.state === "history" ? <span className="dim" role="status">{progress?.total === null ? t.counting : t.playing(share)}</span> : null}
        <span className="grow" />
        {mayChange && shop.state === "live" ? <Pace shop={shop} /> : null}
        <Link to="/start/scenarios">{t.scenarios}</Link>
        {mayChange ? <Button size="compact-xs" variant="default" onClick={asking.open}>{t.remove}</Button> : null}
      </aside>
      {isAsking ? <Remove session={session} onClose={asking.close} /> : null}
      <ScenarioPanel />
    </>
  );
}

function Pace({ shop }: { readonly shop: DemoShopAnswer }): ReactNode {
  const client = useQueryClient();
  const set = useMutation({
    mutationFn: (value: string) => change<DemoShopAnswer>("PATCH", "/demo-shop", value === PAUSED ? { paused: true } : { paused: false, pace: Number(value) }),
    onMutate: (value) => client.setQueryData(demoShopQuery.queryKey, (before) => before && (value === PAUSED ? { ...before, paused: true } : { ...before, paused: false, pace: Number(value) })),
    onSuccess: (now) => client.setQueryData(demoShopQuery.queryKey, now),
    onError: () => client.invalidateQueries({ queryKey: demoShopQuery.queryKey }),
  });
  const value = shop.paused ? PAUSED : String(shop.pace ?? 1);
  const known = [...new Set([...paces, shop.pace ?? 1])].sort((a, b) => a - b);
  return (
    <Select
      size="xs" className="demo-pace" aria-label={t.pace} value={value} allowDeselect={false} onChange={(next) => next && set.mutate(next)} error={set.error ? true : undefined}
      data={[{ value: PAUSED, label: t.paused }, ...known.map((pace) => ({ value: String(pace), label: t.times(pace) }))]}
    />
  );
}

function Remove({ session, onClose }: { readonly session: Session; readonly onClose: () => void }): ReactNode {
  const remove = useMutation({
    mutationFn: () => change("DELETE", "/demo-shop"),
    onSuccess: () => {
      const other = session.workspaces.find(({ slug }) => slug !== session.workspace.slug);
      if (other) useWorkspace(other.slug);
      location.assign("/start");
    },
  });
  return (
    <AskDialog title={t.removeTitle} error={remove.error} onClose={onClose}
      action={<Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>{t.removeAll}</Button>}
    >
      <p>{t.removeText}</p>
    </AskDialog>
  );
}
