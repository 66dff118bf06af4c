// Switching on, as the last of it: what begins to be sent, how many people an audience sends at once, and to whom it is limited until
// it is opened for all.
import { Button, TagsInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { DestinationChanged, DestinationDetail, Subscription } from "@tributary/schema/api/destinations.ts";
import { change } from "../../../api.ts";
import { texts } from "../../../texts/texts.ts";
import { Figure } from "../../../ui/figure.tsx";
import { Bar, ProblemNotice } from "../../../ui/notice.tsx";
import { Card } from "../../../ui/page.tsx";
import { toast } from "../../../ui/toast.tsx";
import { destinationPath } from "../queries.ts";
import { wrongTestPeople } from "./test-people.ts";

const t = texts.setUp.preview;

interface SwitchOnCardProps {
  readonly destination: DestinationDetail;
  readonly subscriptions: readonly Subscription[];
}

export function SwitchOnCard({ destination, subscriptions }: SwitchOnCardProps): ReactNode {
  const { slug, name, enabled, problems } = destination;
  const client = useQueryClient();
  const navigate = useNavigate();
  const [people, setPeople] = useState<readonly string[]>(destination.test_people ?? []);
  const wrong = wrongTestPeople(people);
  const on = subscriptions.filter((one) => one.enabled);
  const asked = useQuery({
    queryKey: ["destinations", "one", slug, "switch-on", on.map(({ id, version }) => `${id}.${version}`).join()], enabled: !enabled && problems.length === 0 && on.length > 0, staleTime: 0, gcTime: 0,
    queryFn: () => change<DestinationChanged>("PATCH", `${destinationPath(slug)}?dry_run=true`, { enabled: true }),
  });
  const leave = (): Promise<void> => navigate({ to: "/destinations/$slug", params: { slug }, search: {} });
  const set = useMutation({
    mutationFn: () => change<DestinationChanged>("PATCH", destinationPath(slug), { enabled: true, ...(isSame(people, destination.test_people) ? {} : { test_people: people.length === 0 ? null : people }) }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["destinations"] });
      toast({ text: texts.deliveries.switchedOn(name) });
      await leave();
    },
  });
  if (enabled) return <Card title={t.switchOn}><div className="stack roomy"><p>{t.isOn}</p><div><Button onClick={() => void leave()}>{t.toDestination}</Button></div></div></Card>;
  return (
    <Card title={t.switchOn}>
      <div className="stack roomy">
        {problems.length > 0 ? <div className="notice" data-tone="bad"><div><strong>{texts.deliveries.notReady}</strong><ul className="sdk-notes">{problems.map((one) => <li key={`${one.field} ${one.problem}`}>{one.problem}</li>)}</ul></div></div> : null}
        <p>{on.length === 0 ? t.noneOn : texts.deliveries.switchOnText(on.length)}</p>
        {asked.isLoading ? <Bar width={80} /> : null}
        {asked.error ? <ProblemNotice problem={asked.error} onRetry={() => void asked.refetch()} /> : null}
        {on.length > 0 ? asked.data?.backfill.map((one) => <AtOnce key={one.subscription} {...one} />) : null}
        <TagsInput
          label={t.testPeople} description={t.testPeopleHint} placeholder={people.length === 0 ? t.everybody : ""} value={[...people]} error={wrong.length > 0 ? t.testPeopleWrong(wrong.join(", ")) : undefined} splitChars={[","]} acceptValueOnBlur maxTags={100}
          onChange={setPeople}
        />
        {set.error ? <ProblemNotice problem={set.error} /> : null}
        <div className="row wrap">
          <Button loading={set.isPending} disabled={on.length === 0 || problems.length > 0 || wrong.length > 0 || !asked.data} onClick={() => set.mutate()}>{texts.deliveries.switchOn}</Button>
          <Link to="/destinations/$slug" params={{ slug }} search={{}}>{t.notYet}</Link>
        </div>
      </div>
    </Card>
  );
}

const isSame = (one: readonly string[], other: readonly string[] | null): boolean => JSON.stringify(one) === JSON.stringify(other ?? []);

function AtOnce({ name, audience, people, sent }: DestinationChanged["backfill"][number]): ReactNode {
  return (
    <div className="at-once">
      <div className="big-figure"><Figure value={sent} /></div>
      <div><bdi>{name}</bdi><div className="dim">{sent === 0 ? t.noneAtOnce(people, audience) : t.atOnce(people, audience)}</div></div>
    </div>
  );
}
