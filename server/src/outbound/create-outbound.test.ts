// Against real sockets on loopback. Names are answered by a resolver of the test's own, as a hostile server of names would.
import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import type { ResolveHost } from "./address-guard.ts";
import { createOutbound, type OutboundOptions } from "./create-outbound.ts";
import type { Outbound } from "./outbound-client.ts";
import { answering, makeTestCertificate, okReply, startTestVendor, type TestCertificate, type TestVendor } from "./testing.ts";

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function vendor(onData: Parameters<typeof startTestVendor>[0], certificate?: TestCertificate): Promise<TestVendor> {
  const started = await startTestVendor(onData, certificate);
  undo.push(() => started.stop());
  return started;
}

function outbound(options: Partial<OutboundOptions> = {}): Outbound {
  const made = createOutbound({ privateHosts: [], ...options });
  undo.push(() => made.close());
  return made;
}

/** Answers each name with what stands for it, one answer after the other and the last one for ever. */
function names(answers: Record<string, string[][]>): { resolve: ResolveHost; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    resolve: async (host) => {
      asked.push(host);
      const left = answers[host];
      if (!left) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: "ENOTFOUND" });
      const answer = (left.length > 1 ? left.shift() : left[0]) ?? [];
      return answer.map((address) => ({ address }));
    },
  };
}

const publicAddress = "93.184.215.14";
/** Opens loopback. */
const open = { privateHosts: ["127.0.0.1"] };

