// How a key stands, from its two times.
import { expect, test } from "vitest";
import { countdown, keysInOrder, keyStateOf, sdkText } from "./key-state.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const key = (id: number, expires: number | null, revoked: number | null = null) => ({
  id, prefix: `wk_${id}`, created_at: new Date(NOW - 1e9).toISOString(),
  events_per_second: null, expires_at: expires === null ? null : new Date(NOW + expires).toISOString(), revoked_at: revoked === null ? null : new Date(NOW + revoked).toISOString(),
});

test.each([
  ["active", key(1, null)], ["ending", key(1, 1)], ["ended", key(1, 0)], ["ended", key(1, -1)], ["revoked", key(1, 1000, -5)], ["revoked", key(1, null, -5)],
])("%s", (state, one) => expect(keyStateOf(one, NOW)).toBe(state));

test.each([[7 * 86_400_000 - 1, "6 d 23 h"], [86_400_000, "1 d"], [86_400_000 + 59_000, "1 d"], [3_600_000 + 120_000, "1 h 2 min"], [61_000, "1 min 1 s"], [5_000, "5 s"], [999, ""]])(
  "%d ms are %j", (ms, text) => expect(countdown(ms)).toBe(text),
);

test("the newest live key comes first, revoked ones apart", () => {
  const { live, gone } = keysInOrder([key(1, null, -1), key(2, -1), key(3, 5), key(4, null)], NOW);
  expect(live.map((one) => one.id)).toEqual([4, 3, 2]);
  expect(gone.map((one) => one.id)).toEqual([1]);
});

test("an SDK is told with its version, or as unknown", () => {
  const use = { requests: 1, events: 1, last_at: "" };
  expect(sdkText({ ...use, sdk: "analytics-node", version: "2.1.3" }, "?")).toBe("analytics-node 2.1.3");
  expect(sdkText({ ...use, sdk: "", version: "" }, "an unknown SDK")).toBe("an unknown SDK");
});
