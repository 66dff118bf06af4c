// The third step: what each subscription makes of what really happened, one of it sent to see that it arrives, and then all of it.
import { Button } from "@mantine/core";
import { IconArrowLeft, IconFilter } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { CatalogDetail, DestinationDetail } from "@tributary/schema/api/destinations.ts";
import { texts } from "../../../texts/texts.ts";
import { Bar, Empty, ProblemNotice } from "../../../ui/notice.tsx";
import { Card } from "../../../ui/page.tsx";
import { subscriptionsQuery } from "../queries.ts";
import { SubscriptionCard } from "./subscription-card.tsx";
import { SwitchOnCard } from "./switch-on-card.tsx";

const t = texts.setUp.preview;

interface PreviewStepProps {
  readonly kind: CatalogDetail;
  readonly destination: DestinationDetail;
  readonly onBack: () => void;
}

export function PreviewStep({ destination, onBack }: PreviewStepProps): ReactNode {
  const list = useQuery(subscriptionsQuery(destination.slug));
  const all = list.data?.data;
  const toChoose = <Button variant="default" leftSection={<IconArrowLeft size={15} aria-hidden />} onClick={onBack}>{all?.length === 0 ? texts.setUp.next.choose : t.more}</Button>;
  if (list.error && !all) return <ProblemNotice problem={list.error} onRetry={() => void list.refetch()} />;
  if (!all) return <div className="stack-wide" aria-busy>{[1, 2].map((one) => <Card key={one} title={texts.everywhere.loading}><div className="stack"><Bar width={60} /><Bar width={90} /><Bar width={80} /></div></Card>)}</div>;
  if (all.length === 0) return <Card title={t.title}><Empty icon={<IconFilter size={28} stroke={1.4} />} title={t.none} text={t.noneText} action={toChoose} /></Card>;
  return (
    <div className="set-up">
      <div className="stack-wide">
        {all.map(({ id }) => <SubscriptionCard key={id} destination={destination} id={id} />)}
        <div>{toChoose}</div>
      </div>
      <SwitchOnCard destination={destination} subscriptions={all} />
    </div>
  );
}
