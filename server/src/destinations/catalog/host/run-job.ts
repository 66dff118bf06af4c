// Runs one job on one destination of the package: one subscription at a time, with finished payloads, and never by the entry points
// that send again by themselves.
import type { Connection, SendItem, SendRequest } from "../../destination.ts";
import { withoutApp } from "../../oauth/app-settings.ts";
import { environments, featuresOn, unseen } from "../definitions/labels.ts";
import { silentLogger, eventFor, personasOf, stateContext, statsContext, transactionContext } from "./context.ts";
import type { Call } from "./call.ts";
import type { Answer, Choice, Job } from "./job.ts";
import { outcomeOfError, outcomesOfBatch, type ItemStatus, type ReadWith } from "./outcome.ts";
import { payloads, type Bundle, type PackageCore, type PackageDestination } from "./package-core.ts";
import type { PackageFields } from "../package-shapes.ts";

export interface Running {
  readonly core: PackageCore;
  readonly destination: PackageDestination;
  readonly call: Call;
  readonly clean: (text: string) => string;
}
type Of<K extends Job["kind"]> = Extract<Job, { readonly kind: K }>;

export async function runJob(job: Job, running: Running): Promise<Answer> {
  const { destination } = running;
  try {
    switch (job.kind) {
      case "send": return await send(job, running);
      case "test": return await test(job, running);
      case "refresh": return await refresh(job, running);
      case "create_audience": return await createAudience(job, running);
      case "choices": return await choices(job, running);
      case "forget": return await forget(job, running);
    }
  } catch (error) {
    const failure = outcomeOfError(error, reading(running));
    return job.kind === "send" ? { kind: "outcomes", outcomes: job.items.map(() => failure) } : { kind: "failed", failure };
  } finally {
    // The package keeps every reply of its life.
    destination.responses.length = 0;
  }
}

const reading = ({ call, clean }: Running): ReadWith => ({ wire: call.trouble ?? call.wire, clean, nowMs: Date.now() });

async function send(job: Of<"send">, running: Running): Promise<Answer> {
  const { destination, call } = running;
  const action = destination.definition.actions[job.subscription.action];
  if (!action) throw Object.assign(new Error(`There is no action ${job.subscription.action}.`), { status: 400 });
  const events = job.items.map((item) => handOver(item, job, action.fields));
  const input = bundle(job.connection, running, { subscription: job.subscription, payload: job.items[0]?.payload ?? {} });
  const [event] = events;
  if (events.length === 1 && event) {
    const told = toldOfOne(await destination.executeAction(job.subscription.action, { ...input, event }));
    if (told) return { kind: "outcomes", outcomes: outcomesOfBatch([told], 1, reading(running)) };
    if (call.requests === 0 && !unseen.includes(call.slug)) return { kind: "outcomes", outcomes: [{ kind: "nothing", detail: "The destination had nothing to send." }] };
    return { kind: "outcomes", outcomes: [{ kind: "delivered", ...(call.wire.kind === "reply" ? { status: call.wire.status } : {}) }] };
  }
  const nodes = await destination.executeBatch(job.subscription.action, { ...input, events });
  return { kind: "outcomes", outcomes: outcomesOfBatch(nodes, events.length, reading(running)) };
}

/** Some actions answer one event as if it were a batch, or hand out what went wrong instead of throwing it; the package takes both for success. */
function toldOfOne(results: unknown): ItemStatus | undefined {
  const [last] = Array.isArray(results) ? results.slice(-1) as readonly { readonly data?: unknown }[] : []; // By the package's types.
  const data = last?.data;
  if (data instanceof Error) throw data;
  if (typeof data !== "object" || data === null || !("getAllResponses" in data) || typeof data.getAllResponses !== "function") return undefined;
  const [first] = (data.getAllResponses as () => readonly { value(): ItemStatus }[]).call(data); // A MultiStatusResponse.
  return first?.value() ?? {};
}

/** The event as the destination sees it, and its payload beside it. */
function handOver({ event, payload }: SendItem, job: Of<"send">, fields: PackageFields): object {
  const handed = eventFor(event, job.audience, job.connection.workspaceId);
  // How requests are put together was our decision; some actions still look there.
  const batching = Object.entries(fields).flatMap(([key, field]) => {
    if (!["enable_batching", "batch_size", "batch_keys", "batch_bytes"].includes(key)) return [];
    const value = key === "enable_batching" && job.items.length > 1 ? true : payload[key] ?? field.default;
    return value === undefined ? [] : [[key, value]];
  });
  payloads.set(handed, { ...payload, ...Object.fromEntries(batching) });
  return handed;
}

interface Subscribed {
  readonly subscription: SendRequest["subscription"];
  readonly payload: Readonly<Record<string, unknown>>;
}

function bundle(connection: Connection, { call }: Running, subscribed: Subscribed | undefined): Bundle {
  const { subscription, payload } = subscribed ?? {};
  return {
    // Some destinations look in it for the names of their columns, and the sync mode.
    mapping: { ...payload, ...(subscription?.syncMode === undefined ? {} : { __segment_internal_sync_mode: subscription.syncMode }) },
    settings: settingsOf(connection), auth: authOf(connection), features: featuresOf(connection),
    statsContext: { ...statsContext, tags: [] }, logger: silentLogger, stateContext: stateContext(connection), transactionContext: transactionContext(),
    subscriptionMetadata: subscription
      // Schemas are kept under it, so no two workspaces' may be the same.
      ? { actionConfigId: `${connection.workspaceId}-${connection.destinationId}-${subscription.id}-${subscription.version}`, destinationConfigId: `${connection.workspaceId}-${connection.destinationId}` } : {},
    signal: call.signal,
  };
}

