// How the state of an import is coloured, beside its word.
import type { ImportState } from "@tributary/schema/import.ts";
import type { Tone } from "../../ui/state.tsx";

export const importTones: Readonly<Record<ImportState["status"], Tone>> = { uploading: "waiting", running: "waiting", done: "good", failed: "bad", withdrawing: "waiting", withdrawn: "plain" };
