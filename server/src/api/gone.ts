// A signal that whoever asked has gone before they were answered, so that the engines need not go on.
import type { FastifyReply } from "fastify";
import { AppError } from "../core/errors.ts";

export function goneOf(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) gone.abort(new AppError("request_timeout", { detail: "Whoever asked has gone." }));
  });
  return gone.signal;
}
