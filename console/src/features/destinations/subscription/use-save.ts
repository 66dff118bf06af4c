// Saving a subscription. Where a change of one that is on would send people at once, that is asked about first.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { SubscriptionChanged, SubscriptionDetail } from "@tributary/schema/api/destinations.ts";
import { ApiProblem, change } from "../../../api.ts";
import { texts } from "../../../texts/texts.ts";
import { toast } from "../../../ui/toast.tsx";
import { destinationPath, subscriptionPath } from "../queries.ts";
import { draftOf, isSameDraft, type SubscriptionDraft } from "./model/subscription-draft.ts";
import { subscriptionQuery } from "./queries.ts";

const t = texts.subscriptions;

export interface Saving {
  readonly slug: string;
  /** The one that was changed; undefined: it is a new one. */
  readonly base: SubscriptionDetail | undefined;
  readonly draft: SubscriptionDraft;
  readonly onSaved: (now: SubscriptionDetail) => void;
}

export type Asking = SubscriptionChanged["backfill"];

export function useSave({ slug, base, draft, onSaved }: Saving) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [asking, setAsking] = useState<Asking>();
  const save = useMutation({
    mutationFn: async ({ isAsked, over }: { readonly isAsked: boolean; readonly over?: number }): Promise<SubscriptionDetail | undefined> => {
      const name = draft.name.trim();
      if (base === undefined) return change<SubscriptionDetail>("POST", `${destinationPath(slug)}/subscriptions`, { name, definition: draft.definition });
      const path = subscriptionPath(slug, base.id);
      const isOther = !isSameDraft({ ...draft, name: "" }, { ...draftOf(base), name: "" });
      const body = { name, ...(isOther || over !== undefined ? { definition: draft.definition, version: over ?? base.version } : {}) };
      if (base.enabled && isOther && !isAsked) {
        const { backfill } = await change<SubscriptionChanged>("PATCH", `${path}?dry_run=true`, body);
        if (backfill.length > 0) {
          setAsking(backfill);
          return undefined;
        }
      }
      return (await change<SubscriptionChanged>("PATCH", path, body)).subscription;
    },
    onSuccess: async (now) => {
      if (now === undefined) return;
      setAsking(undefined);
      client.setQueryData(subscriptionQuery(slug, now.id).queryKey, now);
      onSaved(now);
      toast({ text: base === undefined ? t.made(now.name) : t.saved(now.version) });
      void client.invalidateQueries({ queryKey: ["destinations"] });
      if (base === undefined) await navigate({ to: "/destinations/$slug/subscriptions/$id", params: { slug, id: String(now.id) }, ignoreBlocker: true });
    },
  });
  return { save, asking, stopAsking: () => setAsking(undefined), isConflict: save.error instanceof ApiProblem && save.error.status === 409 };
}
