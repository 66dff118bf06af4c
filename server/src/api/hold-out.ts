// What difference it makes that an audience is sent to a destination, as far as the share who are held out tells.
import { holdOutShown } from "@tributary/schema/api/audience-sync.ts";
import { subscriptionParams } from "@tributary/schema/api/destinations.ts";
import { moneyProblem, moneyProblemText, moneyUnit } from "@tributary/schema/audience/money.ts";
import { arrivingCurrencies, loadVocabulary } from "../audiences/audiences.ts";
import { BUYERS_MIN, PEOPLE_MIN, readHoldOut, type Arm } from "../delivery/delivery.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { iso } from "./iso.ts";
import { subscriptionIn } from "./subscription-in.ts";
import { SUBSCRIPTIONS_TAG } from "./subscriptions.ts";

const shownArm = ({ people, buyers, orders, revenue, perPerson }: Arm): { people: number; buyers: number; orders: number; net_revenue: number; net_revenue_per_person: number } => ({
  people, buyers, orders, net_revenue: revenue, net_revenue_per_person: perPerson,
});

export function holdOutRoute(services: ApiServices): Route {
  const { deps, scan } = services;
  return defineRoute({
    method: "GET",
    path: "/destinations/{slug}/subscriptions/{id}/hold-out",
    tag: SUBSCRIPTIONS_TAG,
    scopes: ["read"],
    summary: "What difference an audience at a destination makes",
    description:
      "Those who are sent, held against the share who are held out, each since they were assigned: people, orders, and net revenue per person by the workspace's vocabulary, with the 95 % interval of the difference " +
      `by Welch's method. With fewer than ${PEOPLE_MIN} people or ${BUYERS_MIN} buyers on either side it says that these are too few.`,
    params: subscriptionParams,
    responses: { 200: holdOutShown },
    handle: async ({ params, workspaceId }) => {
      const { to, one, vocabulary } = await deps.workspaceDb.run(workspaceId, async (db) => ({ ...(await subscriptionIn(db, workspaceId, params)), vocabulary: (await loadVocabulary(db, workspaceId)).inForce }));
      const { trigger } = one.definition;
      const survivorsOf = (ids: readonly string[]): Promise<ReadonlyMap<string, string>> => deps.workspaceDb.run(workspaceId, async (db) => {
        const { rows } = await db.query<{ id: string; into: string }>("select id, merged_into as into from profile where workspace_id = $1 and id = any($2::uuid[]) and merged_into is not null", [workspaceId, ids]);
        return new Map(rows.map(({ id, into }) => [id, into]));
      });
      const arriving = await arrivingCurrencies(scan, workspaceId, vocabulary);
      const mixed = moneyProblem(vocabulary.money, arriving);
      const { sinceMs, sent, heldOut, both, difference, tooFew } = await readHoldOut(
        (sql, values) => scan(workspaceId, sql, values), { destinationId: to.id, subscriptionId: one.id, words: vocabulary, survivorsOf },
      );
      const problem = vocabulary.roles.order.events.length === 0 ? "Which events are orders is not said in the vocabulary." : mixed === undefined ? null : moneyProblemText(mixed).detail;
      return {
        status: 200,
        body: {
          share: trigger.kind === "audience" ? trigger.holdOut : 0, since: sinceMs === undefined ? null : iso(sinceMs), currency: moneyUnit(vocabulary.money, arriving),
          sent: shownArm(sent), held_out: shownArm(heldOut), both, too_few: tooFew ?? null, needed: { people: PEOPLE_MIN, buyers: BUYERS_MIN }, problem,
          difference: difference === undefined || problem !== null ? null : { net_revenue_per_person: difference.difference, low: difference.low, high: difference.high, level: 0.95 as const },
        },
      };
    },
  });
}
