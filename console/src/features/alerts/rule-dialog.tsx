// Changes one rule: of a kind, or of one thing. The form is made of the settings that the kind has.
import { Button, NativeSelect, NumberInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import type { AlertRuleShown, AlertRules } from "@tributary/schema/api/alerts.ts";
import type { DestinationList } from "@tributary/schema/api/destinations.ts";
import type { SourceAnswer } from "@tributary/schema/api/workspace.ts";
import { change, read, readAll } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemNotice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { alertRulesQuery } from "./queries.ts";

const t = texts.alerts;

export interface RuleOf {
  readonly rule: AlertRuleShown;
  /** '': the kind's own, or, where it is new, still to be chosen. */
  readonly subject: string;
  readonly isNew: boolean;
}

export function RuleDialog({ of: { rule, subject: given, isNew }, onClose }: { readonly of: RuleOf; readonly onClose: () => void }): ReactNode {
  const client = useQueryClient();
  const own = rule.subjects?.own.find(({ subject }) => subject === given);
  const [subject, setSubject] = useState(given);
  const [params, setParams] = useState<AlertRuleShown["params"]>((own ?? rule).params);
  const save = useMutation({
    mutationFn: (isReset: boolean) => (isReset ? change<AlertRules>("POST", "/alert-rules/reset", { kind: rule.kind, subject })
      : change<AlertRules>("PUT", "/alert-rules", { kind: rule.kind, subject, enabled: isNew || (own ?? rule).enabled, params })),
    onSuccess: (answer, isReset) => {
      client.setQueryData(alertRulesQuery.queryKey, answer);
      toast({ text: isReset ? t.restored : t.saved });
      onClose();
    },
  });
  const isReady = (!isNew || subject !== "") && rule.fields.every(({ key }) => params[key] !== "");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isReady) save.mutate(false);
  };
  const title = `${t.kind(rule.name, rule.kind)}${own ? `: ${own.name}` : ""}`;
  return (
    <Dialog onClose={onClose} title={title}>
      <form className="stack" onSubmit={submit}>
        {isNew ? <SubjectChoice rule={rule} value={subject} onChange={setSubject} /> : null}
        {rule.fields.map((field) => <Field key={field.key} kind={rule.kind} field={field} value={params[field.key] ?? field.default} onChange={(value) => setParams({ ...params, [field.key]: value })} />)}
        {save.error ? <ProblemNotice problem={save.error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          {isNew || (own ?? rule).is_default || own !== undefined ? null : <Button variant="subtle" loading={save.isPending} onClick={() => save.mutate(true)}>{t.reset}</Button>}
          <Button variant="default" onClick={onClose}>{texts.everywhere.cancel}</Button>
          <Button type="submit" disabled={!isReady} loading={save.isPending}>{texts.everywhere.save}</Button>
        </div>
      </form>
    </Dialog>
  );
}

interface FieldProps {
  readonly kind: string;
  readonly field: AlertRuleShown["fields"][number];
  readonly value: string | number | boolean;
  readonly onChange: (value: string | number) => void;
}

function Field({ kind, field: { key, title, description, choices, min, max, is_whole: isWhole }, value, onChange }: FieldProps): ReactNode {
  const label = t.field(title, kind, key);
  const hint = t.fieldHint(description, kind, key);
  if (choices !== null) return <NativeSelect label={label} description={hint} value={String(value)} data={choices.map((one) => ({ value: one, label: t.choice(one) }))} onChange={(event) => onChange(event.currentTarget.value)} />;
  return (
    <NumberInput
      label={label} description={hint} value={typeof value === "number" ? value : ""} allowDecimal={!isWhole} clampBehavior="blur" onChange={(next) => onChange(next === "" ? "" : Number(next))}
      {...(min === null ? {} : { min })} {...(max === null ? {} : { max })}
    />
  );
}

/** Those that have no settings of their own yet. */
function SubjectChoice({ rule, value, onChange }: { readonly rule: AlertRuleShown; readonly value: string; readonly onChange: (subject: string) => void }): ReactNode {
  const of = rule.subjects?.of ?? "";
  const { data, error, refetch } = useQuery({ queryKey: ["alerts", "subjects", of], queryFn: ({ signal }) => subjectsOf(of, signal) });
  const taken = new Set(rule.subjects?.own.map(({ subject }) => subject));
  if (error) return <ProblemNotice problem={error} onRetry={() => void refetch()} />;
  const left = (data ?? []).map(({ ref, name }) => ({ value: `${of}:${ref}`, label: name })).filter((one) => !taken.has(one.value));
  return <NativeSelect label={t.subject} required withAsterisk={false} value={value} data={[{ value: "", label: t.choose }, ...left]} onChange={(event) => onChange(event.currentTarget.value)} />;
}

/** The list of destinations is whole in one answer; the others have pages. */
async function subjectsOf(of: string, signal: AbortSignal): Promise<readonly { readonly ref: string; readonly name: string }[]> {
  if (of === "source") return (await readAll<SourceAnswer>("/sources", signal)).map(({ id, name }) => ({ ref: String(id), name }));
  const named = of === "destination" ? (await read<DestinationList>("/destinations", {}, signal)).data : await readAll<{ readonly slug: string; readonly name: string }>("/audiences", signal);
  return named.map(({ slug, name }) => ({ ref: slug, name }));
}
