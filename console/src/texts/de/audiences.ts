// Zielgruppen.
import type { Texts } from "../en/en.ts";
import { audiences as en } from "../en/audiences.ts";
export const audiences: Texts["audiences"] = en;
