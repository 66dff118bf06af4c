import { expect, test } from "vitest";
import { oneAfterAnother } from "./one-after-another.ts";

test("runs begin in order, none before the one before has ended, also when that failed", async () => {
  const said: string[] = [];
  const run = oneAfterAnother(async (name: string) => {
    said.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    said.push(`${name} ends`);
    if (name === "a") throw new Error("a failed");
  });
  const results = await Promise.allSettled([run("a"), run("b")]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
  expect(said).toEqual(["a begins", "a ends", "b begins", "b ends"]);
});
