// The limits on what comes in, as they stand on this server.
import { z } from "zod";

export const limitEntry = z
  .strictObject({
    name: z.string(),
    value: z.number(),
    default_value: z.number(),
    unit: z.string(),
    setting: z.string().meta({ description: "The environment variable that changes it." }),
    what: z.string().meta({ description: "What it bounds, for people." }),
  })
  .meta({ id: "Limit" });
export type LimitEntry = z.infer<typeof limitEntry>;

export const limitList = z.strictObject({ data: z.array(limitEntry) });
export type LimitList = z.infer<typeof limitList>;
