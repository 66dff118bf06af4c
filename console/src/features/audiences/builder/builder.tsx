// The builder itself: what is edited, the answers to it, its four forms, and saving.
import { ActionIcon, Button, SegmentedControl, TextInput, Tooltip } from "@mantine/core";
import { IconArrowBackUp, IconArrowForwardUp } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import type { AudienceDetail } from "@tributary/schema/api/audiences.ts";
import { change } from "../../../api.ts";
import { language, texts } from "../../../texts/texts.ts";
import { ProblemNotice } from "../../../ui/notice.tsx";
import { Page } from "../../../ui/page.tsx";
import { toast } from "../../../ui/toast.tsx";
import { useUnsaved } from "../../../ui/unsaved.ts";
import { builderViews, type BuilderSearch, type BuilderView } from "../audiences-search.ts";
import { write, type Draft } from "../model/draft.ts";
import { audiencePath } from "../queries.ts";
import { BuilderProvider } from "./context.ts";
import { PreviewPanel } from "./preview-panel.tsx";
import { SaveDialog } from "./save-dialog.tsx";
import { SentenceView } from "./sentence-view.tsx";
import { suggestedName } from "./suggested-name.ts";
import { useAnswers, type Answers } from "./use-answers.ts";
import { useDraft, type DraftEdit } from "./use-draft.ts";
import { useRows } from "./use-rows.ts";
import { JsonView, SqlView } from "./views.tsx";
import { YamlView } from "./yaml-view.tsx";

const t = texts.audiences;

export interface BuilderProps {
  /** The one that is changed; without it, a new one is made. */
  readonly audience?: AudienceDetail;
  readonly first: () => Draft;
  readonly name: string;
  readonly folder: string;
  readonly isFilled: boolean;
}

export function Builder({ audience, first, name: firstName, folder: firstFolder, isFilled }: BuilderProps): ReactNode {
  const edit = useDraft(first);
  const answers = useAnswers(edit.draft, audience?.slug);
  const state = useRows(edit, answers);
  const [name, setName] = useState(firstName);
  const [folder, setFolder] = useState(firstFolder);
  const suggestion = useMemo(() => suggestedName(edit.draft, t.builder.notInName), [edit.draft]);
  const [saved] = useState(() => JSON.stringify(write(edit.draft).definition));
  const isChanged = JSON.stringify(answers.written.definition) !== saved;
  const save = useSave(audience, { name: name.trim() || suggestion, folder, definition: answers.written.definition, isChanged });
  const isDirty = (isChanged || name !== firstName || folder !== firstFolder) && !save.isSuccess && !save.isPending;
  useUnsaved(isDirty);
  useUndoKeys(edit);
  const [isComparing, setIsComparing] = useState(false);
  const maySave = !answers.isEmpty && answers.check?.ok !== false && (audience === undefined || isDirty);
  const submit = (): void => (audience !== undefined && isChanged ? setIsComparing(true) : save.mutate());
  const title = audience?.name ?? t.builder.newTitle;
  return (
    <Page
      title={title} back={audience ? { to: `/audiences/${audience.slug}` as "/audiences", text: audience.name } : { to: "/audiences", text: t.title }}
      heading={<h1 className="unseen">{title}</h1>}
    >
      <div className="builder-head">
        <TextInput className="builder-name" label={t.builder.name} placeholder={suggestion || t.builder.nameExample} value={name} maxLength={200} onChange={(event) => setName(event.currentTarget.value)} />
        <TextInput label={t.builder.folder} placeholder={t.builder.folderExample} value={folder} maxLength={200} onChange={(event) => setFolder(event.currentTarget.value)} />
        <Button disabled={!maySave} loading={save.isPending} onClick={submit}>{audience ? t.builder.saveChanges : t.builder.save}</Button>
      </div>
      {save.error && !isComparing ? <div className="builder-problem"><ProblemNotice problem={save.error} onRetry={() => save.mutate()} /></div> : null}
      <BuilderProvider value={state}>
        <div className="builder">
          <Definition edit={edit} answers={answers} opensAtOnce={!isFilled} own={audience?.slug} />
          <PreviewPanel answers={answers} own={audience?.slug} />
        </div>
      </BuilderProvider>
      {isComparing && audience ? <SaveDialog audience={audience} definition={answers.written.definition} isSaving={save.isPending} error={save.error} onSave={() => save.mutate()} onClose={() => { save.reset(); setIsComparing(false); }} /> : null}
    </Page>
  );
}

