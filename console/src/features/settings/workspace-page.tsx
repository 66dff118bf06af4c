// The workspace: its name and time zone, and how its events are read. Identity rules have a section of their own.
import { Button, NativeSelect, NumberInput, SegmentedControl, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import type { SettingsAnswer } from "@tributary/schema/api/workspace.ts";
import type { WorkspaceSettings } from "@tributary/schema/settings.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card, Page } from "../../ui/page.tsx";
import { toast } from "../../ui/toast.tsx";
import { useUnsaved } from "../../ui/unsaved.ts";
import { may, sessionQuery } from "../accounts/session.ts";
import { GeneralForm } from "./general-form.tsx";
import { settingsQuery, workspaceQuery } from "./queries.ts";
import { changedSettings, draftOf, isChanged, wrongIn, type Draft } from "./workspace-draft.ts";

const t = texts.workspace;

export function WorkspacePage(): ReactNode {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const workspace = useQuery(workspaceQuery);
  const settings = useQuery(settingsQuery);
  const mayChange = may(session, "admin");
  const failed = workspace.error ?? settings.error;
  return (
    <Page title={t.title} sentence={t.sentence(session.workspace.slug)}>
      <div className="stack-wide" style={{ maxWidth: 720 }}>
        {failed ? <ProblemNotice problem={failed} onRetry={() => void Promise.all([workspace.refetch(), settings.refetch()])} /> : null}
        {mayChange ? null : <p className="dim">{t.readOnly}</p>}
        <Card title={t.general}>{workspace.data ? <GeneralForm workspace={workspace.data} mayChange={mayChange} /> : <Bar width={50} />}</Card>
        <Card title={t.rules}>{settings.data ? <Rules key={settings.data.row_id} settings={settings.data.settings} mayChange={mayChange} /> : <Bar width={70} />}</Card>
        <Card title={t.paths}>
          {workspace.data ? (
            <div className="stack">
              <progress className="meter" aria-label={t.paths} value={workspace.data.property_paths.known} max={workspace.data.property_paths.limit} />
              <p className="dim">{t.pathsText(workspace.data.property_paths.known, workspace.data.property_paths.limit)}</p>
            </div>
          ) : <Bar width={70} />}
        </Card>
      </div>
    </Page>
  );
}

function Rules({ settings, mayChange }: { readonly settings: WorkspaceSettings; readonly mayChange: boolean }): ReactNode {
  const client = useQueryClient();
  const [draft, setDraft] = useState<Draft>(() => draftOf(settings));
  const wrong = wrongIn(draft);
  const hasChanged = isChanged(draft, settings);
  const save = useMutation({
    mutationFn: async () => {
      // What else stands in the settings may have been changed meanwhile, on another page or by a program.
      const { settings: latest } = await client.fetchQuery({ ...settingsQuery, staleTime: 0 });
      return change<SettingsAnswer>("PUT", "/settings", changedSettings(latest, draft));
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: settingsQuery.queryKey });
      toast({ text: t.saved });
    },
  });
  useUnsaved(hasChanged);
  const set = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (Object.keys(wrong).length === 0) save.mutate();
  };
  return (
    <form className="stack-wide" onSubmit={submit}>
      <p className="dim">{t.rulesText}</p>
      <TextInput
        label={t.phoneCountry} description={t.phoneCountryHint} maxLength={2} w={260} disabled={!mayChange} error={wrong.phoneCountry}
        value={draft.phoneCountry} onChange={(event) => set({ phoneCountry: event.currentTarget.value.toUpperCase() })}
      />
      <div className="stack">
        <span id="consent-when-absent">{t.consent}</span>
        <div>
          <SegmentedControl
            aria-labelledby="consent-when-absent" disabled={!mayChange} value={draft.consentWhenAbsent} onChange={(value) => set({ consentWhenAbsent: value === "denied" ? "denied" : "granted" })}
            data={[{ value: "granted", label: t.consentGranted }, { value: "denied", label: t.consentDenied }]}
          />
        </div>
      </div>
      <Textarea
        label={t.internalIps} description={t.internalIpsHint} autosize minRows={2} maxRows={10} disabled={!mayChange} classNames={{ input: "mono" }}
        value={draft.internalIps} onChange={(event) => set({ internalIps: event.currentTarget.value })}
      />
      <div className="row wrap" style={{ alignItems: "flex-start" }}>
        <NativeSelect
          label={t.keep} description={t.keepHint} disabled={!mayChange} value={draft.keepDays === null ? "ever" : "days"} style={{ flex: "1 1 320px" }}
          onChange={(event) => set({ keepDays: event.currentTarget.value === "ever" ? null : 730 })} data={[{ value: "ever", label: t.keepForever }, { value: "days", label: t.keepDays }]}
        />
        {draft.keepDays === null ? null : (
          <NumberInput label={t.days} w={140} min={7} max={36_500} allowDecimal={false} disabled={!mayChange} error={wrong.keepDays} value={draft.keepDays} onChange={(value) => set({ keepDays: Number(value) })} />
        )}
      </div>
      {hasChanged && draft.keepDays !== null && draft.keepDays !== settings.events.keepDays && wrong.keepDays === undefined ? (
        <div className="notice" data-tone="attention" role="status">{t.keepWarning(draft.keepDays)}</div>
      ) : null}
      {save.error ? <ProblemNotice problem={save.error} /> : null}
      {mayChange && hasChanged ? (
        <div className="row">
          <Button type="submit" loading={save.isPending} disabled={Object.keys(wrong).length > 0}>{texts.settings.save}</Button>
          <Button variant="default" onClick={() => setDraft(draftOf(settings))}>{texts.settings.discard}</Button>
        </div>
      ) : null}
    </form>
  );
}
