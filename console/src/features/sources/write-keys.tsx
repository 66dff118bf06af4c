// The write keys of a source: how each begins, how it stands, who still uses it. One is made (shown once), replaced with a time of
// grace, given more or less time, or revoked (which can't be undone, so it is asked).
import { Button, Menu, UnstyledButton, ActionIcon } from "@mantine/core";
import { IconDots, IconKey } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { KEY_USE_DAYS, type KeyUse } from "@tributary/schema/api/source-keys.ts";
import type { NewWriteKey, SourceAnswer, WriteKeyAnswer } from "@tributary/schema/api/workspace.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { CopyIcon } from "../../ui/copy.tsx";
import { useNow, When } from "../../ui/figure.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { State, type Tone } from "../../ui/state.tsx";
import { LimitKey, RevokeKey, RotateKey } from "./key-dialogs.tsx";
import { KeyRate } from "./key-rate.tsx";
import { countdown, keysInOrder, keyStateOf, sdkText, type KeyState } from "./key-state.ts";
import { keyUseQuery, sourceListQuery } from "./queries.ts";

const t = texts.sources;
const DAY_MS = 86_400_000;

export interface WriteKeysProps {
  readonly source: SourceAnswer;
  readonly mayChange: boolean;
  /** The key that was made last and is still shown. */
  readonly madeKey: string | undefined;
  readonly onMade: (key: string) => void;
}

export function WriteKeys({ source, mayChange, madeKey, onMade }: WriteKeysProps): ReactNode {
  const client = useQueryClient();
  const nowMs = useNow();
  const use = useQuery(keyUseQuery(source.id));
  const [areGoneShown, setAreGoneShown] = useState(false);
  const making = useMutation({
    mutationFn: () => change<NewWriteKey>("POST", `/sources/${source.id}/keys`),
    onSuccess: (key) => {
      onMade(key.write_key);
      return client.invalidateQueries({ queryKey: sourceListQuery.queryKey });
    },
  });
  const { live, gone } = keysInOrder(source.write_keys, nowMs);
  const rows = areGoneShown ? [...live, ...gone] : live;
  const button = <Button variant="default" leftSection={<IconKey size={15} />} loading={making.isPending} onClick={() => making.mutate()}>{t.newKey}</Button>;
  return (
    <Card title={t.keys} actions={mayChange ? button : undefined}>
      {madeKey === undefined ? <p className="dim key-text">{live.length === 0 ? t.noLiveKey : t.keysText}</p> : <MadeKey value={madeKey} />}
      {making.error ? <ProblemNotice problem={making.error} onRetry={() => making.mutate()} /> : null}
      {use.error ? <ProblemNotice problem={use.error} onRetry={() => void use.refetch()} /> : null}
      <div role="list" aria-label={t.keys}>
        {rows.map((key) => (
          <KeyEntry key={key.id} source={source} writeKey={key} nowMs={nowMs} mayChange={mayChange} use={use.data?.data.find((one) => one.key_id === key.id)} isUseKnown={use.data !== undefined} onMade={onMade} />
        ))}
      </div>
      {gone.length > 0 ? <UnstyledButton className="key-more dim" aria-expanded={areGoneShown} onClick={() => setAreGoneShown(!areGoneShown)}>{areGoneShown ? t.hideRevoked : t.showRevoked(gone.length)}</UnstyledButton> : null}
    </Card>
  );
}

function MadeKey({ value }: { readonly value: string }): ReactNode {
  return (
    <div className="made-key" role="status">
      <strong>{t.newKeyTitle}</strong>
      <div className="row"><code>{value}</code><CopyIcon value={value} label={t.copyKey} /></div>
      <div className="dim">{t.newKeyText}</div>
    </div>
  );
}

interface KeyEntryProps {
  readonly source: SourceAnswer;
  readonly writeKey: WriteKeyAnswer;
  readonly nowMs: number;
  readonly mayChange: boolean;
  readonly use: KeyUse | undefined;
  readonly isUseKnown: boolean;
  readonly onMade: (key: string) => void;
}

