// Money of several currencies is not added up: a computed trait that would is refused until the vocabulary says how to convert.
import type { ComputedDefinition } from "@tributary/schema/audience/computed.ts";
import type { ComputedProblem } from "@tributary/schema/audience/computed-references.ts";
import { moneyProblem, moneyProblemTexts } from "@tributary/schema/audience/money.ts";
import { placesWithin } from "@tributary/schema/audience/places.ts";
import { problem } from "@tributary/schema/audience/problem.ts";
import type { Vocabulary } from "@tributary/schema/audience/vocabulary.ts";
import { arrivingCurrencies, readComputedAround, refuseProblems } from "../audiences/audiences.ts";
import type { ApiServices } from "./api-services.ts";

export async function moneyProblems({ scan }: ApiServices, workspaceId: number, { value }: ComputedDefinition, vocabulary: Vocabulary): Promise<ComputedProblem[]> {
  const at = value.kind === "rfm" ? "/value" : placesWithin(value, ["value"]).find((place) => place.is === "property_role" && place.role === "value")?.path;
  if (at === undefined) return [];
  const found = moneyProblem(vocabulary.money, await arrivingCurrencies(scan, workspaceId, vocabulary));
  if (found === undefined) return [];
  const { detail, hint } = moneyProblemTexts(found);
  return [{ ...problem(at, detail, hint), character: null }];
}

/** Throws `invalid_definition`. */
export async function refuseMixedMoney(services: ApiServices, workspaceId: number, definition: ComputedDefinition, nowMs: number): Promise<void> {
  const { vocabulary } = await services.deps.workspaceDb.run(workspaceId, (db) => readComputedAround(db, workspaceId, nowMs));
  refuseProblems(await moneyProblems(services, workspaceId, definition, vocabulary));
}
