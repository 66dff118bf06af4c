// The command `tributary` as people run it, a process of its own, against a real API over HTTP.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { importRoutes } from "../api/imports.ts";
import { startTestApi, testSecret, type TestApi } from "../api/testing.ts";
import { systemClock } from "../core/clock.ts";
import { testDestination } from "../destinations/testing.ts";
import { createWorkspaceDb, type WorkspaceDb } from "../engines/postgres/workspace-db.ts";
import { createControl } from "../governance/governance.ts";
import { createImports, type Imports } from "../sources/import/import.ts";

const launcher = resolve(import.meta.dirname, "../../../bin/tributary");
const mapping = `
version: 1
format: csv
group_by: [order]
events: [{ name: Order Completed }]
user_id: customer
timestamp: { column: at, take: first }
properties: { total: { sum: [price] }, lines: { lines: { sku: sku, price: { column: price, type: number } } } }
`;
const header = "order,at,customer,sku,price\n";

let api: TestApi;
let workspaceDb: WorkspaceDb;
let dataDir: string;
let url: string;

beforeAll(async () => {
  const late: { imports?: Imports } = {};
  const imports = (): Imports => {
    if (!late.imports) throw new Error("The imports are made below.");
    return late.imports;
  };
  api = await startTestApi({
    catalog: testDestination().catalog,
    moreRoutes: importRoutes({
      create: (...all) => imports().create(...all), receive: (...all) => imports().receive(...all), get: (...all) => imports().get(...all),
      list: (...all) => imports().list(...all), errors: (...all) => imports().errors(...all), withdraw: (...all) => imports().withdraw(...all),
      previewWithdraw: (...all) => imports().previewWithdraw(...all), sample: (...all) => imports().sample(...all),
    }),
  });
  workspaceDb = createWorkspaceDb(api.postgres, { max: 3 });
  const processed = { waitFor: async () => true };
  const control = createControl({ workspaceDb, log: api.log, clock: systemClock, processed });
  late.imports = createImports({ previewWithdraw: async () => ({ events: 0, people: 0, gone: 0, complete: true }), workspaceDb, log: api.log, processed, clock: systemClock, secret: testSecret, control });
  url = await api.server.listen({ port: 0, host: "127.0.0.1" });
  dataDir = await mkdtemp(join(tmpdir(), "cli-"));
  await writeFile(join(dataDir, "server.json"), JSON.stringify({ url, localToken: api.first.token }), { mode: 0o600 });
  await writeFile(join(dataDir, "map.yaml"), mapping);
});
test("a statement becomes a file, never in the place of another, and leaves none where it is refused", async () => {
  const [path, none] = [join(dataDir, "answer.csv"), join(dataDir, "none.csv")];
  const written = await tributary(["exports", "file", "--sql", "select 'x' as a, number from numbers(3)", "--rows", "2", "--to", path]);
  expect(written).toMatchObject({ code: 0, out: "" });
  expect(await readFile(path, "utf8")).toBe("\ufeffa,number\r\nx,0\r\nx,1\r\n");
  expect(await tributary(["exports", "file", "profiles", "--to", path])).toMatchObject({ code: 1, err: expect.stringContaining("can't be written") });
  expect(await tributary(["exports", "file", "nothing", "--to", none])).toMatchObject({ code: 1, err: expect.stringContaining("There is no view nothing") });
  await expect(readFile(none)).rejects.toThrow();
  const id = /as ([\da-f-]{36})/.exec(written.err)?.[1] ?? "";
  expect((await tributary(["exports", "list"])).out).toContain(id);
  expect(await tributary(["exports", "people", id])).toMatchObject({ code: 0, out: "" });
});

test("a lost password is replaced, and the new one is the only thing on standard output", async () => {
  const email = "owner@localhost.localdomain";
  const ran = await tributary(["account", "reset-password", email]);
  expect(ran).toMatchObject({ code: 0, out: expect.stringMatching(/^([a-z2-9]{5}-){4}[a-z2-9]{5}\n$/), err: expect.stringContaining(email) });
  const signedIn = await fetch(`${url}/api/auth/sign-in/email`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ email, password: ran.out.trim() }),
  });
  expect(signedIn.status).toBe(200);
  expect(await tributary(["account", "reset-password", "nobody@example.com"])).toMatchObject({ code: 1, out: "", err: expect.stringContaining("no account") });
});

