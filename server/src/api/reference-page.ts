// The reference at /api/docs: one page made from the OpenAPI document when the server starts. No fonts, scripts or styles
// from elsewhere and none inline, so it stands under a strict Content-Security-Policy; it reads well without its script.
import type { FastifyInstance, FastifyReply } from "fastify";
import { errorCatalogue } from "../core/errors.ts";
import type { OpenApiDocument } from "./openapi.ts";
import { REFERENCE_SCRIPT, REFERENCE_STYLE } from "./reference-assets.ts";

const POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

type Json = Readonly<Record<string, unknown>>;

export function registerReference(server: FastifyInstance, document: OpenApiDocument): void {
  const page = referencePage(document);
  const text = JSON.stringify(document);
  const send = (reply: FastifyReply, type: string, body: string) => reply
    .header("content-type", `${type}; charset=utf-8`).header("content-security-policy", POLICY).header("x-content-type-options", "nosniff")
    .header("referrer-policy", "no-referrer").header("cache-control", "no-cache").send(body);
  server.get("/api/openapi.json", async (_request, reply) => send(reply, "application/json", text));
  server.get("/api/docs", async (_request, reply) => send(reply, "text/html", page));
  server.get("/api/docs/reference.css", async (_request, reply) => send(reply, "text/css", REFERENCE_STYLE));
  server.get("/api/docs/reference.js", async (_request, reply) => send(reply, "text/javascript", REFERENCE_SCRIPT));
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
  const title = "Tributary API";
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${title}</title><link rel="stylesheet" href="/api/docs/reference.css"></head>
<body><a class="skip" href="#main">Skip to the reference</a>
<nav aria-label="Resources"><p class="mark">Tributary <span>API</span></p>
<label class="filter">Filter <input id="filter" type="search" autocomplete="off" placeholder="path or word"></label>
<a href="#top">Overview</a>${tags.map((tag) => navGroup(tag, operations)).join("")}<h2>More</h2><a href="#errors">Errors</a><a href="#schemas">Shapes</a>
<a href="/api/openapi.json">openapi.json</a></nav>
<main id="main"><header id="top"><h1>${title}</h1>${paragraphs(String((document["info"] as Json)["description"]))}
<pre><code>curl -H "Authorization: Bearer $TOKEN" ${escape(String((document["servers"] as Json[])[0]?.["url"] ?? ""))}/api/v1/profiles/email:ada%40example.com</code></pre></header>
${tags.map((tag) => `<section><h2>${escape(tag)}</h2>${operations.filter((operation) => operation.tag === tag).map(operationBlock).join("")}</section>`).join("")}
<section id="errors"><h2>Errors</h2>${errorTable()}</section>
<section id="schemas"><h2>Shapes</h2>${Object.entries(document.components.schemas).map(([name, schema]) =>
    `<details id="schema-${escape(name)}"><summary><code>${escape(name)}</code></summary>${schemaBlock(schema)}</details>`).join("")}</section>
</main><script src="/api/docs/reference.js" defer></script></body></html>`;
}

function operationsOf(document: OpenApiDocument): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, json]) => ({
    method: method.toUpperCase(), path, json, id: String(json["operationId"]), tag: String((json["tags"] as string[])[0]),
  })));
}

function navGroup(tag: string, operations: readonly Operation[]): string {
  const links = operations.filter((operation) => operation.tag === tag)
    .map((operation) => `<a class="op" href="#${operation.id}"><b class="${operation.method}">${operation.method}</b> ${escape(String(operation.json["summary"]))}</a>`);
  return `<h2>${escape(tag)}</h2>${links.join("")}`;
}

function operationBlock({ method, path, id, json }: Operation): string {
  const scopes = json["x-scopes"] as string[];
  const parameters = (json["parameters"] ?? []) as Json[];
  const body = (json["requestBody"] as { content?: Record<string, Json> } | undefined)?.content ?? {};
  const responses = json["responses"] as Record<string, { description?: string; content?: Record<string, Json> }>;
  return `<article id="${id}"><h3><b class="${method}">${method}</b> <code>${escape(path).replace(/\{(\w+)\}/g, "<i>{$1}</i>")}</code></h3>
<p class="summary">${escape(String(json["summary"]))}</p>${json["description"] ? paragraphs(String(json["description"])) : ""}
<p class="scopes">Needs ${scopes.map((scope) => `<span>${escape(scope)}</span>`).join(" ")}</p>
${parameters.length > 0 ? `<table><thead><tr><th>Parameter</th><th>In</th><th>What</th></tr></thead><tbody>${parameters.map(parameterRow).join("")}</tbody></table>` : ""}
${Object.entries(body).map(([type, media]) => `<details><summary>Body <code>${escape(type)}</code></summary>${schemaBlock(media["schema"])}</details>`).join("")}
${Object.entries(responses).map(([status, answer]) => answerBlock(status, answer)).join("")}</article>`;
}

function parameterRow(parameter: Json): string {
  const required = parameter["required"] === true ? ' <em>required</em>' : "";
  const description = parameter["description"] ? `${inline(String(parameter["description"]))} ` : "";
  return `<tr><td><code>${escape(String(parameter["name"]))}</code>${required}</td><td>${escape(String(parameter["in"]))}</td>
<td>${description}<code>${escape(typeWord(parameter["schema"]))}</code></td></tr>`;
}

function answerBlock(status: string, answer: { readonly description?: string; readonly content?: Record<string, Json> }): string {
  const media = Object.entries(answer.content ?? {})
    .map(([type, content]) => `<p><code>${escape(type)}</code></p>${schemaBlock(content["schema"])}`).join("");
  const word = status === "default" ? "Errors" : status;
  return `<details><summary><b class="status s${status.charAt(0)}">${word}</b> ${escape(answer.description ?? "")}</summary>${media}</details>`;
}

function errorTable(): string {
  const rows = Object.entries(errorCatalogue).map(([code, kind]) =>
    `<tr id="error-${code}"><td><code>${code}</code></td><td>${kind.status}</td><td>${escape(kind.message)}</td><td>${inline(kind.hint)}</td></tr>`);
  return `<table><thead><tr><th>Code</th><th>Status</th><th>Message</th><th>What to do</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

/** `string`, `integer 1–200`, `one of a, b`. */
function typeWord(schema: unknown): string {
  const { type, enum: values, minimum, maximum, maxLength, default: fallback } = (schema ?? {}) as Json;
  const parts = [Array.isArray(values) ? `one of ${values.join(", ")}` : String(type ?? "any")];
  if (typeof minimum === "number" && typeof maximum === "number" && maximum < Number.MAX_SAFE_INTEGER) parts.push(`${minimum} to ${maximum}`);
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
