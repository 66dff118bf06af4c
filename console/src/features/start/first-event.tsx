// Waits for the first event, live, and shows what became of it; tells of a request with a wrong key, too.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { IconArrowRight } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { EventRow } from "@tributary/schema/api/events.ts";
import { texts } from "../../texts/texts.ts";
import { When } from "../../ui/figure.tsx";
import { ProblemNotice } from "../../ui/notice.tsx";
import { State } from "../../ui/state.tsx";
import { Value } from "../../ui/value.tsx";
import { Outcome } from "../events/outcome.tsx";
import { useLiveEvents } from "../events/use-live-events.ts";
import type { GuideKey } from "./guide-key.ts";
import { rejectedLikeQuery } from "./queries.ts";

const t = texts.start;

export function FirstEvent({ guideKey }: { readonly guideKey: GuideKey }): ReactNode {
  const { sourceId, madeAt } = guideKey;
  const live = useLiveEvents({ source: sourceId }, false);
  // The first that came, or the first of it that is somebody's.
  const arrived = live.rows.shown.filter(({ received_at: at }) => at >= madeAt).toReversed();
  const event = arrived.find(({ profile_id: id }) => id !== null) ?? arrived[0];
  if (event) return <Arrived event={event} />;
  return (
    <div className="stack">
      <div role="status"><State tone="waiting">{live.connection === "lost" ? t.lost : t.waiting}</State></div>
      {live.problem ? <ProblemNotice problem={live.problem} onRetry={live.retry} /> : null}
      <Rejected guideKey={guideKey} />
    </div>
  );
}

function Rejected({ guideKey }: { readonly guideKey: GuideKey }): ReactNode {
  const { data } = useQuery(rejectedLikeQuery(guideKey.key, guideKey.madeAt));
  const [last] = (data ?? []).toSorted((a, b) => b.last_at.localeCompare(a.last_at));
  if (last === undefined) return null;
  return (
    <div className="notice" data-tone="attention" role="alert">
      <div className="stack">
        <strong>{t.wrongKey(last.key_prefix)}</strong>
        <div>{last.reason === "origin" ? t.wrongOrigin(last.origin) : t.wrongKeyText}</div>
      </div>
    </div>
  );
}

function Arrived({ event }: { readonly event: EventRow }): ReactNode {
  return (
    <div className="stack start-arrived" role="status">
      <div className="row wrap"><strong>{t.arrived}</strong><Outcome outcome={event.outcome} /><span className="dim"><When at={event.received_at} /></span></div>
      <dl className="facts">
        <dt>{t.event}</dt><dd><Value value={event.event || event.type} /></dd>
        {event.user_id ? <><dt>{t.user}</dt><dd><Value value={event.user_id} /></dd></> : null}
      </dl>
      <div className="row wrap">
        {event.profile_id ? (
          <Button component={Link} to={`/profiles/${event.profile_id}`} rightSection={<IconArrowRight size={15} />}>{t.openPerson}</Button>
        ) : <span className="dim">{event.outcome === "stored" ? t.nobody : t.held}</span>}
        <Button component={Link} to={`/live?message=${encodeURIComponent(event.message_id)}`} variant="default">{t.openEvent}</Button>
      </div>
    </div>
  );
}