test("what was compiled is kept with the user's caches, and where it can't be kept nothing fails", async () => {
  const caches = join(dataDir, "caches");
  const shown = await tributary(["--version"], { XDG_CACHE_HOME: caches });
  expect(shown).toMatchObject({ code: 0, err: "" });
  expect(await readdir(join(caches, "tributary"))).toHaveLength(1);
  expect(await tributary(["--version"], { XDG_CACHE_HOME: caches })).toEqual(shown);
  expect(await tributary(["--version"], { HOME: join(dataDir, await file("no-folder", "")) })).toEqual(shown);
  expect(await tributary(["--version"])).toEqual(shown);
});

afterAll(async () => {
  await workspaceDb.end();
  await api.stop();
  await rm(dataDir, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function tributary(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  return new Promise((done) => {
    const { PATH = "" } = process.env;
    execFile(launcher, args, { cwd: dataDir, env: { PATH, TRIBUTARY_DATA_DIR: dataDir, ...env }, timeout: 180_000 }, (error, out, err) => {
      done({ code: error ? (typeof error.code === "number" ? error.code : -1) : 0, out, err });
    });
  });
}

async function file(name: string, content: string | Buffer): Promise<string> {
  await writeFile(join(dataDir, name), content);
  return name;
}

function orders(from: number, to: number): string {
  let text = "";
  for (let order = from; order < to; order++) for (const sku of ["a", "b"]) text += `${order},2025-07-04 05:06:07,customer-${order},${sku},1.50\n`;
  return text;
}

async function eventsOfLatestImport(): Promise<Record<string, unknown>[]> {
  const { rows } = await api.pool.query<{ id: number }>("select max(id) as id from import");
  const chunks = [];
  for (let offset = 0; ;) {
    const read = await api.log.read(api.first.partition, offset, 10_000_000);
    chunks.push(...read);
    const last = read.at(-1);
    if (!last) break;
    offset = last.offset + 1;
  }
  return chunks.flatMap((chunk) => chunk.records)
    .filter(({ header: of }) => of.kind === "events" && of.importId === rows[0]?.id)
    .flatMap(({ events }) => events.map((event) => JSON.parse(String(event)) as Record<string, unknown>));
}

const readings = ["--time-zone", "Europe/London", "--decimal-mark", "."];

describe("tributary import", () => {
  test("says which option is missing when a file does not say how its numbers and times are meant", async () => {
    const name = await file("silent.csv", header + orders(0, 2));
    const noMark = await tributary(["import", name, "--mapping", "map.yaml"]);
    expect(noMark).toMatchObject({ code: 1, out: "" });
    expect(noMark.err).toContain("--decimal-mark");
    const noZone = await tributary(["import", name, "--mapping", "map.yaml", "--decimal-mark", "."]);
    expect(noZone.code).toBe(1);
    expect(noZone.err).toContain("--time-zone");
    expect(await eventsOfLatestImport()).toEqual([]);
  });

  test("takes several files, some gzipped, as one import and sums it up", async () => {
    const names = [await file("one.csv", header + orders(0, 3)), await file("two.csv.gz", gzipSync(header + orders(3, 5)))];
    const ran = await tributary(["import", ...names, "--mapping", "map.yaml", ...readings]);
    expect(ran.err).toMatch(/^Reading one\.csv…\nImport \d+ \(one\), source one: 2 files\.\n/);
    expect(ran.out).toMatch(/^Import \d+ is done: 10 lines became 5 events; 0 lines were skipped, 0 refused\.\n$/);
    expect(ran.code).toBe(0);
    const events = await eventsOfLatestImport();
    expect(events).toHaveLength(5);
    expect(events[0]).toMatchObject({ timestamp: "2025-07-04T04:06:07Z", properties: { total: 3 } });
  });

  test("refuses the same content unless told --again", async () => {
    const names = ["one.csv", "two.csv.gz"];
    const ran = await tributary(["import", ...names, "--mapping", "map.yaml", ...readings]);
    expect(ran.code).toBe(1);
    expect(ran.err).toContain("has the same content");
    expect(ran.err).toContain("--again");
    expect((await tributary(["import", ...names, "--mapping", "map.yaml", ...readings, "--again"])).code).toBe(0);
  });

  test("lists refused lines and ends with exit code 2", async () => {
    const name = await file("bad.csv", `${header}1,2025-07-04,c,a,1\n2,2025-07-04,c,a,dear\n`);
    const ran = await tributary(["import", name, "--mapping", "map.yaml", ...readings]);
    expect(ran.code).toBe(2);
    expect(ran.out).toContain("bad.csv:3  not_a_number");
  });

  test("tells in a dry run what would happen, and stores nothing", async () => {
    const before = await api.log.state();
    const ran = await tributary(["import", "one.csv", "--mapping", "map.yaml", ...readings, "--dry-run"]);
    expect(ran.code).toBe(0);
    expect(ran.out).toContain("6 lines would become 3 events");
    expect(ran.out).toContain("People: 3 new, 0 known");
    expect(ran.out).toContain('"messageId"');
    expect(await api.log.state()).toEqual(before);
  });

  test("sends a large file in parts, also when a line is longer than a part", async () => {
    const long = `999999,2025-07-04,c,${"x".repeat(40_000_000)},1\n`;
    const name = await file("parts.csv.gz", gzipSync(header + orders(100_000, 100_010) + long + orders(100_010, 150_000), { level: 1 }));
    const ran = await tributary(["import", name, "--mapping", "map.yaml", ...readings, "--dry-run"]);
    expect(ran.out).toContain("100,001 lines would become 49,998 events; 0 lines skipped, 5 refused.");
    const real = await tributary(["import", name, "--mapping", "map.yaml", ...readings]);
    expect(real).toMatchObject({ code: 2, out: expect.stringContaining("parts.csv.gz:22  line_too_long") });
  });

  test("names what is wrong with a mapping", async () => {
    await file("wrong.yaml", "version: 1\nevents: [{ nam: X }]\n");
    const ran = await tributary(["import", "one.csv", "--mapping", "wrong.yaml"]);
    expect(ran.code).toBe(1);
    expect(ran.err).toContain('Unrecognized key: "nam"');
  });

  test("goes on by itself when the connection breaks, and has each event once", async () => {
    const name = await file("large.csv", header + orders(0, 20_000));
    const proxy = await breakingProxy(Number(new URL(url).port), 300_000);
    const { port } = proxy.address() as AddressInfo;
    const ran = await tributary(["import", name, "--mapping", "map.yaml", ...readings], {
      TRIBUTARY_URL: `http://127.0.0.1:${port}`, TRIBUTARY_API_TOKEN: api.first.token,
    });
    proxy.close();
    expect(ran).toMatchObject({ code: 0, out: expect.stringContaining("40,000 lines became 20,000 events") });
    expect(proxy.broken()).toBe(2);
    expect(new Set((await eventsOfLatestImport()).map((event) => event["messageId"])).size).toBe(20_000);
  });
});

/** Passes everything on, and cuts the first two connections that carried this many bytes. */
async function breakingProxy(target: number, afterBytes: number): Promise<Server & { broken: () => number }> {
  let broken = 0;
  const proxy = createServer((client) => {
    const upstream = connect({ port: target, host: "127.0.0.1" });
    let bytes = 0;
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    client.on("data", (data) => {
      bytes += data.length;
      if (bytes <= afterBytes || broken >= 2) return;
      broken += 1;
      end();
    });
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on("error", end).on("close", end);
  });
  await new Promise<void>((listening) => proxy.listen(0, "127.0.0.1", listening));
  return Object.assign(proxy, { broken: () => broken });
}

describe("tributary token", () => {
  test("makes a token that works, lists it without its secret, and revokes it", async () => {
    const made = await tributary(["token", "create", "for a test", "--scope", "read", "write"]);
    const secret = made.out.trim();
    expect(made.code).toBe(0);
    expect((await api.call("GET", "/workspace", { token: secret })).status).toBe(200);
    const list = await tributary(["token", "list"]);
    expect(list.out).not.toContain(secret);
    const [, id = ""] = /^(\d+) +for a test /m.exec(list.out) ?? [];
    expect((await tributary(["token", "revoke", id])).code).toBe(0);
    expect((await api.call("GET", "/workspace", { token: secret })).status).toBe(401);
    expect((await tributary(["token", "list"])).out).toMatch(/for a test .* revoked/);
  });

  test("tells what a scope may be", async () => {
    const ran = await tributary(["token", "create", "x", "--scope", "everything"]);
    expect(ran.code).not.toBe(0);
    expect(ran.err).toContain("personal_data");
  });
});

describe("tributary status", () => {
  test("says in a sentence that the server is ready and whether events add up", async () => {
    const ran = await tributary(["status"]);
    expect(ran.out).toMatch(new RegExp(`^Tributary at ${url} is ready; [\\d,]+ events came in during the last day, [\\d,]+ wait, and `));
    expect(ran.out).toContain("postgres");
  });

  test("fails with what to do when no server runs", async () => {
    const ran = await tributary(["status"], { TRIBUTARY_DATA_DIR: join(dataDir, "nowhere") });
    expect(ran.code).toBe(1);
    expect(ran.err).toContain("No server is running on");
    expect(ran.err).toContain("What to do: Start it with `tributary start`");
  });

  test("fails when the token is wrong", async () => {
    const ran = await tributary(["status"], { TRIBUTARY_URL: url, TRIBUTARY_API_TOKEN: "not-a-token-of-this-server" });
    expect(ran.code).toBe(1);
    expect(ran.err).toContain("What to do:");
  });
});

describe("tributary doctor", () => {
  test("finds a running server and a machine that can run it", async () => {
    const ran = await tributary(["doctor"]);
    expect(ran.out).toContain(`Server: ready at ${url}`);
    expect(ran.code).toBe(0);
  });

  test("fails when a setting is not valid and when the port is taken, and says what to do", async () => {
    const wrong = await tributary(["doctor"], { PORT: "many" });
    expect(wrong).toMatchObject({ code: 1, out: expect.stringMatching(/FAILURE {2}Settings: .*PORT/) });
    const taken = await tributary(["doctor"], { PORT: new URL(url).port, TRIBUTARY_DATA_DIR: join(dataDir, "nowhere") });
    expect(taken).toMatchObject({ code: 1, out: expect.stringMatching(/FAILURE {2}Port: .*EADDRINUSE[^]*What to do/) });
  });
});

describe("audiences", () => {
  const file = (text: string) => writeFile(join(dataDir, "audiences.yaml"), text);
  const one = "audiences:\n  vip:\n    name: VIP\n    who: { kind: trait, trait: plan, op: equals, value: gold }\n";

  test("are applied from a file with a plan, and written back to one", async () => {
    await file(one);
    const tried = await tributary(["audiences", "apply", "audiences.yaml", "--dry-run"]);
    expect(tried).toMatchObject({ code: 0, out: expect.stringMatching(/ACTION +AUDIENCE +ENTER +LEAVE +CHANGES\ncreate +vip +\+0 +-0/), err: expect.stringContaining("Dry run, nothing was changed: 1 audience would change") });
    expect((await tributary(["audiences", "export"])).out).toBe("audiences: {}\n");
    expect(await tributary(["audiences", "apply", "audiences.yaml"])).toMatchObject({ code: 0, err: "1 audience changed, 0 as they are.\n" });
    expect(await tributary(["audiences", "apply", "audiences.yaml"])).toMatchObject({ code: 0, out: "", err: "0 audiences changed, 1 as they are.\n" });
    expect((await tributary(["audiences", "export", "back.yaml"])).code).toBe(0);
    expect(await tributary(["audiences", "apply", "back.yaml"])).toMatchObject({ err: "0 audiences changed, 1 as they are.\n" });
    await file("audiences: {}\n");
    expect(await tributary(["audiences", "apply", "audiences.yaml", "--prune"])).toMatchObject({ code: 0, out: expect.stringMatching(/archive +vip/) });
  });

  test("that can't be kept end with what to do, and nothing is changed", async () => {
    await file(`${one}  worse:\n    name: Worse\n    who: { kind: audience, audience: nowhere }\n`);
    for (const more of [["--dry-run"], []]) {
      expect(await tributary(["audiences", "apply", "audiences.yaml", ...more])).toMatchObject({ code: 1, out: "", err: expect.stringContaining("/worse/who/audience: There is no audience `nowhere`.") });
    }
    expect(await tributary(["audiences", "apply", "no-such.yaml"])).toMatchObject({ code: 1, err: expect.stringContaining("can't be read (ENOENT)") });
  });
});

describe("destinations", () => {
  const file = (text: string) => writeFile(join(dataDir, "destinations.yaml"), text);
  const shop = (more = "") => `destinations:
  our-shop:
    name: Our shop
    definition: parrot
    settings: { url: https://example.com/hook, apiKey: { env: OUR_SHOP_API_KEY } }
    subscriptions:
      Orders:
        action: say
        trigger: { kind: events, names: [Order Completed] }
        mapping: { user: { "@path": $.userId } }
${more}`;

  test("are applied from a file, whose secrets stand in the environment, and written back to one", async () => {
    await file(shop());
    expect(await tributary(["destinations", "apply", "destinations.yaml"])).toMatchObject({ code: 1, err: expect.stringContaining("OUR_SHOP_API_KEY is not set") });
    const environment = { OUR_SHOP_API_KEY: "canary-of-the-shop-0123456789abcdef" };
    expect(await tributary(["destinations", "apply", "destinations.yaml", "--dry-run"], environment)).toMatchObject({ code: 0, out: expect.stringMatching(/create +our-shop +\ncreate +our-shop: Orders/), err: expect.stringContaining("2 would change") });
    expect((await tributary(["destinations", "export"])).out).toBe("destinations: {}\n");
    expect(await tributary(["destinations", "apply", "destinations.yaml"], environment)).toMatchObject({ code: 0, err: "2 changed, 0 as they are.\n" });
    expect(await tributary(["destinations", "apply", "destinations.yaml"], environment)).toMatchObject({ code: 0, out: "", err: "0 changed, 2 as they are.\n" });
    expect((await tributary(["destinations", "list"])).out).toMatch(/our-shop +Our shop +parrot +off +0 of 1/);
    const shown = await tributary(["destinations", "show", "our-shop"]);
    expect(shown.out).toContain("env: OUR_SHOP_API_KEY");
    expect(shown.out + shown.err).not.toContain("canary");
    expect((await tributary(["destinations", "export", "back.yaml"])).code).toBe(0);
    // Without the secret: what is there keeps the one that it has.
    expect(await tributary(["destinations", "apply", "back.yaml"])).toMatchObject({ code: 0, err: "0 changed, 2 as they are.\n" });
    await file(shop().replace("Order Completed", "Order Refunded").replace("name: Our shop", "name: The shop"));
    expect(await tributary(["destinations", "apply", "destinations.yaml"])).toMatchObject({ code: 0, out: expect.stringMatching(/change +our-shop +name\nchange +our-shop: Orders +definition/) });
  });

  test("are switched, and tried", async () => {
    expect(await tributary(["destinations", "enable", "our-shop", "--dry-run"])).toMatchObject({ code: 0, err: "Dry run, nothing was changed: our-shop would be switched on.\n" });
    expect(await tributary(["destinations", "enable", "our-shop"])).toMatchObject({ code: 0, err: "our-shop is switched on.\n" });
    expect(await tributary(["destinations", "enable", "our-shop"])).toMatchObject({ err: "our-shop is on already.\n" });
    expect(await tributary(["destinations", "enable", "our-shop", "Orders"])).toMatchObject({ code: 0, err: "“Orders” of our-shop is switched on.\n" });
    expect(await tributary(["destinations", "enable", "our-shop", "Nothing"])).toMatchObject({ code: 1, err: expect.stringContaining("no subscription called “Nothing”") });
    expect(await tributary(["destinations", "test", "our-shop"])).toMatchObject({ code: 0, out: expect.stringMatching(/^POST https:\/\/example.com\/hook\?key=•••\n[^]*→ 200/), err: "It works.\n" });
    expect(await tributary(["destinations", "disable", "our-shop"])).toMatchObject({ code: 0, err: "our-shop is switched off.\n" });
    expect(await tributary(["destinations", "show", "nowhere"])).toMatchObject({ code: 1, err: expect.stringContaining("There is no destination `nowhere`.") });
    await file("destinations: { x: { name: X } }\n");
    expect(await tributary(["destinations", "apply", "destinations.yaml"])).toMatchObject({ code: 1, err: expect.stringContaining("destinations.x.definition") });
  });
});
