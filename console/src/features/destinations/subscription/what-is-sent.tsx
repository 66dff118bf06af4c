// What is sent: which action of the destination, what begins it, and which of it is kept back.
import { Checkbox, NativeSelect, SegmentedControl, TagsInput } from "@mantine/core";
import type { ComponentType, ReactNode } from "react";
import type { Action, DestinationDefinition, SyncMode } from "@tributary/schema/destination/definition.ts";
import type { IdentifierChoice } from "@tributary/schema/destination/outgoing-event.ts";
import { texts } from "../../../texts/texts.ts";
import { Card } from "../../../ui/page.tsx";
import { DescriptionOf } from "../set-up/field-description.tsx";
import type { Problem } from "./model/fields.ts";
import type { SubscriptionDraft, Trigger } from "./model/subscription-draft.ts";
import { triggerKinds } from "./triggers/triggers.ts";
import type { TriggerFormProps } from "./triggers/trigger-kind.ts";

const t = texts.subscriptions;
const CONSENTS_MAX = 50;

export interface WhatIsSentProps {
  readonly draft: SubscriptionDraft;
  readonly definition: DestinationDefinition;
  readonly problems: readonly Problem[];
  readonly isReadOnly: boolean;
  readonly onChange: (draft: SubscriptionDraft) => void;
  readonly onAction: (action: Action) => void;
}

export function WhatIsSent({ draft, definition, problems, isReadOnly, onChange, onAction }: WhatIsSentProps): ReactNode {
  const { definition: one } = draft;
  const action = definition.actions.find(({ key }) => key === one.action);
  const set = (change: Partial<typeof one>): void => onChange({ ...draft, definition: { ...one, ...change } });
  const offered = definition.actions.filter((other) => !other.isHidden || other.key === one.action);
  const choose = (key: string): void => {
    const found = definition.actions.find((other) => other.key === key);
    if (found) onAction(found);
  };
  return (
    <Card title={t.what}>
      <fieldset className="bare-fieldset sent-form" disabled={isReadOnly}>
        <div className="stack">
          <NativeSelect label={t.action} maw={420} value={one.action} data={[...(action ? [] : [{ value: one.action, label: one.action }]), ...offered.map(({ key, name }) => ({ value: key, label: name }))]} onChange={(event) => choose(event.currentTarget.value)} />
          {action?.description ? <p className="dim trigger-note"><DescriptionOf field={action} /></p> : null}
          <ProblemsOf all={problems} field="action" />
        </div>
        {action?.syncModes ? (
          <div className="stack">
            <NativeSelect label={t.syncMode} maw={420} value={one.syncMode ?? ""} data={[...(one.syncMode === undefined ? [{ value: "", label: t.choose }] : []), ...action.syncModes.choices.map((value) => ({ value, label: t.syncModes[value] }))]} onChange={(event) => set({ syncMode: event.currentTarget.value as SyncMode })} />
            <ProblemsOf all={problems} field="syncMode" />
          </div>
        ) : null}
        <TriggerPart trigger={one.trigger} definition={definition} problems={problems} isReadOnly={isReadOnly} onChange={(trigger) => set({ trigger })} />
        <Kept draft={draft} onChange={set} />
      </fieldset>
    </Card>
  );
}

interface TriggerPartProps {
  readonly trigger: Trigger;
  readonly definition: DestinationDefinition;
  readonly problems: readonly Problem[];
  readonly isReadOnly: boolean;
  readonly onChange: (trigger: Trigger) => void;
}

const kinds = Object.keys(triggerKinds) as readonly Trigger["kind"][];
const SETTINGS = "trigger.settings.";

function TriggerPart({ trigger, onChange, problems, ...rest }: TriggerPartProps): ReactNode {
  const Form = triggerKinds[trigger.kind].Form as ComponentType<TriggerFormProps<Trigger>>; // The one of this kind.
  const ofSettings = problems.filter(({ field }) => field.startsWith(SETTINGS)).map(({ field, problem }) => ({ field: field.slice(SETTINGS.length), problem }));
  const choose = (kind: string): void => {
    const found = kinds.find((one) => one === kind);
    if (found !== undefined && found !== trigger.kind) onChange(triggerKinds[found].begin);
  };
  return (
    <div className="sent-trigger">
      <SegmentedControl size="xs" aria-label={t.trigger.label} disabled={rest.isReadOnly} value={trigger.kind} data={kinds.map((value) => ({ value, label: t.trigger.kinds[value] }))} onChange={choose} />
      <Form trigger={trigger} onChange={onChange} problems={ofSettings} {...rest} />
    </div>
  );
}

/** What is kept back of what the trigger takes. */
function Kept({ draft: { definition }, onChange }: { readonly draft: SubscriptionDraft; readonly onChange: (change: Partial<SubscriptionDraft["definition"]>) => void }): ReactNode {
  const { consent, historical, late, identifiers, trigger } = definition;
  return (
    <div className="sent-kept">
      <TagsInput label={t.consent} description={t.consentHint} maw={420} size="sm" maxTags={CONSENTS_MAX} clearable={false} data={["email_marketing", "sms_marketing", "push_marketing", "analytics", "advertising"].filter((one) => !consent.includes(one))} value={consent} onChange={(next) => onChange({ consent: next })} comboboxProps={{ shadow: "sm" }} />
      {trigger.kind === "events" ? (
        <div className="stack">
          <Checkbox size="xs" label={t.historical} description={t.historicalHint} checked={historical} onChange={(event) => onChange({ historical: event.currentTarget.checked })} />
          <Checkbox size="xs" label={t.late} description={t.lateHint} checked={late} onChange={(event) => onChange({ late: event.currentTarget.checked })} />
        </div>
      ) : null}
      <NativeSelect label={t.identifiers} description={t.identifiersHint} maw={420} value={identifiers} data={(["last", "first", "all"] as const).map((value) => ({ value, label: t.identifierChoices[value] }))} onChange={(event) => onChange({ identifiers: event.currentTarget.value as IdentifierChoice })} />
    </div>
  );
}

function ProblemsOf({ all, field }: { readonly all: readonly Problem[]; readonly field: string }): ReactNode {
  return all.filter((one) => one.field === field).map(({ problem }) => <p key={problem} className="field-problem" role="alert">{problem}</p>);
}
