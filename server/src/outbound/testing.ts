// Others' servers for the tests of what is sent out: on loopback, saying byte for byte what a test has them say.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TestVendor {
  readonly port: number;
  /** Connections that it ever saw. */
  readonly connections: () => number;
  /** All that was sent to it. */
  readonly received: () => string;
  stop(): Promise<void>;
}

export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** `onData`: says what is answered, with what has come on this connection so far. */
export async function startTestVendor(onData: (socket: Socket, soFar: string) => void, certificate?: TestCertificate): Promise<TestVendor> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let received = "";
  const onSocket = (socket: Socket): void => {
    connections += 1;
    sockets.add(socket);
    let soFar = "";
    socket.on("data", (bytes) => {
      soFar += bytes.toString("latin1");
      received += bytes.toString("latin1");
      onData(socket, soFar);
    }).on("error", () => undefined).on("close", () => sockets.delete(socket));
  };
  const server = certificate ? createTlsServer(certificate, onSocket).on("tlsClientError", () => undefined) : createServer(onSocket);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port, // It listens.
    connections: () => connections, received: () => received,
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    }),
  };
}

/** Answers each request with `reply` once it has come whole (by its Content-Length). */
export function answering(reply: string | Buffer | (() => string | Buffer), options: { readonly thenEnd?: boolean } = {}): (socket: Socket, soFar: string) => void {
  const answered = new WeakMap<Socket, number>();
  return (socket, soFar) => {
    for (;;) {
      const from = answered.get(socket) ?? 0;
      const headEnd = soFar.indexOf("\r\n\r\n", from);
      if (headEnd < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(soFar.slice(from, headEnd))?.[1] ?? 0);
      if (soFar.length < headEnd + 4 + length) return;
      answered.set(socket, headEnd + 4 + length);
      socket.write(typeof reply === "function" ? reply() : reply);
      if (options.thenEnd === true) socket.end();
    }
  };
}

export const okReply = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nX-Several: a\r\nx-several: b\r\n\r\nok";

/** Self-signed, for the name `vendor.example.com`; undefined where there is no openssl. */
export function makeTestCertificate(name = "vendor.example.com"): TestCertificate | undefined {
  const folder = mkdtempSync(join(tmpdir(), "trib-outbound-"));
  try {
    execFileSync("openssl", [
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", `/CN=${name}`,
      "-addext", `subjectAltName=DNS:${name}`, "-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem"),
    ], { stdio: "ignore" });
    return { cert: readFileSync(join(folder, "cert.pem"), "utf8"), key: readFileSync(join(folder, "key.pem"), "utf8") };
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Addresses that nothing is sent to, by what they are, and whether a setting may open them. */
export const hostileAddresses: readonly (readonly [what: string, kind: "private" | "never", addresses: readonly string[]])[] = [
  ["a loopback address", "private", ["127.0.0.1", "127.255.255.254", "::1", "0:0:0:0:0:0:0:1", "0000::0001"]],
  ["a private address", "private", ["10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255", "fec0::1"]],
  ["a unique local address", "private", ["fc00::1", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]],
  ["an address of a carrier's network", "private", ["100.64.0.1", "100.127.255.255"]],
  ["an address for tests and examples", "private", ["192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.7", "2001:db8::1", "3fff::1"]],
  ["a link-local address", "never", ["169.254.0.1", "169.254.255.255", "fe80::1", "febf::1"]],
  ["a cloud's metadata address", "never", ["169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254"]],
  ["no address of a host", "never", ["0.0.0.0", "0.255.255.255", "255.255.255.255", "::", "0:0:0:0:0:0:0:0"]],
  ["a multicast address", "never", ["224.0.0.1", "239.255.255.255", "ff02::1"]],
  ["a reserved address", "never", ["240.0.0.1", "254.1.1.1", "192.0.0.1", "192.88.99.1", "100::1", "5f00::1", "4000::1", "1::1"]],
  ["an IPv4 address in another form", "never", [
    // v4-mapped, of private and of public ones, in both spellings; compatible; translated.
    "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:8.8.8.8", "0:0:0:0:0:ffff:a9fe:a9fe", "::127.0.0.1", "::8.8.8.8", "::ffff:0:127.0.0.1",
    // NAT64 of private ones, NAT64 of a site, 6to4, Teredo, ISATAP.
    "64:ff9b::127.0.0.1", "64:ff9b::a00:1", "64:ff9b::169.254.169.254", "64:ff9b:1::808:808", "2002:7f00:1::", "2002:808:808::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1",
  ]],
];

/** As somebody would write them to get past a check: older forms of addresses, and names of this machine. */
export const hostileSpellings: readonly string[] = ["localhost", "LOCALHOST.", "x.localhost", "127.1", "0177.0.0.1", "0x7f000001", "2130706433", "127.0.0.1.", "[::1]", "[::ffff:127.0.0.1]"];

export interface TestAuthority {
  /** Its own certificate, as PEM. */
  readonly ca: string;
  /** One that it gives to a server; names as certificates have them: `DNS:db.example.com`, `IP:127.0.0.1`. */
  certificateFor(...names: readonly string[]): TestCertificate;
}

/** Undefined where there is no openssl. */
export function makeTestAuthority(): TestAuthority | undefined {
  const own = makeTestCertificate("authority.example.com");
  if (own === undefined) return undefined;
  return {
    ca: own.cert,
    certificateFor(...names) {
      const folder = mkdtempSync(join(tmpdir(), "trib-outbound-"));
      const at = (name: string): string => join(folder, name);
      try {
        writeFileSync(at("ca.pem"), own.cert);
        writeFileSync(at("ca-key.pem"), own.key);
        writeFileSync(at("names"), `subjectAltName=${names.join(",")}\n`);
        execFileSync("openssl", ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=server", "-keyout", at("key.pem"), "-out", at("asked.pem")], { stdio: "ignore" });
        execFileSync("openssl", ["x509", "-req", "-in", at("asked.pem"), "-CA", at("ca.pem"), "-CAkey", at("ca-key.pem"), "-CAcreateserial", "-days", "2", "-extfile", at("names"), "-out", at("cert.pem")], { stdio: "ignore" });
        return { cert: readFileSync(at("cert.pem"), "utf8"), key: readFileSync(at("key.pem"), "utf8") };
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}
