// Which scenario's panel is open: kept for this tab, so that it stays beside the pages that one works on.
import { useSessionStorage } from "@mantine/hooks";
import type { ScenarioId } from "@tributary/schema/api/demo-shop.ts";

/** Told apart without the schema's parser, which every page would load for it before it shows anything. */
const known: Readonly<Record<ScenarioId, ScenarioId>> = { late_order: "late_order", family_tablet: "family_tablet", wrong_merge: "wrong_merge" };

export function useOpenScenario(): readonly [ScenarioId | undefined, (id: ScenarioId | undefined) => void] {
  const [open, setOpen, clear] = useSessionStorage<string>({ key: "tributary.scenario", defaultValue: "", getInitialValueInEffect: false });
  return [Object.values(known).find((id) => id === open), (id) => (id === undefined ? clear() : setOpen(id))];
}
