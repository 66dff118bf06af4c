// Making and changing a model: the query with its first rows, which columns are the key, whom rows are about, when it runs, and what its
// rows become.
import { Button, MultiSelect, NativeSelect, NumberInput, Textarea, TextInput } from "@mantine/core";
import { IconEye } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState, type FormEvent, type ReactNode } from "react";
import type { ModelPreview, ModelShown } from "@tributary/schema/api/models.ts";
import type { Warehouse } from "@tributary/schema/api/warehouses.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card, Page } from "../../ui/page.tsx";
import { useUnsaved } from "../../ui/unsaved.ts";
import { sourceListQuery } from "../sources/queries.ts";
import { definitionOf, formOf, type ModelForm } from "./model-form.ts";
import { modelPath, modelQuery, warehouseListQuery } from "./queries.ts";
import "./models.css";

const t = texts.models;
const back = { to: "/models", text: t.title } as const;

export function NewModelPage(): ReactNode {
  const warehouses = useQuery(warehouseListQuery);
  if (warehouses.error) return <Page title={t.make} back={back}><ProblemNotice problem={warehouses.error} onRetry={() => void warehouses.refetch()} /></Page>;
  return warehouses.data ? <Editor model={undefined} warehouses={warehouses.data.data} /> : <Loading title={t.make} />;
}

export function EditModelPage(): ReactNode {
  const { slug } = useParams({ from: "/shell/models/$slug/edit" });
  const warehouses = useQuery(warehouseListQuery);
  const model = useQuery(modelQuery(slug));
  const failed = warehouses.error ?? model.error;
  if (failed) return <Page title={slug} back={back}><ProblemNotice problem={failed} onRetry={() => { void warehouses.refetch(); void model.refetch(); }} /></Page>;
  return warehouses.data && model.data ? <Editor key={model.data.slug} model={model.data} warehouses={warehouses.data.data} /> : <Loading title={slug} />;
}

function Loading({ title }: { readonly title: string }): ReactNode {
  return <Page title={title} back={back}><div className="stack" aria-busy>{[80, 60, 70].map((width) => <Bar key={width} width={width} />)}</div></Page>;
}

