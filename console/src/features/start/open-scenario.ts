// Which scenario's panel is open: kept for this tab, so that it stays beside the pages that one works on.
import { useSessionStorage } from "@mantine/hooks";
import { scenarioId, type ScenarioId } from "@tributary/schema/api/demo-shop.ts";

export function useOpenScenario(): readonly [ScenarioId | undefined, (id: ScenarioId | undefined) => void] {
  const [open, setOpen, clear] = useSessionStorage<string>({ key: "tributary.scenario", defaultValue: "", getInitialValueInEffect: false });
  const parsed = scenarioId.safeParse(open);
  return [parsed.success ? parsed.data : undefined, (id) => (id === undefined ? clear() : setOpen(id))];
}
