// The reasons why events are held, each with its count, since when, its sources and the advice; and what can be done to all
// of one reason.
import { Button } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { HeldGroup } from "@tributary/schema/api/event-path.ts";
import { texts } from "../../texts/texts.ts";
import { Figure, When } from "../../ui/figure.tsx";
import { Told } from "../../ui/told.tsx";
import { may, sessionQuery } from "../accounts/session.ts";
import { useSourceName } from "../sources/queries.ts";
import type { HeldSearch } from "./held-search.ts";
import { ManyDialog } from "./many-dialog.tsx";

const t = texts.held;
const SOURCES_SHOWN = 3;

export interface HeldGroupsProps {
  readonly groups: readonly HeldGroup[];
  readonly search: HeldSearch;
  readonly onGo: (search: HeldSearch) => void;
}

export function HeldGroupsView({ groups, search, onGo }: HeldGroupsProps): ReactNode {
  const [acting, setActing] = useState<{ readonly group: HeldGroup; readonly what: "resend" | "discard" }>();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const mayAct = may(session, "write") && may(session, "personal_data") && search.status === undefined;
  const choose = (reason: string): void => {
    const { row: _, reason: chosen, ...rest } = search;
    onGo(chosen === reason ? rest : { ...rest, reason });
  };
  return (
    <div className="held-groups" role="list" aria-label={t.why}>
      {groups.map((group) => (
        <div className="held-group" role="listitem" key={group.reason} data-chosen={search.reason === group.reason}>
          <button type="button" className="what" aria-pressed={search.reason === group.reason} onClick={() => choose(group.reason)}>
            <strong>{t.reason(group.reason)}</strong> <span className="dim">· <Figure value={group.count} /> · <Where group={group} /></span>
            <div className="dim"><Told text={group.detail} />{group.as_received || !mayAct ? null : ` ${t.repairOnly}`}</div>
          </button>
          {mayAct ? (
            <div className="buttons">
              {group.as_received ? <Button variant="default" onClick={() => setActing({ group, what: "resend" })}>{t.resendAll}</Button> : null}
              <Button variant="subtle" color="gray" onClick={() => setActing({ group, what: "discard" })}>{t.discardAll}</Button>
            </div>
          ) : null}
        </div>
      ))}
      {acting ? <ManyDialog group={acting.group} what={acting.what} onClose={() => setActing(undefined)} /> : null}
    </div>
  );
}

function Where({ group }: { readonly group: HeldGroup }): ReactNode {
  const sourceName = useSourceName();
  const names = group.sources.slice(0, SOURCES_SHOWN).map(({ source_id: id }) => sourceName(id).slice(0, 40)).join(", ");
  return <><bdi>{names}</bdi>{group.sources.length > SOURCES_SHOWN ? " …" : ""} · {t.since} <When at={group.first_at} />, {t.last} <When at={group.last_at} /></>;
}
