// The API tokens: what programs may do here, and until when.
import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { IconKey } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import type { TokenAnswer } from "@tributary/schema/api/workspace.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { AskDialog } from "../../ui/ask-dialog.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { useNow, When } from "../../ui/figure.tsx";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { toast } from "../../ui/toast.tsx";
import { Value } from "../../ui/value.tsx";
import { sessionQuery } from "../accounts/session.ts";
import { NewToken } from "./new-token.tsx";
import { tokensQuery } from "./queries.ts";

const t = texts.tokens;
const route = getRouteApi("/shell/settings/tokens");

function works(token: TokenAnswer, nowMs: number): boolean {
  return token.revoked_at === null && (token.expires_at === null || Date.parse(token.expires_at) > nowMs);
}

export function TokensPage(): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const tokens = useQuery(tokensQuery);
  const nowMs = useNow();
  const { new: isMaking } = route.useSearch();
  const navigate = useNavigate();
  const setMaking = (isOn: boolean): void => void navigate({ to: "/settings/tokens", search: isOn ? { new: true } : {}, replace: !isOn });
  const [revoking, setRevoking] = useState<TokenAnswer>();
  const columns: readonly Column<TokenAnswer>[] = [
    { key: "name", header: t.columns.name, width: "minmax(96px, 1.2fr)", cell: (token) => <Value value={token.name} /> },
    { key: "prefix", header: t.columns.prefix, width: "96px", cell: (token) => <span className="mono">{token.prefix}…</span> },
    { key: "scopes", header: t.columns.scopes, width: "minmax(96px, 1.4fr)", cell: (token) => <span className="cut">{token.scopes.map((scope) => t.scopeNames[scope].name).join(", ")}</span> },
    { key: "created", header: t.columns.created, width: "92px", cell: (token) => <When at={token.created_at} /> },
    { key: "state", header: t.columns.state, width: "136px", cell: (token) => <TokenState token={token} nowMs={nowMs} /> },
    {
      key: "revoke", header: "", width: "100px", isEnd: true,
      cell: (token) => (works(token, nowMs) ? <Button variant="subtle" color="red" size="compact-xs" onClick={() => setRevoking(token)} aria-label={`${t.revoke}: ${token.name}`}>{t.revoke}</Button> : null),
    },
  ];
  return (
    <Page
      title={t.title} sentence={tokens.data ? t.sentence(tokens.data.filter((token) => works(token, nowMs)).length) : <>&nbsp;</>}
      actions={<Button leftSection={<IconKey size={15} />} onClick={() => setMaking(true)}>{t.make}</Button>}
    >
      {tokens.error ? <ProblemNotice problem={tokens.error} onRetry={() => void tokens.refetch()} /> : (
        <DataTable
          label={t.title} columns={columns} rows={tokens.data} rowKey={(token) => token.id}
          empty={<Empty icon={<IconKey size={28} stroke={1.4} />} title={t.none} text={t.noneText} />}
        />
      )}
      {isMaking ? <NewToken session={session} onClose={() => setMaking(false)} /> : null}
      {revoking ? <RevokeToken token={revoking} onClose={() => setRevoking(undefined)} /> : null}
    </Page>
  );
}

function TokenState({ token, nowMs }: { readonly token: TokenAnswer; readonly nowMs: number }): ReactNode {
  if (token.revoked_at !== null) return <State tone="plain">{t.revoked}</State>;
  if (token.expires_at === null) return <State tone="good">{t.works}</State>;
  return works(token, nowMs) ? <State tone="good"><span>{t.works} <When at={token.expires_at} /></span></State> : <State tone="plain">{t.expired}</State>;
}

function RevokeToken({ token, onClose }: { readonly token: TokenAnswer; readonly onClose: () => void }): ReactNode {
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => change("DELETE", `/tokens/${token.id}`),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: tokensQuery.queryKey });
      toast({ text: t.revokedToast });
      onClose();
    },
  });
  return (
    <AskDialog title={t.revokeTitle(token.name)} error={revoke.error} onClose={onClose}
      action={<Button color="red" loading={revoke.isPending} onClick={() => revoke.mutate()}>{t.revoke}</Button>}
    >
      <p>{t.revokeText}</p>
    </AskDialog>
  );
}