const tones: Readonly<Record<KeyState, Tone>> = { active: "good", ending: "attention", ended: "bad", revoked: "waiting" };

function KeyEntry({ source, writeKey, nowMs, mayChange, use, isUseKnown, onMade }: KeyEntryProps): ReactNode {
  const [open, setOpen] = useState<"rotate" | "limit" | "rate" | "revoke">();
  const state = keyStateOf(writeKey, nowMs);
  const left = writeKey.expires_at === null ? 0 : Date.parse(writeKey.expires_at) - nowMs;
  const close = (): void => setOpen(undefined);
  return (
    <div className="key-entry" role="listitem" data-state={state}>
      <div className="row wrap">
        <span className="mono key-prefix">{writeKey.prefix}…</span>
        <State tone={tones[state]}>{state === "ending" ? t.key.ending(countdown(left)) : t.key[state]}</State>
        {writeKey.events_per_second !== null && state !== "revoked" ? <span className="dim">{t.keyRate.shown(writeKey.events_per_second)}</span> : null}
        <span className="dim grow">{state === "revoked" && writeKey.revoked_at !== null ? <When at={writeKey.revoked_at} /> : <>{t.key.made} <When at={writeKey.created_at} /></>}</span>
        {mayChange && state !== "revoked" ? (
          <span className="row">
            {state === "active" ? <Button variant="default" size="compact-sm" onClick={() => setOpen("rotate")}>{t.rotate}</Button> : <Button variant="default" size="compact-sm" onClick={() => setOpen("limit")}>{t.changeTime}</Button>}
            <Menu position="bottom-end">
              <Menu.Target><ActionIcon size={26} aria-label={t.keyMenu(writeKey.prefix)}><IconDots size={16} /></ActionIcon></Menu.Target>
              <Menu.Dropdown>
                {state === "active" ? <Menu.Item onClick={() => setOpen("limit")}>{t.changeTime}</Menu.Item> : null}
                <Menu.Item onClick={() => setOpen("rate")}>{t.keyRate.action}</Menu.Item>
                <Menu.Item color="red" onClick={() => setOpen("revoke")}>{t.revoke}</Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </span>
        ) : null}
      </div>
      <div className="dim key-use">{isUseKnown ? <UsedBy use={use} isNew={nowMs - Date.parse(writeKey.created_at) < KEY_USE_DAYS * DAY_MS} isOld={state === "ending" || state === "ended"} /> : <Bar width={50} />}</div>
      {open === "rotate" ? <RotateKey source={source} writeKey={writeKey} use={use} onMade={onMade} onClose={close} /> : null}
      {open === "limit" ? <LimitKey source={source} writeKey={writeKey} onClose={close} /> : null}
      {open === "rate" ? <KeyRate source={source} writeKey={writeKey} onClose={close} /> : null}
      {open === "revoke" ? <RevokeKey source={source} writeKey={writeKey} use={use} onClose={close} /> : null}
    </div>
  );
}

/** By whom, in a sentence: those of the last day, else when it was used last. */
function UsedBy({ use, isNew, isOld }: { readonly use: KeyUse | undefined; readonly isNew: boolean; readonly isOld: boolean }): ReactNode {
  if (use === undefined || use.last_used_at === null) return isOld ? t.use.neverSafe(isNew) : t.use.never(isNew);
  if (use.by_sdk.length === 0) return <>{t.use.notToday} <When at={use.last_used_at} />.</>;
  return (
    <ul className="plain-list">
      {use.by_sdk.map((one) => (
        <li key={`${one.sdk} ${one.version}`}>
          {isOld ? t.use.stillBy : t.use.by} <bdi className="strong">{sdkText(one, t.use.unknown)}</bdi>: {t.use.events(one.events)}, {t.use.last} <When at={one.last_at} />
        </li>
      ))}
    </ul>
  );
}
