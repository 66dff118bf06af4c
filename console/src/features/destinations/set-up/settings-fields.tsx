// The fields of a destination's settings, what is wrong with them as a whole, and what somebody else has changed meanwhile.
import { IconUsers } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { texts } from "../../../texts/texts.ts";
import { ProblemNotice } from "../../../ui/notice.tsx";
import { FieldList } from "./field-list.tsx";
import type { SettingsForm } from "./use-settings-form.ts";

const t = texts.setUp;

export function SettingsFields({ form, disabled }: { readonly form: SettingsForm; readonly disabled?: boolean }): ReactNode {
  const { fields, draft, problems, otherProblems, conflict, error, round } = form;
  return (
    <>
      {fields.length === 0 ? <p className="dim">{texts.destinations.catalog.noSettings}</p> : null}
      <FieldList key={round} fields={fields} draft={draft} problems={problems} disabled={disabled} onChange={form.setField} />
      {otherProblems.length === 0 ? null : (
        <div className="notice" data-tone="bad" role="alert"><ul className="sdk-notes">{otherProblems.map((one) => <li key={`${one.field} ${one.problem}`}>{one.field === "" ? null : <span className="mono">{one.field}: </span>}{one.problem}</li>)}</ul></div>
      )}
      {problems.size > 0 ? <p className="problem-count" role="alert">{t.problems(problems.size)}</p> : null}
      {conflict ? (
        <div className="notice" data-tone="attention" role="alert">
          <IconUsers size={18} aria-hidden />
          <div><strong>{t.conflict(conflict.by)}</strong><div>{conflict.fields.length === 0 ? null : `${t.conflictFields(conflict.fields.join(", "))} `}{t.conflictText}</div></div>
        </div>
      ) : null}
      {error ? <ProblemNotice problem={error} /> : null}
    </>
  );
}
