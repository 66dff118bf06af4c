// The same definition in its other forms.
import type { ReactNode } from "react";
import { texts } from "../../../texts/texts.ts";
import { Snippet } from "../../../ui/copy.tsx";
import { prettyJson } from "../../../ui/json-text.ts";
import { Waiting } from "../parts.tsx";
import type { Answers } from "./use-answers.ts";

const t = texts.audiences.views;

export function SqlView({ answers: { check, isEmpty } }: { readonly answers: Answers }): ReactNode {
  if (isEmpty) return <p className="dim">{t.empty}</p>;
  if (check === undefined) return <Waiting rows={8} />;
  if (check.sql === null) return <p className="dim">{t.noSql}</p>;
  return <div className="stack"><Snippet text={check.sql} label={t.sqlLabel} /><p className="dim">{t.sqlNote}</p></div>;
}

export function JsonView({ definition }: { readonly definition: unknown }): ReactNode {
  return <Snippet text={prettyJson(JSON.stringify(definition))} label={t.jsonLabel} />;
}
