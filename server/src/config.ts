// The only reader of the environment: every setting of the server, checked at start, with errors that name the setting,
// what was found and what is allowed. An unknown TRIBUTARY_ name is an error too: a typo must not be a silent default.
import { resolve } from "node:path";
import { z } from "zod";
import { AppError } from "./core/errors.ts";
import { limitDeclarations, limitsWith, type LimitName, type Limits } from "./core/limits.ts";
import { privateHosts } from "./core/private-hosts.ts";
import { trustedAddresses } from "./core/trusted-addresses.ts";

export const roles = ["ingest", "process", "deliver", "api"] as const;
export type Role = (typeof roles)[number];

const portNumber = z.coerce.number().int().min(0).max(65_535);
const count = (max: number) => z.coerce.number().int().min(1).max(max);

/** Setting → how it is read. The descriptions are printed by `tributary doctor` and in docs/configuration.md. */
export const settings = {
  HOST: z.string().min(1).default("127.0.0.1").describe("Address to listen on."),
  PORT: portNumber.default(8080).describe("Port to listen on; 0 takes a free one."),
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional()
    .describe("The one outside address: snippets, settings JSON and links are made from it. Default: http(s)://HOST:PORT."),
  TRUST_PROXY: z.string().optional()
    .describe("Proxies whose X-Forwarded-* headers count (comma separated): addresses, ranges, `loopback`, `private`, `linklocal`, or `true` for all."),
  TLS_CERT_FILE: z.string().optional().describe("Certificate (PEM). With TLS_KEY_FILE the server speaks HTTPS. Both are read again every minute: a renewed one needs no restart."),
  TLS_KEY_FILE: z.string().optional().describe("Key of the certificate (PEM)."),
  DATABASE_URL: z.string().optional().describe("A Postgres server; default: the embedded one in the data directory. A process with all roles opens up to 94 connections, and 4 more for each partition beyond 4, 172 at most."),
  CLICKHOUSE_URL: z.string().optional().describe("A ClickHouse server; default: chDB in the data directory."),
  DEDUPE_MAX_IDS: count(1e11).default(200_000_000).describe("Message ids kept at most; beyond it the dedupe window gets shorter."),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info").describe("What is logged."),
  TRIBUTARY_DATA_DIR: z.string().min(1).default("./data").describe("Where everything is kept."),
  TRIBUTARY_ROLES: z.string().default("ingest,process,deliver,api").describe("What this process does: any of ingest, process, deliver, api. Each tells its health below /health and its figures at /metrics."),
  TRIBUTARY_LOG_PARTITIONS: count(256).default(4).describe("Partitions of the event log; fixed when the data directory is made."),
  TRIBUTARY_LOG_HORIZON_HOURS: count(24 * 365).default(72).describe("How long the event log is kept for recovery."),
  TRIBUTARY_LOG_HORIZON_BYTES: count(1e15).default(20 * 1024 ** 3).describe("How large the event log may get; never less than the slowest reader needs."),
  TRIBUTARY_LOG_DISK_FREE_BYTES: z.coerce.number().int().min(0).max(1e15).default(1024 ** 3)
    .describe("Nothing is taken in (429) while the disk of the data directory has less than this left, or is 95 % full. With DATABASE_URL nobody looks at disks."),
  TRIBUTARY_WRITE_KEY: z.string().min(8).max(200).optional().describe("Write key of the first source; default: made and printed once."),
  TRIBUTARY_API_TOKEN: z.string().min(16).max(200).optional().describe("The first API token; default: made and printed once."),
  TRIBUTARY_ADMIN_EMAIL: z.email().max(254).optional()
    .describe("Address of the first owner's account; default: owner@localhost.localdomain. One that has no account at a later start becomes an owner too."),
  TRIBUTARY_ADMIN_PASSWORD: z.string().min(8).max(128).optional()
    .describe("Password of an account that a start makes; default: made and printed once. An account that is there keeps its own."),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).meta({ format: "smtp-uri" }).optional()
    .describe("Mail server for invitations and password links: smtp://user:password@host:port, or smtps:// for TLS from the start. With a user, smtp:// insists on STARTTLS unless `?requireTLS=false` follows. Default: no mail; links are shown instead."),
  MAIL_FROM: z.string().regex(/^[^\r\n]*[^\s@<]+@[^\s@>]+>?$/, "not an address").max(320).optional().describe("Sender of these mails, such as `Tributary <cdp@example.com>`. With SMTP_URL."),
  OIDC_ISSUER: z.url({ protocol: /^https?$/ }).optional()
    .describe("Single sign-on: the address of an OpenID Connect provider, whose settings are found below it. Redirect address to register there: PUBLIC_URL/api/auth/callback/oidc."),
  OIDC_CLIENT_ID: z.string().min(1).max(500).optional().describe("What the provider calls this server."),
  OIDC_CLIENT_SECRET: z.string().min(1).max(2_000).optional().describe("The secret that goes with it."),
  OIDC_NAME: z.string().min(1).max(60).default("single sign-on").describe("The provider's name on the button: Sign in with …"),
  OIDC_DOMAINS: z.string().max(2_000).optional()
    .describe("E-mail domains whose people come in by the provider (comma separated). Default: whoever has an account already, of any domain."),
  OIDC_ROLE: z.enum(["admin", "marketer", "analyst", "service_agent", "privacy_officer", "developer", "viewer"]).optional()
    .describe("Role of people of OIDC_DOMAINS who have no account yet: they get one. Default: they are refused."),
  OIDC_WORKSPACE: z.string().min(1).max(63).default("default").describe("Slug of the workspace that they are taken into."),
  TRIBUTARY_SECRET: z.string().min(32).optional().describe("Salt of identifier hashes and seal of stored secrets, the same for all processes on one database; default: made in the data directory, file `secret`."),
  OUTBOUND_PRIVATE_HOSTS: z.string().max(10_000).optional()
    .describe("Private hosts that destinations and other connections may reach (comma separated): names or addresses, with `:port` or without, and ranges such as 10.1.0.0/16. Default: none; addresses of metadata services and link-local ones stay closed in any case."),
  TRIBUTARY_SECRET_KEYS: z.string().min(32).optional()
    .describe("Keys under which settings and tokens of destinations are sealed (comma separated, the newest first, each of at least 32 characters), the same for all processes on one database; see docs/secrets.md. Default: one that is made of TRIBUTARY_SECRET, and then those that `tributary secrets rotate` makes in the data directory."),
  TRIBUTARY_UNKNOWN_KEY_STATUS: z.enum(["200", "401"]).default("401").describe("Answer to an unknown or disabled write key."),
  TRIBUTARY_DEFAULT_WEBSITE_EVENTS_PER_SECOND: z.coerce.number().int().min(0).max(1e9).default(100_000)
    .describe("Events a second that one write key of a website may send when its source has no limit of its own; 0 is no limit."),
  TRIBUTARY_PROFILES_IN_MEMORY: count(10_000_000).default(32_000).describe("People that a sequencer holds in memory."),
} satisfies Record<string, z.ZodType>;