function featuresOf(connection: Connection): Record<string, boolean> {
  return { ...Object.fromEntries((featuresOn[connection.slug] ?? []).map((feature) => [feature, true])), ...connection.features };
}

function authOf({ oauth, app }: Connection): object | undefined {
  return oauth && { accessToken: oauth.accessToken, refreshToken: oauth.refreshToken, ...app };
}

/** What stands for the environment is there already. */
function settingsOf({ slug, settings }: Connection): Record<string, unknown> {
  const inEnvironment = new Set((environments[slug] ?? []).map(({ name }) => name));
  return Object.fromEntries(Object.entries(withoutApp(settings)).filter(([key]) => !inEnvironment.has(key)));
}

/** For destinations that read their tokens among the settings. */
function settingsWithTokens(connection: Connection): Record<string, unknown> {
  const { oauth, app } = connection;
  return oauth ? { ...settingsOf(connection), oauth: { access_token: oauth.accessToken, refresh_token: oauth.refreshToken, ...app } } : settingsOf(connection);
}

/** The client that the package would make for what is not an action. */
function requestClient({ core, destination }: Running, connection: Connection, payload?: unknown): unknown {
  const context = { settings: settingsOf(connection), payload, auth: authOf(connection) ?? {} };
  return core.createRequestClient({ ...destination.definition.extendRequest?.(context), statsContext });
}

async function test({ connection }: Of<"test">, running: Running): Promise<Answer> {
  const { destination } = running;
  const settings = settingsOf(connection);
  destination.validateSettings(settings);
  await destination.definition.authentication?.testAuthentication?.(requestClient(running, connection), { settings, auth: authOf(connection) ?? {} });
  return { kind: "passed" };
}

async function refresh({ connection }: Of<"refresh">, running: Running): Promise<Answer> {
  const renew = running.destination.definition.authentication?.refreshAccessToken;
  if (!renew) return { kind: "failed", failure: { kind: "unauthorized", detail: "This destination's tokens can't be renewed: connect it again.", status: 401 } };
  const found = await renew(requestClient(running, connection), { settings: settingsWithTokens(connection), auth: authOf(connection) ?? {} });
  const tokens = found as { readonly accessToken?: unknown; readonly refreshToken?: unknown } | undefined; // Looked at below.
  if (typeof tokens?.accessToken !== "string" || tokens.accessToken === "") throw new Error("The vendor answered without a token.");
  return { kind: "tokens", tokens: { accessToken: tokens.accessToken, refreshToken: typeof tokens.refreshToken === "string" ? tokens.refreshToken : connection.oauth?.refreshToken } };
}

async function createAudience({ connection, audience }: Of<"create_audience">, running: Running): Promise<Answer> {
  const make = running.destination.definition.audienceConfig?.createAudience;
  if (!make) return { kind: "audience", externalId: undefined };
  const input = {
    settings: settingsWithTokens(connection), audienceSettings: audience.settings, audienceName: audience.name, personas: personasOf(audience, connection.workspaceId),
    features: featuresOf(connection), statsContext,
  };
  const made = await make(requestClient(running, connection), input) as { readonly externalId?: unknown } | undefined; // Looked at below.
  const externalId = made?.externalId;
  return { kind: "audience", externalId: typeof externalId === "string" && externalId !== "" ? externalId : typeof externalId === "number" ? String(externalId) : undefined };
}

async function choices({ connection, action, field, payload }: Of<"choices">, running: Running): Promise<Answer> {
  if (!Object.hasOwn(running.destination.definition.actions, action)) throw Object.assign(new Error(`There is no action ${action}.`), { status: 400 });
  const answer = await running.destination.executeDynamicField(action, field, { ...bundle(connection, running, undefined), payload }) as
    { readonly choices?: readonly Partial<Choice>[]; readonly error?: { readonly message?: string; readonly code?: string } } | undefined; // By the package's types.
  if (answer?.error) throw Object.assign(new Error(answer.error.message ?? "There are no choices."), { status: Number(answer.error.code) || undefined });
  return { kind: "choices", choices: (answer?.choices ?? []).map(({ value, label }) => ({ value: String(value), label: String(label ?? value) })) };
}

async function forget({ connection, person }: Of<"forget">, running: Running): Promise<Answer> {
  const remove = running.destination.definition.onDelete;
  if (!remove) throw Object.assign(new Error("This destination can't be told to forget a person."), { status: 501 });
  const payload = { userId: person.userId ?? "", anonymousId: person.anonymousId ?? "" };
  await remove(requestClient(running, connection, payload), { ...bundle(connection, running, undefined), payload });
  return { kind: "outcomes", outcomes: [{ kind: "delivered", ...(running.call.wire.kind === "reply" ? { status: running.call.wire.status } : {}) }] };
}
