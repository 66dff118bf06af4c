// The write keys of a source: how each begins, make one (shown once), revoke one (which can't be undone, so it is asked).
import { Button, Modal } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { NewWriteKey, SourceAnswer } from "@tributary/schema/api/workspace.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { CopyIcon } from "../../ui/copy.tsx";
import { When } from "../../ui/figure.tsx";
import { ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { sourceListQuery } from "./queries.ts";

const t = texts.sources;
type Key = SourceAnswer["write_keys"][number];

export function WriteKeys({ source, onMade }: { readonly source: SourceAnswer; readonly onMade: (key: string) => void }): ReactNode {
  const client = useQueryClient();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const mayChange = may(session, "admin");
  const [revoking, setRevoking] = useState<Key>();
  const made = useMutation({
    mutationFn: () => change<NewWriteKey>("POST", `/sources/${source.id}/keys`),
    onSuccess: (key) => {
      onMade(key.write_key);
      return client.invalidateQueries({ queryKey: sourceListQuery.queryKey });
    },
  });
  const button = <Button variant="default" leftSection={<IconKey size={15} />} loading={made.isPending} onClick={() => made.mutate()}>{t.newKey}</Button>;
  return (
    <Card title={t.keys} actions={mayChange ? button : undefined}>
      {made.data ? (
        <div className="made-key" role="status">
          <strong>{t.newKeyTitle}</strong>
          <div className="row"><code>{made.data.write_key}</code><CopyIcon value={made.data.write_key} /></div>
          <div className="dim">{t.newKeyText}</div>
        </div>
      ) : <p className="dim key-text">{t.keysText}</p>}
      {made.error ? <ProblemNotice problem={made.error} onRetry={() => made.mutate()} /> : null}
      <div role="list" aria-label={t.keys}>
        {source.write_keys.map((key) => (
          <div className="key-row" role="listitem" key={key.id}>
            <span className="mono">{key.prefix}…</span>
            {key.revoked_at === null ? <State tone="good">{t.key.active}</State> : <State tone="waiting">{t.key.revoked}</State>}
            <span className="dim"><When at={key.revoked_at ?? key.created_at} /></span>
            <span>{mayChange && key.revoked_at === null ? <Button variant="subtle" color="red" onClick={() => setRevoking(key)}>{t.revoke}</Button> : null}</span>
          </div>
        ))}
      </div>
      {revoking ? <RevokeKey source={source} writeKey={revoking} onClose={() => setRevoking(undefined)} /> : null}
    </Card>
  );
}

function RevokeKey({ source, writeKey, onClose }: { readonly source: SourceAnswer; readonly writeKey: Key; readonly onClose: () => void }): ReactNode {
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => change("DELETE", `/sources/${source.id}/keys/${writeKey.id}`),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: sourceListQuery.queryKey });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={t.revokeTitle(writeKey.prefix)} closeButtonProps={{ "aria-label": texts.everywhere.close }}>
      <div className="stack">
        <p>{t.revokeText}</p>
        {revoke.error ? <ProblemNotice problem={revoke.error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" onClick={onClose}>{texts.everywhere.cancel}</Button>
          <Button color="red" loading={revoke.isPending} onClick={() => revoke.mutate()}>{t.revoke}</Button>
        </div>
      </div>
    </Modal>
  );
}
