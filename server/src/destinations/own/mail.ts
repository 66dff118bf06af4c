// One letter for each event, by a mail server of the user's own. Addresses go as an object, never as text that could name several; what
// is mapped never becomes a header of its own. Each letter has a connection of its own, made by the guard.
import { hash } from "node:crypto";
import type { FieldProblem } from "@tributary/schema/destination/check-fields.ts";
import { createTransport } from "nodemailer";
import type { SendItem, Outcome } from "../destination.ts";
import { defineDestination, type At, type OwnAction } from "./define-destination.ts";
import { asDetail } from "./outcome-of.ts";

const SUBJECT_LENGTH_MAX = 500;
const BODY_LENGTH_MAX = 500_000;
/** One address: no list, no name, nothing that ends a line. */
const address = /^[^\s@,;:<>()[\]"\\\p{Cc}]{1,64}@[^\s@,;:<>()[\]"\\\p{Cc}]{1,190}$/u;

const send: OwnAction = {
  definition: {
    key: "send", name: "Send a mail", description: "One mail for each event.",
    fields: [
      { key: "to", label: "To", type: "string", required: true, default: { "@path": "$.context.traits.email" } },
      { key: "subject", label: "Subject", type: "string", required: true },
      { key: "text", label: "Text", type: "text", required: { match: "all", conditions: [{ field: "html", is: true, value: null }] }, description: "For readers that show no HTML." },
      { key: "html", label: "HTML", type: "text", description: "Values within are written as they are: map only what you trust, or use the text." },
      { key: "replyTo", label: "Reply to", type: "string" },
    ],
  },
  check: ({ to, replyTo, subject, text, html }): FieldProblem[] => [
    ...(typeof to === "string" && !address.test(to) ? [{ field: "to", problem: "This is not one e-mail address." }] : []),
    ...(typeof replyTo === "string" && replyTo !== "" && !address.test(replyTo) ? [{ field: "replyTo", problem: "This is not one e-mail address." }] : []),
    ...(String(subject).length > SUBJECT_LENGTH_MAX ? [{ field: "subject", problem: `A subject has at most ${SUBJECT_LENGTH_MAX} characters.` }] : []),
    ...[["text", text], ["html", html]].flatMap(([field, body]) => (String(body ?? "").length > BODY_LENGTH_MAX ? [{ field: String(field), problem: `At most ${BODY_LENGTH_MAX.toLocaleString("en")} characters.` }] : [])),
  ],
  async send(at) {
    const [item] = at.items;
    if (!item) return [];
    return await overConnection(at, item, (transport) => transport.sendMail(letterOf(at, item)));
  },
};

export const mail = defineDestination({
  slug: "smtp",
  name: "Mail (SMTP)",
  description: "Sends a mail for each event by a mail server of your own.",
  category: "email",
  authentication: "basic",
  isStatusAll: false,
  settings: [
    { key: "host", label: "Mail server", type: "string", required: true, placeholder: "smtp.example.com" },
    { key: "port", label: "Port", type: "integer", minimum: 1, maximum: 65_535, default: 587, required: true },
    {
      key: "security", label: "Security", type: "string", required: true, default: "starttls",
      choices: [{ value: "starttls", label: "STARTTLS" }, { value: "tls", label: "TLS from the start" }, { value: "none", label: "None" }],
    },
    { key: "user", label: "User", type: "string" },
    { key: "password", label: "Password", type: "password" },
    { key: "from", label: "From", type: "string", required: true, placeholder: "shop@example.com" },
    { key: "fromName", label: "Name of the sender", type: "string" },
  ],
  actions: [send],
  presets: [],
  check: ({ host, from, security, password }) => [
    ...(typeof host === "string" && host !== "" && !/^[\w.:-]{1,253}$/.test(host) ? [{ field: "host", problem: "This is no name of a server." }] : []),
    ...(typeof from === "string" && from !== "" && !address.test(from) ? [{ field: "from", problem: "This is not one e-mail address." }] : []),
    ...(security === "none" && typeof password === "string" && password !== "" ? [{ field: "security", problem: "A password is never sent without TLS." }] : []),
  ],
  test: (at) => overConnection(at, undefined, (transport) => transport.verify()),
});

type Transport = ReturnType<typeof createTransport>;

