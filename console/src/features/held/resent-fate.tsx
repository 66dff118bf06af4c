// What became of an event that was sent again: looked up until it stands in the event table.
import { Button } from "@mantine/core";
import { IconUser } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { EventFateAnswer } from "@tributary/schema/api/events.ts";
import { read } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { Told } from "../../ui/told.tsx";
import { Outcome } from "../events/outcome.tsx";

const t = texts.held;
const AGAIN_MS = 700;

/** `row`: where it stands in the log now; undefined: the latest under its message id. */
export function ResentFate({ messageId, row }: { readonly messageId: string; readonly row: number | undefined }): ReactNode {
  const fate = useQuery({
    queryKey: ["events", "resent", messageId, row ?? null],
    queryFn: ({ signal }) => read<EventFateAnswer>(`/events/${encodeURIComponent(messageId)}`, {}, signal),
    refetchInterval: ({ state }) => (foundIn(state.data, row) ? false : AGAIN_MS),
    retry: 5,
  });
  const found = foundIn(fate.data, row);
  if (!found) return <div role="status"><Outcome outcome="pending" /></div>;
  return (
    <div className="stack" role="status">
      <Outcome outcome={found.outcome} />
      <p>{texts.events.outcomeText[found.outcome] ?? ""}{found.detail ? <> <Told text={found.detail} /></> : null}</p>
      <div className="row wrap">
        {found.profile_id === null ? null : <Button component={Link} to={`/profiles/${found.profile_id}`} variant="default" leftSection={<IconUser size={15} />}>{texts.path.openPerson}</Button>}
        <Button component={Link} to="/live" search={{ message: messageId, row: found.row_id } as never} variant="default">{t.fate}</Button>
      </div>
    </div>
  );
}

function foundIn(answer: EventFateAnswer | undefined, row: number | undefined): EventFateAnswer["rows"][number] | undefined {
  return row === undefined ? answer?.rows.at(-1) : answer?.rows.find((one) => one.row_id === row);
}
