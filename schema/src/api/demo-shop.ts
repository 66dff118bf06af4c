// The demo shop: an invented shop in a workspace of its own, to look around in, with three guided scenarios.
import { z } from "zod";
import { guid, isoTime } from "./answer-parts.ts";

export const demoShopLimits = { peopleMin: 10, peopleMax: 20_000, daysMin: 14, daysMax: 730, paceMin: 0.1, paceMax: 1_000 } as const;
const limits = demoShopLimits;

const pace = z.number().min(limits.paceMin).max(limits.paceMax);

export const demoShopBody = z.strictObject({
  people: z.int().min(limits.peopleMin).max(limits.peopleMax).default(3_000).meta({ description: "All who were seen by the end of the history, passers-by and crawlers too." }),
  days: z.int().min(limits.daysMin).max(limits.daysMax).default(180).meta({ description: "How far the history goes back." }),
  seed: z.string().min(1).max(100).default("larkfield").meta({ description: "The same seed gives the same people." }),
  pace: pace.default(10).meta({ description: "How much faster than the clock the shop goes on when the history is played." }),
});

export const demoShopPatchBody = z.strictObject({ pace: pace.optional(), paused: z.boolean().optional() });

const workspaceName = z.strictObject({ slug: z.string(), name: z.string() });

export const demoShopAnswer = z
  .strictObject({
    state: z.enum(["none", "history", "live", "removing"]).meta({ description: "`history`: the past is being played; `live`: it goes on." }),
    is_here: z.boolean().meta({ description: "Whether the caller's workspace is the demo shop." }),
    is_member: z.boolean().meta({ description: "Whether the caller may enter it." }),
    workspace: workspaceName.nullable(),
    people: z.int().nullable(),
    pace: z.number().nullable(),
    paused: z.boolean(),
    progress: z
      .strictObject({
        total: z.int().nullable().meta({ description: "Events of the history; null while they are counted." }),
        appended: z.int(),
        decided: z.int(),
        landed: z.int(),
        live: z.int().meta({ description: "Events since the history ended." }),
        since: isoTime,
        history_from: isoTime,
        history_until: isoTime,
        shop_at: isoTime.nullable().meta({ description: "Where the shop stands in its own time, once it goes on live." }),
      })
      .nullable(),
    failure: z.string().nullable().meta({ description: "Why it stands still; it is tried again." }),
    removal: z
      .strictObject({ asked_at: isoTime, step: z.enum(["waiting", "removing", "done"]), rows_removed: z.int(), done_at: isoTime.nullable() })
      .nullable()
      .meta({ description: "Of the demo shop that was removed last from here." }),
  })
  .meta({ id: "DemoShop" });
export type DemoShopAnswer = z.infer<typeof demoShopAnswer>;

export const demoShopMade = z.strictObject({
  shop: demoShopAnswer,
  secret: z.string().nullable().meta({ description: "For a caller with a token: one for the demo shop's workspace, shown this once." }),
});
export type DemoShopMade = z.infer<typeof demoShopMade>;

export const scenarioId = z.enum(["late_order", "family_tablet", "wrong_merge"]);
export type ScenarioId = z.infer<typeof scenarioId>;

const storyPerson = z.strictObject({
  name: z.string(),
  ref: z.string().meta({ description: "An identifier of theirs, as in the address of a person." }),
  profile_id: guid.nullable().meta({ description: "Whom it leads to now." }),
});

export const scenario = z
  .strictObject({
    id: scenarioId,
    ready: z.boolean().meta({ description: "Whether its people have come in yet." }),
    done: z.boolean(),
    people: z.array(storyPerson),
    facts: z.record(z.string(), z.string()),
  })
  .meta({ id: "DemoScenario" });
export type Scenario = z.infer<typeof scenario>;

export const scenarioList = z.strictObject({ data: z.array(scenario) });
export type ScenarioList = z.infer<typeof scenarioList>;

export const scenarioAnswerBody = z.strictObject({ profile_id: guid });
export const scenarioAnswered = z.strictObject({ right: z.boolean() });
export type ScenarioAnswered = z.infer<typeof scenarioAnswered>;
