// A warehouse: where it is and by which account, tried before anything reads it.
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { IconPlugConnected } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import type { Warehouse, WarehouseDetail, WarehouseKind } from "@tributary/schema/api/warehouses.ts";
import type { DestinationTest } from "@tributary/schema/api/destinations.ts";
import { change, read } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { Tested } from "../destinations/connection-test.tsx";
import { FieldList } from "../destinations/set-up/field-list.tsx";
import { changesOf, draftOf, filledIn, formFields, problemsAt, type Draft, type Problem } from "../destinations/set-up/form-fields.ts";
import { warehouseKindsQuery, warehouseListQuery } from "./queries.ts";

const t = texts.models.warehouse;

/** `warehouse`: undefined of one that is still to be made. */
export function WarehouseDialog({ warehouse, onClose }: { readonly warehouse: Warehouse | undefined; readonly onClose: () => void }): ReactNode {
  const kinds = useQuery(warehouseKindsQuery);
  const kept = useQuery({ queryKey: ["warehouses", "one", warehouse?.slug ?? ""], queryFn: ({ signal }) => read<WarehouseDetail>(`/warehouses/${encodeURIComponent(warehouse?.slug ?? "")}`, {}, signal), enabled: warehouse !== undefined, gcTime: 0 });
  const problem = kinds.error ?? kept.error;
  const isReady = kinds.data && (warehouse === undefined || kept.data);
  return (
    <Dialog onClose={onClose} title={warehouse?.name ?? t.add} size="lg">
      {problem ? <ProblemNotice problem={problem} /> : null}
      {isReady ? <Form kinds={kinds.data.data} kept={kept.data} onClose={onClose} /> : problem ? null : <div className="stack" aria-busy><Bar width={70} /><Bar width={50} /><Bar width={60} /></div>}
    </Dialog>
  );
}

interface FormProps {
  readonly kinds: readonly WarehouseKind[];
  readonly kept: WarehouseDetail | undefined;
  readonly onClose: () => void;
}

interface Check {
  readonly ok: boolean;
  readonly problems: readonly Problem[];
}

function Form({ kinds, kept: first, onClose }: FormProps): ReactNode {
  const client = useQueryClient();
  const [kept, setKept] = useState(first);
  const [slug, setSlug] = useState(kept?.kind ?? kinds[0]?.slug ?? "");
  const kind = kinds.find((one) => one.slug === slug);
  const [name, setName] = useState(kept?.name ?? "");
  const [draft, setDraft] = useState<Draft>(() => draftOf(kind?.settings ?? [], kept));
  const [found, setFound] = useState<readonly Problem[]>([]);
  const fields = formFields(kind?.settings ?? [], draft, kind?.secrets, kept?.secrets);
  const { at, others } = problemsAt(found, fields);
  const save = useMutation({
    mutationFn: async (): Promise<DestinationTest | undefined> => {
      const settings = kept ? changesOf(fields, draftOf(kind?.settings ?? [], kept), draft) : filledIn(fields, draft);
      if (!kept) {
        const check = await change<Check>("POST", `/warehouse-kinds/${encodeURIComponent(slug)}/check`, { settings });
        setFound(check.problems);
        if (!check.ok) return undefined;
      }
      const made = kept ? (await change<{ readonly warehouse: WarehouseDetail }>("PATCH", `/warehouses/${encodeURIComponent(kept.slug)}`, { name: name.trim(), ...(Object.keys(settings).length === 0 ? {} : { settings }), version: kept.version })).warehouse
        : await change<WarehouseDetail>("POST", "/warehouses", { name: name.trim(), kind: slug, settings });
      setKept(made);
      setDraft(draftOf(kind?.settings ?? [], made));
      await client.invalidateQueries({ queryKey: warehouseListQuery.queryKey });
      return change<DestinationTest>("POST", `/warehouses/${encodeURIComponent(made.slug)}/test`);
    },
    onSuccess: (test) => { if (test?.ok) toast({ text: t.works }); },
  });
  const remove = useMutation({
    mutationFn: () => change("DELETE", `/warehouses/${encodeURIComponent(kept?.slug ?? "")}`),
    onSuccess: async () => { toast({ text: t.removed }); await client.invalidateQueries({ queryKey: warehouseListQuery.queryKey }); onClose(); },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  const choose = (next: string): void => {
    setSlug(next);
    setDraft(draftOf(kinds.find((one) => one.slug === next)?.settings ?? []));
    setFound([]);
  };
  return (
    <form className="stack roomy" noValidate onSubmit={submit}>
      {kept ? null : <NativeSelect label={t.kind} data={kinds.map((one) => ({ value: one.slug, label: one.name }))} value={slug} onChange={(event) => choose(event.currentTarget.value)} />}
      {kind === undefined ? null : <p className="dim">{kind.description} {kind.proof === "server" ? t.provenServer : t.provenDocumentation}</p>}
      <TextInput label={t.name} withAsterisk aria-required maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <FieldList fields={fields} draft={draft} problems={at} onChange={(key, value) => { setDraft((now) => ({ ...now, [key]: value })); setFound((all) => all.filter(({ field }) => field !== key)); }} />
      {others.map((one) => <div key={`${one.field} ${one.problem}`} className="notice" data-tone="bad" role="alert">{one.field} {one.problem}</div>)}
      {save.error ? <ProblemNotice problem={save.error} /> : null}
      {remove.error ? <ProblemNotice problem={remove.error} /> : null}
      <div className="row wrap">
        <Button type="submit" leftSection={<IconPlugConnected size={15} aria-hidden />} loading={save.isPending} disabled={name.trim() === ""}>{t.saveAndTest}</Button>
        {kept ? <Button variant="default" loading={remove.isPending} disabled={kept.models.length > 0} title={kept.models.length > 0 ? t.inUse(kept.models.length) : undefined} onClick={() => remove.mutate()}>{t.remove}</Button> : null}
      </div>
      {save.data ? <Tested test={save.data} /> : null}
    </form>
  );
}
