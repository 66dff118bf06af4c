// A condition as JSON: for kinds that have no words here, so that nothing is a dead end.
import { Textarea } from "@mantine/core";
import { useEffect, useState, type ReactNode } from "react";
import { isRecord } from "@tributary/schema/is-record.ts";
import { texts } from "../../../texts/texts.ts";
import type { Leaf } from "../model/draft.ts";
import type { LeafEditorProps } from "./event-editor.tsx";
import { IsOrNot } from "./other-editors.tsx";

const t = texts.audiences;

export function JsonEditor({ leaf, isNot, onChange, onNot }: LeafEditorProps): ReactNode {
  const [text, setText] = useState(() => JSON.stringify(leaf, null, 2));
  const read = leafOf(text);
  useEffect(() => {
    if (JSON.stringify(read) !== JSON.stringify(leaf)) setText(JSON.stringify(leaf, null, 2));
  }, [leaf]);
  return (
    <div className="leaf">
      {isNot ? <div className="words"><IsOrNot isNot={isNot} onNot={onNot} words={t.not} /></div> : null}
      <Textarea
        label={t.json.label(leaf.kind)} description={t.json.note} autosize minRows={3} maxRows={20} spellCheck={false} dir="ltr" classNames={{ input: "mono" }} value={text} error={read === undefined ? t.json.wrong : undefined}
        onChange={(event) => {
          const next = event.currentTarget.value;
          setText(next);
          const made = leafOf(next);
          if (made !== undefined) onChange(made, "json");
        }}
      />
    </div>
  );
}

function leafOf(text: string): Leaf | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) && typeof value["kind"] === "string" ? (value as Leaf) : undefined; // With its kind, it is one as far as this console looks.
  } catch {
    return undefined;
  }
}
