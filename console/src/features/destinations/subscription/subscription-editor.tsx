// The editor of a subscription: what is sent, what of it, and beside that what the destination would get of a real event.
import { Button, TextInput } from "@mantine/core";
import { useSuspenseQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState, type ReactNode } from "react";
import type { DestinationDetail, SubscriptionDetail } from "@tributary/schema/api/destinations.ts";
import { checkMapping } from "@tributary/schema/destination/check-mapping.ts";
import type { Action, DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import { texts } from "../../../texts/texts.ts";
import { AskDialog } from "../../../ui/ask-dialog.tsx";
import { ProblemNotice } from "../../../ui/notice.tsx";
import { Page } from "../../../ui/page.tsx";
import { State } from "../../../ui/state.tsx";
import { toast } from "../../../ui/toast.tsx";
import { useUnsaved } from "../../../ui/unsaved.ts";
import { may, sessionQuery } from "../../accounts/session.ts";
import { Backfill, SubscriptionSwitch } from "../subscription-switch.tsx";
import { Conflict } from "./conflict.tsx";
import { backTo } from "./frame.tsx";
import { MappingCard } from "./mapping-card.tsx";
import type { Problem } from "./model/fields.ts";
import { draftOf, isSameDraft, openParts, withAction, type SubscriptionDraft } from "./model/subscription-draft.ts";
import { PreviewPanel } from "./preview-panel.tsx";
import { suggestionsQuery, type Looked } from "./queries.ts";
import { TestSendPanel } from "./test-send.tsx";
import { useSave } from "./use-save.ts";
import { useTried, type Tried } from "./use-tried.ts";
import { ValuesProvider, type ValuesState } from "./values/context.ts";
import { WhatIsSent } from "./what-is-sent.tsx";

const t = texts.subscriptions;

export interface EditorProps {
  readonly destination: DestinationDetail;
  readonly definition: DestinationDefinition;
  /** Undefined: it is a new one. */
  readonly saved: SubscriptionDetail | undefined;
  /** What one begins with. */
  readonly first: SubscriptionDraft;
  readonly tabs?: ReactNode;
  /** In place of the editor, which keeps what is in it. */
  readonly children?: ReactNode;
}

export function SubscriptionEditor({ destination, definition, saved, first, tabs, children }: EditorProps): ReactNode {
  const { slug } = destination;
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { draft, base, setDraft, rebase, hasChanged } = useEdited(saved, first);
  const [looked, setLooked] = useLooked();
  const tried = useTried(slug, draft, saved?.id, looked);
  const action = definition.actions.find(({ key }) => key === draft.definition.action);
  const isReadOnly = !may(session, "write") || destination.status === "archived" || (saved !== undefined && saved.status === "archived");
  const { values, hasUnfinished } = useValues({ slug, draft, tried, isReadOnly });
  const problems = useProblems(draft, action, tried, saved?.problems);
  const { save, asking, stopAsking, isConflict } = useSave({ slug, base, draft, onSaved: rebase });
  useUnsaved(hasChanged && !save.isPending);
  const [isTesting, setIsTesting] = useState(false);
  const open = openParts(draft);
  const count = open.length + problems.mapping.length + problems.others.length + (hasUnfinished ? 1 : 0);
  // What somebody sees masked of a row can't be sent back as if it were the row.
  const mayTest = may(session, "write") && destination.status === "active" && (draft.definition.trigger.kind !== "model" || may(session, "personal_data"));
  const chooseAction = useChooseAction(slug, draft, setDraft);
  const submit = (): void => save.mutate({ isAsked: false });
  const isNew = saved === undefined;
  return (
    <Page
      title={saved?.name ?? t.newTitle} heading={<h1><bdi>{saved?.name ?? t.newTitle}</bdi></h1>} back={backTo(slug, destination.name)} sentence={<Sentence saved={saved} destination={destination} hasChanged={hasChanged} open={open} count={count} isReadOnly={isReadOnly} />}
      actions={isReadOnly ? null : <>{saved ? <SubscriptionSwitch destination={destination} subscription={saved} hasChanged={hasChanged} /> : null}<Button disabled={count > 0 || !(isNew || hasChanged)} loading={save.isPending} onClick={submit}>{isNew ? t.make : texts.everywhere.save}</Button></>}
    >
      {tabs}
      {isConflict && save.error && base ? <Conflict slug={slug} base={base} draft={draft} error={save.error} isSaving={save.isPending} onTake={(theirs) => { rebase(theirs); save.reset(); }} onKeep={(version) => save.mutate({ isAsked: false, over: version })} /> : save.error ? <div className="builder-problem"><ProblemNotice problem={save.error} onRetry={submit} /></div> : null}
      {children ?? (
        <ValuesProvider value={values}>
          <div className="mapping-page">
            <div className="stack-wide">
              <TextInput label={t.name} required maxLength={200} maw={420} readOnly={isReadOnly} value={draft.name} onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })} />
              <WhatIsSent draft={draft} definition={definition} problems={problems.others} isReadOnly={isReadOnly} onChange={setDraft} onAction={(next) => void chooseAction(next)} />
              <MappingCard slug={slug} action={action} draft={draft} problems={[...problems.mapping, ...problems.ofEvent]} tried={tried} onChange={setDraft} />
            </div>
            <PreviewPanel tried={tried} isOpen={open.includes("audience") || open.includes("model")} onLook={setLooked} onTest={mayTest ? () => setIsTesting(true) : undefined} />
          </div>
        </ValuesProvider>
      )}
      {isTesting ? <TestSendPanel tried={tried} destination={destination.name} onClose={() => setIsTesting(false)} /> : null}
      {asking ? (
        <AskDialog title={t.sendsTitle} error={null} onClose={stopAsking}
          action={<Button loading={save.isPending} onClick={() => save.mutate({ isAsked: true })}>{texts.everywhere.save}</Button>}
        >
          {asking.map((one) => <Backfill key={one.subscription} one={one} />)}
        </AskDialog>
      ) : null}
    </Page>
  );
}

