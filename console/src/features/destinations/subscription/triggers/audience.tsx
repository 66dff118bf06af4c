// People who come to an audience and go begin it: which audience, what of those who are in already, who is held out, and when it stops.
import { NumberInput, Radio, Select } from "@mantine/core";
import { IconUsersGroup } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Mapping } from "@tributary/schema/destination/mapping.ts";
import { texts } from "../../../../texts/texts.ts";
import { fullNumber } from "../../../../ui/format.ts";
import { audienceNamesQuery } from "../../../audiences/queries.ts";
import { someAudience, type AudienceTrigger } from "../model/subscription-draft.ts";
import { FieldRows } from "../field-rows.tsx";
import { useValuesState, ValuesProvider } from "../values/context.ts";
import type { TriggerFormProps, TriggerKind } from "./trigger-kind.ts";

const t = texts.subscriptions.trigger;
const HOLD_OUT_MAX = 50;
const PERCENT = 100;
const percentOf = (share: number): number => Math.round(share * PERCENT * PERCENT) / PERCENT;
const shareOf = (value: number | string): number => (Number.isFinite(Number(value)) ? Number(value) / PERCENT : 0);

function AudienceForm({ trigger, onChange, definition, problems, isReadOnly }: TriggerFormProps<AudienceTrigger>): ReactNode {
  const { data, error } = useQuery(audienceNamesQuery);
  const values = useValuesState();
  const { audience, on, as, backfill, holdOut, stopShare, settings } = trigger;
  const set = (change: Partial<AudienceTrigger>): void => onChange({ ...trigger, ...change });
  const chosen = data?.data.find(({ slug }) => slug === audience);
  const options = data?.data.map(({ slug, name, size }) => ({ value: slug, label: `${name} · ${t.people(size)}` })) ?? [];
  const held = Math.round((chosen?.size ?? 0) * holdOut);
  return (
    <>
      <Select
        label={t.audience} required searchable allowDeselect={false} readOnly={isReadOnly} placeholder={t.chooseAudience} nothingFoundMessage={t.noAudience} maw={420} data={options.some(({ value }) => value === audience) || audience === "" ? options : [{ value: audience, label: audience }, ...options]}
        value={audience === "" ? null : audience} error={error ? error.message : undefined} onChange={(next) => set({ audience: next ?? "" })} comboboxProps={{ shadow: "sm" }}
      />
      {chosen ? <p className="trigger-note"><Link to="/audiences/$slug" params={{ slug: chosen.slug }}>{t.openAudience(chosen.name)}</Link></p> : null}
      <Radio.Group label={t.on} value={on} onChange={(next) => set({ on: next as AudienceTrigger["on"] })}>
        <div className="trigger-types">{(["both", "entered", "exited"] as const).map((one) => <Radio key={one} size="xs" value={one} label={t.ons[one]} />)}</div>
      </Radio.Group>
      <Radio.Group label={t.as} value={as} onChange={(next) => set({ as: next as AudienceTrigger["as"] })}>
        <div className="trigger-types">{(["track", "identify"] as const).map((one) => <Radio key={one} size="xs" value={one} label={t.asWords[one]} />)}</div>
      </Radio.Group>
      <Radio.Group label={t.backfill} description={chosen ? t.backfillNow(fullNumber(chosen.size)) : undefined} value={String(backfill)} onChange={(next) => set({ backfill: next === "true" })}>
        <div className="trigger-types"><Radio size="xs" value="true" label={t.backfillYes(chosen === undefined ? undefined : chosen.size - held)} /><Radio size="xs" value="false" label={t.backfillNo} /></div>
      </Radio.Group>
      <div className="trigger-shares">
        <NumberInput label={t.holdOut} description={t.holdOutHint(held)} suffix=" %" min={0} max={HOLD_OUT_MAX} step={5} decimalScale={2} readOnly={isReadOnly} value={percentOf(holdOut)} onChange={(value) => set({ holdOut: Math.min(0.5, Math.max(0, shareOf(value))) })} />
        <NumberInput label={t.stopShare} description={t.stopShareHint} suffix=" %" min={0} max={PERCENT} step={5} decimalScale={2} readOnly={isReadOnly} value={percentOf(stopShare)} onChange={(value) => set({ stopShare: Math.min(1, Math.max(0, shareOf(value))) })} />
      </div>
      {definition.audience && definition.audience.settings.length > 0 ? (
        <fieldset className="trigger-settings">
          <legend>{t.settings(definition.name)}</legend>
          {definition.audience.isCreated ? <p className="trigger-note dim">{t.isCreated(definition.name)}</p> : null}
          <ValuesProvider value={{ ...values, isLiteral: true }}><FieldRows fields={definition.audience.settings} values={settings as Mapping} problems={problems} onChange={(next) => set({ settings: next })} /></ValuesProvider>
        </fieldset>
      ) : null}
    </>
  );
}

export const audienceTriggerKind: TriggerKind<AudienceTrigger> = { Icon: IconUsersGroup, begin: someAudience, Form: AudienceForm };