export type Settings = z.infer<z.ZodObject<typeof settings>>;

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly publicUrl: string | undefined;
  readonly trustProxy: readonly string[];
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly databaseUrl: string | undefined;
  readonly clickhouseUrl: string | undefined;
  readonly dedupeMaxIds: number;
  readonly logLevel: string;
  readonly dataDir: string;
  readonly roles: ReadonlySet<Role>;
  readonly logPartitions: number;
  readonly logHorizonMs: number;
  readonly logHorizonBytes: number;
  readonly logDiskFreeBytesMin: number;
  readonly writeKey: string | undefined;
  readonly apiToken: string | undefined;
  readonly adminEmail: string | undefined;
  readonly adminPassword: string | undefined;
  readonly mail: { readonly smtpUrl: string; readonly from: string } | undefined;
  readonly singleSignOn: SingleSignOnConfig | undefined;
  readonly secret: string | undefined;
  /** TRIBUTARY_SECRET_KEYS, the newest first. */
  readonly secretKeys: readonly string[];
  readonly unknownKeyStatus: 200 | 401;
  /** OUTBOUND_PRIVATE_HOSTS, each a name, an address or a range. */
  readonly outboundPrivateHosts: readonly string[];
  readonly websiteEventsPerSecond: number;
  readonly profilesInMemory: number;
  readonly limits: Limits;
}