describe("what may not be reached", () => {
  test.each([
    "http://127.0.0.1:PORT/", "http://127.8.9.1:PORT/", "http://[::1]:PORT/", "http://10.0.0.1:PORT/", "http://172.16.0.1/", "http://192.168.1.1/", "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/", "http://169.254.1.1/", "http://[fd00:ec2::254]/latest/", "http://100.100.100.200/", "http://168.63.129.16/", "http://0.0.0.0:PORT/", "http://[::]:PORT/",
    "http://[fe80::1]/", "http://[fc00::1]/", "http://[fd12::1]/", "http://224.0.0.1/", "http://255.255.255.255/", "http://[ff02::1]/",
    "http://[::ffff:127.0.0.1]:PORT/", "http://[::ffff:7f00:1]:PORT/", "http://[::127.0.0.1]:PORT/", "http://[64:ff9b::127.0.0.1]/", "http://[2002:7f00:1::]/", "http://[::ffff:0:127.0.0.1]/",
    "http://2130706433:PORT/", "http://0177.0.0.1:PORT/", "http://0x7f.0.0.1:PORT/", "http://127.1:PORT/", "http://0:PORT/", "http://①②⑦.⓪.⓪.①:PORT/", "http://127。0。0。1:PORT/",
    "http://127.0.0.1.:PORT/", "http://localhost:PORT/", "http://LOCALHOST.:PORT/", "http://a.localhost:PORT/", "http://localhost.localdomain:PORT/", "http://ip6-localhost:PORT/",
    "http://[fe80::1%25lo]:PORT/", "http://[::1%25lo]:PORT/", "http://example.com@127.0.0.1:PORT/", "http://example.com%2f@127.0.0.1:PORT/", "http://127.0.0.1:PORT\\@example.com/",
    "http://inside.example.com:PORT/", "http://inside.example.com.:PORT/", "http://mixed.example.com:PORT/", "http://metadata.example.com/", "http://mapped.example.com:PORT/", "http://zone.example.com:PORT/",
    "file:///etc/passwd", "gopher://127.0.0.1:PORT/x", "//127.0.0.1:PORT/",
  ])("%s: not when it is saved, not when it is sent to", async (pattern) => {
    const canary = await vendor(answering(okReply));
    const { resolve } = names({
      "inside.example.com": [["127.0.0.1"]], "mixed.example.com": [[publicAddress, "127.0.0.1"]], "metadata.example.com": [["169.254.169.254"]],
      "mapped.example.com": [["::ffff:127.0.0.1"]], "zone.example.com": [["fe80::1%lo"]],
    });
    const client = outbound({ resolve });
    const url = pattern.replace("PORT", String(canary.port));
    const refusal = { failure: expect.stringMatching(/^(address_refused|bad_address)$/) };
    expect(await client.checkAddress(url)).toMatchObject({ isGood: false, ...refusal });
    await expect(client.fetch({ method: "GET", url })).rejects.toMatchObject(refusal);
    expect(canary.connections()).toBe(0);
  });

  test("metadata and link-local addresses stay closed whatever is opened", async () => {
    const { resolve } = names({ "meta.internal": [["169.254.169.254"]] });
    const client = outbound({ resolve, privateHosts: ["0.0.0.0/0", "::/0", "meta.internal", "169.254.169.254"] });
    for (const url of ["http://169.254.169.254/", "http://meta.internal/", "http://169.254.7.7/", "http://[fd00:ec2::254]/", "http://[::ffff:127.0.0.1]/", "http://100.100.100.200/"]) {
      const verdict = await client.checkAddress(url);
      expect(verdict, url).toMatchObject({ isGood: false, failure: "address_refused", problem: expect.not.stringContaining("OUTBOUND_PRIVATE_HOSTS") });
    }
  });

  test("a refusal names the host and the setting, and not the address that it leads to", async () => {
    const { resolve } = names({ "inside.example.com": [["10.20.30.40"]] });
    const error: unknown = await outbound({ resolve }).fetch({ method: "POST", url: "http://inside.example.com/secret-path?key=secret" }).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain("inside.example.com leads to a private address");
    expect(String(error)).toContain("OUTBOUND_PRIVATE_HOSTS");
    expect(String(error)).not.toMatch(/10\.20|secret/);
  });

  test("what the setting names is reached, and nothing beside it", async () => {
    const inside = await vendor(answering(okReply));
    const other = await vendor(answering(okReply));
    const { resolve } = names({ "hooks.internal": [["127.0.0.1"]], "evil.example.com": [["127.0.0.1"]] });
    const client = outbound({ resolve, privateHosts: [`hooks.internal:${inside.port}`] });
    await expect(client.fetch({ method: "GET", url: `http://hooks.internal:${inside.port}/` })).resolves.toMatchObject({ status: 200 });
    for (const url of [`http://hooks.internal:${other.port}/`, `http://evil.example.com:${inside.port}/`, `http://127.0.0.1:${inside.port}/`, `http://localhost:${inside.port}/`]) {
      await expect(client.fetch({ method: "GET", url }), url).rejects.toMatchObject({ failure: "address_refused" });
    }
    expect([inside.connections(), other.connections()]).toEqual([1, 0]);
  });
});

