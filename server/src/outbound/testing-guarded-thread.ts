// A thread that is held to the rule and tries to get past it by every way that a library connects; says what came of each.
import dgram from "node:dgram";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import tls from "node:tls";
import { parentPort, workerData } from "node:worker_threads";
import nodemailer from "nodemailer";
import pg from "pg";
import { request } from "undici";
import { installSocketGuard } from "./socket-guard.ts";

const { port, openPort } = workerData as { port: number; openPort: number }; // The test's own.
const answers: Record<string, string> = { "rebind.example.com": "127.0.0.1", "meta.example.com": "169.254.169.254", "open.internal": "127.0.0.1" };
installSocketGuard({
  privateHosts: [`open.internal:${openPort}`],
  resolve: async (host) => {
    const address = answers[host];
    if (address === undefined) throw new Error(`unknown ${host}`);
    return [{ address }];
  },
});

type Way = () => Promise<unknown>;
const ended = (emitter: NodeJS.EventEmitter, ...good: string[]): Promise<unknown> => new Promise((resolve, reject) => {
  for (const event of good) emitter.once(event, resolve);
  emitter.once("error", reject);
});
/** A look-up of the library's own, as a proxy agent or a cache of names brings it. */
const ownLookup: net.LookupFunction = (_host, options, done) => (options.all === true ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4));

const ways: Record<string, Way> = {
  "net.connect(port)": () => ended(net.connect(port), "connect"),
  "net.connect(port, host)": () => ended(net.connect(port, "127.0.0.1"), "connect"),
  "net.connect({ host: localhost })": () => ended(net.connect({ port, host: "localhost" }), "connect"),
  "net.connect to a name": () => ended(net.connect({ port, host: "rebind.example.com" }), "connect"),
  "net.connect to a decimal address": () => ended(net.connect({ port, host: "2130706433" }), "connect"),
  "net.connect to an octal address": () => ended(net.connect({ port, host: "0177.0.0.1" }), "connect"),
  "net.connect to a mapped address": () => ended(net.connect({ port, host: "::ffff:127.0.0.1" }), "connect"),
  "net.connect to a zone": () => ended(net.connect({ port, host: "::1%lo" }), "connect"),
  "net.connect with a look-up of its own": () => ended(net.connect({ port, host: "public.example.com", lookup: ownLookup }), "connect"),
  "net.connect to a file": () => ended(net.connect("/tmp/some.sock"), "connect"),
  "net.connect({ path })": () => ended(net.connect({ path: "/tmp/some.sock" }), "connect"),
  "new Socket().connect": () => ended(new net.Socket().connect(port, "127.0.0.1"), "connect"),
  "tls.connect": () => ended(tls.connect({ port, host: "rebind.example.com", rejectUnauthorized: false }), "secureConnect"),
  "http.get": () => ended(http.get(`http://127.0.0.1:${port}/`), "response"),
  "http.get of metadata": () => ended(http.get("http://meta.example.com/latest/meta-data/"), "response"),
  "http.get with a look-up of its own": () => ended(http.get({ host: "public.example.com", port, lookup: ownLookup }), "response"),
  "https.get": () => ended(https.get(`https://127.0.0.1:${port}/`, { rejectUnauthorized: false }), "response"),
  "http2": () => ended(http2.connect(`http://127.0.0.1:${port}`), "connect"),
  "fetch": () => fetch(`http://127.0.0.1:${port}/`),
  "fetch of a name": () => fetch(`http://rebind.example.com:${port}/`),
  "undici": () => request(`http://127.0.0.1:${port}/`),
  "WebSocket": () => new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", (event) => reject(Reflect.get(event, "error") ?? new Error("refused")));
  }),
  "pg": () => new pg.Client({ host: "127.0.0.1", port }).connect(),
  "pg by a file": () => new pg.Client({ host: "/var/run/postgresql", port }).connect(),
  "nodemailer": () => nodemailer.createTransport({ host: "127.0.0.1", port }).verify(),
  "a datagram": () => new Promise((resolve, reject) => dgram.createSocket("udp4").send("x", port, "127.0.0.1", (error) => (error ? reject(error) : resolve(undefined)))),
  "the method put back": async () => {
    Reflect.deleteProperty(net.Socket.prototype, "connect");
    Reflect.set(net.Socket.prototype, "connect", () => undefined);
    await ended(net.connect(port, "127.0.0.1"), "connect");
  },
  "open: http.get": () => ended(http.get(`http://open.internal:${openPort}/`), "response"),
  "open: fetch": () => fetch(`http://open.internal:${openPort}/`),
  "open: undici": () => request(`http://open.internal:${openPort}/`),
  "open: net.connect": () => ended(net.connect({ host: "Open.Internal.", port: String(openPort) as unknown as number }), "connect"), // As libraries do that read it from an address.
};

const results: Record<string, string> = {};
for (const [name, go] of Object.entries(ways)) {
  results[name] = await go().then(() => "reached", (error: unknown) => {
    for (let at = error; at instanceof Error; at = at.cause) if (at.name === "OutboundError") return String(Reflect.get(at, "failure"));
    return `failed otherwise: ${String(error)}`;
  });
}
parentPort?.postMessage(results);
