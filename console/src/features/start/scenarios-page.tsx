// The three guided scenarios: what each is about, which are done, and a start for each.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { IconBuildingStore } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Scenario, ScenarioId } from "@tributary/schema/api/demo-shop.ts";
import { texts } from "../../texts/texts.ts";
import { Bar, Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Card, Page } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { HistoryProgress } from "./demo-card.tsx";
import { useOpenScenario } from "./open-scenario.ts";
import { demoShopQuery, scenariosQuery } from "./queries.ts";
import "./start.css";

const t = texts.scenarios;
const ids: readonly ScenarioId[] = ["late_order", "family_tablet", "wrong_merge"];

export function ScenariosPage(): ReactNode {
  const shop = useQuery(demoShopQuery);
  const scenarios = useQuery({ ...scenariosQuery, enabled: shop.data?.is_here === true });
  if (shop.data && !shop.data.is_here) {
    return <Page title={t.title}><Empty icon={<IconBuildingStore size={28} stroke={1.4} />} title={t.elsewhere} text={t.elsewhereText} action={<Button component={Link} to="/start">{t.toStart}</Button>} /></Page>;
  }
  const problem = shop.error ?? scenarios.error;
  const list = scenarios.data?.data;
  return (
    <Page title={t.title} sentence={t.sentence(list?.filter(({ done }) => done).length ?? 0)}>
      <div className="stack scenarios">
        {problem ? <ProblemNotice problem={problem} onRetry={() => void (shop.error ? shop : scenarios).refetch()} /> : null}
        {shop.data?.state === "history" ? <Card title={t.playing}><HistoryProgress shop={shop.data} /></Card> : null}
        <div className="scenario-cards">{ids.map((id) => <ScenarioCard key={id} id={id} scenario={list?.find((one) => one.id === id)} />)}</div>
      </div>
    </Page>
  );
}

function ScenarioCard({ id, scenario }: { readonly id: ScenarioId; readonly scenario: Scenario | undefined }): ReactNode {
  const [open, setOpen] = useOpenScenario();
  const words = t.each[id];
  return (
    <Card title={words.title} actions={scenario ? <State tone={scenario.done ? "good" : scenario.ready ? "plain" : "waiting"}>{scenario.done ? t.done : scenario.ready ? t.toDo : t.notYet}</State> : <Bar width={20} />}>
      <div className="stack">
        <p>{words.story}</p>
        <p className="dim">{words.goal}</p>
        <div><Button variant={open === id ? "light" : "default"} disabled={!scenario?.ready} onClick={() => setOpen(open === id ? undefined : id)} aria-pressed={open === id}>{open === id ? t.opened : scenario?.done ? t.again : t.begin}</Button></div>
      </div>
    </Card>
  );
}
