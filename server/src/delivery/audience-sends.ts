// What destinations would be told if a change brought people into an audience and took others out of it: before anybody makes it.
import type { ClientBase } from "pg";
import { audienceTrigger } from "@tributary/schema/destination/subscription.ts";
import { isTooMany, toldOf } from "./big-change.ts";

export interface AudienceChange {
  readonly stay: number;
  readonly enter: number;
  readonly leave: number;
}

/** One subscription. */
export interface AudienceSend {
  readonly destination: string;
  /** The destination's, and its own. */
  readonly name: string;
  /** At most: of those who come in, only who allows it is told. */
  readonly adds: number;
  readonly removes: number;
  /** It is more than may be sent without asking: everything waits until somebody answers. */
  readonly asks: boolean;
}

interface Row {
  readonly destination: string;
  readonly name: string;
  readonly trigger: unknown;
  readonly isLimited: boolean;
  readonly told: number;
}

/** Of subscriptions that are switched on and name the audience themselves. */
export async function readAudienceSends(db: ClientBase, workspaceId: number, slug: string, { stay, enter, leave }: AudienceChange): Promise<AudienceSend[]> {
  const { rows } = await db.query<Row>(
    `select d.slug as destination, d.name || ': ' || s.name as name, s.definition -> 'trigger' as trigger, d.test_people is not null as "isLimited",
       (select count(*)::float8 from delivery_member m where m.workspace_id = s.workspace_id and m.subscription_id = s.id) as told
     from subscription s join destination d on d.id = s.destination_id and d.workspace_id = s.workspace_id
       join audience a on a.workspace_id = s.workspace_id and a.id = (s.definition -> 'trigger' ->> 'audienceId')::integer
     where s.workspace_id = $1 and a.slug = $2 and s.status = 'active' and s.enabled and d.status = 'active' and d.enabled order by lower(d.name), lower(s.name), s.id`,
    [workspaceId, slug],
  );
  return rows.map(({ destination, name, trigger: stored, isLimited, told }) => {
    const { on, stopShare } = audienceTrigger.parse(stored);
    const counts = toldOf(on, { added: enter, removed: leave });
    // At the destination, as far as it was told; nobody: in the audience, before.
    const people = told > 0 ? told : stay + leave;
    return { destination, name, adds: counts.added, removes: counts.removed, asks: !isLimited && isTooMany(counts, stopShare, people) };
  });
}
