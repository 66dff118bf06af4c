// Imports: a file's way in over HTTP. The content is sent as it is (or gzipped) and is read while it comes; an upload that
// breaks off goes on at `bytes_done`.
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { z } from "zod";
import { changeReceipt, pageOf, pageQuery } from "@tributary/schema/api/answer-parts.ts";
import { importSampleAnswer, importSampleBody, withdrawBody, withdrawPreview } from "@tributary/schema/api/import-sample.ts";
import { numberParam } from "@tributary/schema/api/workspace.ts";
import { createImport, importContentAnswer, importError, importState } from "@tributary/schema/import.ts";
import { AppError } from "../core/errors.ts";
import type { Imports } from "../sources/import/import.ts";
import { importLimits } from "../sources/import/import-limits.ts";
import { importErrorsMask, importListMask, importMask } from "./answer-masks.ts";
import { cursorId, cursorRow, decodeCursor, pageFrom } from "./cursor.ts";
import { defineRoute, type Route } from "./define-route.ts";

const tag = "Imports";
const withdrawn = z.object({ import: importState, change: changeReceipt });
const params = z.strictObject({ id: numberParam });
const contentQuery = z.strictObject({
  file: z.coerce.number().int().min(0).optional().meta({ description: "Index of the file in `files`; the one that is next when absent." }),
  offset: z.coerce.number().int().min(0).default(0).meta({ description: "Byte of the (uncompressed) file at which this content begins." }),
  more: z.enum(["true", "false"]).default("false").meta({ description: "true: the file goes on in another request." }),
});

/** Routes for ApiDeps.moreRoutes. */
export function importRoutes(imports: Imports): readonly Route[] {
  return [
    defineRoute({
      method: "POST", path: "/imports", tag, summary: "Make an import", scopes: ["write"],
      description: "Says how the files are read; their content follows with PUT …/content. With `dry_run` nothing is stored.",
      body: createImport, responses: { 201: importState },
      handle: async ({ workspaceId, actor, body }) => ({ status: 201, body: await imports.create({ workspaceId, actor }, body) }),
    }),
    defineRoute({
      method: "GET", path: "/imports", tag, summary: "List imports, the newest first", scopes: ["read"], masks: importListMask,
      query: pageQuery, responses: { 200: pageOf(importState) },
      handle: async ({ workspaceId, query }) => {
        const [beforeId] = decodeCursor(z.tuple([cursorId]), query.cursor) ?? [2_147_483_647];
        const rows = await imports.list(workspaceId, beforeId, query.limit + 1);
        return { status: 200, body: pageFrom(rows, query.limit, (row) => row, (row) => [row.id]) };
      },
    }),
    defineRoute({
      method: "GET", path: "/imports/{id}", tag, summary: "Where an import stands", scopes: ["read"], masks: importMask,
      params, query: z.strictObject({ include: z.literal("files").optional() }), responses: { 200: importState },
      handle: async ({ workspaceId, params: { id }, query }) => ({ status: 200, body: await imports.get(workspaceId, id, query.include === "files") }),
    }),
    defineRoute({
      method: "GET", path: "/imports/{id}/errors", tag, summary: "Lines that became no event, and why", scopes: ["read"], masks: importErrorsMask,
      description: `The first ${importLimits.errorsKeptMax} are kept; \`refused\` of the import counts them all.`,
      params, query: pageQuery, responses: { 200: pageOf(importError) },
      handle: async ({ workspaceId, params: { id }, query }) => {
        const after = decodeCursor(z.tuple([cursorId, cursorRow, z.string()]), query.cursor) ?? [-1, 0, ""] as const;
        const rows = await imports.errors(workspaceId, id, after, query.limit + 1);
        return { status: 200, body: pageFrom(rows, query.limit, ({ file_index: _, ...row }) => row, (row) => [row.file_index, row.line, row.code]) };
      },
    }),
    contentRoute(imports),
    defineRoute({
      method: "POST", path: "/imports/sample", tag, summary: "Read the first lines of a file", scopes: ["write"],
      description: "What its columns hold and may be, a mapping that suits them, and the calls that come of these lines, read as an import would read them. Nothing is stored.",
      body: importSampleBody, responses: { 200: importSampleAnswer },
      handle: async ({ body }) => ({ status: 200, body: await imports.sample(body) }),
    }),
    defineRoute({
      method: "POST", path: "/imports/{id}/withdraw", tag, summary: "Take an import back", scopes: ["write"],
      description: "Its events are set aside, and the people that it touched are folded again without them. With `dry_run` it only says how many that are.",
      params, body: withdrawBody.default({}), responses: { 200: z.union([withdrawn, withdrawPreview]), 202: withdrawn },
      handle: async ({ workspaceId, actor, params: { id }, body }) => {
        if (body.dry_run) return { status: 200, body: await imports.previewWithdraw(workspaceId, id) };
        const { import: state, receipt } = await imports.withdraw({ workspaceId, actor }, id);
        return { status: receipt.processed ? 200 : 202, body: { import: state, change: receipt } };
      },
    }),
  ];
}

