// Adds a channel, or changes one. Its address is entered and never shown again.
import { Button, Checkbox, PasswordInput, SegmentedControl, TagsInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { alertChannelKind, type AlertChannel, type AlertChannelKind } from "@tributary/schema/api/alerts.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemNotice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { alertChannelsQuery } from "./queries.ts";

const t = texts.alerts;
const ADDRESSES_MAX = 20;
const SECRET_LENGTH_MIN = 16;

interface Draft {
  readonly kind: AlertChannelKind;
  readonly name: string;
  readonly to: readonly string[];
  readonly url: string;
  readonly secret: string;
  /** None: all. */
  readonly kinds: readonly string[];
}

function settingsOf({ kind, to, url, secret }: Draft): object | undefined {
  if (kind === "mail") return to.length === 0 ? undefined : { to };
  if (url.trim() === "") return undefined;
  return { url: url.trim(), ...(kind === "webhook" && secret !== "" ? { secret } : {}) };
}

export function ChannelDialog({ channel, hasMail, onClose }: { readonly channel?: AlertChannel; readonly hasMail: boolean; readonly onClose: () => void }): ReactNode {
  const client = useQueryClient();
  const [draft, setDraft] = useState<Draft>({ kind: channel?.kind ?? (hasMail ? "mail" : "chat"), name: channel?.name ?? "", to: [], url: "", secret: "", kinds: channel?.kinds ?? [] });
  const settings = settingsOf(draft);
  const kinds = draft.kinds.length === 0 ? null : draft.kinds;
  const save = useMutation({
    mutationFn: () => (channel === undefined ? change<AlertChannel>("POST", "/alert-channels", { kind: draft.kind, name: draft.name, settings, kinds })
      : change<AlertChannel>("PATCH", `/alert-channels/${channel.id}`, { name: draft.name, kinds, ...(settings === undefined ? {} : { settings }) })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: alertChannelsQuery.queryKey });
      toast({ text: t.saved });
      onClose();
    },
  });
  const isPossible = draft.kind !== "mail" || hasMail;
  const isReady = isPossible && draft.name.trim() !== "" && (channel !== undefined || settings !== undefined) && (draft.secret === "" || draft.secret.length >= SECRET_LENGTH_MIN);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isReady) save.mutate();
  };
  const set = (part: Partial<Draft>): void => { save.reset(); setDraft({ ...draft, ...part }); };
  return (
    <Dialog onClose={onClose} title={channel === undefined ? t.addOne : t.editOne(channel.name)}>
      <form className="stack" style={{ gap: 12 }} onSubmit={submit}>
        {channel === undefined ? <SegmentedControl aria-label={t.channelColumns.kind} fullWidth value={draft.kind} data={alertChannelKind.options.map((value) => ({ value, label: t.channelKinds[value] }))} onChange={(kind) => set({ kind })} /> : null}
        {isPossible ? null : <p className="dim">{t.noMail}</p>}
        <TextInput label={t.name} description={t.nameHint} required withAsterisk={false} data-autofocus maxLength={100} value={draft.name} onChange={(event) => set({ name: event.currentTarget.value })} />
        <Address draft={draft} isKept={channel !== undefined} isPossible={isPossible} onChange={set} />
        <Checkbox label={t.whichAll} checked={draft.kinds.length === 0} onChange={() => set({ kinds: [] })} />
        <Checkbox.Group label={t.which} value={[...draft.kinds]} onChange={(next) => set({ kinds: next })}>
          <div className="stack" style={{ marginTop: 8 }}>
            {Object.entries(t.kinds).map(([value, label]) => <Checkbox key={value} value={value} label={label} />)}
          </div>
        </Checkbox.Group>
        {save.error ? <ProblemNotice problem={save.error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" onClick={onClose}>{texts.everywhere.cancel}</Button>
          <Button type="submit" disabled={!isReady} loading={save.isPending}>{texts.everywhere.save}</Button>
        </div>
      </form>
    </Dialog>
  );
}

interface AddressProps {
  readonly draft: Draft;
  readonly isKept: boolean;
  readonly isPossible: boolean;
  readonly onChange: (part: Partial<Draft>) => void;
}

function Address({ draft, isKept, isPossible, onChange }: AddressProps): ReactNode {
  const { kind } = draft;
  if (kind === "mail") {
    return <TagsInput label={t.to} description={isKept ? t.keep : t.toHint} maxTags={ADDRESSES_MAX} splitChars={[",", ";", " "]} acceptValueOnBlur disabled={!isPossible} value={[...draft.to]} onChange={(to) => onChange({ to })} />;
  }
  return (
    <>
      <TextInput label={t.url[kind]} description={isKept ? t.keep : t.urlHint[kind]} type="url" placeholder="https://" autoComplete="off" value={draft.url} onChange={(event) => onChange({ url: event.currentTarget.value })} />
      {kind === "webhook" ? <PasswordInput label={t.secret} description={t.secretHint} autoComplete="new-password" value={draft.secret} onChange={(event) => onChange({ secret: event.currentTarget.value })} /> : null}
    </>
  );
}