describe("names that answer otherwise later", () => {
  test("public when saved, loopback when sent to", async () => {
    const canary = await vendor(answering(okReply));
    const { resolve, asked } = names({ "rebind.example.com": [[publicAddress], ["127.0.0.1"]] });
    const client = outbound({ resolve });
    const url = `http://rebind.example.com:${canary.port}/`;
    expect(await client.checkAddress(url)).toEqual({ isGood: true });
    await expect(client.fetch({ method: "GET", url })).rejects.toMatchObject({ failure: "address_refused" });
    expect([asked.length, canary.connections()]).toEqual([2, 0]);
  });

  test("the address that was checked is the one that is connected to: the name is asked once", async () => {
    const canary = await vendor((socket) => void socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${socket.localAddress}`));
    // The second answer would be refused; and a system that asked again would go there.
    const { resolve, asked } = names({ "rebind.example.com": [["127.0.0.1"], ["10.255.255.1"]] });
    const client = outbound({ ...open, resolve });
    const { body } = await client.fetch({ method: "GET", url: `http://rebind.example.com:${canary.port}/` });
    expect([String(body), asked]).toEqual(["127.0.0.1", ["rebind.example.com"]]);
  });

  test("a connection that is kept serves its own name only, and a new one is checked anew", async () => {
    let current: { end(): void } | undefined;
    const answer = answering(okReply);
    const canary = await vendor((socket, soFar) => {
      current = socket;
      answer(socket, soFar);
    });
    const { resolve, asked } = names({ "a.internal": [["127.0.0.1"], ["127.0.0.1", "169.254.7.7"]], "b.example.com": [["127.0.0.1"]] });
    const client = outbound({ resolve, privateHosts: ["a.internal"], connectionsMax: 1 });
    const url = `http://a.internal:${canary.port}/`;
    for (let i = 0; i < 3; i += 1) await client.fetch({ method: "POST", url, body: "x" });
    expect([canary.connections(), asked]).toEqual([1, ["a.internal"]]);
    await expect(client.fetch({ method: "GET", url: `http://b.example.com:${canary.port}/` }), "another name for the same place").rejects.toMatchObject({ failure: "address_refused" });
    current?.end();
    await expect.poll(() => client.fetch({ method: "GET", url }).then(() => "ok", ({ failure }: { failure: string }) => failure)).toBe("address_refused");
    expect(canary.connections()).toBe(1);
  });
});

test("a redirect is a reply, and nobody follows it", async () => {
  const inside = await vendor(answering(okReply));
  for (const status of [301, 302, 303, 307, 308]) {
    const canary = await vendor(answering(`HTTP/1.1 ${status} Moved\r\nlocation: http://127.0.0.1:${inside.port}/\r\ncontent-length: 0\r\n\r\n`));
    const reply = await outbound(open).fetch({ method: "POST", url: `http://127.0.0.1:${canary.port}/`, body: "{}" });
    expect(reply).toMatchObject({ status, headers: { location: `http://127.0.0.1:${inside.port}/` } });
  }
  expect(inside.connections()).toBe(0);
});

test("no proxy of the environment is asked", async () => {
  const proxy = await vendor(answering(okReply));
  const canary = await vendor(answering(okReply));
  const set = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "NODE_USE_ENV_PROXY"];
  for (const name of set) process.env[name] = name.startsWith("NODE") ? "1" : `http://127.0.0.1:${proxy.port}`;
  undo.push(async () => set.forEach((name) => delete process.env[name]));
  await outbound(open).fetch({ method: "GET", url: `http://127.0.0.1:${canary.port}/` });
  expect([proxy.connections(), canary.connections()]).toEqual([0, 1]);
});

describe("a request", () => {
  test("goes as it was given, without what belongs to the connection, and its reply is whole", async () => {
    const canary = await vendor(answering(okReply));
    const reply = await outbound(open).fetch({
      method: "post", url: `http://127.0.0.1:${canary.port}/a%20b?c=d#e`, body: Buffer.from('{"x":"é"}'),
      headers: { "Content-Type": "application/json", Host: "elsewhere.example.com", Connection: "upgrade", "Content-Length": "3", "Transfer-Encoding": "chunked", "X-Key": "k" },
    });
    expect({ ...reply, body: String(reply.body) }).toEqual({ status: 200, headers: { "content-length": "2", "x-several": "a, b" }, body: "ok" });
    const received = Buffer.from(canary.received(), "latin1").toString("utf8");
    expect(received).toMatch(/^POST \/a%20b\?c=d HTTP\/1\.1\r\n/);
    expect(received.toLowerCase()).toContain(`host: 127.0.0.1:${canary.port}\r\n`);
    expect(received).toMatch(/user-agent: Tributary\r\n/);
    expect(received).toMatch(/x-key: k\r\n/);
    expect(received).toMatch(/content-length: 10\r\n/);
    expect(received).not.toMatch(/elsewhere|upgrade|chunked/);
    expect(received.endsWith('{"x":"é"}')).toBe(true);
  });

  test.each([
    [{ headers: { "x-a": "b\r\nx-evil: 1" } }], [{ headers: { "x a": "b" } }], [{ method: "CONNECT" }], [{ method: "GET /x HTTP/1.1\r\nx: y" }], [{ method: "TRACE" }],
  ])("that HTTP doesn't have is refused: %j", async (part) => {
    const canary = await vendor(answering(okReply));
    await expect(outbound(open).fetch({ method: "GET", url: `http://127.0.0.1:${canary.port}/`, ...part })).rejects.toMatchObject({ failure: "bad_request" });
    expect(canary.received()).toBe("");
  });
});

