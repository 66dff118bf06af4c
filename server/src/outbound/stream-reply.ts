// A reply whose body is read piece by piece, for what is too long to be held: it waits while nobody reads on, and is given up when the
// other side says nothing for too long.
import type { Agent, Dispatcher } from "undici";
import { failureOf } from "./failure.ts";
import type { OutboundRequest, StreamedReply } from "./outbound-client.ts";
import { unpackedBody } from "./read-reply.ts";

export interface ToStream {
  readonly agent: Agent;
  readonly host: string;
  readonly options: Dispatcher.RequestOptions;
  readonly request: OutboundRequest;
  /** Until there is a reply, and then for each silence. */
  readonly timeoutMs: number;
}

/** Throws OutboundError; so does the body. */
export async function streamReply({ agent, host, options, request, timeoutMs }: ToStream): Promise<StreamedReply> {
  const controller = new AbortController();
  const giveUp = (): void => controller.abort();
  request.signal?.addEventListener("abort", giveUp, { once: true });
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const waiting = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      isOver = true;
      giveUp();
    }, timeoutMs);
  };
  const done = (): void => {
    clearTimeout(timer);
    request.signal?.removeEventListener("abort", giveUp);
  };
  let status: number | undefined;
  const failed = (error: unknown): unknown => failureOf(error, { host, isAborted: request.signal?.aborted === true, timeoutMs: isOver ? timeoutMs : undefined, status });
  try {
    request.signal?.throwIfAborted();
    waiting();
    const response = await agent.request({ ...options, signal: controller.signal });
    clearTimeout(timer);
    status = response.statusCode;
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(response.headers)) if (value !== undefined) headers[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
    const body = unpackedBody(response.body, { host, method: String(options.method), status, contentEncoding: headers["content-encoding"] });
    return { status, headers, body: pieces(body, { waiting, pause: () => clearTimeout(timer), done, failed }), cancel: () => (done(), void body.on("error", () => undefined).destroy()) };
  } catch (error) {
    done();
    throw failed(error);
  }
}

interface Waiting {
  waiting(): void;
  pause(): void;
  done(): void;
  failed(error: unknown): unknown;
}

async function* pieces(body: AsyncIterable<Buffer>, { waiting, pause, done, failed }: Waiting): AsyncGenerator<Buffer> {
  try {
    waiting();
    for await (const piece of body) {
      // Whoever reads takes the time that they need.
      pause();
      yield piece;
      waiting();
    }
  } catch (error) {
    throw failed(error);
  } finally {
    done();
  }
}
