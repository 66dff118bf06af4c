// The limits on what comes in, so that whoever meets one finds its value and the setting that changes it.
import { limitList } from "@tributary/schema/api/limits.ts";
import { limitDeclarations, type LimitName, type Limits } from "../core/limits.ts";
import { defineRoute, type Route } from "./define-route.ts";

export function limitRoutes(limits: Limits): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/limits",
      tag: "Workspace",
      scopes: ["read"],
      summary: "The limits on what comes in",
      description: "The same for all workspaces of this server; whoever runs it changes them by their settings.",
      responses: { 200: limitList },
      handle: async () => ({
        status: 200,
        body: {
          data: (Object.keys(limitDeclarations) as LimitName[]).map((name) => {
            const { value, unit, setting, what } = limitDeclarations[name];
            return { name, value: limits[name], default_value: value, unit, setting, what };
          }),
        },
      }),
    }),
  ];
}