export interface SingleSignOnConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly name: string;
  readonly domains: readonly string[];
  readonly newcomers: { readonly role: NonNullable<Settings["OIDC_ROLE"]>; readonly workspace: string } | undefined;
}

/** Reads the settings out of an environment. Throws AppError `invalid_config` with one line for each thing that is wrong. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined && value !== "") given[name] = value;
  const parsed = z.object(settings).safeParse(given);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) problems.push(`${issue.path.join(".")}: ${issue.message}`);
  }
  const limits = readLimits(given, problems);
  for (const name of Object.keys(given)) {
    const isKnown = name in settings || Object.values(limitDeclarations).some((limit) => limit.setting === name) || clientSettings.has(name);
    if (name.startsWith("TRIBUTARY_") && !isKnown) problems.push(`${name}: there is no such setting`);
  }
  const chosen = parsed.data ? readRoles(parsed.data.TRIBUTARY_ROLES, problems) : new Set<Role>();
  if (parsed.data && (parsed.data.TLS_CERT_FILE === undefined) !== (parsed.data.TLS_KEY_FILE === undefined)) {
    problems.push("TLS_CERT_FILE and TLS_KEY_FILE: give both or none");
  }
  if (parsed.data) checkDivided(parsed.data, chosen, problems);
  if (parsed.data) checkWaysIn(parsed.data, problems);
  if (parsed.data) checkTrust(listOf(parsed.data.TRUST_PROXY), problems);
  if (parsed.data) checkSecretKeys(listOf(parsed.data.TRIBUTARY_SECRET_KEYS), problems);
  if (parsed.data) checkPrivateHosts(listOf(parsed.data.OUTBOUND_PRIVATE_HOSTS), problems);
  if (!parsed.data || problems.length > 0) throw new AppError("invalid_config", { detail: problems.join("; ") });
  return configOf(parsed.data, limits, chosen);
}

// Read by the command line as a client of a server, not by the server.
const clientSettings = new Set(["TRIBUTARY_URL", "TRIBUTARY_SHARED_DATA"]);

function configOf(data: Settings, limits: Limits, chosen: ReadonlySet<Role>): Config {
  const { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile } = data;
  return {
    host: data.HOST,
    port: data.PORT,
    publicUrl: data.PUBLIC_URL?.replace(/\/+$/, ""),
    trustProxy: listOf(data.TRUST_PROXY),
    tls: certFile !== undefined && keyFile !== undefined ? { certFile, keyFile } : undefined,
    databaseUrl: data.DATABASE_URL,
    clickhouseUrl: data.CLICKHOUSE_URL,
    dedupeMaxIds: data.DEDUPE_MAX_IDS,
    logLevel: data.LOG_LEVEL,
    dataDir: resolve(data.TRIBUTARY_DATA_DIR),
    roles: chosen,
    logPartitions: data.TRIBUTARY_LOG_PARTITIONS,
    logHorizonMs: data.TRIBUTARY_LOG_HORIZON_HOURS * 3_600_000,
    logHorizonBytes: data.TRIBUTARY_LOG_HORIZON_BYTES,
    logDiskFreeBytesMin: data.TRIBUTARY_LOG_DISK_FREE_BYTES,
    writeKey: data.TRIBUTARY_WRITE_KEY,
    apiToken: data.TRIBUTARY_API_TOKEN,
    adminEmail: data.TRIBUTARY_ADMIN_EMAIL,
    adminPassword: data.TRIBUTARY_ADMIN_PASSWORD,
    mail: data.SMTP_URL !== undefined && data.MAIL_FROM !== undefined ? { smtpUrl: data.SMTP_URL, from: data.MAIL_FROM } : undefined,
    singleSignOn: singleSignOnOf(data),
    secret: data.TRIBUTARY_SECRET,
    secretKeys: listOf(data.TRIBUTARY_SECRET_KEYS),
    outboundPrivateHosts: listOf(data.OUTBOUND_PRIVATE_HOSTS),
    unknownKeyStatus: data.TRIBUTARY_UNKNOWN_KEY_STATUS === "200" ? 200 : 401,
    websiteEventsPerSecond: data.TRIBUTARY_DEFAULT_WEBSITE_EVENTS_PER_SECOND,
    profilesInMemory: data.TRIBUTARY_PROFILES_IN_MEMORY,
    limits,
  };
}

function singleSignOnOf(data: Settings): SingleSignOnConfig | undefined {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret, OIDC_ROLE: role } = data;
  if (issuer === undefined || clientId === undefined || clientSecret === undefined) return undefined;
  return {
    issuer, clientId, clientSecret, name: data.OIDC_NAME, domains: listOf(data.OIDC_DOMAINS).map((domain) => domain.toLowerCase().replace(/^@/, "")),
    newcomers: role === undefined ? undefined : { role, workspace: data.OIDC_WORKSPACE },
  };
}

/** Processes that share Postgres and each have a chDB of their own would answer with the events of some. */
function checkDivided(data: Settings, chosen: ReadonlySet<Role>, problems: string[]): void {
  if (data.DATABASE_URL === undefined || data.CLICKHOUSE_URL !== undefined || (chosen.has("process") && chosen.has("api"))) return;
  problems.push("CLICKHOUSE_URL: needed where roles are divided among processes (TRIBUTARY_ROLES with DATABASE_URL), so that all have the same events");
}

