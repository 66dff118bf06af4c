// Events begin it: their types, their names, and what they must say.
import { Checkbox } from "@mantine/core";
import { IconActivity } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";
import { texts } from "../../../../texts/texts.ts";
import { useEventFields } from "../../../audiences/editors/fields.ts";
import { Filters } from "../../../audiences/editors/filters.tsx";
import { Picker, type PickerGroup } from "../../../audiences/editors/picker.tsx";
import type { Filter } from "../../../audiences/model/condition.ts";
import { observedEventsQuery } from "../../../schema/queries.ts";
import { anyTrack, type EventsTrigger } from "../model/subscription-draft.ts";
import type { TriggerFormProps, TriggerKind } from "./trigger-kind.ts";

const t = texts.subscriptions.trigger;
const callTypes = ["track", "identify", "page", "screen", "group", "alias"] as const;
const SHOWN_MAX = 20;

function EventsForm({ trigger, onChange }: TriggerFormProps<EventsTrigger>): ReactNode {
  const { types, names, where } = trigger;
  const fields = useEventFields(names ?? (types ?? callTypes).filter((type) => type !== "track"));
  const set = (change: { readonly [Name in "types" | "names" | "where"]?: EventsTrigger[Name] | undefined }): void => {
    const { types: _, names: __, where: ___, ...rest } = { ...trigger };
    const next = { types, names, where, ...change };
    onChange({ ...rest, ...(next.types?.length ? { types: next.types } : {}), ...(next.names?.length ? { names: next.names } : {}), ...(next.where?.length ? { where: next.where } : {}) });
  };
  return (
    <>
      <Checkbox.Group label={t.types} description={t.typesHint} value={types ?? []} onChange={(next) => set({ types: callTypes.filter((type) => next.includes(type)) })}>
        <div className="trigger-types">{callTypes.map((type) => <Checkbox key={type} size="xs" value={type} label={t.typeNames[type]} />)}</div>
      </Checkbox.Group>
      <div role="group" aria-label={t.names} className="trigger-part">
        <span className="trigger-label">{t.names}</span>
        <Names names={names ?? []} onChange={(next) => set({ names: next })} />
      </div>
      <div role="group" aria-label={t.where} className="trigger-part">
        <span className="trigger-label">{t.where}</span>
        <Filters where={(where ?? []) as readonly Filter[]} fields={fields} event={names?.length === 1 ? (names[0] ?? "") : ""} onChange={(next) => set({ where: next as EventsTrigger["where"] })} />
      </div>
    </>
  );
}

function Names({ names, onChange }: { readonly names: readonly string[]; readonly onChange: (names: string[]) => void }): ReactNode {
  const { data } = useQuery(observedEventsQuery);
  const groups = useMemo((): readonly PickerGroup[] | undefined => {
    const named = data?.data.filter(({ type, event }) => event !== "" && type === "track").toSorted((a, b) => b.count - a.count);
    return named && [{ title: t.observed, options: named.map(({ event, count }) => ({ value: event, label: event, count, isChosen: names.includes(event) })) }];
  }, [data, names]);
  const toggle = (name: string): void => onChange(names.includes(name) ? names.filter((one) => one !== name) : [...names, name]);
  return (
    <span className="words">
      {names.slice(0, SHOWN_MAX).map((name) => <span key={name} className="word-chip"><bdi className="cut">{name}</bdi><button type="button" aria-label={t.dropName(name)} onClick={() => toggle(name)}>×</button></span>)}
      {names.length > SHOWN_MAX ? <span className="dim">{t.moreNames(names.length - SHOWN_MAX)}</span> : null}
      <Picker label={t.names} placeholder={t.searchName} groups={groups} staysOpen other={t.useName} onPick={toggle} variant={names.length === 0 ? "word" : "add"}>{names.length === 0 ? t.anyName : t.orName}</Picker>
    </span>
  );
}

export const eventsTriggerKind: TriggerKind<EventsTrigger> = { Icon: IconActivity, begin: anyTrack, Form: EventsForm };
