// What stands still at a destination until somebody says whether it is meant: a change of an audience that would move more than its share.
import { Button } from "@mantine/core";
import { IconHandStop } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { StopList, StopShown } from "@tributary/schema/api/audience-sync.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { toast } from "../../ui/toast.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { stopsQuery } from "./audience-sync-queries.ts";
import { subscriptionPath } from "./queries.ts";

const t = texts.audienceSync.stop;
const percent = new Intl.NumberFormat(texts.language, { style: "percent", maximumFractionDigits: 1 });
const list = new Intl.ListFormat(texts.language);

export function StopBanners({ slug }: { readonly slug: string }): ReactNode {
  const { data } = useQuery(stopsQuery);
  const stops = data?.data.filter(({ destination }) => destination === slug) ?? [];
  return stops.length === 0 ? null : <div className="stack tabs-space">{stops.map((stop) => <StopBanner key={stop.id} stop={stop} />)}</div>;
}

function StopBanner({ stop }: { readonly stop: StopList["data"][number] }): ReactNode {
  const { id, destination, subscription, subscription_name: name, would_add: add, would_remove: remove, people, share, reasons } = stop;
  const { data: session } = useSuspenseQuery(sessionQuery);
  const client = useQueryClient();
  const answer = useMutation({
    mutationFn: (said: "go_on" | "drop") => change<StopShown>("POST", `${subscriptionPath(destination, subscription)}/answer`, { stop: id, answer: said }),
    onError: (error) => toast({ tone: "bad", text: error.message }),
    onSuccess: (_, said) => toast({ text: said === "drop" ? t.dropped : t.wentOn }),
    onSettled: () => client.invalidateQueries({ queryKey: ["destinations"] }),
  });
  const known = t.reasons as Readonly<Record<string, string>>; // Whatever else is named is shown as it is.
  return (
    <section className="notice" data-tone="attention" aria-label={t.title(name)}>
      <IconHandStop size={18} aria-hidden />
      <div className="stack grow">
        <div><strong><bdi>{t.title(name)}</bdi></strong><div>{t.text(add, remove, people, percent.format(share))}</div><div className="dim">{t.why(list.format(reasons.map((reason) => known[reason] ?? reason)))}</div></div>
        {may(session, "write") ? (
          <div className="row wrap">
            <Button loading={answer.isPending && answer.variables === "go_on"} disabled={answer.isPending} onClick={() => answer.mutate("go_on")}>{t.goOn}</Button>
            <Button variant="default" loading={answer.isPending && answer.variables === "drop"} disabled={answer.isPending} onClick={() => answer.mutate("drop")}>{t.drop}</Button>
            <span className="dim">{t.dropHint}</span>
          </div>
        ) : null}
      </div>
    </section>
  );
}
