// What every list of an advertising platform is used for besides: an audience of those who have bought is kept there, and excluded in the campaigns.
import type { Preset } from "@tributary/schema/destination/definition.ts";

export function excludeConverted(action: string, mapping: Preset["mapping"]): Preset {
  return { key: "exclude-converted", name: "Exclude who has bought: an audience of buyers, to be excluded in your campaigns", action, trigger: "audience_changed", mapping };
}
