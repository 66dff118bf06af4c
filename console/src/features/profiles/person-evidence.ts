// Why these identifiers are one person, in words, from the evidence alone. Pure.
import { texts } from "../../texts/texts.ts";
import { identifiersByWeight, isDevice } from "./person-words.ts";

const t = texts.profiles.words;

/** Why these identifiers are one person: by which kinds. */
export function joinWords(identifiers: readonly { readonly namespace: string }[]): string {
  const kinds = new Map<string, number>();
  for (const { namespace } of identifiersByWeight(identifiers)) kinds.set(namespace, (kinds.get(namespace) ?? 0) + 1);
  const words = [...kinds].map(([kind, times]) => kindWords(kind, times));
  if (identifiers.length === 0) return "";
  if (identifiers.length === 1) return t.onlyOne(words[0] ?? "");
  return t.joined(words.length === 1 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")}${t.and}${words.at(-1) ?? ""}`);
}

/** What ties the devices to one person, where something does: a sign-in on each, or an address given there. */
export function evidenceWords(identifiers: readonly { readonly namespace: string }[]): string {
  // One device has an id of each kind, so kinds are not added up.
  const byKind = Map.groupBy(identifiers.filter(({ namespace }) => isDevice(namespace)), ({ namespace }) => namespace);
  const devices = Math.max(0, ...[...byKind.values()].map((ids) => ids.length));
  if (devices === 0) return "";
  if (identifiers.some(({ namespace }) => namespace === "user_id")) return t.signedIn(devices);
  return identifiers.some(({ namespace }) => namespace === "email") ? t.addressOn(devices) : "";
}

function kindWords(kind: string, times: number): string {
  const [one, many] = (Object.hasOwn(t.kinds, kind) ? t.kinds[kind] : undefined) ?? [kind, kind];
  return t.some(times, one, many);
}
