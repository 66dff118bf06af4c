// The reference at /api/docs: one page made from the OpenAPI document when the server starts. No fonts, scripts or styles
// from elsewhere and none inline, so it stands under a strict Content-Security-Policy; it reads well without its script.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance, FastifyReply } from "fastify";
import { errorCatalogue } from "../core/errors.ts";
import type { OpenApiDocument } from "./openapi.ts";

const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

type Json = Readonly<Record<string, unknown>>;

export function registerReference(server: FastifyInstance, document: OpenApiDocument): void {
  const page = referencePage(document);
  const text = JSON.stringify(document);
  const style = readFileSync(join(import.meta.dirname, "reference.css"), "utf8");
  const script = readFileSync(join(import.meta.dirname, "reference.js"), "utf8");
  const send = (reply: FastifyReply, type: string, body: string) =>
    reply
      .header("content-type", `${type}; charset=utf-8`)
      .header("content-security-policy", POLICY)
      .header("x-content-type-options", "nosniff")
      .header("referrer-policy", "no-referrer")
      .header("cache-control", "no-cache")
      .send(body);
  server.get("/api/openapi.json", async (_request, reply) => send(reply, "application/json", text));
  server.get("/api/docs", async (_request, reply) => send(reply, "text/html", page));
  server.get("/api/docs/reference.css", async (_request, reply) => send(reply, "text/css", style));
  server.get("/api/docs/reference.js", async (_request, reply) => send(reply, "text/javascript", script));
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly id: string;
  readonly tag: string;
  readonly json: Json;
}