describe("a reply is bounded", () => {
  const megabyte = Buffer.alloc(1024 * 1024, "x");
  const asking = async (reply: string | Buffer, rest: { responseBytesMax?: number; timeoutMs?: number; thenEnd?: boolean; method?: string } = {}) => {
    const canary = await vendor(answering(reply, rest));
    return outbound(open).fetch({ method: "GET", url: `http://127.0.0.1:${canary.port}/private/path?key=secret`, timeoutMs: 60_000, ...rest });
  };
  const withBody = (body: Buffer, headers = ""): Buffer => Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${headers}\r\n`), body]);

  test("at 5 MB, and told with the status that it had", async () => {
    const five = Buffer.concat([megabyte, megabyte, megabyte, megabyte, megabyte]);
    await expect(asking(withBody(five))).rejects.toMatchObject({ failure: "reply_too_large", status: 200 });
    expect((await asking(withBody(five), { responseBytesMax: 6 * 1024 * 1024 })).body).toHaveLength(five.length);
  });

  test("when it is packed: bombs of three kinds end at the limit", async () => {
    const huge = Buffer.alloc(200 * 1024 * 1024);
    for (const [name, packed] of [["gzip", gzipSync(huge)], ["br", brotliCompressSync(huge, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })], ["zstd", zstdCompressSync(huge)]] as const) {
      const before = process.memoryUsage().arrayBuffers;
      await expect(asking(withBody(packed, `content-encoding: ${name}\r\n`)), name).rejects.toMatchObject({ failure: "reply_too_large" });
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * 1024 * 1024);
    }
  });

  test("and unpacked when it is within the limit", async () => {
    const reply = await asking(withBody(gzipSync("hello"), "content-encoding: GZIP\r\n"));
    expect({ ...reply, body: String(reply.body) }).toEqual({ status: 200, headers: {}, body: "hello" });
    await expect(asking("HTTP/1.1 204 No Content\r\ncontent-encoding: gzip\r\n\r\n")).resolves.toMatchObject({ status: 204 });
    await expect(asking(withBody(Buffer.from("no gzip"), "content-encoding: gzip\r\n"))).rejects.toMatchObject({ failure: "reply_broken", status: 200 });
    await expect(asking(withBody(Buffer.from("x"), "content-encoding: gzip, gzip\r\n"))).rejects.toMatchObject({ failure: "reply_broken", status: 200 });
    await expect(asking(withBody(gzipSync("hello").subarray(0, 12), "content-encoding: gzip\r\n"))).rejects.toMatchObject({ failure: "reply_broken" });
  });

  test("in its headers", async () => {
    const flood = `HTTP/1.1 200 OK\r\n${Array.from({ length: 3_000 }, (_, i) => `x-${i}: ${"y".repeat(100)}\r\n`).join("")}content-length: 0\r\n\r\n`;
    await expect(asking(flood)).rejects.toMatchObject({ failure: "reply_too_large" });
    await expect(asking(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(200_000)}\r\n\r\n`)).rejects.toMatchObject({ failure: "reply_too_large" });
  });

  test("when it is cut: before it, in its head, in its body, in a chunk", async () => {
    await expect(asking("", { thenEnd: true })).rejects.toMatchObject({ failure: "connection_failed", status: undefined });
    await expect(asking("HTTP/1.1 200 OK\r\ncontent-le", { thenEnd: true })).rejects.toMatchObject({ failure: "connection_failed", status: undefined });
    await expect(asking("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", { thenEnd: true })).rejects.toMatchObject({ failure: "reply_broken", status: 200 });
    await expect(asking("HTTP/1.1 202 OK\r\ntransfer-encoding: chunked\r\n\r\n64\r\nhalf", { thenEnd: true })).rejects.toMatchObject({ failure: "reply_broken", status: 202 });
    await expect(asking("SSH-2.0-OpenSSH_9.9\r\n", { thenEnd: true })).rejects.toMatchObject({ failure: "reply_broken" });
    await expect(asking("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n")).rejects.toMatchObject({ failure: "reply_broken" });
  });

  test("in time: one that hangs, one that drips its head, one that drips its body", async () => {
    const drip = (first: string, drop: string) => vendor((socket) => {
      socket.write(first);
      const timer = setInterval(() => socket.write(drop), 10);
      socket.on("close", () => clearInterval(timer));
    });
    const hanging = await vendor(() => undefined);
    const head = await drip("HTTP/1.1 200 OK\r\n", "x: y\r\n");
    const body = await drip("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "1\r\nx\r\n");
    const early = await drip("", "HTTP/1.1 100 Continue\r\n\r\n");
    for (const { port } of [hanging, head, body, early]) {
      const url = `http://127.0.0.1:${port}/secret-path`;
      const error: unknown = await outbound(open).fetch({ method: "GET", url, timeoutMs: 300 }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ failure: port === early.port ? expect.any(String) : "timeout" });
      expect(String(error)).not.toContain("secret-path");
    }
  });

  test("and nothing waits once it is broken off, nor when a name is never answered", async () => {
    const hanging = await vendor(() => undefined);
    const abort = new AbortController();
    const asked = outbound(open).fetch({ method: "GET", url: `http://127.0.0.1:${hanging.port}/`, signal: abort.signal });
    await expect.poll(() => hanging.connections()).toBe(1);
    abort.abort();
    await expect(asked).rejects.toMatchObject({ failure: "aborted" });
    await expect(outbound(open).fetch({ method: "GET", url: `http://127.0.0.1:${hanging.port}/`, signal: abort.signal }), "broken off before").rejects.toMatchObject({ failure: "aborted" });
    const client = createOutbound({ ...open, resolve: () => new Promise(() => undefined) });
    await expect(client.fetch({ method: "GET", url: "http://never.example.com/", timeoutMs: 100 })).rejects.toMatchObject({ failure: "timeout" });
  });
});

