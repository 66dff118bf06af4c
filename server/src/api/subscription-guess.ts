// Filters of subscriptions test values of events, and what passes tells what they are: guesses, as conditions of audiences are.
import { definition as audienceDefinition } from "@tributary/schema/audience/definition.ts";
import type { EventTrigger } from "@tributary/schema/destination/subscription.ts";
import { takeGuess } from "./audience-guess.ts";
import type { ApiServices } from "./api-services.ts";
import type { RouteContext } from "./define-route.ts";

type Asking = Pick<RouteContext<unknown, unknown, unknown>, "caller" | "workspaceId" | "nowMs">;

/** Throws `forbidden` for a test of a part of a personal value, `rate_limited` when there were too many tests. */
export async function takeTriggerGuess(services: ApiServices, asking: Asking, { types, names, where }: EventTrigger): Promise<void> {
  if (where === undefined || where.length === 0) return;
  const calls = (types ?? ["track", "identify", "page", "screen", "group", "alias"]).filter((type) => type !== "track");
  // Filters hold for whatever may pass: track calls of these names, or of any, and the other calls by their types.
  const events = [...(types === undefined || types.includes("track") ? (names ?? [""]) : []), ...calls];
  const one = { kind: "event", event: events, where };
  await takeGuess(services, asking, { ...emptyDefinition, who: one } as unknown as typeof emptyDefinition); // It is only looked through for tests, whose shape this has.
}

const emptyDefinition = audienceDefinition.parse({ who: { all: [] } });