async function overConnection(at: At, item: SendItem | undefined, run: (transport: Transport) => Promise<unknown>): Promise<Outcome> {
  const { host, port, security, user, password } = at.settings;
  const isTls = security === "tls";
  const startedAtMs = at.parts.nowMs();
  const startedMs = performance.now();
  const record = (status: number | undefined, said: string): void => at.record({
    method: "SMTP", url: `${isTls ? "smtps" : "smtp"}://${String(host)}:${String(port)}`, requestHeaders: {}, requestBody: item === undefined ? "" : JSON.stringify(item.payload),
    status, responseHeaders: {}, responseBody: said, startedAtMs, tookMs: Math.round(performance.now() - startedMs),
  });
  const socket = await at.parts.outbound.connect({ host: String(host), port: Number(port), tls: isTls, timeoutMs: at.parts.timeoutMs, signal: at.signal });
  const giveUp = (): void => void socket.destroy(new Error("The time was over."));
  const timer = setTimeout(giveUp, at.parts.timeoutMs);
  at.signal.addEventListener("abort", giveUp, { once: true });
  const options = {
    // Connected already, so that nodemailer looks up nothing.
    connection: socket, secured: isTls, secure: isTls, host: String(host), port: Number(port), requireTLS: security === "starttls", ignoreTLS: security === "none",
    tls: { servername: String(host), rejectUnauthorized: true }, disableFileAccess: true, disableUrlAccess: true,
    ...(typeof user === "string" && user !== "" ? { auth: { user, pass: String(password ?? "") } } : {}),
  };
  const transport = createTransport(options as Parameters<typeof createTransport>[0]); // `connection` and `secured` are options that its types leave out.
  try {
    const done = await run(transport);
    const said = typeof done === "object" && done !== null && "response" in done ? String(done.response) : "";
    record(Number.parseInt(said, 10) || 250, said);
    return { kind: "delivered" };
  } catch (error) {
    const outcome = outcomeOfError(error, at.clean);
    record(outcome.status, outcome.detail);
    return outcome;
  } finally {
    clearTimeout(timer);
    at.signal.removeEventListener("abort", giveUp);
    transport.close();
    socket.destroy();
  }
}

function letterOf({ settings }: At, { payload, idempotencyKey }: SendItem): Parameters<Transport["sendMail"]>[0] {
  const { to, subject, text, html, replyTo } = payload;
  const from = String(settings["from"]);
  return {
    from: { name: oneLine(settings["fromName"]), address: from },
    to: { name: "", address: String(to) },
    subject: oneLine(subject),
    ...(isFilled(text) ? { text: String(text) } : {}),
    ...(isFilled(html) ? { html: String(html) } : {}),
    ...(isFilled(replyTo) ? { replyTo: { name: "", address: String(replyTo) } } : {}),
    // The same with every attempt: what a mail server or reader knows already, it may drop.
    messageId: `<${hash("sha256", idempotencyKey, "hex")}@${from.slice(from.indexOf("@") + 1)}>`,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

const isFilled = (value: unknown): boolean => value !== undefined && value !== null && value !== "";
const oneLine = (value: unknown): string => (isFilled(value) ? String(value).toWellFormed().replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ") : "");

function outcomeOfError(error: unknown, clean: (text: string) => string): Extract<Outcome, { readonly kind: "retry" | "refused" | "unauthorized" }> {
  const { code, responseCode, response } = error as { code?: unknown; responseCode?: unknown; response?: unknown }; // Fields of nodemailer's errors; its message may quote addresses.
  const status = typeof responseCode === "number" ? responseCode : undefined;
  const said = typeof response === "string" ? asDetail(clean(response)) : "";
  if (code === "EAUTH" || status === 530 || status === 535) return { kind: "unauthorized", detail: `The mail server did not take the user and password. ${said}`.trim(), status };
  if (status !== undefined && status >= 500) return { kind: "refused", code: `smtp_${status}`, detail: `The mail server refused it. ${said}`, status };
  if (status !== undefined) return { kind: "retry", code: `smtp_${status}`, detail: `The mail server put it off. ${said}`, status, isOfDestination: status === 421 };
  if (code === "ETLS") return { kind: "retry", code: "tls_failed", detail: "The mail server speaks no TLS, or has no certificate that can be trusted.", isOfDestination: true };
  return { kind: "retry", code: "connection_failed", detail: "The mail server did not answer, or cut the connection.", isOfDestination: true };
}