function contentRoute(imports: Imports): Route {
  return defineRoute({
    method: "PUT", path: "/imports/{id}/content", tag, summary: "Send a file of an import", scopes: ["write"],
    description: "The raw file, gzipped if you like. After a break, send it from `bytes_done` of `file` on, with `offset` (or `Content-Range`).",
    streamBody: {
      contentTypes: ["application/octet-stream", "text/csv", "application/x-ndjson", "application/gzip"], bytesMax: importLimits.contentBytesMax,
    },
    params, query: contentQuery, responses: { 200: importContentAnswer },
    handle: async ({ workspaceId, actor, params: { id }, query, request, reply }) => {
      if (!(request.body instanceof Readable)) throw new AppError("bad_request", { detail: "The content is missing.", hint: "Send the file as the body." });
      const range = rangeOf(request.headers["content-range"]);
      const upload = {
        id, file: query.file, offset: range?.offset ?? query.offset, isLastPart: range?.isLast ?? query.more === "false",
        chunks: contentOf(request.body, request.headers["content-encoding"]),
      };
      try {
        return { status: 200, body: await imports.receive({ workspaceId, actor }, upload) };
      } catch (error) {
        // The rest of the content is not wanted: answer now, and read no more of it.
        reply.header("connection", "close");
        throw error;
      }
    },
  });
}

/** `bytes 0-999/5000`; the offsets are those of the uncompressed file. `*` as the size: more follows. */
function rangeOf(header: string | undefined): { offset: number; isLast: boolean } | undefined {
  if (header === undefined) return undefined;
  const found = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(header);
  if (!found) throw new AppError("bad_request", { detail: "Content-Range can't be read.", hint: "Write it as `bytes 0-999/5000`." });
  return { offset: Number(found[1]), isLast: found[3] !== "*" && Number(found[2]) + 1 >= Number(found[3]) };
}

/** The content inflated, when it is gzipped. It is read only as fast as the log takes it in. */
async function* contentOf(body: Readable, encoding: string | undefined): AsyncGenerator<Buffer> {
  const coding = (encoding ?? "identity").trim().toLowerCase();
  if (coding !== "identity" && coding !== "gzip") throw new AppError("unsupported_encoding");
  const inflated = coding === "gzip" ? inflate(body) : body;
  try {
    // Whoever stops reading early still answers over the same connection, so it must not be destroyed.
    yield* unlessSilent(inflated.iterator({ destroyOnReturn: false }));
  } catch (error) {
    if (isGzipError(error)) throw new AppError("unsupported_encoding", { detail: "The content is not valid gzip.", cause: error });
    throw error;
  }
}

/** Fails when nothing comes for long while it is waited for: a client that vanished must not hold the import for ever. */
async function* unlessSilent(chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  for (;;) {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("The upload fell silent.")), importLimits.silenceMaxMs);
    });
    const next = chunks.next();
    try {
      const { done, value } = await Promise.race([next, silence]);
      if (done) return;
      yield value;
    } finally {
      clearTimeout(timer);
      // After silence nobody waits for it any more.
      next.catch(() => undefined);
    }
  }
}

function inflate(body: Readable): Readable {
  const gunzip = createGunzip();
  body.once("error", (error) => gunzip.destroy(error));
  body.once("close", () => {
    if (!body.readableEnded) gunzip.destroy(new Error("The upload broke off."));
  });
  return body.pipe(gunzip);
}

function isGzipError(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("Z_");
}
