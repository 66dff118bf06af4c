// One declaration per route: path, who may call it, what goes in and what comes out, as zod schemas. The request is
// checked by it, the TypeScript types come from it, and the OpenAPI document is generated from it.
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Scope } from "@tributary/schema/api/answer-parts.ts";
import type { ReadEntry } from "../governance/governance.ts";
import type { Mask } from "./answer-masks.ts";
import type { Caller } from "./caller.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface RouteContext<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Who asks; its workspace is the only one that the handler may touch, but for the scope `installation` (decision 0011). */
  readonly caller: Caller;
  /** Whether they still may: for answers that outlive the request's own check. */
  readonly isAdmitted: () => Promise<boolean>;
  /** Whether the caller sees people masked. The answer is masked behind the handler; this is for what it may search by. */
  readonly isMasked: boolean;
  /** For what does not come back from the handler: whatever it writes to the connection itself goes through here. */
  readonly shown: <T>(mask: Mask, value: T) => T;
  /** Writes into the audit log that the caller saw this; for routes about people. */
  readonly saw: (entry: ReadEntry) => Promise<void>;
  readonly workspaceId: number;
  /** What stands in the audit log as the one who did it. */
  readonly actor: string;
  readonly nowMs: number;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** The answers of a route: status → schema of its body. */
export type Responses = Readonly<Record<number, z.ZodType>>;

export type AnswerOf<R extends Responses> = {
  [S in keyof R & number]: { readonly status: S; readonly body: z.input<R[S]>; readonly headers?: Readonly<Record<string, string>> };
}[keyof R & number];

/** A handler that writes to the connection itself (Server-Sent Events) answers this. */
export const hijacked = Symbol("hijacked");

export interface RouteSpec<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends Responses> {
  readonly method: Method;
  /** Below /api/v1, with parameters in braces: `/profiles/{ref}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** All of them are needed. */
  readonly scopes: readonly Scope[];
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** The body is not JSON but a stream that the handler reads from `request.body`; for uploads. */
  readonly streamBody?: { readonly contentTypes: readonly string[]; readonly bytesMax: number };
  readonly responses: R;
  /**
   * How what it tells of people is masked for callers without the scope `personal_data`. A route without it either needs that scope or
   * knows nothing of people (masking.test.ts holds each to it).
   */
  readonly masks?: Mask;
  /** A media type that the same address answers as well, when asked by `Accept`. */
  readonly alsoAnswers?: { readonly status: number; readonly contentType: string; readonly description: string };
  readonly handle: (context: RouteContext<z.output<P>, z.output<Q>, z.output<B>>) => Promise<AnswerOf<NoInfer<R>> | typeof hijacked>;
}

/** A route with its types forgotten, as the server and the OpenAPI document need it. */
export interface Route extends Omit<RouteSpec<z.ZodType, z.ZodType, z.ZodType, Responses>, "handle"> {
  readonly handle: (
    context: RouteContext<unknown, unknown, unknown>,
  ) => Promise<{ readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> } | typeof hijacked>;
}

export function defineRoute<
  R extends Responses,
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
>(spec: RouteSpec<P, Q, B, R>): Route {
  // The server parses params, query and body by the very schemas of this spec before it calls `handle`.
  return spec as unknown as Route;
}
