// The stream's grammar, cut at every place where a network may cut it.
import { expect, test } from "vitest";
import { readEventStream, type StreamMessage } from "./event-stream.ts";

const text = "retry: 2000\n: watching\n\nid: 7\nevent: event\ndata: {\"name\":\"Käse 🧀\"}\n\nevent: skipped\ndata: a\ndata: b\n\ndata: unfinished";
const messages = [{ event: "event", data: '{"name":"Käse 🧀"}' }, { event: "skipped", data: "a\nb" }];

async function readIn(pieces: readonly Uint8Array[]): Promise<StreamMessage[]> {
  return Array.fromAsync(readEventStream(new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  })));
}

test("messages are read wherever the network cuts them, and an unfinished one is none", async () => {
  const bytes = new TextEncoder().encode(text);
  for (let cut = 0; cut <= bytes.length; cut++) expect(await readIn([bytes.slice(0, cut), bytes.slice(cut)]), `cut at ${cut}`).toEqual(messages);
});

test("lines may end as on Windows", async () => {
  expect(await readIn([new TextEncoder().encode("event: a\r\ndata: 1\r\n\r\n")])).toEqual([{ event: "a", data: "1" }]);
});