export function referencePage(document: OpenApiDocument): string {
  const operations = operationsOf(document);
  const tags = [...new Set(operations.map((operation) => operation.tag))];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Tributary API</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/api/docs/reference.css"></head>
<body><a class="skip" href="#main">Skip to the reference</a>
${navigation(tags, operations)}
<main id="main">${introduction(document)}
${tags.map((tag) => section(tag, operations)).join("")}
<section id="errors"><h2>Errors</h2>${errorTable()}</section>
<section id="schemas"><h2>Shapes</h2>${Object.entries(document.components.schemas).map(shapeBlock).join("")}</section>
</main><script src="/api/docs/reference.js" defer></script></body></html>`;
}

function navigation(tags: readonly string[], operations: readonly Operation[]): string {
  return `<nav aria-label="Resources"><p class="mark">Tributary <span>API</span></p>
<label class="filter">Filter <input id="filter" type="search" autocomplete="off" placeholder="path or word"></label>
<a href="#top">Overview</a>${tags.map((tag) => navGroup(tag, operations)).join("")}
<h2>More</h2><a href="#errors">Errors</a><a href="#schemas">Shapes</a><a href="/api/openapi.json">openapi.json</a></nav>`;
}

function introduction(document: OpenApiDocument): string {
  const { description } = document["info"] as Json;
  const [server] = document["servers"] as readonly Json[];
  const address = `${String(server?.["url"] ?? "")}/api/v1/profiles/email:ada%40example.com`;
  return `<header id="top"><h1>Tributary API</h1>${paragraphs(String(description))}
<pre><code>curl -H "Authorization: Bearer $TOKEN" ${escape(address)}</code></pre></header>`;
}

function section(tag: string, operations: readonly Operation[]): string {
  const blocks = operations.filter((operation) => operation.tag === tag).map(operationBlock);
  return `<section><h2>${escape(tag)}</h2>${blocks.join("")}</section>`;
}

function shapeBlock([name, schema]: readonly [string, unknown]): string {
  return `<details id="schema-${escape(name)}"><summary><code>${escape(name)}</code></summary>${schemaBlock(schema)}</details>`;
}

function operationsOf(document: OpenApiDocument): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, json]) => ({
      method: method.toUpperCase(),
      path,
      json,
      id: String(json["operationId"]),
      tag: String((json["tags"] as string[])[0]),
    })),
  );
}

function navGroup(tag: string, operations: readonly Operation[]): string {
  const link = ({ id, method, json }: Operation) =>
    `<a class="op" href="#${id}"><b class="${method}">${method}</b> ${escape(String(json["summary"]))}</a>`;
  return `<h2>${escape(tag)}</h2>${operations
    .filter((operation) => operation.tag === tag)
    .map(link)
    .join("")}`;
}

function operationBlock({ method, path, id, json }: Operation): string {
  const scopes = json["x-scopes"] as string[];
  const body = (json["requestBody"] as { content?: Record<string, Json> } | undefined)?.content ?? {};
  const responses = json["responses"] as Record<string, { description?: string; content?: Record<string, Json> }>;
  return `<article id="${id}"><h3><b class="${method}">${method}</b> <code>${escape(path).replace(/\{(\w+)\}/g, "<i>{$1}</i>")}</code></h3>
<p class="summary">${escape(String(json["summary"]))}</p>${json["description"] ? paragraphs(String(json["description"])) : ""}
<p class="scopes">Needs ${scopes.map((scope) => `<span>${escape(scope)}</span>`).join(" ")}</p>
${parameterTable((json["parameters"] ?? []) as Json[])}
${Object.entries(body).map(bodyBlock).join("")}
${Object.entries(responses).map(answerBlock).join("")}</article>`;
}

function parameterTable(parameters: readonly Json[]): string {
  if (parameters.length === 0) return "";
  const head = "<thead><tr><th>Parameter</th><th>In</th><th>What</th></tr></thead>";
  return `<table>${head}<tbody>${parameters.map(parameterRow).join("")}</tbody></table>`;
}

function bodyBlock([type, media]: readonly [string, Json]): string {
  return `<details><summary>Body <code>${escape(type)}</code></summary>${schemaBlock(media["schema"])}</details>`;
}

function parameterRow(parameter: Json): string {
  const required = parameter["required"] === true ? " <em>required</em>" : "";
  const description = parameter["description"] ? `${inline(String(parameter["description"]))} ` : "";
  return `<tr><td><code>${escape(String(parameter["name"]))}</code>${required}</td><td>${escape(String(parameter["in"]))}</td>
<td>${description}<code>${escape(typeWord(parameter["schema"]))}</code></td></tr>`;
}

type AnswerJson = { readonly description?: string; readonly content?: Readonly<Record<string, Json>> };

function answerBlock([status, answer]: readonly [string, AnswerJson]): string {
  const media = Object.entries(answer.content ?? {}).map(
    ([type, content]) => `<p><code>${escape(type)}</code></p>${schemaBlock(content["schema"])}`,
  );
  const word = status === "default" ? "Errors" : status;
  const summary = `<summary><b class="status s${status.charAt(0)}">${word}</b> ${escape(answer.description ?? "")}</summary>`;
  return `<details>${summary}${media.join("")}</details>`;
}

function errorTable(): string {
  const rows = Object.entries(errorCatalogue).map(([code, kind]) => {
    const cells = [`<code>${code}</code>`, String(kind.status), escape(kind.message), inline(kind.hint)];
    return `<tr id="error-${code}">${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  });
  const head = "<thead><tr><th>Code</th><th>Status</th><th>Message</th><th>What to do</th></tr></thead>";
  return `<table>${head}<tbody>${rows.join("")}</tbody></table>`;
}

/** `string`, `integer 1–200`, `one of a, b`. */
function typeWord(schema: unknown): string {
  const { type, enum: values, minimum, maximum, maxLength, default: fallback } = (schema ?? {}) as Json;
  const parts = [Array.isArray(values) ? `one of ${values.join(", ")}` : String(type ?? "any")];
  if (typeof minimum === "number" && typeof maximum === "number" && maximum < Number.MAX_SAFE_INTEGER)
    parts.push(`${minimum} to ${maximum}`);
  if (typeof maxLength === "number") parts.push(`at most ${maxLength} characters`);
  if (fallback !== undefined) parts.push(`default ${String(fallback)}`);
  return parts.join(", ");
}

/** JSON schema as indented JSON, with links to named shapes. */
function schemaBlock(schema: unknown): string {
  const text = escape(JSON.stringify(schema, null, 2) ?? "");
  return `<pre><code>${text.replace(/&quot;#\/components\/schemas\/(\w+)&quot;/g, '<a href="#schema-$1">$1</a>')}</code></pre>`;
}

function paragraphs(text: string): string {
  return `<p>${inline(text.replace(/\n/g, " "))}</p>`;
}

/** Escapes, then turns `code` into code. */
function inline(text: string): string {
  return escape(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`).replaceAll("&#34;", "&quot;");
}
