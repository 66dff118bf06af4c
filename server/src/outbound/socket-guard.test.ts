import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { answering, okReply, startTestVendor } from "./testing.ts";

test("in a guarded thread no library reaches what may not be reached, and each reaches what may", async () => {
  const inside = await startTestVendor(answering(okReply));
  const opened = await startTestVendor(answering(okReply));
  const worker = new Worker(new URL("./testing-guarded-thread.ts", import.meta.url), { workerData: { port: inside.port, openPort: opened.port } });
  try {
    const results: Record<string, string> = await new Promise((resolve, reject) => void worker.once("message", resolve).once("error", reject));
    // It tells nobody why it failed.
    expect(results["WebSocket"]).toBe("failed otherwise: TypeError");
    delete results["WebSocket"];
    const refused = Object.entries(results).filter(([name]) => !name.startsWith("open:"));
    const reached = Object.entries(results).filter(([name]) => name.startsWith("open:"));
    expect(refused.filter(([, outcome]) => !["address_refused", "bad_address", "no_such_host"].includes(outcome))).toEqual([]);
    expect([refused.length, reached.length]).toEqual([26, 4]);
    expect(reached.filter(([, outcome]) => outcome !== "reached")).toEqual([]);
    expect(inside.connections()).toBe(0);
  } finally {
    await worker.terminate();
    await inside.stop();
    await opened.stop();
  }
});
