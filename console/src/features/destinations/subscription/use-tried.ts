// The event that a mapping is tried with, and what it makes of it: chosen by the reader, kept while they edit, asked anew a moment after
// the latest letter. Until the new answer is there, the old one stays.
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { PreviewedEvent } from "@tributary/schema/api/destinations.ts";
import type { SubscriptionDraft } from "./model/subscription-draft.ts";
import { eventOf, previewQuery, recentQuery, type Asked, type Looked } from "./queries.ts";

const TYPING_MS = 300;

export interface Tried {
  readonly recent: ReturnType<typeof useQuery<{ readonly data: readonly PreviewedEvent[]; readonly examined: number; readonly passing: number }>>;
  /** What that answered, of what is edited now. */
  readonly found: { readonly data: readonly PreviewedEvent[]; readonly examined: number; readonly passing: number } | undefined;
  readonly preview: ReturnType<typeof useQuery<{ readonly one: PreviewedEvent | undefined; readonly problems: readonly { readonly field: string; readonly problem: string }[] }>>;
  /** Undefined: there is no event to look at. */
  readonly looked: Looked | undefined;
  readonly one: PreviewedEvent | undefined;
  readonly sample: unknown;
  /** What is shown is of what is edited now. */
  readonly isCurrent: boolean;
  readonly asked: Asked;
}

export function useTried(slug: string, draft: SubscriptionDraft, subscription: number | undefined, chosen: Looked | undefined): Tried {
  const [definition] = useDebouncedValue(draft.definition, TYPING_MS);
  const asked = useMemo((): Asked => ({ slug, definition, subscription }), [slug, definition, subscription]);
  const { trigger } = definition;
  const isReady = trigger.kind === "audience" ? trigger.audience !== "" : trigger.kind === "model" ? trigger.model !== "" : true;
  const recent = useQuery({ ...recentQuery(asked), enabled: isReady });
  // Of another trigger than the one that nobody has finished yet, nothing is shown.
  const [first] = recent.data?.data ?? [];
  const found = isReady && (first === undefined || fits(lookedAt(first), trigger.kind)) ? recent.data : undefined;
  const looked = isReady ? ([chosen, lookedAt(found?.data[0])].find((one) => one !== undefined && fits(one, trigger.kind))) : undefined;
  const preview = useQuery({ ...previewQuery(asked, looked ?? { kind: "message", messageId: "" }), enabled: isReady && looked !== undefined });
  // One that was written down, or is not among the recent ones, is asked for by itself.
  const listed = found?.data.find((one) => isLooked(one, looked));
  const alone = useQuery({
    ...previewQuery({ ...asked, definition: { ...asked.definition, mapping: { event: { "@path": "$" } } } }, looked ?? { kind: "message", messageId: "" }), placeholderData: keepPreviousData,
    enabled: looked !== undefined && looked.kind !== "message" && found !== undefined && listed === undefined,
  });
  return {
    recent: recent as Tried["recent"], found: found as Tried["found"], preview: preview as Tried["preview"], looked, one: isReady ? preview.data?.one : undefined, sample: isReady ? eventOf(listed ?? alone.data?.one) : undefined, // The same, read.
    isCurrent: definition === draft.definition && !preview.isPlaceholderData && !preview.isFetching, asked,
  };
}

/** Events have their rows; what becomes of audiences and models has none. */
function fits(looked: Looked | undefined, kind: SubscriptionDraft["definition"]["trigger"]["kind"]): boolean {
  return looked?.kind === "given" || (looked?.kind === "row") === (kind === "events");
}

export function lookedAt(one: PreviewedEvent | undefined): Looked | undefined {
  if (one === undefined) return undefined;
  return one.row_id === null ? { kind: "message", messageId: one.message_id } : { kind: "row", row: one.row_id };
}

export function isLooked(one: PreviewedEvent, looked: Looked | undefined): boolean {
  if (looked?.kind === "row") return one.row_id === looked.row;
  return looked?.kind === "message" && one.row_id === null && one.message_id === looked.messageId;
}
