import { setTimeout as sleep } from "node:timers/promises";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { problem } from "@tributary/schema/api/answer-parts.ts";
import { manualClock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import { hash128 } from "../core/hash.ts";
import { createToken } from "../governance/governance.ts";
import { addEvents, addPerson, startTestApi, type TestApi } from "./testing.ts";

const ada = hash128("person", "ada");
const clock = manualClock(Date.UTC(2026, 5, 1));

describe("the API's gate", () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await startTestApi(
      {
        limits: {
          requestsPerSecond: 100,
          requestsBurst: 400,
          bodyBytesMax: 20_000,
          timelinesPerSecond: 5,
          timelinesAtOnce: 1,
          timelinesQueued: 1,
        },
      },
      clock,
    );
    await addPerson(api, { id: ada, workspace: api.first, identifiers: [["email", "ada@example.com"]] });
    await addEvents(api, [{ workspace: api.first, row: 5, messageId: "m", profileId: ada }]);
  });
  afterAll(() => api.stop());

  test("answers without a valid token with 401 and how to get one", async () => {
    for (const token of [null, "wrong", `${api.first.token}x`, api.first.writeKey]) {
      const { status, body, headers } = await api.call("GET", "/workspace", { token });
      expect({ status, code: body.code, header: headers["www-authenticate"] }).toEqual({
        status: 401,
        code: "unauthenticated",
        header: 'Bearer realm="tributary"',
      });
      expect(body.hint).toContain("Authorization: Bearer");
      expect(body.request_id).toBe(headers["x-request-id"]);
    }
  });

  test("a token stops when it expires, and within two seconds when it is revoked elsewhere", async () => {
    const client = await api.pool.connect();
    const made = async (expiresAtMs?: number) =>
      createToken(client, {
        workspaceId: api.first.id,
        name: "t",
        scopes: ["read"],
        ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
      });
    const short = await made(clock.nowMs() + 500);
    const revoked = await made();
    client.release();
    for (const { secret } of [short, revoked]) expect((await api.call("GET", "/workspace", { token: secret })).status).toBe(200);
    await api.pool.query("update api_token set revoked_at = now() where id = $1", [revoked.token.id]);
    clock.advanceMs(500);
    expect((await api.call("GET", "/workspace", { token: short.secret })).status).toBe(401);
    clock.advanceMs(1_500);
    expect((await api.call("GET", "/workspace", { token: revoked.secret })).status).toBe(401);
    await api.pool.query("update api_token set revoked_at = null where id = $1", [revoked.token.id]);
    clock.advanceMs(2_000);
    expect((await api.call("GET", "/workspace", { token: revoked.secret })).status).toBe(200);
    await api.pool.query("update api_token set revoked_at = now() where id = $1", [revoked.token.id]);
    clock.advanceMs(-3_600_000);
    expect((await api.call("GET", "/workspace", { token: revoked.secret })).status, "a clock that is set back keeps no token alive").toBe(401);
    clock.advanceMs(3_600_000);
  });

  test("unknown addresses, methods and bodies get a problem that says what to do", async () => {
    expect((await api.call("GET", "/nothing")).body.code).toBe("not_found");
    const wrong = await api.call("DELETE", "/profiles/email:x");
    expect(wrong).toMatchObject({ status: 405, body: { code: "method_not_allowed" } });
    expect(wrong.headers["allow"]).toBe("GET, PATCH");
    expect((await api.call("POST", "/tokens", { body: "{not json" })).body.code).toBe("invalid_json");
    expect((await api.call("POST", "/tokens", { body: "[]" })).body.code).toBe("bad_request");
    expect((await api.call("POST", "/tokens", { body: "{}", headers: { "content-type": "text/plain" } })).body.hint).toContain(
      "application/json",
    );
    expect((await api.call("POST", "/tokens", { body: JSON.stringify({ name: "x".repeat(30_000) }) })).body).toMatchObject({
      code: "body_too_large",
      message: expect.stringContaining("20000"),
    });
    expect((await api.call("POST", "/tokens", { body: '{"name":"x","scopes":["read"],"__proto__":{"admin":true}}' })).status).toBe(400);
    expect((await api.call("GET", "/sources/1%00")).status).toBe(400);
    expect((await api.call("GET", "/sources/99999999999")).status).toBe(400);
    expect((await api.call("GET", "/audit?limit=5&limit=6")).status).toBe(400);
  });

  test("an address outside the API answers in the same shape, without a token", async () => {
    for (const [method, url] of [["GET", "/nothing"], ["GET", "/health/nothing"], ["POST", "/health/live"], ["GET", "/api/v2/profiles"]] as const) {
      const response = await api.server.inject({ method, url });
      expect(response.headers["content-type"]).toMatch(/^application\/problem\+json/);
      const body = response.json();
      expect(problem.safeParse(body).error?.issues, url).toBeUndefined();
      expect(body).toMatchObject({ status: 404, code: "not_found", hint: expect.stringContaining("/api/docs") });
    }
  });

  test("an address that guesses is slowed down, and a known token from there is not", async () => {
    clock.advanceMs(60_000);
    expect((await api.call("GET", "/workspace")).status).toBe(200);
    const guesses = await Promise.all(
      Array.from({ length: 210 }, (_, index) => api.call("GET", "/workspace", { token: `guess-${index}` })),
    );
    expect(guesses.filter((guess) => guess.status === 429).length).toBeGreaterThanOrEqual(10);
    expect((await api.call("GET", "/workspace")).status).toBe(200);
    clock.advanceMs(60_000);
  });

  test("a body that is far too large gets its answer over a real connection, which can be used again", async () => {
    await api.server.listen({ host: "127.0.0.1", port: 0 });
    const { port } = api.server.server.address() as AddressInfo;
    const headers = { authorization: `Bearer ${api.first.token}`, "content-type": "application/json" };
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/tokens`, {
      method: "POST",
      headers,
      body: `{"name":"${"x".repeat(3_000_000)}"}`,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "body_too_large" });
    expect((await fetch(`http://127.0.0.1:${port}/api/v1/workspace`, { headers })).status).toBe(200);
  });

  test("text that a database can't hold is refused and not a failure of ours", async () => {
    expect(await api.call("GET", "/audit?actor=a%00b")).toMatchObject({ status: 400, body: { code: "bad_request" } });
  });

  test("a cursor that somebody made up is refused wherever one is taken", async () => {
    clock.advanceMs(60_000);
    const paths = ["/sources", "/tokens", "/audit", "/events", "/quarantine", "/profiles", `/profiles/${ada}/events`, `/profiles/${ada}/merges`];
    const numbers = [99_999_999_999_999_999_999, 2 ** 60, -1, 1.5];
    for (const path of paths) {
      // Whatever the shape of the place: a number, a number and a text, two numbers.
      for (const made of numbers.flatMap((number) => [[number], [number, "x"], [number, number]])) {
        const cursor = Buffer.from(JSON.stringify(made)).toString("base64url");
        const { status, body } = await api.call("GET", `${path}?cursor=${cursor}`);
        expect({ path, made, status, code: body.code }).toEqual({ path, made, status: 400, code: "bad_request" });
      }
    }
    for (const path of ["/sources", "/tokens"]) {
      const cursor = Buffer.from("[99999999999]").toString("base64url");
      expect((await api.call("GET", `${path}?cursor=${cursor}`)).status).toBe(400);
    }
    const inWords = await api.call("GET", `/profiles/${ada}/events?cursor=${Buffer.from("[-1, 0]").toString("base64url")}`);
    expect(inWords.status, "a time before 1970 is a place like any other").toBe(200);
  });

  describe("idempotency keys", () => {
    const post = (key: string, name: string, token = api.first.token) =>
      api.call("POST", "/tokens", { token, body: { name, scopes: ["read"] }, headers: { "idempotency-key": key } });

    test("the same request gets the first answer again, secrets included, and makes nothing twice", async () => {
      const first = await post("order-key-k1", "once");
      const again = await post("order-key-k1", "once");
      expect(again.body).toEqual(first.body);
      expect(again.headers["idempotent-replayed"]).toBe("true");
      expect((await api.pool.query("select count(*)::int as n from api_token where name = 'once'")).rows).toEqual([{ n: 1 }]);
      const { rows } = await api.pool.query<{ response: unknown; key: string }>("select key, response from idempotency_key");
      expect(JSON.stringify(rows)).not.toContain(first.body.secret);
      expect(JSON.stringify(rows)).not.toContain("order-key-k1");
    });

    test("another request with the same key is refused; another token's key is another key", async () => {
      expect(await post("order-key-k1", "other")).toMatchObject({ status: 409, body: { code: "idempotency_mismatch" } });
      expect((await post("order-key-k1", "theirs", api.second.token)).status).toBe(201);
      expect((await post("bad key", "x")).status).toBe(400);
    });

    test("many at once make one", async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => post("order-key-k2", "together")));
      expect(new Set(answers.map((answer) => answer.body.secret)).size).toBe(1);
      expect((await api.pool.query("select count(*)::int as n from api_token where name = 'together'")).rows).toEqual([{ n: 1 }]);
    });

    test("a request that failed may be sent again, one that died is taken over, and an old answer is forgotten", async () => {
      const unmerge = (name: string) =>
        api.call("POST", `/profiles/${ada}/unmerge`, {
          body: { identifiers: [{ namespace: "email", value: name }] },
          headers: { "idempotency-key": "order-key-k3" },
        });
      expect((await unmerge("ada@example.com")).status).toBe(400);
      expect((await unmerge("other@example.com")).status).toBe(400);
      await post("order-key-k4", "first");
      await api.pool.query("update idempotency_key set status = null, response = null");
      clock.advanceMs(61_000);
      expect((await post("order-key-k4", "first")).headers["idempotent-replayed"]).toBeUndefined();
      clock.advanceMs(25 * 3_600_000);
      expect((await post("order-key-k4", "another body")).status).toBe(201);
    });
  });

  describe("idempotency keys, later", () => {
    const post = (key: string, name: string, token = api.first.token) =>
      api.call("POST", "/tokens", { token, body: { name, scopes: ["read"] }, headers: { "idempotency-key": key } });

    test("old answers go in every workspace, whichever asks", async () => {
      await post("first-key", "p1");
      await post("second-key", "p2", api.second.token);
      clock.advanceMs(25 * 3_600_000);
      await post("first-key-again", "p3");
      expect((await api.pool.query("select workspace_id from idempotency_key")).rows).toEqual([{ workspace_id: api.first.id }]);
    });

    test("when an answer can't be stored, the caller has it all the same, and a repeat does not make the change again", async () => {
      await api.pool.query("alter table idempotency_key add constraint broken check (status is null) not valid");
      expect((await post("lost-answer", "made once")).status).toBe(201);
      await api.pool.query("alter table idempotency_key drop constraint broken");
      const repeats = await Promise.race([post("lost-answer", "made once"), sleep(500)]);
      expect(repeats, "it still waits for the first").toBeUndefined();
      expect((await api.pool.query("select count(*)::int as n from api_token where name = 'made once'")).rows).toEqual([{ n: 1 }]);
      await api.pool.query("delete from idempotency_key");
    });
  });

  test("a token that asks too often waits, and others do not", async () => {
    clock.advanceMs(60_000);
    const answers = await Promise.all(Array.from({ length: 402 }, () => api.call("GET", "/workspace")));
    const refused = answers.filter((answer) => answer.status === 429);
    expect(refused).toHaveLength(2);
    expect(refused[0]).toMatchObject({ body: { code: "rate_limited" }, headers: { "retry-after": "1" } });
    expect((await api.call("GET", "/workspace", { token: api.second.token })).status).toBe(200);
    clock.advanceMs(10);
    expect((await api.call("GET", "/workspace")).status).toBe(200);
  });

  test("timelines have a limit of their own, and the plain answer none of it", async () => {
    clock.advanceMs(60_000);
    const answers = await Promise.all(Array.from({ length: 8 }, () => api.call("GET", `/profiles/${ada}?include=events`)));
    expect(answers.filter((answer) => answer.status === 200).length).toBeGreaterThanOrEqual(1);
    expect(answers.filter((answer) => answer.status === 429).length).toBeGreaterThanOrEqual(3);
    expect((await api.call("GET", `/profiles/${ada}`)).status).toBe(200);
  });

  test("the OpenAPI document names every route, and every named route answers", async () => {
    clock.advanceMs(60_000);
    const document = (await api.server.inject("/api/openapi.json")).json();
    expect(document.openapi).toBe("3.1.0");
    const named = Object.entries<Record<string, unknown>>(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(named.toSorted()).toEqual(api.api.routes.map((route) => `${route.method} /api/v1${route.path}`).toSorted());
    const ids = Object.values<Record<string, { operationId: string }>>(document.paths).flatMap((methods) =>
      Object.values(methods).map((operation) => operation.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
    for (const name of named) {
      const [method = "", path = ""] = name.split(" ");
      const { status, body } = await api.call(
        method,
        path.replace("/api/v1", "").replaceAll(/\{\w+\}/g, "424242"),
        method === "GET" ? {} : { body: {} },
      );
      expect(status, name).not.toBe(405);
      expect(status, name).toBeLessThan(500);
      if (status === 404) expect(body.message, name).not.toBe("There is nothing at this address.");
    }
  });

  test("every reference within the OpenAPI document leads somewhere", async () => {
    const text = (await api.server.inject("/api/openapi.json")).body;
    const { components } = JSON.parse(text);
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1] ?? "");
    expect(references.length).toBeGreaterThan(20);
    for (const name of references) expect(components.schemas).toHaveProperty(name);
    expect(text).not.toContain("#/$defs/");
  });

  test("the reference page shows each route under a policy that allows nothing from elsewhere or inline", async () => {
    const { body, headers } = await api.server.inject("/api/docs");
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    for (const route of api.api.routes) expect(body).toContain(route.summary.replaceAll("'", "&#39;"));
    expect(body).not.toMatch(/ style="| on\w+="|<style|<script>|https?:\/\/(?!localhost)/);
    for (const asset of ["reference.css", "reference.js"]) expect((await api.server.inject(`/api/docs/${asset}`)).statusCode).toBe(200);
    expect(body).toContain('id="error-rate_limited"');
  });

  test("health and metrics need no token and name nobody", async () => {
    for (const path of ["/health", "/health/live"]) expect((await api.server.inject(path)).json()).toEqual({ status: "live" });
    expect((await api.server.inject("/health/ready")).json()).toMatchObject({ status: "ready", parts: { postgres: { ok: true } } });
    await sleep(0);
    const metrics = (await api.server.inject("/metrics")).body;
    expect(metrics).toContain('tributary_api_request_seconds_count{route="/api/v1/profiles/:ref",method="GET",status="200"}');
    expect(metrics).not.toContain(ada);
  });
});

test("a part that is not ready, fails or hangs makes the server not ready", async () => {
  let readiness = async () => ({ ready: false, parts: { log: { ok: false, detail: "is far behind" } } });
  const testClock = manualClock(0);
  const api = await startTestApi({ readiness: () => readiness() }, testClock);
  const ready = async () => {
    testClock.advanceMs(1_000);
    const response = await api.server.inject("/health/ready");
    return { status: response.statusCode, body: response.json() };
  };
  expect(await ready()).toEqual({ status: 503, body: { status: "not_ready", parts: { log: { ok: false, detail: "is far behind" } } } });
  readiness = async () => {
    throw new AppError("engine_failed", { detail: "secret detail" });
  };
  expect(await ready()).toMatchObject({ status: 503, body: { parts: { server: { ok: false, detail: "The check itself failed." } } } });
  await api.stop();
});
