// How fast the demo shop is made: calls generated and written as JSON, one core, nothing behind it.
import { createShop } from "../server/src/demo/demo.ts";
import { number, plainRow, type Row } from "./table.ts";

const DAY = 86_400_000;

export function benchDemoShop({ people }: { readonly people: number }): Row {
  const untilMs = Date.UTC(2026, 9, 1);
  const startedMs = performance.now();
  let calls = 0;
  let bytes = 0;
  for (const { event } of createShop({ seed: "bench", people, fromMs: untilMs - 60 * DAY, untilMs }).history()) {
    calls++;
    bytes += JSON.stringify(event).length;
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  return plainRow(`demo shop of ${people.toLocaleString("en-GB")} people: calls of ${Math.round(bytes / calls)} characters`, "calls/s",
    number(calls / seconds), "");
}
