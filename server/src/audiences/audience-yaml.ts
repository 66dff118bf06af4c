// Audiences as a file that people write, review and keep beside their code. What says nothing beyond the grammar's defaults is left out.
import type { Definition } from "@tributary/schema/audience/definition.ts";
import { stringify } from "yaml";

const OPTIONS = { lineWidth: 140, aliasDuplicateObjects: false } as const;

export function plainDefinition({ from, include, who }: Definition): Record<string, unknown> {
  return { ...(from === "known" ? {} : { from }), ...(include.bots || include.internal ? { include } : {}), who };
}

export function definitionYaml(one: Definition): string {
  return stringify(plainDefinition(one), OPTIONS);
}
