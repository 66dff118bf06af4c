// The keys under which settings and tokens of destinations are sealed: what they are called and how much each has sealed. No
// answer holds a key.
import { z } from "zod";

export const secretKey = z
  .strictObject({
    id: z.string().meta({ description: "`install` for the one made of the install's secret; of every other the beginning of a hash." }),
    from: z.enum(["setting", "file", "install", "missing"]).meta({ description: "`missing`: something is sealed under it, and it is nowhere." }),
    is_current: z.boolean().meta({ description: "Whether it seals what is written from now on." }),
    sealed: z.int().meta({ description: "Texts that are sealed under it, of all workspaces." }),
  })
  .meta({ id: "SecretKey" });
export type SecretKey = z.infer<typeof secretKey>;

export const secretKeyList = z.strictObject({ data: z.array(secretKey) }).meta({ id: "SecretKeyList" });

export const secretRotation = z
  .strictObject({
    key: z.string().meta({ description: "Everything that could be opened is sealed under it now." }),
    is_new: z.boolean().meta({ description: "False: an earlier rotation was finished, or the key came with the settings." }),
    resealed: z.int(),
    unreadable: z.int().meta({ description: "Texts that no key opens; they stay as they are." }),
  })
  .meta({ id: "SecretRotation" });

export const secretKeysForgotten = z.strictObject({ removed: z.array(z.string()) }).meta({ id: "SecretKeysForgotten" });
