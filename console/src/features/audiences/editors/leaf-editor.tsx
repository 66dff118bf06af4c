// The editor of each kind of condition.
import type { ReactNode } from "react";
import { ComputedEditor } from "./computed-editor.tsx";
import { EventEditor, type LeafEditorProps } from "./event-editor.tsx";
import { JsonEditor } from "./json-editor.tsx";
import { AudienceEditor, ConsentEditor, FirstOfEditor, IdentifierEditor, ListEditor, ShareEditor } from "./other-editors.tsx";
import { SequenceEditor } from "./sequence-editor.tsx";
import { TraitEditor } from "./trait-editor.tsx";

const editors: Readonly<Record<string, (props: LeafEditorProps) => ReactNode>> = {
  event: EventEditor, trait: TraitEditor, identifier: IdentifierEditor, audience: AudienceEditor, list: ListEditor, consent: ConsentEditor, share: ShareEditor, first_of: FirstOfEditor, sequence: SequenceEditor, computed: ComputedEditor,
};

export function LeafEditor(props: LeafEditorProps): ReactNode {
  const { kind } = props.leaf;
  const Editor = Object.hasOwn(editors, kind) ? editors[kind] : undefined;
  return Editor === undefined ? <JsonEditor {...props} /> : <Editor {...props} />;
}
