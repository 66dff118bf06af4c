import { afterAll, beforeAll, expect, test } from "vitest";
import { limitsWith } from "../core/limits.ts";
import { limitRoutes } from "./limits.ts";
import { startTestApi, type TestApi } from "./testing.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ moreRoutes: limitRoutes(limitsWith({ batchEventsMax: 7 })) });
});
afterAll(() => api.stop());

test("every limit is told with what it is here, what it is by itself, and the setting that changes it", async () => {
  const { status, body } = await api.call("GET", "/limits");
  expect(status).toBe(200);
  expect(body.data.find((limit: { name: string }) => limit.name === "batchEventsMax")).toEqual({
    name: "batchEventsMax", value: 7, default_value: 2_500, unit: "events", setting: "TRIBUTARY_LIMIT_BATCH_EVENTS", what: "Events of one batch.",
  });
  expect((await api.call("GET", "/limits", { token: null })).status).toBe(401);
});
