// An HTTP client that costs little beside what it measures: kept connections with one request under way on each, and of an answer only
// its status and its end are read. Node's own takes several times as much of a core that the server needs.
import { connect, type Socket } from "node:net";

export interface LeanClient {
  /** Resolves with the status when the whole answer is there; with 0 when the connection broke. */
  get(path: string): Promise<number>;
  close(): void;
}

interface Waiting {
  readonly bytes: string;
  readonly done: (status: number) => void;
}

/** At most `connections` requests are under way; what comes beyond waits. `headers` are lines without their ends. */
export function createLeanClient(port: number, connections: number, headers: readonly string[]): LeanClient {
  const idle: Lane[] = [];
  const waiting: Waiting[] = [];
  const lanes = Array.from({ length: connections }, () => openLane(port, (lane) => {
    const next = waiting.shift();
    if (next === undefined) idle.push(lane);
    else lane.send(next);
  }));
  const tail = ["HTTP/1.1", "Host: 127.0.0.1", ...headers, "", ""].join("\r\n");
  return {
    get: (path) => new Promise((done) => {
      const one = { bytes: `GET ${path} ${tail}`, done };
      const lane = idle.pop();
      if (lane === undefined) waiting.push(one);
      else lane.send(one);
    }),
    close: () => lanes.forEach((lane) => lane.close()),
  };
}

interface Lane {
  send(one: Waiting): void;
  close(): void;
}

function openLane(port: number, onFree: (lane: Lane) => void): Lane {
  let current: Waiting | undefined;
  let received = "";
  let socket: Socket | undefined;

  function end(status: number): void {
    const one = current;
    current = undefined;
    received = "";
    one?.done(status);
    onFree(lane);
  }

  function open(): Socket {
    const opened = connect({ host: "127.0.0.1", port, noDelay: true });
    opened.setEncoding("latin1");
    opened.on("data", (text: string) => {
      received += text;
      if (isWhole(received)) end(Number(received.slice(9, 12)));
    });
    opened.on("error", () => undefined);
    opened.on("close", () => {
      if (socket === opened) socket = undefined;
      if (current !== undefined) end(0);
    });
    return opened;
  }

  const lane: Lane = {
    send(one) {
      current = one;
      socket ??= open();
      socket.write(one.bytes);
    },
    close: () => void socket?.destroy(),
  };
  setImmediate(() => onFree(lane));
  return lane;
}

/** Whether an answer with its length named, or in chunks, has come to its end. */
function isWhole(text: string): boolean {
  const head = text.indexOf("\r\n\r\n");
  if (head < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, head))?.[1];
  return length === undefined ? text.endsWith("\r\n0\r\n\r\n") : text.length >= head + 4 + Number(length);
}
