// The OpenAPI 3.1 document, generated from the routes' own zod schemas: what is checked is what is documented.
import { z } from "zod";
import { problem } from "@tributary/schema/api/answer-parts.ts";
import { errorCatalogue } from "../core/errors.ts";
import { SESSION_COOKIE } from "../governance/governance.ts";
import type { Route } from "./define-route.ts";

type Json = Record<string, unknown>;

export interface OpenApiDocument extends Json {
  readonly openapi: "3.1.0";
  readonly paths: Record<string, Record<string, Json>>;
  readonly components: { readonly schemas: Record<string, unknown>; readonly securitySchemes: Json };
}

const API_PREFIX = "/api/v1";

const INTRODUCTION = `Send \`Authorization: Bearer <token>\`; the token decides the workspace. Or sign in (\`POST /api/auth/sign-in/email\`) and
send the session's cookie: \`x-tributary-workspace\` then names the workspace by its slug, and whatever changes something needs
\`x-tributary-csrf: 1\` and an origin of ours. Lists are paged by \`limit\` and \`cursor\`.
POST takes an \`Idempotency-Key\`: repeating a request with the same key gives the first answer again.
Every error is \`application/problem+json\` with a stable \`code\`, a \`message\`, a \`hint\` and a \`request_id\`.
Changes to people and settings go through the event log: they answer 200 once they are in force, and 202 when they are
durable and will be in force soon. Identifiers in addresses are written \`namespace:value\`, percent-encoded.`;

export function openApiOf(routes: readonly Route[], options: { readonly version: string; readonly publicUrl: string }): OpenApiDocument {
  const schemas: Record<string, unknown> = {};
  const paths: Record<string, Record<string, Json>> = {};
  const schemaOf = (schema: z.ZodType, io: "input" | "output") => hoist(z.toJSONSchema(schema, { io, unrepresentable: "any" }), schemas);
  schemaOf(problem, "output");
  for (const route of routes) {
    const path = `${API_PREFIX}${route.path}`;
    (paths[path] ??= {})[route.method.toLowerCase()] = operationOf(route, schemaOf);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Tributary API",
      version: options.version,
      description: INTRODUCTION,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: options.publicUrl }],
    security: [{ token: [] }, { session: [] }],
    tags: [...new Set(routes.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: { schemas, securitySchemes },
    "x-errors": errorCatalogue,
  };
}

const securitySchemes = {
  token: { type: "http", scheme: "bearer" },
  session: { type: "apiKey", in: "cookie", name: SESSION_COOKIE, description: "Of an account; its role in the workspace decides the scopes." },
};

type SchemaOf = (schema: z.ZodType, io: "input" | "output") => unknown;

function operationOf(route: Route, schemaOf: SchemaOf): Json {
  const parameters = [
    ...(route.params ? parametersOf(schemaOf(route.params, "input"), "path") : []),
    ...(route.query ? parametersOf(schemaOf(route.query, "input"), "query") : []),
    ...(route.method === "POST" && !route.streamBody ? [IDEMPOTENCY_PARAMETER] : []),
  ];
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    ...(route.description ? { description: route.description } : {}),
    "x-scopes": route.scopes,
    security: [{ token: route.scopes }, { session: route.scopes }],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...requestBodyOf(route, schemaOf),
    responses: responsesOf(route, schemaOf),
  };
}

const IDEMPOTENCY_PARAMETER = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  schema: { type: "string", maxLength: 255 },
  description: "Repeating the request with the same key gives the first answer again.",
};

/** `GET /profiles/{ref}/merges` → `getProfilesByRefMerges`. */
function operationId(route: Route): string {
  const words = route.path
    .split("/")
    .filter((part) => part !== "")
    .map((part) => (part.startsWith("{") ? `By-${part.slice(1, -1)}` : part))
    .join("-")
    .split("-");
  return route.method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

function parametersOf(schema: unknown, place: "path" | "query"): Json[] {
  const { properties = {}, required = [] } = schema as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema: rest,
    ...(description ? { description } : {}),
  }));
}

function requestBodyOf(route: Route, schemaOf: SchemaOf): Json {
  if (route.streamBody) {
    const media = route.streamBody.contentTypes.map((type) => [type, { schema: { type: "string", format: "binary" } }]);
    return { requestBody: { required: true, content: Object.fromEntries(media) } };
  }
  if (!route.body) return {};
  return { requestBody: { required: true, content: { "application/json": { schema: schemaOf(route.body, "input") } } } };
}

function responsesOf(route: Route, schemaOf: SchemaOf): Json {
  const responses: Record<string, Json> = {};
  for (const [status, schema] of Object.entries(route.responses)) {
    const content: Json = { "application/json": { schema: schemaOf(schema, "output") } };
    if (route.alsoAnswers && String(route.alsoAnswers.status) === status) {
      content[route.alsoAnswers.contentType] = { schema: { type: "string" }, description: route.alsoAnswers.description };
    }
    responses[status] = { description: schema.description ?? DESCRIPTIONS[status] ?? "Answer.", content };
  }
  responses["default"] = {
    description: "A problem.",
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  };
  return responses;
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  200: "Done.",
  201: "Made.",
  202: "Accepted and durable; in force soon.",
  300: "The identifier names several people.",
};

/** Moves named schemas (`$defs`) to the document's components and rewrites what points to them. */
function hoist(schema: unknown, components: Record<string, unknown>): unknown {
  const { $defs, $schema: _, ...rest } = schema as { $defs?: Record<string, unknown>; $schema?: string };
  for (const [name, definition] of Object.entries($defs ?? {})) components[name] ??= rewrite(definition);
  return rewrite(rest);
}

function rewrite(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rewrite);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === "$ref" && typeof inner === "string" ? [key, inner.replace("#/$defs/", "#/components/schemas/")] : [key, rewrite(inner)],
    ),
  );
}