/** What only makes sense together. */
function checkWaysIn(data: Settings, problems: string[]): void {
  if ((data.SMTP_URL === undefined) !== (data.MAIL_FROM === undefined)) problems.push("SMTP_URL and MAIL_FROM: give both or none");
  const given = [data.OIDC_ISSUER, data.OIDC_CLIENT_ID, data.OIDC_CLIENT_SECRET].filter((value) => value !== undefined).length;
  if (given !== 0 && given !== 3) problems.push("OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET: give all or none");
  if (data.OIDC_ROLE !== undefined && listOf(data.OIDC_DOMAINS).length === 0) problems.push("OIDC_ROLE: name in OIDC_DOMAINS whose people are taken in");
  if (data.OIDC_ISSUER === undefined) return;
  const { protocol, hostname } = new URL(data.OIDC_ISSUER);
  // In the clear only where nobody stands between.
  if (protocol === "http:" && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) problems.push("OIDC_ISSUER: https only, but for this machine itself");
}

function listOf(text: string | undefined): string[] {
  return (text ?? "").split(",").map((part) => part.trim()).filter((part) => part !== "");
}

function checkTrust(entries: readonly string[], problems: string[]): void {
  for (const entry of entries) {
    try {
      trustedAddresses([entry]);
    } catch {
      problems.push(`TRUST_PROXY: "${entry}" is not an address, a range, or one of the words loopback, private, linklocal, true`);
    }
  }
}

function checkSecretKeys(keys: readonly string[], problems: string[]): void {
  if (keys.some((key) => key.length < 32)) problems.push("TRIBUTARY_SECRET_KEYS: each key has at least 32 characters");
  if (new Set(keys).size < keys.length) problems.push("TRIBUTARY_SECRET_KEYS: a key is named twice");
}

function checkPrivateHosts(entries: readonly string[], problems: string[]): void {
  for (const entry of entries) {
    try {
      privateHosts([entry]);
    } catch {
      problems.push(`OUTBOUND_PRIVATE_HOSTS: "${entry}" is not a name, an address, either with a port, or a range`);
    }
  }
}

function readRoles(text: string, problems: string[]): ReadonlySet<Role> {
  const chosen = new Set<Role>();
  for (const part of text.split(",").map((word) => word.trim())) {
    const role = roles.find((known) => known === part);
    if (role) chosen.add(role);
    else problems.push(`TRIBUTARY_ROLES: "${part}" is not one of ${roles.join(", ")}`);
  }
  return chosen;
}

function readLimits(given: Readonly<Record<string, string>>, problems: string[]): Limits {
  const changes: Partial<Record<LimitName, number>> = {};
  for (const name of Object.keys(limitDeclarations) as LimitName[]) { // Object.keys forgets the keys' type.
    const { setting, unit } = limitDeclarations[name];
    const text = given[setting];
    if (text === undefined) continue;
    const value = Number(text);
    if (Number.isSafeInteger(value) && value > 0) changes[name] = value;
    else problems.push(`${setting}: "${text}" is not a whole number of ${unit} above zero`);
  }
  return limitsWith(changes);
}
