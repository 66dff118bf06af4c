// Names for addresses and for others to refer by: made of a name once, and never changed after.
import { AppError } from "./errors.ts";

const LENGTH_MAX = 60;

const letters: Readonly<Record<string, string>> = { ä: "ae", ö: "oe", ü: "ue", ß: "ss", æ: "ae", ø: "oe", å: "aa", œ: "oe", ł: "l", đ: "d" };

/** "VIP-Kund:innen 2026" → "vip-kund-innen-2026". */
function slugOfName(name: string, fallback: string): string {
  const plain = name.toLowerCase().replace(/[äöüßæøåœłđ]/g, (letter) => letters[letter] ?? letter).normalize("NFKD").replace(/\p{M}/gu, "");
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, LENGTH_MAX).replace(/-+$/, "") || fallback;
}

interface SlugWish {
  readonly slug?: string | undefined;
  readonly name: string;
}

interface SlugPlace {
  /** As it is called with its article. */
  readonly what: string;
  /** By which it goes where nothing of the name is left. */
  readonly fallback: string;
  readonly words: ReadonlySet<string>;
  /** Before the number of a second one. */
  readonly joint?: string;
  /** A slug made of a name, as slugs are spelt here. */
  readonly spell?: (plain: string) => string;
}

/** The wished slug, if it is free, or one made of the name. Throws `conflict`. */
export function freeSlug(wish: SlugWish, used: ReadonlySet<string>, { what, fallback, words, joint = "-", spell = (plain) => plain }: SlugPlace): string {
  if (wish.slug !== undefined) {
    if (words.has(wish.slug)) throw new AppError("conflict", { detail: `\`${wish.slug}\` stands for something else in addresses, so ${what} can't be called by it.`, hint: "Choose another slug, or leave it out: then one is made of the name." });
    if (used.has(wish.slug)) throw new AppError("conflict", { detail: `There is ${what} \`${wish.slug}\` already.`, hint: "Choose another slug, or leave it out; what is archived keeps its slug and can be restored." });
    return wish.slug;
  }
  const base = spell(slugOfName(wish.name, fallback));
  if (!used.has(base) && !words.has(base)) return base;
  for (let n = 2; ; n++) if (!used.has(`${base}${joint}${n}`)) return `${base}${joint}${n}`;
}
