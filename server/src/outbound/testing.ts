// Others' servers for the tests of what is sent out: on loopback, saying byte for byte what a test has them say.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
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