test("nobody there, and no such name", async () => {
  const gone = await startTestVendor(() => undefined);
  await gone.stop();
  await expect(outbound(open).fetch({ method: "GET", url: `http://127.0.0.1:${gone.port}/` })).rejects.toMatchObject({ failure: "connection_failed" });
  const { resolve } = names({ "empty.example.com": [[]] });
  for (const host of ["unknown.example.com", "empty.example.com"]) {
    await expect(outbound({ resolve }).fetch({ method: "GET", url: `http://${host}/` })).rejects.toMatchObject({ failure: "no_such_host" });
    expect(await outbound({ resolve }).checkAddress(`http://${host}/`)).toMatchObject({ isGood: false, failure: "no_such_host" });
  }
});

const certificate = makeTestCertificate();

test.skipIf(!certificate)("TLS is verified, for the name that was asked for, whatever the environment says (skipped where there is no openssl)", async () => {
  if (!certificate) return;
  const canary = await vendor(answering(okReply), certificate);
  const { resolve } = names({ "vendor.example.com": [["127.0.0.1"]], "other.example.com": [["127.0.0.1"]] });
  const url = (host: string): string => `https://${host}:${canary.port}/`;
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
  undo.push(async () => void delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"]);
  const trusting = outbound({ ...open, resolve, ca: certificate.cert });
  await expect(trusting.fetch({ method: "GET", url: url("vendor.example.com") })).resolves.toMatchObject({ status: 200 });
  await expect(trusting.fetch({ method: "GET", url: url("vendor.example.com."), headers: { host: "other.example.com" } })).resolves.toMatchObject({ status: 200 });
  await expect(trusting.fetch({ method: "GET", url: url("other.example.com") })).rejects.toMatchObject({ failure: "tls_failed" });
  await expect(trusting.fetch({ method: "GET", url: url("127.0.0.1") })).rejects.toMatchObject({ failure: "tls_failed" });
  await expect(outbound({ ...open, resolve }).fetch({ method: "GET", url: url("vendor.example.com") })).rejects.toMatchObject({ failure: "tls_failed" });
  const plain = await vendor((socket) => void socket.end(okReply));
  await expect(trusting.fetch({ method: "GET", url: `https://127.0.0.1:${plain.port}/` })).rejects.toMatchObject({ failure: "tls_failed" });
  // Of what was not trusted nothing was told.
  expect(canary.received().match(/GET/g)).toHaveLength(2);
});

describe("connections for other protocols", () => {
  test("are made to what was checked, and to nothing else", async () => {
    const canary = await vendor((socket) => void socket.write("220 hello\r\n"));
    const { resolve, asked } = names({ "mail.internal": [["127.0.0.1"]], "evil.example.com": [["127.0.0.1"]], "public.example.com": [[publicAddress]] });
    const client = outbound({ resolve, privateHosts: ["mail.internal"] });
    const to = (host: string) => ({ host, port: canary.port });
    const socket = await client.connect(to("Mail.Internal."));
    undo.push(async () => socket.destroy());
    socket.write("EHLO\r\n");
    await expect.poll(() => canary.received()).toBe("EHLO\r\n");
    expect([socket.remoteAddress, asked]).toEqual(["127.0.0.1", ["mail.internal"]]);
    expect(await client.resolve(to("mail.internal"))).toEqual([{ address: "127.0.0.1", family: 4 }]);
    expect(await client.resolve(to("public.example.com"))).toEqual([{ address: publicAddress, family: 4 }]);
    for (const host of ["evil.example.com", "127.0.0.1", "localhost", "::1", "2130706433", "0x7f.1", "::1%lo", "[::ffff:127.0.0.1]", "169.254.169.254"]) {
      const refusal = { failure: expect.stringMatching(/^(address_refused|bad_address)$/) };
      await expect(client.connect(to(host)), host).rejects.toMatchObject(refusal);
      await expect(client.resolve(to(host)), host).rejects.toMatchObject(refusal);
      expect(await client.checkHost(to(host))).toMatchObject({ isGood: false, ...refusal });
      expect(await client.checkAddress(`postgres://u:p@${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${canary.port}/db`)).toMatchObject({ isGood: false, ...refusal });
    }
    expect(canary.connections()).toBe(1);
    await expect(client.connect({ ...to("unknown.example.com") })).rejects.toMatchObject({ failure: "no_such_host" });
  });

  test("end in time", async () => {
    const client = createOutbound({ privateHosts: [], resolve: () => new Promise(() => undefined) });
    await expect(client.connect({ host: "never.example.com", port: 25, timeoutMs: 50 })).rejects.toMatchObject({ failure: "timeout" });
    await expect(client.connect({ host: "never.example.com", port: 25, signal: AbortSignal.abort() })).rejects.toMatchObject({ failure: "aborted" });
  });

  test.skipIf(!certificate)("speak TLS where it is asked for, verified (skipped where there is no openssl)", async () => {
    if (!certificate) return;
    const canary = await vendor((socket) => void socket.write("hello"), certificate);
    const { resolve } = names({ "vendor.example.com": [["127.0.0.1"]], "other.example.com": [["127.0.0.1"]] });
    const client = outbound({ ...open, resolve, ca: certificate.cert });
    const socket = await client.connect({ host: "vendor.example.com", port: canary.port, tls: true });
    undo.push(async () => socket.destroy());
    socket.write("over TLS");
    await expect.poll(() => canary.received()).toBe("over TLS");
    await expect(client.connect({ host: "other.example.com", port: canary.port, tls: true })).rejects.toMatchObject({ failure: "tls_failed" });
  });
});
