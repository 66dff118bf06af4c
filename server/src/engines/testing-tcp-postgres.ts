// A Postgres as others run theirs, for tests: it listens on TCP, speaks TLS with a certificate that it is given, and can be told to stop doing so.
import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { createLogger } from "../core/logger.ts";
import { findBinaries } from "./postgres/binaries.ts";
import { prepareCluster, prepareSocketFolder, SUPERUSER } from "./postgres/cluster.ts";
import { startPostmaster } from "./postgres/postmaster.ts";
import { whomToRunAs } from "./postgres/run-as.ts";
import { copyEngine } from "./testing-engines.ts";

export interface TcpPostgres {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Beside TCP. */
  readonly pool: pg.Pool;
  /** While it speaks TLS it takes nobody without, over TCP. */
  speaksTls(does: boolean): Promise<void>;
  stop(): Promise<void>;
}

export async function startTcpPostgres(certificate: { readonly cert: string; readonly key: string }): Promise<TcpPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), "trib-"));
  await copyEngine("postgres", dataDir);
  const as = await whomToRunAs(dataDir);
  const binaries = await findBinaries(dataDir, as);
  const cluster = await prepareCluster(dataDir, binaries, as);
  const socketFolder = await prepareSocketFolder(dataDir, as);
  for (const [name, text] of [["server.crt", certificate.cert], ["server.key", certificate.key]] as const) {
    await writeFile(join(cluster.folder, name), text, { mode: 0o600 });
    await chown(join(cluster.folder, name), as.uid, as.gid);
  }
  const port = await freePort();
  const settings = { listen_addresses: "127.0.0.1", port: String(port) };
  const server = await startPostmaster({ dataDir, binaries, cluster, socketFolder, as, logger: createLogger("silent"), onRestart: () => undefined, settings });
  const login = { user: SUPERUSER, password: cluster.password, database: "postgres" };
  const pool = new pg.Pool({ host: socketFolder, port, max: 2, ...login });
  // One that is being ended may still be told that the server goes.
  pool.on("error", () => undefined).on("connect", (client) => client.on("error", () => undefined));
  return {
    port, ...login, pool,
    async speaksTls(does) {
      await writeFile(join(cluster.folder, "pg_hba.conf"), `local all all scram-sha-256\n${does ? "hostssl" : "host"} all all 127.0.0.1/32 scram-sha-256\n`);
      await pool.query(`alter system set ssl = ${does ? "on" : "off"}`);
      await pool.query("select pg_reload_conf()");
      const isDone = async (): Promise<boolean> => (await pool.query<{ ssl: string }>("show ssl")).rows[0]?.ssl === (does ? "on" : "off");
      for (let i = 0; i < 1_000 && !(await isDone()); i++) await sleep(10);
    },
    async stop() {
      await pool.end();
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const listening = createServer();
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  const { port } = listening.address() as AddressInfo; // It listens.
  await new Promise((resolve) => listening.close(resolve));
  return port;
}
