// A value of the event: which one, and what it is in the event that is looked at.
import type { ReactNode } from "react";
import { pathNames, valueAt } from "@tributary/schema/destination/mapping-path.ts";
import { texts } from "../../../../texts/texts.ts";
import { valueText } from "../../../../ui/format.ts";
import { useValuesState } from "./context.ts";
import type { EditorProps } from "./editor-props.ts";
import { PathPicker } from "./path-picker.tsx";

const t = texts.subscriptions.values;
const SAMPLE_MAX = 80;

export function PathEditor({ form, onChange, label }: EditorProps<"path">): ReactNode {
  const { path } = form;
  return (
    <>
      <PathPicker label={t.pathOf(label)} path={path} opensAtOnce={path === ""} onPick={(next) => onChange({ ...form, path: next })}>
        {path === "" ? t.choosePath : <bdi className="mono path-text" dir="ltr">{path}</bdi>}
      </PathPicker>
      {path === "" ? <span className="value-note" role="status">{t.noPath}</span> : <SampleOf path={path} />}
    </>
  );
}

/** What stands there in the event that is looked at. */
export function SampleOf({ path }: { readonly path: string }): ReactNode {
  const { sample } = useValuesState();
  if (sample === undefined) return null;
  const value = valueAt(sample, pathNames(path));
  return <span className="value-sample dim">{value === undefined ? t.notInEvent : <bdi className="cut">{valueText(value, SAMPLE_MAX)}</bdi>}</span>;
}
