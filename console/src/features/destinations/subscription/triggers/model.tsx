// Rows of a model begin it: which model, which of its changes, and what of the rows that are there already.
import { Radio, Select } from "@mantine/core";
import { IconTable } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ModelShown } from "@tributary/schema/api/models.ts";
import { modelModes } from "@tributary/schema/destination/subscription.ts";
import { texts } from "../../../../texts/texts.ts";
import { useNow, When } from "../../../../ui/figure.tsx";
import { relativeTime } from "../../../../ui/format.ts";
import { modelListQuery } from "../../../models/queries.ts";
import { RunState } from "../../../models/run-state.tsx";
import { someModel, type ModelTrigger } from "../model/subscription-draft.ts";
import type { TriggerFormProps, TriggerKind } from "./trigger-kind.ts";

const t = texts.subscriptions.trigger;

function ModelForm({ trigger, onChange, isReadOnly }: TriggerFormProps<ModelTrigger>): ReactNode {
  const { model, mode, backfill } = trigger;
  const { data, error } = useQuery(modelListQuery("", "active"));
  const set = (change: Partial<ModelTrigger>): void => onChange({ ...trigger, ...change });
  const models = new Map(data?.data.map((one) => [one.slug, one]));
  const chosen = models.get(model);
  const options = [...models.values()].map(({ slug, name, rows }) => ({ value: slug, label: `${name} · ${texts.models.hasRows(rows)}` }));
  return (
    <>
      <Select
        label={t.model} required searchable allowDeselect={false} readOnly={isReadOnly} placeholder={t.chooseModel} nothingFoundMessage={options.length === 0 ? texts.models.none : t.noModel} maw={420} data={chosen || model === "" ? options : [{ value: model, label: model }, ...options]}
        value={model === "" ? null : model} error={error ? error.message : undefined} onChange={(next) => set({ model: next ?? "" })} comboboxProps={{ shadow: "sm" }}
        renderOption={({ option }) => <ModelOption model={models.get(option.value)} label={option.label} />}
      />
      {chosen ? <p className="trigger-note row wrap"><RunState run={chosen.last_run} />{chosen.last_run ? <When at={lastOf(chosen.last_run)} /> : null}<Link to="/models/$slug" params={{ slug: chosen.slug }}>{t.openModel(chosen.name)}</Link></p> : null}
      {data?.data.length === 0 ? <p className="trigger-note">{texts.models.none}. <Link to="/models/new">{texts.models.make}</Link></p> : null}
      <Radio.Group label={t.mode} value={mode} onChange={(next) => set({ mode: modelModes.find((one) => one === next) ?? mode })}>
        <div className="trigger-types">{modelModes.map((one) => <Radio key={one} size="xs" value={one} label={t.modes[one]} />)}</div>
      </Radio.Group>
      <Radio.Group label={t.rows} value={String(backfill)} onChange={(next) => set({ backfill: next === "true" })}>
        <div className="trigger-types"><Radio size="xs" value="true" label={t.rowsYes(chosen?.rows)} /><Radio size="xs" value="false" label={t.rowsNo} /></div>
      </Radio.Group>
    </>
  );
}

/** Its name and size, and below how its last run went. */
function ModelOption({ model, label }: { readonly model: ModelShown | undefined; readonly label: string }): ReactNode {
  const nowMs = useNow();
  return (
    <span className="model-option">
      <bdi className="cut">{label}</bdi>
      {model ? <span className="row"><RunState run={model.last_run} /><span className="dim cut">{model.last_run ? `${relativeTime(Date.parse(lastOf(model.last_run)), nowMs)} · ` : ""}{model.slug}</span></span> : null}
    </span>
  );
}

const lastOf = (run: NonNullable<ModelShown["last_run"]>): string => run.finished_at ?? run.created_at;

export const modelTriggerKind: TriggerKind<ModelTrigger> = { Icon: IconTable, begin: someModel, Form: ModelForm };