function Editor({ model, warehouses }: { readonly model: ModelShown | undefined; readonly warehouses: readonly Warehouse[] }): ReactNode {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [first] = useState(() => formOf(model, Intl.DateTimeFormat().resolvedOptions().timeZone));
  const [form, setForm] = useState(first);
  const [isDone, setIsDone] = useState(false);
  const set = (next: Partial<ModelForm>): void => setForm((now) => ({ ...now, ...next }));
  const reads = warehouses.find(({ slug }) => slug === form.warehouse)?.reads ?? "sql";
  const definition = definitionOf(form, reads, model?.definition);
  useUnsaved(!isDone && JSON.stringify(form) !== JSON.stringify(first));
  const preview = useMutation({ mutationFn: () => change<ModelPreview>("POST", "/models/preview", { warehouse: definition.warehouse, query: definition.query, key: form.key, limit: 20 }) });
  const columns = preview.data?.columns.map(({ name }) => name) ?? [];
  const save = useMutation({
    mutationFn: async (): Promise<string> => {
      if (!model) return (await change<ModelShown>("POST", "/models", { name: form.name.trim(), definition })).slug;
      await change("PATCH", modelPath(model.slug), { name: form.name.trim(), definition, version: model.version });
      return model.slug;
    },
    onMutate: () => setIsDone(true), onError: () => setIsDone(false),
    onSuccess: async (slug) => {
      await client.invalidateQueries({ queryKey: ["models"] });
      await navigate({ to: "/models/$slug", params: { slug }, search: {} });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  const isWhole = form.name.trim() !== "" && form.text.trim() !== "" && form.key.length > 0 && (form.feeds === "none" || form.feedSource !== "");
  return (
    <Page title={model?.name ?? t.make} back={back} sentence={t.form.sentence}>
      <form className="stack-wide" noValidate onSubmit={submit}>
        <Card title={t.form.query}>
          <div className="stack roomy">
            <div className="model-two">
              <TextInput label={t.form.name} withAsterisk aria-required maxLength={200} value={form.name} onChange={(event) => set({ name: event.currentTarget.value })} />
              <NativeSelect label={t.form.warehouse} data={[{ value: "", label: t.ownTables }, ...warehouses.map((one) => ({ value: one.slug, label: one.name }))]} value={form.warehouse} onChange={(event) => set({ warehouse: event.currentTarget.value })} />
            </div>
            <Textarea
              className="model-sql" label={reads === "sql" ? t.form.sql : t.form.files} description={reads === "sql" ? (form.warehouse === "" ? t.form.ownHint : t.form.sqlHint) : t.form.filesHint} withAsterisk aria-required autosize minRows={6} maxRows={24}
              spellCheck={false} dir="ltr" value={form.text} onChange={(event) => set({ text: event.currentTarget.value })}
            />
            <div><Button variant="default" leftSection={<IconEye size={15} aria-hidden />} loading={preview.isPending} disabled={form.text.trim() === ""} onClick={() => preview.mutate()}>{t.form.preview}</Button></div>
            {preview.error ? <ProblemNotice problem={preview.error} /> : null}
            {preview.data ? <Sample preview={preview.data} /> : null}
          </div>
        </Card>
        <Card title={t.form.rows}>
          <div className="stack roomy">
            {columns.length > 0 || form.key.length > 0 ? (
              <MultiSelect label={t.form.key} description={t.form.keyHint} withAsterisk searchable data={[...new Set([...columns, ...form.key])]} value={[...form.key]} maxValues={8} onChange={(key) => set({ key })} />
            ) : <p className="dim">{t.form.previewFirst}</p>}
            {preview.data?.key_problems.map((one) => <div key={one.code} className="notice" data-tone="attention" role="alert">{one.message}</div>)}
            <div className="model-two">
              <NativeSelect label={t.form.person} description={t.form.personHint} data={[{ value: "", label: t.form.nobody }, ...columnChoices(columns, form.personColumn)]} value={form.personColumn} onChange={(event) => set({ personColumn: event.currentTarget.value })} />
              {form.personColumn === "" ? null : <TextInput label={t.form.namespace} description={t.form.namespaceHint} value={form.personNamespace} maxLength={63} onChange={(event) => set({ personNamespace: event.currentTarget.value })} />}
            </div>
          </div>
        </Card>
        <Timing form={form} onChange={set} />
        <Feeding form={form} columns={columns} onChange={set} />
        {save.error ? <ProblemNotice problem={save.error} /> : null}
        <div className="row wrap"><Button type="submit" loading={save.isPending} disabled={!isWhole}>{model ? t.form.save : t.form.make}</Button><span className="dim">{t.form.then}</span></div>
      </form>
    </Page>
  );
}

interface PartProps {
  readonly form: ModelForm;
  readonly onChange: (next: Partial<ModelForm>) => void;
}

function columnChoices(columns: readonly string[], chosen: string): { value: string; label: string }[] {
  return [...new Set([...columns, ...(chosen === "" ? [] : [chosen])])].map((value) => ({ value, label: value }));
}

function Timing({ form, onChange }: PartProps): ReactNode {
  const sources = useQuery(sourceListQuery);
  return (
    <Card title={t.form.schedule}>
      <div className="model-two">
        <NativeSelect label={t.form.when} data={(["none", "minutes", "cron", "import"] as const).map((value) => ({ value, label: t.form.schedules[value] }))} value={form.schedule} onChange={(event) => onChange({ schedule: event.currentTarget.value as ModelForm["schedule"] })} />
        {form.schedule === "minutes" ? <NumberInput label={t.form.minutes} min={1} max={44_640} value={form.everyMinutes} onChange={(value) => onChange({ everyMinutes: Number(value) || 60 })} /> : null}
        {form.schedule === "cron" ? <TextInput label={t.form.cron} description={t.form.cronHint(form.zone)} dir="ltr" value={form.cron} maxLength={200} onChange={(event) => onChange({ cron: event.currentTarget.value })} /> : null}
        {form.schedule === "import" ? <NativeSelect label={t.form.source} data={[{ value: "", label: t.form.choose }, ...(sources.data ?? []).map(({ slug, name }) => ({ value: slug, label: name }))]} value={form.afterImport} onChange={(event) => onChange({ afterImport: event.currentTarget.value })} /> : null}
        <NumberInput label={t.form.stopShare} description={t.form.stopHint} min={0} max={100} suffix=" %" value={form.stopPercent} onChange={(value) => onChange({ stopPercent: Number(value) || 0 })} />
      </div>
    </Card>
  );
}

function Feeding({ form, columns, onChange }: PartProps & { readonly columns: readonly string[] }): ReactNode {
  const sources = useQuery(sourceListQuery);
  return (
    <Card title={t.form.feeds}>
      <div className="stack roomy">
        <p className="dim">{t.form.feedsHint}</p>
        <div className="model-two">
          <NativeSelect label={t.form.call} data={(["none", "identify", "group", "track"] as const).map((value) => ({ value, label: t.form.calls[value] }))} value={form.feeds} onChange={(event) => onChange({ feeds: event.currentTarget.value as ModelForm["feeds"] })} />
          {form.feeds === "none" ? null : <NativeSelect label={t.form.source} data={[{ value: "", label: t.form.choose }, ...(sources.data ?? []).map(({ slug, name }) => ({ value: slug, label: name }))]} value={form.feedSource} onChange={(event) => onChange({ feedSource: event.currentTarget.value })} />}
          {form.feeds === "none" ? null : <NativeSelect label={t.form.userId} data={[{ value: "", label: t.form.none }, ...columnChoices(columns, form.feedUserId)]} value={form.feedUserId} onChange={(event) => onChange({ feedUserId: event.currentTarget.value })} />}
          {form.feeds === "group" ? <NativeSelect label={t.form.groupId} data={[{ value: "", label: t.form.choose }, ...columnChoices(columns, form.feedGroupId)]} value={form.feedGroupId} onChange={(event) => onChange({ feedGroupId: event.currentTarget.value })} /> : null}
          {form.feeds === "track" ? <TextInput label={t.form.event} value={form.feedEvent} maxLength={512} onChange={(event) => onChange({ feedEvent: event.currentTarget.value })} /> : null}
        </div>
      </div>
    </Card>
  );
}

function Sample({ preview: { columns, rows, is_cut: isCut, took_ms: took } }: { readonly preview: ModelPreview }): ReactNode {
  return (
    <div className="stack">
      <div className="dim">{t.form.sample(rows.length, isCut, took / 1_000)}</div>
      {columns.flatMap(({ name, problem }) => (problem === null ? [] : [<div key={name} className="notice" data-tone="attention" role="alert"><span className="mono">{name}</span> {problem}</div>]))}
      <div className="model-sample card" tabIndex={0} role="region" aria-label={t.form.preview}>
        <table>
          <thead><tr>{columns.map(({ name, type }) => <th key={name} scope="col"><bdi>{name}</bdi> <span className="dim">{type}</span></th>)}</tr></thead>
          <tbody>{rows.map((row, index) => <tr key={index}>{columns.map(({ name }) => <td key={name} title={cellText(row[name])}><bdi>{cellText(row[name])}</bdi></td>)}</tr>)}</tbody>
        </table>
      </div>
    </div>
  );
}

function cellText(value: unknown): string {
  return value === null || value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value);
}
