// Where one is signed in; each other session can be ended, or all of them.
import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { When } from "../../ui/figure.tsx";
import { Bar, ProblemNotice } from "../../ui/notice.tsx";
import { Card } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { browserOf } from "./browser-of.ts";
import { doorAnswer, ownSessionsQuery, type OwnSession } from "./door.ts";

const t = texts.accounts.sessions;

export function OwnSessionList(): ReactNode {
  const client = useQueryClient();
  const sessions = useQuery(ownSessionsQuery);
  const refresh = () => client.invalidateQueries({ queryKey: ownSessionsQuery.queryKey });
  const end = useMutation({ mutationFn: (session: OwnSession) => doorAnswer("revoke-session", { token: session.token }), onSuccess: refresh });
  const endOthers = useMutation({ mutationFn: () => doorAnswer("revoke-other-sessions", {}), onSuccess: refresh });
  const error = sessions.error ?? end.error ?? endOthers.error;
  const rows = sessions.data?.sessions;
  const button = rows && rows.length > 1 ? <Button variant="default" loading={endOthers.isPending} onClick={() => endOthers.mutate()}>{t.endOthers}</Button> : undefined;
  return (
    <Card title={t.title} actions={button} bare>
      <p className="dim card-body">{t.text}</p>
      {error ? <div className="card-body"><ProblemNotice problem={error} onRetry={() => void sessions.refetch()} /></div> : null}
      <div role="list" aria-label={t.title}>
        {rows === undefined && !sessions.error ? <div className="session-row" role="listitem"><Bar width={40} /></div> : null}
        {rows?.map((session) => {
          const isHere = session.id === sessions.data?.here;
          const what = nameOf(session);
          return (
            <div className="session-row" role="listitem" key={session.id}>
              <div>
                <div className="row wrap"><span>{what}</span>{isHere ? <State tone="good">{t.here}</State> : null}</div>
                <div className="dim row wrap">{session.ipAddress ? <span className="mono">{session.ipAddress}</span> : null}<span>{t.used} <When at={session.updatedAt} /></span></div>
              </div>
              {isHere ? null : (
                <Button variant="subtle" color="red" loading={end.isPending && end.variables.id === session.id} onClick={() => end.mutate(session)} aria-label={t.endLabel(what)}>{t.end}</Button>
              )}
            </div>
          );
        })}
        {rows?.length === 1 ? <p className="dim card-body">{t.none}</p> : null}
      </div>
    </Card>
  );
}

function nameOf({ userAgent }: OwnSession): string {
  const { browser, system } = browserOf(userAgent);
  if (browser !== undefined && system !== undefined) return t.on(browser, system);
  return browser ?? system ?? t.unknown;
}
