// Of a destination that somebody signs in for at the vendor: whether it is connected, by whom, and connecting it. The vendor's page opens in another
// window, and this one asks how it went until it has gone.
import { Button } from "@mantine/core";
import { IconExternalLink, IconPlugConnected } from "@tabler/icons-react";
import { queryOptions, useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { Authorization, AuthorizationBegun, AuthorizationForgotten } from "@tributary/schema/api/destination-authorization.ts";
import type { DestinationDetail } from "@tributary/schema/api/destinations.ts";
import { change, read } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { AskDialog } from "../../ui/ask-dialog.tsx";
import { CopyIcon } from "../../ui/copy.tsx";
import { When } from "../../ui/figure.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { toast } from "../../ui/toast.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { destinationPath } from "./queries.ts";

const t = texts.oauth;
const ASK_AGAIN_MS = 2_000;

/** `version`: with the settings it changes what is missing. */
export const authorizationQuery = (slug: string, version: number) => queryOptions({
  queryKey: ["destinations", "one", slug, "authorization", version], queryFn: ({ signal }) => read<Authorization>(`${destinationPath(slug)}/authorization`, {}, signal),
  // While somebody is at the vendor.
  refetchInterval: ({ state }) => (state.data?.waiting_until == null ? false : ASK_AGAIN_MS),
});

export function OAuthConnect({ destination }: { readonly destination: DestinationDetail }): ReactNode {
  const { slug, version } = destination;
  const asked = useQuery(authorizationQuery(slug, version));
  if (asked.error) return <Card title={t.title}><ProblemNotice problem={asked.error} onRetry={() => void asked.refetch()} /></Card>;
  if (!asked.data) return <Card title={t.title}><div className="stack" aria-busy><Bar width={40} /><Bar width={70} /></div></Card>;
  if (asked.data.source === "none") return null;
  if (asked.data.source === "settings") return <Card title={t.title}><State tone="plain">{t.bySettings}</State></Card>;
  return <Connect slug={slug} now={asked.data} />;
}

interface ConnectProps {
  readonly slug: string;
  readonly now: Authorization;
}

function Connect({ slug, now }: ConnectProps): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const client = useQueryClient();
  const refresh = (): Promise<void> => client.invalidateQueries({ queryKey: ["destinations"] });
  const begin = useMutation({
    mutationFn: () => change<AuthorizationBegun>("POST", `${destinationPath(slug)}/authorization`),
    onSuccess: async ({ url }) => {
      window.open(url, "_blank", "noopener");
      await refresh();
    },
  });
  const vendor = now.vendor ?? "";
  const isWaiting = now.waiting_until !== null;
  const mayConnect = may(session, "admin");
  return (
    <Card title={t.title}>
      <div className="stack">
        <Now now={now} />
        {now.missing.length > 0 ? <p>{t.missing}</p> : null}
        <p className="row wrap"><span className="dim">{t.redirect(vendor)}</span><span className="row"><span className="mono" style={{ overflowWrap: "anywhere" }}>{now.redirect_uri}</span><CopyIcon value={now.redirect_uri} label={t.copyRedirect} /></span></p>
        {now.documentation === null ? null : <p><a href={now.documentation} target="_blank" rel="noreferrer">{t.documentation(vendor)}</a></p>}
        {begin.error ? <ProblemNotice problem={begin.error} /> : null}
        {mayConnect ? (
          <div className="row wrap">
            <Button variant={now.is_authorized ? "default" : "filled"} leftSection={<IconPlugConnected size={15} />} loading={begin.isPending} disabled={now.missing.length > 0} onClick={() => begin.mutate()}>
              {now.is_authorized || isWaiting ? t.again(vendor) : t.connect(vendor)}
            </Button>
            {isWaiting && begin.data ? <Button component="a" variant="default" href={begin.data.url} target="_blank" rel="noopener noreferrer" rightSection={<IconExternalLink size={15} />}>{t.open(vendor)}</Button> : null}
            {now.is_authorized ? <Forget slug={slug} vendor={vendor} onDone={refresh} /> : null}
          </div>
        ) : <p className="dim">{t.adminOnly}</p>}
      </div>
    </Card>
  );
}

function Now({ now }: Pick<ConnectProps, "now">): ReactNode {
  const vendor = now.vendor ?? "";
  const { problem } = now;
  return (
    <div className="stack" aria-live="polite">
      {now.is_authorized ? <State tone="good">{t.connected(vendor)}</State> : now.waiting_until === null ? <State tone="attention">{t.notConnected(vendor)}</State> : null}
      {now.waiting_until === null ? null : <State tone="waiting">{t.waiting(vendor)}</State>}
      {now.connected_at === null || !now.is_authorized ? null : <p className="dim">{t.by} <bdi>{now.connected_by_name ?? now.connected_by}</bdi> · <When at={now.connected_at} /></p>}
      {now.scopes === null || now.scopes === "" ? null : <p className="dim">{t.scopes} <span className="mono" style={{ overflowWrap: "anywhere" }}>{now.scopes}</span></p>}
      {problem === null ? null : (
        <div>
          <State tone="bad">{t.problems[problem.code]}</State>
          {problem.detail === "" ? null : <p className="dim">{t.said} <bdi style={{ overflowWrap: "anywhere" }}>{problem.detail}</bdi></p>}
        </div>
      )}
    </div>
  );
}

function Forget({ slug, vendor, onDone }: { readonly slug: string; readonly vendor: string; readonly onDone: () => Promise<void> }): ReactNode {
  const [isAsking, setIsAsking] = useState(false);
  const forget = useMutation({
    mutationFn: () => change<AuthorizationForgotten>("DELETE", `${destinationPath(slug)}/authorization`),
    onSuccess: async ({ revoked }) => {
      setIsAsking(false);
      await onDone();
      toast({ text: revoked ? t.forgotten(vendor) : t.forgottenHere(vendor) });
    },
  });
  return (
    <>
      <Button variant="default" onClick={() => setIsAsking(true)}>{t.disconnect}</Button>
      {isAsking ? (
        <AskDialog title={t.disconnectTitle(vendor)} error={forget.error} onClose={() => setIsAsking(false)}
          action={<Button color="red" loading={forget.isPending} onClick={() => forget.mutate()}>{t.disconnect}</Button>}
        >
          <p>{t.disconnectText}</p>
        </AskDialog>
      ) : null}
    </>
  );
}