function Definition({ edit, answers, opensAtOnce, own }: { readonly own: string | undefined; readonly edit: DraftEdit; readonly answers: Answers; readonly opensAtOnce: boolean }): ReactNode {
  const { view = "sentence" } = useSearch({ strict: false }) as BuilderSearch; // Of both of the builder's addresses.
  const navigate = useNavigate();
  const show = (next: string): void => void navigate({ to: ".", search: (before: BuilderSearch) => ({ ...before, view: next === "sentence" ? undefined : next }), replace: true } as never); // The same page at the same address.
  return (
    <section className="card builder-card" aria-label={t.builder.conditions}>
      <div className="card-head">
        <SegmentedControl size="xs" aria-label={t.views.label} value={view} data={builderViews.map((value) => ({ value, label: t.views[value] }))} onChange={(value) => show(value as BuilderView)} />
        <div className="row">
          <Tooltip label={t.builder.undo}><ActionIcon aria-label={t.builder.undo} disabled={!edit.canUndo} onClick={edit.undo}><IconArrowBackUp size={17} /></ActionIcon></Tooltip>
          <Tooltip label={t.builder.redo}><ActionIcon aria-label={t.builder.redo} disabled={!edit.canRedo} onClick={edit.redo}><IconArrowForwardUp size={17} /></ActionIcon></Tooltip>
        </div>
      </div>
      <div className="card-body builder-body">
        {view === "sentence" ? <SentenceView edit={edit} opensAtOnce={opensAtOnce} /> : null}
        {view === "yaml" ? <YamlView own={own} draft={edit.draft} onReplace={edit.replace} /> : null}
        {view === "sql" ? <SqlView answers={answers} /> : null}
        {view === "json" ? <JsonView definition={answers.written.definition} /> : null}
      </div>
      <p className="builder-sentence" aria-live="off">{answers.isEmpty ? t.builder.emptySentence : <bdi>{answers.check?.sentence?.[language] ?? ""}&nbsp;</bdi>}</p>
    </section>
  );
}

/** Also while a field has the focus: what it would undo is only its own letters, which the draft undoes as well. */
function useUndoKeys({ undo, redo }: DraftEdit): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || document.querySelector("[role=dialog] textarea, [data-menu-dropdown]")) return;
      const key = event.key.toLowerCase();
      const isText = event.target instanceof HTMLElement && event.target.closest(".builder-head, textarea, [role=listbox], .mantine-Combobox-search") !== null;
      if (isText || (key !== "z" && key !== "y")) return;
      event.preventDefault();
      if (key === "y" || event.shiftKey) redo();
      else undo();
    };
    window.addEventListener("keydown", onKey, true);
    return () => window.removeEventListener("keydown", onKey, true);
  }, [undo, redo]);
}

interface Saving {
  readonly name: string;
  readonly folder: string;
  readonly definition: unknown;
  readonly isChanged: boolean;
}

function useSave(audience: AudienceDetail | undefined, { name, folder, definition, isChanged }: Saving) {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: () => (audience === undefined
      ? change<AudienceDetail>("POST", "/audiences", { name, folder, definition })
      : change<AudienceDetail>("PATCH", audiencePath(audience.slug), { name, folder, ...(isChanged ? { definition, version: audience.version } : {}) })),
    onSuccess: async ({ slug }) => {
      toast({ text: t.builder.saved(name) });
      await client.invalidateQueries({ queryKey: ["audiences"] });
      void navigate({ to: "/audiences/$slug", params: { slug }, ignoreBlocker: true });
    },
  });
}
