// The workspaces of an installation: list, make, change.
import { z } from "zod";
import { zoneNamed } from "../time-zone.ts";
import { isoTime, pageOf } from "./answer-parts.ts";
import { sourceCreated, tokenCreated } from "./workspace.ts";

const timeZone = z.string().meta({ description: "Where its days, weeks and months begin, such as Europe/Berlin. UTC unless somebody changed it." });

export const workspaceEntry = z
  .strictObject({ id: z.int(), slug: z.string(), name: z.string(), time_zone: timeZone, created_at: isoTime })
  .meta({ id: "WorkspaceEntry" });

export const workspaceList = pageOf(workspaceEntry);

const workspaceName = z.string().trim().min(1).max(200);

const wishedZone = z
  .string()
  .max(64)
  .refine((name) => zoneNamed(name) !== undefined, "There is no such time zone. Name one of the IANA database, such as Europe/Berlin; an offset such as +02:00 knows no summer.")
  .meta({ description: "A name of the IANA database. It is kept by the name that is listed for the zone: America/Los_Angeles for US/Pacific." });

/** What a workspace is found by, besides its id. Not digits alone, which are an id. */
export const workspaceSlug = z
  .string()
  .regex(
    /^(?!\d+$)[a-z0-9][a-z0-9-]{0,62}$/,
    "A slug has up to 63 lower-case letters, digits and hyphens, not digits alone, and begins with no hyphen.",
  );

export const workspaceCreateBody = z.strictObject({
  name: workspaceName,
  slug: workspaceSlug.optional().meta({ description: "Made from the name when absent. It never changes." }),
  time_zone: wishedZone.optional(),
});

/** As the answers of making a source and of making a token: with the write key in `key` and the token itself in `secret`. */
export const workspaceCreated = z.strictObject({ workspace: workspaceEntry, ...sourceCreated.shape, ...tokenCreated.shape });

export const workspacePatchBody = z.strictObject({ name: workspaceName.optional(), time_zone: wishedZone.optional() });

export const workspaceParams = z.strictObject({ workspace: z.string().min(1).max(63).meta({ description: "Its id or its slug." }) });

export const workspaceRemovalQuery = z.strictObject({ confirm: z.string().max(63).default("").meta({ description: "Its slug, to be sure that it is this one." }) });

export const workspaceRemoved = z.strictObject({ id: z.int(), slug: z.string(), name: z.string(), asked_at: isoTime });
