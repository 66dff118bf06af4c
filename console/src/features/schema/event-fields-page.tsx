// One event and its fields.
import { Button } from "@mantine/core";
import { IconActivity, IconListDetails } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ObservedEvent } from "@tributary/schema/api/observed.ts";
import { texts } from "../../texts/texts.ts";
import { When } from "../../ui/figure.tsx";
import { valueText } from "../../ui/format.ts";
import { Bar, Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Sparkline } from "../../ui/sparkline.tsx";
import { DriftMark } from "./field-words.tsx";
import { FieldsTable } from "./fields-table.tsx";
import { eventFieldsQuery } from "./queries.ts";
import type { FieldsSearch } from "./schema-search.ts";

const t = texts.schema;
const route = getRouteApi("/shell/schema/$event");

export function EventFieldsPage(): ReactNode {
  const { event } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const answer = useQuery(eventFieldsQuery(event));
  const go = (next: FieldsSearch): void => void navigate({ to: "/schema/$event", params: { event }, search: next, replace: true });
  const back = { to: "/schema", text: t.title } as const;
  const heading = <h1><bdi>{event}</bdi></h1>;
  if (answer.error && !answer.data) return <Page title={valueText(event, 80)} heading={heading} back={back}><ProblemNotice problem={answer.error} onRetry={() => void answer.refetch()} /></Page>;
  const watch = <Button component={Link} to="/live" search={{ event } as never} variant="default" leftSection={<IconActivity size={16} aria-hidden />}>{texts.sources.watch}</Button>;
  const empty = <Empty icon={<IconListDetails size={28} stroke={1.4} />} title={t.noFields.title} text={t.noFields.text} />;
  return (
    <Page fills title={valueText(event, 80)} heading={heading} back={back} actions={watch} sentence={answer.data?.calls ? <Sentence calls={answer.data.calls} fields={answer.data.fields.length} /> : <Bar width={40} />}>
      <FieldsTable title={valueText(event, 80)} fields={answer.data?.fields} search={search} onSearch={go} empty={empty} />
    </Page>
  );
}

function Sentence({ calls, fields }: { readonly calls: readonly ObservedEvent[]; readonly fields: number }): ReactNode {
  const [first] = calls;
  if (first === undefined) return null;
  const days = first.days.map((_, index) => calls.reduce((sum, call) => sum + (call.days[index] ?? 0), 0));
  const last = calls.map(({ last_at }) => last_at).toSorted().at(-1) ?? first.last_at;
  return (
    <span className="row wrap">
      <span>{t.eventSentence(calls.reduce((sum, call) => sum + call.count, 0), fields)}</span>
      <span>{t.columns.last} <When at={last} /></span>
      <Sparkline values={days} label={t.curve(days)} />
      {calls.flatMap((call) => call.drift.map((drift) => <DriftMark key={`${call.type} ${drift.kind}`} drift={drift} />))}
    </span>
  );
}
