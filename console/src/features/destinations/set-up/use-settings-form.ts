// The settings of a destination while somebody fills them in: checked by the server field by field, then made or changed. Where somebody
// else has changed them meanwhile, what was typed here stays, over what is in force now.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import type { CatalogDetail, DestinationChanged, DestinationDetail } from "@tributary/schema/api/destinations.ts";
import { ApiProblem, change, read } from "../../../api.ts";
import { destinationPath, destinationQuery } from "../queries.ts";
import { changesOf, differing, draftOf, filledIn, formFields, problemsAt, type Draft, type FormField, type Problem } from "./form-fields.ts";
import { inputId } from "./input-props.ts";

export interface SettingsForm {
  readonly name: string;
  readonly draft: Draft;
  readonly fields: readonly FormField[];
  readonly problems: ReadonlyMap<string, string>;
  /** Of no field that is shown. */
  readonly otherProblems: readonly Problem[];
  readonly hasChanged: boolean;
  /** Another each time that what is kept takes the place of what was typed: inputs that hold more than their value begin anew. */
  readonly round: number;
  readonly isSaving: boolean;
  /** Why it could not be saved, other than by wrong settings. */
  readonly error: Error | null;
  /** What somebody else has changed meanwhile; undefined where nobody has. */
  readonly conflict: { readonly by: string; readonly fields: readonly string[] } | undefined;
  readonly setName: (name: string) => void;
  readonly setField: (key: string, value: unknown) => void;
  readonly discard: () => void;
  /** Undefined where it was not saved. `more` is sent along with a change. */
  readonly save: (more?: Readonly<Record<string, unknown>>) => Promise<DestinationDetail | undefined>;
}

interface Check {
  readonly ok: boolean;
  readonly problems: readonly Problem[];
}

/** `destination`: undefined of one that is still to be made. */
export function useSettingsForm({ definition, secrets }: CatalogDetail, destination: DestinationDetail | undefined): SettingsForm {
  const client = useQueryClient();
  const [saved, setSaved] = useState(destination);
  const [name, setName] = useState(destination?.name ?? definition.name);
  const before = useMemo(() => draftOf(definition.settings, saved), [definition, saved]);
  const [draft, setDraft] = useState<Draft>(before);
  const [found, setFound] = useState<readonly Problem[]>([]);
  const [conflict, setConflict] = useState<SettingsForm["conflict"]>();
  const [round, setRound] = useState(0);
  const fields = useMemo(() => formFields(definition.settings, draft, secrets, saved?.secrets), [definition, draft, secrets, saved]);
  const settings = saved ? changesOf(fields, before, draft) : filledIn(fields, draft);
  const hasChanged = saved ? name.trim() !== saved.name || Object.keys(settings).length > 0 : name.trim() !== definition.name || Object.keys(changesOf(fields, before, draft)).length > 0;

  const begin = (next: DestinationDetail | undefined): void => {
    setSaved(next);
    setName(next?.name ?? definition.name);
    setDraft(draftOf(definition.settings, next));
    setFound([]);
    setConflict(undefined);
    setRound((one) => one + 1);
  };
  // What others change shows at once, as long as nothing is typed here.
  const latest = useRef(begin);
  latest.current = begin;
  useEffect(() => {
    if (!hasChanged && destination !== undefined && destination.updated_at !== saved?.updated_at) latest.current(destination);
  }, [destination, hasChanged, saved]);

  /** Somebody else was first: what is in force now, and over it what was typed here. */
  const rebase = async (mine: Readonly<Record<string, unknown>>): Promise<void> => {
    if (!saved) return;
    const now = await read<DestinationDetail>(destinationPath(saved.slug));
    const after = draftOf(definition.settings, now);
    setConflict({ by: now.updated_by_name ?? now.updated_by, fields: differing(definition.settings, before, after) });
    setSaved(now);
    setDraft({ ...after, ...Object.fromEntries(Object.keys(mine).map((key) => [key, draft[key]])) });
  };

  const saving = useMutation({
    mutationFn: async (more: Readonly<Record<string, unknown>>): Promise<DestinationDetail | undefined> => {
      const check = await change<Check>("POST", `/catalog/${encodeURIComponent(definition.slug)}/check`, { settings, ...(saved ? { destination: saved.slug } : {}) });
      setFound(check.problems);
      if (!check.ok) {
        focusFirst(check.problems, fields);
        return undefined;
      }
      if (!saved) return change<DestinationDetail>("POST", "/destinations", { name: name.trim(), definition: definition.slug, settings, enabled: false });
      const said = { ...(name.trim() === saved.name ? {} : { name: name.trim() }), ...(Object.keys(settings).length === 0 ? {} : { settings }), ...more };
      if (Object.keys(said).length === 0) return saved;
      return (await change<DestinationChanged>("PATCH", destinationPath(saved.slug), { ...said, version: saved.version })).destination;
    },
    onSuccess: async (next) => {
      if (!next) return;
      begin(next);
      client.setQueryData(destinationQuery(next.slug).queryKey, next);
      await client.invalidateQueries({ queryKey: ["destinations"] });
    },
    onError: async (error) => {
      if (error instanceof ApiProblem && error.code === "conflict") await rebase(settings).catch(() => undefined);
    },
  });
  const { at, others } = problemsAt(found, fields);
  return {
    name, draft, fields, problems: at, otherProblems: others, hasChanged, round, isSaving: saving.isPending, error: conflict === undefined ? saving.error : null, conflict, setName,
    setField: (key, value) => {
      setDraft((now) => ({ ...now, [key]: value }));
      setFound((all) => all.filter(({ field }) => field !== key && !field.startsWith(`${key}.`)));
    },
    discard: () => { saving.reset(); begin(saved); },
    save: (more = {}) => saving.mutateAsync(more).catch(() => undefined),
  };
}

function focusFirst(problems: readonly Problem[], fields: readonly FormField[]): void {
  const { at } = problemsAt(problems, fields);
  const first = fields.find(({ field }) => at.has(field.key));
  if (first) document.getElementById(inputId(first.field.key))?.focus();
}
