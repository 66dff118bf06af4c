import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { AppError } from "./core/errors.ts";
import { defaultLimits } from "./core/limits.ts";
import { logLimits } from "./log/log-limits.ts";

/** The message of the refusal. */
function refusal(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof AppError && error.code === "invalid_config") return error.message;
    throw error;
  }
  throw new Error(`${JSON.stringify(env)} was taken.`);
}

describe("the configuration", () => {
  test("needs nothing: every setting has a default", () => {
    const config = readConfig({});
    expect(config).toMatchObject({
      host: "127.0.0.1", port: 8080, publicUrl: undefined, trustProxy: [], tls: undefined, databaseUrl: undefined, clickhouseUrl: undefined,
      logLevel: "info", dataDir: resolve("data"), logPartitions: 4, logHorizonMs: 72 * 3_600_000, logDiskFreeBytesMin: logLimits.diskFreeBytesMin, unknownKeyStatus: 401, secret: undefined,
      websiteEventsPerSecond: 100_000, outboundPrivateHosts: [],
    });
    expect([...config.roles]).toEqual(["ingest", "process", "deliver", "api"]);
    expect(config.limits).toEqual(defaultLimits);
  });

  test("takes mail and single sign-on whole or not at all", () => {
    expect(readConfig({})).toMatchObject({ mail: undefined, singleSignOn: undefined });
    expect(readConfig({ SMTP_URL: "smtps://u:p@mail.example.com", MAIL_FROM: "Tributary <cdp@example.com>" }).mail).toEqual({
      smtpUrl: "smtps://u:p@mail.example.com", from: "Tributary <cdp@example.com>",
    });
    expect(refusal({ SMTP_URL: "smtp://mail.example.com" })).toContain("SMTP_URL and MAIL_FROM: give both or none");
    expect(refusal({ SMTP_URL: "smtp://mail.example.com", MAIL_FROM: "cdp@example.com\r\nBcc: eve@example.com" })).toContain("MAIL_FROM");
    const provider = { OIDC_ISSUER: "https://id.example.com", OIDC_CLIENT_ID: "id", OIDC_CLIENT_SECRET: "secret" };
    expect(readConfig({ ...provider, OIDC_DOMAINS: "@Example.com, example.org", OIDC_ROLE: "viewer" }).singleSignOn).toEqual({
      issuer: "https://id.example.com", clientId: "id", clientSecret: "secret", name: "single sign-on", domains: ["example.com", "example.org"],
      newcomers: { role: "viewer", workspace: "default" },
    });
    expect(refusal({ OIDC_ISSUER: "https://id.example.com" })).toContain("give all or none");
    expect(refusal({ ...provider, OIDC_ROLE: "viewer" })).toContain("OIDC_ROLE: name in OIDC_DOMAINS");
    expect(refusal({ ...provider, OIDC_DOMAINS: "example.com", OIDC_ROLE: "owner" })).toContain("OIDC_ROLE");
    expect(refusal({ ...provider, OIDC_ISSUER: "http://id.example.com" })).toContain("https only");
    expect(readConfig({ ...provider, OIDC_ISSUER: "http://127.0.0.1:9000" }).singleSignOn?.newcomers).toBeUndefined();
  });

  test("reads what is set, takes an empty value for an absent one, and leaves other programs' variables alone", () => {
    const config = readConfig({
      HOST: "0.0.0.0", PORT: "0", PUBLIC_URL: "https://cdp.example.com/base/", TRUST_PROXY: " private, 192.0.2.7 ,true", TLS_CERT_FILE: "c.pem",
      TLS_KEY_FILE: "k.pem", TRIBUTARY_ROLES: "api, process", TRIBUTARY_UNKNOWN_KEY_STATUS: "200", TRIBUTARY_LOG_HORIZON_HOURS: "2",
      TRIBUTARY_LIMIT_BODY_BYTES: "1000", TRIBUTARY_LOG_DISK_FREE_BYTES: "0", TRIBUTARY_WRITE_KEY: "", OUTBOUND_PRIVATE_HOSTS: "db.internal:5432, 10.1.0.0/16", PATH: "/bin", LANG: "C",
    });
    expect(config).toMatchObject({
      host: "0.0.0.0", port: 0, publicUrl: "https://cdp.example.com/base", trustProxy: ["private", "192.0.2.7", "true"],
      tls: { certFile: "c.pem", keyFile: "k.pem" }, unknownKeyStatus: 200, logHorizonMs: 7_200_000, logDiskFreeBytesMin: 0, writeKey: undefined,
    });
    expect(config.outboundPrivateHosts).toEqual(["db.internal:5432", "10.1.0.0/16"]);
    expect([...config.roles]).toEqual(["api", "process"]);
    expect(config.limits).toEqual({ ...defaultLimits, bodyBytesMax: 1_000 });
  });

  test.each<[string, string]>([
    ["PORT", "80800"], ["PORT", "http"], ["PORT", "-1"], ["PUBLIC_URL", "cdp.example.com"], ["PUBLIC_URL", "ftp://cdp.example.com"],
    ["TRUST_PROXY", "privat"], ["TRUST_PROXY", "10.0.0.0/33"], ["TRUST_PROXY", "loopback,1.2.3.4/"], ["DEDUPE_MAX_IDS", "0"], ["LOG_LEVEL", "loud"],
    ["TRIBUTARY_ROLES", "ingest,deliveries"], ["TRIBUTARY_LOG_PARTITIONS", "257"], ["TRIBUTARY_LOG_HORIZON_HOURS", "1.5"],
    ["TRIBUTARY_LOG_HORIZON_BYTES", "many"], ["TRIBUTARY_LOG_DISK_FREE_BYTES", "-1"], ["TRIBUTARY_WRITE_KEY", "short"], ["TRIBUTARY_API_TOKEN", "short"], ["TRIBUTARY_SECRET", "short"],
    ["OUTBOUND_PRIVATE_HOSTS", "db.internal,http://a.internal"], ["TRIBUTARY_UNKNOWN_KEY_STATUS", "404"], ["TRIBUTARY_PROFILES_IN_MEMORY", "0"],
    ["TRIBUTARY_DEFAULT_WEBSITE_EVENTS_PER_SECOND", "-1"], ["TRIBUTARY_LIMIT_NESTING", "0"],
    ["TRIBUTARY_LIMIT_BODY_BYTES", "5MB"], ["TRIBUTARY_LIMIT_BODY_BYTES", "1.5"],
  ])("refuses %s=%s by its name", (name, value) => {
    expect(refusal({ [name]: value })).toContain(name);
  });

  test("refuses a certificate without its key", () => {
    expect(refusal({ TLS_CERT_FILE: "c.pem" })).toContain("TLS_KEY_FILE");
    expect(refusal({ TLS_KEY_FILE: "k.pem" })).toContain("TLS_CERT_FILE");
  });

  test("refuses divided roles that share Postgres but no ClickHouse", () => {
    const shared = { DATABASE_URL: "postgresql://db.example.com/tributary" };
    for (const roles of ["ingest", "process", "ingest,api,deliver"]) expect(refusal({ ...shared, TRIBUTARY_ROLES: roles })).toContain("CLICKHOUSE_URL");
    for (const all of [{}, { TRIBUTARY_ROLES: "ingest,process,api" }, { TRIBUTARY_ROLES: "ingest", CLICKHOUSE_URL: "http://ch.example.com:8123" }]) {
      expect(() => readConfig({ ...shared, ...all })).not.toThrow();
    }
  });

  test("refuses a TRIBUTARY_ name that it does not know, and names everything that is wrong at once", () => {
    const message = refusal({ TRIBUTARY_WRITEKEY: "some-write-key", PORT: "x", TRIBUTARY_LIMIT_NESTING: "deep" });
    for (const name of ["TRIBUTARY_WRITEKEY", "PORT", "TRIBUTARY_LIMIT_NESTING"]) expect(message).toContain(name);
    expect(() => readConfig({ TRIBUTARY_URL: "http://127.0.0.1:1" })).not.toThrow();
  });
});
