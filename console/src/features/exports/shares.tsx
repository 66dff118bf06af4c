// Links by which audiences are shared: which work, until when, how often they were fetched; and their end.
import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconLink } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { Share } from "@tributary/schema/api/exports.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { AskDialog } from "../../ui/ask-dialog.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Figure, useNow, When } from "../../ui/figure.tsx";
import { Empty, ProblemNotice } from "../../ui/notice.tsx";
import { State } from "../../ui/state.tsx";
import { toast } from "../../ui/toast.tsx";
import { Value } from "../../ui/value.tsx";
import { shareStateOf } from "./export-words.ts";
import { sharesQuery } from "./queries.ts";

const t = texts.exports.shares;
const inNarrow: ReadonlySet<string> = new Set(["name", "audience", "state", "revoke"]);

export function Shares({ onShare, mayRevoke }: { readonly onShare: (() => void) | undefined; readonly mayRevoke: boolean }): ReactNode {
  const shares = useQuery(sharesQuery);
  const nowMs = useNow();
  const isNarrow = useMediaQuery("(max-width: 1000px)", false, { getInitialValueInEffect: false });
  const [revoking, setRevoking] = useState<Share>();
  const rows = shares.data?.data;
  const working = rows?.filter((one) => shareStateOf(one, nowMs) === "works").length ?? 0;
  const columns: readonly Column<Share>[] = [
    { key: "name", header: t.columns.name, width: "minmax(112px, 2fr)", cell: (one) => <Value value={one.name} /> },
    { key: "audience", header: t.columns.audience, width: "minmax(96px, 1fr)", cell: (one) => (one.audience === "" ? <span className="dim">–</span> : <Link to="/audiences/$slug" params={{ slug: one.audience }} className="cut">{one.audience}</Link>) },
    { key: "columns", header: t.columns.columns, width: "minmax(96px, 1.2fr)", cell: (one) => <span className="dim cut" title={one.columns.join(", ")}><bdi>{one.columns.join(", ")}</bdi></span> },
    { key: "rows", header: t.columns.rows, width: "80px", isEnd: true, cell: (one) => <Figure value={one.row_limit} /> },
    { key: "fetched", header: t.columns.fetched, width: "72px", isEnd: true, cell: (one) => <Figure value={one.downloads} /> },
    { key: "who", header: t.columns.who, width: "minmax(80px, 1fr)", cell: (one) => <Value value={one.created_by_name ?? one.created_by} /> },
    { key: "state", header: t.columns.state, width: "152px", cell: (one) => <ShareState one={one} nowMs={nowMs} /> },
    {
      key: "revoke", header: "", width: "100px", isEnd: true,
      cell: (one) => (mayRevoke && shareStateOf(one, nowMs) === "works" ? <Button variant="subtle" color="red" size="compact-xs" onClick={() => setRevoking(one)} aria-label={`${t.revoke}: ${one.name}`}>{t.revoke}</Button> : null),
    },
  ];
  return (
    <div className="exports-list">
      {rows && rows.length > 0 ? <p className="dim">{t.sentence(working)}</p> : null}
      {shares.error ? <ProblemNotice problem={shares.error} onRetry={() => void shares.refetch()} /> : null}
      {shares.error && rows === undefined ? null : (
        <DataTable
          fills label={t.title} columns={isNarrow ? columns.filter(({ key }) => inNarrow.has(key)) : columns} rows={rows} rowKey={({ id }) => id}
          empty={<Empty icon={<IconLink size={28} stroke={1.4} />} title={t.none} text={t.noneText} action={onShare ? <Button onClick={onShare}>{texts.exports.share}</Button> : undefined} />}
        />
      )}
      {revoking ? <Revoke one={revoking} onClose={() => setRevoking(undefined)} /> : null}
    </div>
  );
}

function ShareState({ one, nowMs }: { readonly one: Share; readonly nowMs: number }): ReactNode {
  const state = shareStateOf(one, nowMs);
  return state === "works" ? <State tone="good"><span>{t.works} <When at={one.expires_at} /></span></State> : <State tone="plain">{t[state]}</State>;
}

function Revoke({ one, onClose }: { readonly one: Share; readonly onClose: () => void }): ReactNode {
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => change("DELETE", `/shares/${one.id}`),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: sharesQuery.queryKey });
      toast({ text: t.revokedToast });
      onClose();
    },
  });
  return (
    <AskDialog title={t.revokeTitle(one.name)} error={revoke.error} onClose={onClose}
      action={<Button color="red" loading={revoke.isPending} onClick={() => revoke.mutate()}>{t.revoke}</Button>}
    >
      <p>{t.revokeText(one.downloads)}</p>
    </AskDialog>
  );
}
