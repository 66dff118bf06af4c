// One recent event as a subscription would send it, or why it would not.
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { PreviewedEvent } from "@tributary/schema/api/destinations.ts";
import { texts } from "../../../texts/texts.ts";
import { When } from "../../../ui/figure.tsx";
import { Json } from "../../../ui/json.tsx";
import { State } from "../../../ui/state.tsx";

const t = texts.setUp.preview;

interface TriedEventProps {
  readonly tried: PreviewedEvent;
  /** Shown open. */
  readonly isFirst: boolean;
  readonly onSend: () => void;
}

export function TriedEvent({ tried, isFirst, onSend }: TriedEventProps): ReactNode {
  const { event, type, at, row_id: row, profile_id: person, passes, why, payload, problems } = tried;
  const isWrong = passes && (payload === null || problems.length > 0);
  return (
    <li>
      <details open={isFirst}>
        <summary>
          <State tone={isWrong ? "attention" : passes ? "good" : "plain"}>{isWrong ? t.lacks : passes ? t.passes : t.isFiltered}</State>
          <span className="grow cut"><bdi>{event === "" ? type : event}</bdi></span>
          {why ? <span className="dim nowrap" title={why.reason}>{t.clauses[why.clause]}</span> : null}
          <span className="dim"><When at={at} /></span>
        </summary>
        <div className="stack tried-body">
          {problems.length === 0 ? null : <ul className="sdk-notes problem-list">{problems.map((one) => <li key={`${one.field} ${one.problem}`}>{one.problem}</li>)}</ul>}
          {payload === null ? <p className="dim">{t.makesNothing}</p> : <Json text={JSON.stringify(payload)} label={t.payloadOf(event)} />}
          <div className="row wrap">
            {payload === null || (row === null && person === null) ? null : <Button variant="default" size="compact-sm" onClick={onSend}>{t.sendTest}</Button>}
            {person === null ? <span className="dim">{texts.deliveries.one.nobody}</span> : <Link to="/profiles/$ref" params={{ ref: person }}>{t.openPerson}</Link>}
          </div>
        </div>
      </details>
    </li>
  );
}
