// The guide beside the page: what one is asked, what helps, and whether the system sees it done.
import { ActionIcon, Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { IconX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Scenario, ScenarioAnswered } from "@tributary/schema/api/demo-shop.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { CopyIcon } from "../../ui/copy.tsx";
import { Filled } from "../../ui/filled.tsx";
import { ProblemNotice } from "../../ui/notice.tsx";
import { State } from "../../ui/state.tsx";
import { useOpenScenario } from "./open-scenario.ts";
import { scenariosQuery } from "./queries.ts";

const t = texts.scenarios;

export function ScenarioPanel(): ReactNode {
  const [open, setOpen] = useOpenScenario();
  const scenarios = useQuery({ ...scenariosQuery, enabled: open !== undefined });
  const scenario = scenarios.data?.data.find(({ id }) => id === open);
  if (open === undefined) return null;
  const words = t.each[open];
  return (
    <aside className="scenario-panel" aria-label={words.title}>
      <div className="row">
        <strong className="grow">{words.title}</strong>
        {scenario?.done ? <State tone="good">{t.done}</State> : null}
        <ActionIcon size={26} onClick={() => setOpen(undefined)} aria-label={texts.everywhere.close}><IconX size={15} /></ActionIcon>
      </div>
      {scenarios.error ? <ProblemNotice problem={scenarios.error} onRetry={() => void scenarios.refetch()} /> : null}
      {scenario ? <Steps scenario={scenario} /> : null}
      {scenario?.done ? <p role="status">{words.end}</p> : null}
      <Link to="/start/scenarios">{t.all}</Link>
    </aside>
  );
}

export function Steps({ scenario }: { readonly scenario: Scenario }): ReactNode {
  if (!scenario.ready) return <p className="dim">{t.notYet}</p>;
  switch (scenario.id) {
    case "late_order": return <LateOrder scenario={scenario} />;
    case "family_tablet": return <FamilyTablet scenario={scenario} />;
    case "wrong_merge": return <WrongMerge scenario={scenario} />;
  }
}

function LateOrder({ scenario: { facts, people } }: { readonly scenario: Scenario }): ReactNode {
  const words = t.each.late_order;
  const [caller] = people;
  return (
    <ol className="scenario-steps">
      <li><Filled text={words.find} parts={{ phone: <Spoken text={facts["phone_spoken"] ?? ""} />, order: <Spoken text={facts["order"] ?? ""} /> }} /></li>
      <li>{words.look(caller?.name ?? "")} {caller ? <Link to="/profiles/$ref" params={{ ref: caller.ref }}>{t.openPerson(caller.name)}</Link> : null}</li>
      <li>{words.promise}</li>
    </ol>
  );
}

function FamilyTablet({ scenario }: { readonly scenario: Scenario }): ReactNode {
  const words = t.each.family_tablet;
  const client = useQueryClient();
  const answer = useMutation({
    mutationFn: (profileId: string) => change<ScenarioAnswered>("POST", "/demo-shop/scenarios/family_tablet/answer", { profile_id: profileId }),
    onSuccess: () => client.invalidateQueries({ queryKey: scenariosQuery.queryKey }),
  });
  return (
    <ol className="scenario-steps">
      <li>{words.look} {scenario.people.map(({ name, ref }, index) => <span key={ref}>{index > 0 ? ", " : ""}<Link to="/profiles/$ref" params={{ ref }} search={{ tab: "identity" }}>{name}</Link></span>)}.</li>
      <li>{words.tablet} <Spoken text={scenario.facts["tablet"] ?? ""} />. {words.why}</li>
      <li>
        {words.question}
        <div className="row wrap scenario-answers" role="group" aria-label={words.question}>
          {scenario.people.map(({ name, profile_id: id }) => (
            <Button key={name} size="compact-sm" variant="default" disabled={id === null || scenario.done} loading={answer.isPending && answer.variables === id} onClick={() => id && answer.mutate(id)}>{name}</Button>
          ))}
        </div>
        {answer.data?.right === false ? <p role="alert"><State tone="attention">{words.wrong}</State></p> : null}
        {answer.error ? <ProblemNotice problem={answer.error} /> : null}
      </li>
    </ol>
  );
}

function WrongMerge({ scenario: { people, facts } }: { readonly scenario: Scenario }): ReactNode {
  const words = t.each.wrong_merge;
  const [lender, borrower] = people;
  return (
    <ol className="scenario-steps">
      <li>{words.look(lender?.name ?? "", borrower?.name ?? "")} {lender ? <Link to="/profiles/$ref" params={{ ref: facts["lender"] ?? lender.ref }} search={{ tab: "identity" }}>{t.openPerson(lender.name)}</Link> : null}</li>
      <li>{words.why}</li>
      <li>{words.undo(lender?.name ?? "")} <Spoken text={(facts["lender"] ?? "").replace(/^email:/, "")} /></li>
    </ol>
  );
}

function Spoken({ text }: { readonly text: string }): ReactNode {
  return <span className="nowrap-spoken"><code className="word">{text}</code><CopyIcon value={text} /></span>;
}
