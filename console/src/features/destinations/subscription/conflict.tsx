// Somebody else was faster: what stands there now beside what is in the editor, and which of the two is to stay.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { SubscriptionDetail } from "@tributary/schema/api/destinations.ts";
import { read } from "../../../api.ts";
import { texts } from "../../../texts/texts.ts";
import { JsonDiff } from "../../../ui/json-diff-view.tsx";
import { Bar, ProblemNotice } from "../../../ui/notice.tsx";
import { subscriptionPath } from "../queries.ts";
import type { SubscriptionDraft } from "./model/subscription-draft.ts";

const t = texts.subscriptions.conflict;

export interface ConflictProps {
  readonly slug: string;
  readonly base: SubscriptionDetail;
  readonly draft: SubscriptionDraft;
  readonly error: Error;
  readonly isSaving: boolean;
  readonly onTake: (theirs: SubscriptionDetail) => void;
  readonly onKeep: (version: number) => void;
}

export function Conflict({ slug, base, draft, error, isSaving, onTake, onKeep }: ConflictProps): ReactNode {
  const theirs = useQuery({ queryKey: ["destinations", "one", slug, "subscription", base.id, "now", base.version], queryFn: ({ signal }) => read<SubscriptionDetail>(subscriptionPath(slug, base.id), {}, signal), gcTime: 0, staleTime: 0 });
  const now = theirs.data;
  return (
    <div className="stack conflict">
      <ProblemNotice problem={error} />
      {theirs.isLoading ? <Bar width={60} /> : null}
      {now && now.version !== base.version ? (
        <>
          <p>{t.text(now.version, now.updated_by_name ?? now.updated_by)}</p>
          <JsonDiff before={now.definition} after={draft.definition} label={t.difference} skipped={texts.subscriptions.versions.same} tooLong={<p className="dim">{texts.subscriptions.versions.tooLong}</p>} />
          <div className="row wrap">
            <Button variant="default" onClick={() => onTake(now)}>{t.take(now.version)}</Button>
            <Button variant="default" loading={isSaving} onClick={() => onKeep(now.version)}>{t.keep}</Button>
          </div>
        </>
      ) : null}
    </div>
  );
}
