// What is asked before a write key is replaced, limited or revoked, each with who would feel it.
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { GRACE_DAYS, type KeyRotated, type KeyUse } from "@tributary/schema/api/source-keys.ts";
import type { SourceAnswer, WriteKeyAnswer } from "@tributary/schema/api/workspace.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { AskDialog } from "../../ui/ask-dialog.tsx";
import { absoluteTime } from "../../ui/format.ts";
import { toast } from "../../ui/toast.tsx";
import { sourceListQuery } from "./queries.ts";

const t = texts.sources;
const DAY_MS = 86_400_000;
const choices = ["1", "7", "30", "never", "chosen"] as const;
type Choice = (typeof choices)[number];

interface DialogProps {
  readonly source: SourceAnswer;
  readonly writeKey: WriteKeyAnswer;
  readonly onClose: () => void;
}

export function RotateKey({ source, writeKey, use, onMade, onClose }: DialogProps & { readonly use: KeyUse | undefined; readonly onMade: (key: string) => void }): ReactNode {
  const client = useQueryClient();
  const until = useUntil(String(GRACE_DAYS) as Choice);
  const rotating = useMutation({
    mutationFn: () => change<KeyRotated>("POST", `/sources/${source.id}/keys/${writeKey.id}/rotate`, { expires_at: until.expiresAt() }),
    onSuccess: async ({ key }) => {
      onMade(key.write_key);
      await client.invalidateQueries({ queryKey: sourceListQuery.queryKey });
      onClose();
    },
  });
  return (
    <AskDialog title={t.rotateTitle(writeKey.prefix)} onClose={onClose} error={rotating.error}
      action={<Button disabled={!until.isValid} loading={rotating.isPending} onClick={() => rotating.mutate()}>{t.rotateAction}</Button>}
    >
      <p>{t.rotateText}</p>
      <p className="dim">{t.use.inDay(use?.events ?? 0)}</p>
      {until.field}
    </AskDialog>
  );
}

export function LimitKey({ source, writeKey, onClose }: DialogProps): ReactNode {
  const client = useQueryClient();
  const until = useUntil(String(GRACE_DAYS) as Choice);
  const limiting = useMutation({
    mutationFn: () => change<WriteKeyAnswer>("PATCH", `/sources/${source.id}/keys/${writeKey.id}`, { expires_at: until.expiresAt() }),
    onSuccess: async ({ expires_at: expiresAt }) => {
      await client.invalidateQueries({ queryKey: sourceListQuery.queryKey });
      toast({ text: expiresAt === null ? t.limitedNever : t.limitedUntil(absoluteTime(Date.parse(expiresAt))) });
      onClose();
    },
  });
  return (
    <AskDialog title={t.limitTitle(writeKey.prefix)} onClose={onClose} error={limiting.error}
      action={<Button disabled={!until.isValid} loading={limiting.isPending} onClick={() => limiting.mutate()}>{texts.everywhere.save}</Button>}
    >
      {until.field}
    </AskDialog>
  );
}

export function RevokeKey({ source, writeKey, use, onClose }: DialogProps & { readonly use: KeyUse | undefined }): ReactNode {
  const client = useQueryClient();
  const revoking = useMutation({
    mutationFn: () => change("DELETE", `/sources/${source.id}/keys/${writeKey.id}`),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: sourceListQuery.queryKey });
      onClose();
    },
  });
  return (
    <AskDialog title={t.revokeTitle(writeKey.prefix)} onClose={onClose} error={revoking.error}
      action={<Button color="red" loading={revoking.isPending} onClick={() => revoking.mutate()}>{t.revoke}</Button>}
    >
      <p>{t.revokeText}</p>
      <p className={use && use.events > 0 ? "" : "dim"}>{t.use.inDay(use?.events ?? 0)}</p>
    </AskDialog>
  );
}

/** Until when: some days, until it is revoked, or a moment in the viewer's own zone. */
function useUntil(first: Choice): { readonly field: ReactNode; readonly isValid: boolean; readonly expiresAt: () => string | null } {
  const [choice, setChoice] = useState<Choice>(first);
  const [moment, setMoment] = useState(() => localMoment(Date.now() + GRACE_DAYS * DAY_MS));
  const chosenMs = Date.parse(moment);
  const isValid = choice !== "chosen" || chosenMs > Date.now();
  const field = (
    <>
      <NativeSelect
        label={t.until.label} value={choice} data={choices.map((value) => ({ value, label: t.until.choices[value] }))}
        onChange={({ currentTarget: { value } }) => setChoice(choices.find((one) => one === value) ?? first)}
      />
      {choice === "chosen" ? (
        <TextInput type="datetime-local" label={t.until.moment} value={moment} error={isValid ? undefined : t.until.past} onChange={(event) => setMoment(event.currentTarget.value)} />
      ) : null}
    </>
  );
  const expiresAt = (): string | null => (choice === "never" ? null : new Date(choice === "chosen" ? chosenMs : Date.now() + Number(choice) * DAY_MS).toISOString());
  return { field, isValid, expiresAt };
}

/** As a field for a local moment wants it: `2026-11-22T14:30`. */
function localMoment(ms: number): string {
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
