// Read-only questions in SQL over a workspace's own views.
import { z } from "zod";

export const sqlRowsMax = 10_000;

export const sqlQuestion = z
  .strictObject({
    statement: z.string().min(1).max(65_536).meta({ description: "One SELECT over the views that GET /sql/views lists." }),
    parameters: z.record(z.string().regex(/^[A-Za-z_]\w{0,99}$/), z.string().max(100_000)).default({}).meta({ description: "Values of `{name:Type}` in the statement." }),
    rows_max: z.int().min(1).max(sqlRowsMax).default(1_000).meta({ description: "Of the rows at most so many are answered." }),
  })
  .meta({ id: "SqlQuestion" });

export const sqlAnswer = z
  .object({
    columns: z.array(z.object({ name: z.string(), type: z.string().meta({ description: "As ClickHouse calls it." }) })),
    rows: z.array(z.array(z.unknown())),
    is_cut: z.boolean().meta({ description: "There are more rows." }),
    query_id: z.string(),
    export_id: z.guid().nullable().meta({ description: "Under which it is kept whose rows these are: GET /exports/{id}/people. null: nobody's." }),
    duration_ms: z.number(),
    read_rows: z.number().meta({ description: "That the engine looked at." }),
    views: z.array(z.string()).meta({ description: "That the statement reads." }),
  })
  .meta({ id: "SqlAnswer" });
export type SqlAnswer = z.infer<typeof sqlAnswer>;

export const sqlViews = z
  .object({
    data: z.array(
      z.object({
        name: z.string(),
        kind: z.enum(["base", "event"]),
        about: z.string(),
        columns: z.array(z.object({ name: z.string(), type: z.string(), about: z.string() })),
      }),
    ),
  })
  .meta({ id: "SqlViews" });
export type SqlView = z.infer<typeof sqlViews>["data"][number];