/** What is edited, and what it is compared with: the version that somebody began with, not one that came since. */
function useEdited(saved: SubscriptionDetail | undefined, first: SubscriptionDraft) {
  const [draft, setDraft] = useState(first);
  const [base, setBase] = useState(saved);
  const hasChanged = !isSameDraft(draft, base ? draftOf(base) : first);
  const rebase = useCallback((now: SubscriptionDetail): void => {
    setBase(now);
    setDraft(draftOf(now));
  }, []);
  useEffect(() => {
    if (saved && saved !== base && !hasChanged) rebase(saved);
  }, [saved]);
  return { draft, base, setDraft, rebase, hasChanged };
}

/** One that is stored has its place in the address; any other is there until the page is left. */
function useLooked(): readonly [Looked | undefined, (looked: Looked | undefined) => void] {
  const { event } = useSearch({ strict: false }) as { readonly event?: number }; // Of both addresses of the editor.
  const navigate = useNavigate();
  const [other, setOther] = useState<Looked>();
  const look = (looked: Looked | undefined): void => {
    setOther(looked?.kind === "row" ? undefined : looked);
    void navigate({ to: ".", search: (before: Record<string, unknown>) => ({ ...before, event: looked?.kind === "row" ? looked.row : undefined }), replace: true, resetScroll: false } as never); // The same page.
  };
  return [other ?? (event === undefined ? undefined : { kind: "row", row: event }), look];
}

interface ValuesWish {
  readonly slug: string;
  readonly draft: SubscriptionDraft;
  readonly tried: Tried;
  readonly isReadOnly: boolean;
}

function useValues({ slug, draft: { definition }, tried, isReadOnly }: ValuesWish): { readonly values: ValuesState; readonly hasUnfinished: boolean } {
  const [unfinished, setUnfinished] = useState<ReadonlySet<string>>(new Set());
  const tellUnfinished = useCallback((id: string, isUnfinished: boolean) => setUnfinished((before) => {
    if (before.has(id) === isUnfinished) return before;
    return isUnfinished ? new Set([...before, id]) : new Set([...before].filter((one) => one !== id));
  }), []);
  const payload = JSON.stringify(Object.fromEntries(Object.entries(definition.mapping).filter(([, value]) => typeof value !== "object")));
  const { sample } = tried;
  const values = useMemo((): ValuesState => ({ sample, isReadOnly, tellUnfinished, of: { slug, action: definition.action, payload: payload.length > PAYLOAD_MAX ? "{}" : payload, mayAsk: !isReadOnly } }), [sample, isReadOnly, tellUnfinished, slug, definition.action, payload]);
  return { values, hasUnfinished: unfinished.size > 0 };
}

const PAYLOAD_MAX = 8_000;

/** Of the mapping at once, for it is checked here; of the rest, and of the event that is looked at, as the server says. */
function useProblems({ definition }: SubscriptionDraft, action: Action | undefined, { preview, one }: Tried, first: readonly Problem[] | undefined) {
  const mapping = useMemo(() => (action ? checkMapping(definition.mapping, action, definition.syncMode) : []), [definition.mapping, definition.syncMode, action]);
  const others = (preview.data?.problems ?? first ?? []).filter(({ field }) => field !== "mapping" && !field.startsWith("mapping."));
  // What the definition lacks anyway is said once.
  const ofEvent = (one?.problems ?? []).filter((problem) => !mapping.some(({ field }) => field === problem.field));
  return { mapping, others, ofEvent };
}

function useChooseAction(slug: string, draft: SubscriptionDraft, setDraft: (draft: SubscriptionDraft) => void) {
  const client = useQueryClient();
  return async (action: Action): Promise<void> => {
    try {
      const suggestions = await client.fetchQuery(suggestionsQuery(slug, action.key));
      const before = draft;
      setDraft(withAction(draft, action, suggestions));
      toast({ text: t.actionChosen(action.name), onUndo: () => setDraft(before) });
    } catch (error) {
      toast({ tone: "bad", text: error instanceof Error ? error.message : String(error) });
    }
  };
}

interface SentenceProps {
  readonly saved: SubscriptionDetail | undefined;
  readonly destination: DestinationDetail;
  readonly hasChanged: boolean;
  readonly open: ReturnType<typeof openParts>;
  readonly count: number;
  readonly isReadOnly: boolean;
}

function Sentence({ saved, destination, hasChanged, open, count, isReadOnly }: SentenceProps): ReactNode {
  const isSending = saved?.enabled === true && destination.enabled;
  return (
    <span className="row wrap">
      {saved ? <State tone={isSending ? "good" : saved.enabled ? "attention" : "plain"}>{isSending ? t.states.on : saved.enabled ? t.states.destinationOff : saved.status === "archived" ? t.states.archived : t.states.off}</State> : null}
      {saved ? <span>{t.version(saved.version)}</span> : null}
      {isReadOnly ? <span>{t.readOnly}</span> : open.length > 0 ? <span>{t.openParts[open[0] ?? "name"]}</span> : count > 0 ? <State tone="bad">{t.problems(count)}</State> : hasChanged && saved ? <strong>{t.unsaved}</strong> : null}
    </span>
  );
}
