// A copy of the running server, as the command line on its machine makes it: the server says when, and the command line,
// which may read the data directory, copies. Nothing here writes a file or shows what is in one.
import { z } from "zod";
import { isoTime } from "./answer-parts.ts";

export const backupParams = z.strictObject({ id: z.string().regex(/^[0-9a-f]{16}$/) });

export const backupBegun = z
  .strictObject({
    id: z.string(),
    started_at: isoTime,
    renew_within_seconds: z.int().meta({ description: "Without a request about the backup for so long, the server gives it up." }),
  })
  .meta({ id: "BackupBegun" });
export type BackupBegun = z.infer<typeof backupBegun>;

export const backupCut = z
  .strictObject({
    backup_label: z.string().meta({ description: "Content of the file `backup_label` in the copy of Postgres." }),
    wal_files: z.array(z.string()).meta({ description: "Names in `postgres/pg_wal`, all that the copy needs to become whole." }),
    frozen_folder: z.string().meta({ description: "Below the data directory: the tables' parts at the cut, under their paths below `clickhouse`." }),
    tables: z.array(z.string()).meta({ description: "Below `clickhouse`: the folders whose parts are taken from the frozen ones." }),
    held_ms: z.number().meta({ description: "For how long nothing was sent to ClickHouse." }),
  })
  .meta({ id: "BackupCut" });
export type BackupCut = z.infer<typeof backupCut>;

export const backupOutcome = z.enum(["copied", "given_up"]);
export type BackupOutcome = z.infer<typeof backupOutcome>;

export const backupEndQuery = z.strictObject({ outcome: backupOutcome.default("given_up") });

export const backupEnded = z.strictObject({ id: z.string(), outcome: backupOutcome }).meta({ id: "BackupEnded" });
