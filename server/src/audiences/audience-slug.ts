// Names for addresses and for other audiences to refer by: made of a name once, and never changed after.
import { AppError } from "../core/errors.ts";

const LENGTH_MAX = 60;
/** Words that stand at that place of an address for something else. */
const taken: ReadonlySet<string> = new Set(["apply", "check", "compare", "export", "flow", "preview", "templates", "values"]);
const letters: Readonly<Record<string, string>> = { ä: "ae", ö: "oe", ü: "ue", ß: "ss", æ: "ae", ø: "oe", å: "aa", œ: "oe", ł: "l", đ: "d" };

/** "VIP-Kund:innen 2026" → "vip-kund-innen-2026". */
export function slugOfName(name: string, fallback: string): string {
  const plain = name.toLowerCase().replace(/[äöüßæøåœłđ]/g, (letter) => letters[letter] ?? letter).normalize("NFKD").replace(/\p{M}/gu, "");
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, LENGTH_MAX).replace(/-+$/, "") || fallback;
}

/** The wished slug, if it is free, or one made of the name. Throws `conflict`. */
export function freeSlug(wish: { readonly slug?: string | undefined; readonly name: string }, used: ReadonlySet<string>, what = "audience"): string {
  if (wish.slug !== undefined) {
    if (taken.has(wish.slug)) throw new AppError("conflict", { detail: `\`${wish.slug}\` is a word of the API's addresses.`, hint: "Choose another slug, or leave it out." });
    if (used.has(wish.slug)) throw new AppError("conflict", { detail: `There is an ${what} \`${wish.slug}\` already.`.replace("an list", "a list"), hint: "Choose another slug, or leave it out; what is archived keeps its slug and can be restored." });
    return wish.slug;
  }
  const base = slugOfName(wish.name, what);
  if (!used.has(base) && !taken.has(base)) return base;
  for (let n = 2; ; n++) if (!used.has(`${base}-${n}`)) return `${base}-${n}`;
}
