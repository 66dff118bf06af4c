// Audiences as a file that people write, review and keep beside their code:
//
//   audiences:
//     vip:
//       name: VIP customers
//       folder: Shop
//       who: { kind: …, … }
//
// What says nothing beyond the defaults is left out.
import { z } from "zod";
import { definition, type Definition } from "@tributary/schema/audience/definition.ts";
import { problem, type InEach } from "@tributary/schema/audience/problem.ts";
import { pointerOf, problemsOf, type Problem } from "@tributary/schema/audience/problems.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { isMap, parseDocument, stringify } from "yaml";
import { AppError } from "../core/errors.ts";
import type { StoredAudience } from "./audience-store.ts";

const OPTIONS = { lineWidth: 140, aliasDuplicateObjects: false } as const;
/** Anchors may stand for each other, to this many in all: a few lines must not become a billion. */
const ALIASES_MAX = 100;
const slug = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export interface WrittenAudience {
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  readonly folder: string;
  readonly definition: Definition;
}

function plainDefinition({ from, include, who }: Definition): Record<string, unknown> {
  return { ...(from === "known" ? {} : { from }), ...(include.bots || include.internal ? { include } : {}), who };
}

export function definitionYaml(one: Definition): string {
  return stringify(plainDefinition(one), OPTIONS);
}

/** In the order of their slugs, so that a file changes no more than its audiences. */
export function audiencesYaml(all: readonly Pick<StoredAudience, "slug" | "name" | "description" | "folder" | "definition">[]): string {
  const audiences = all.toSorted((a, b) => (a.slug < b.slug ? -1 : 1)).map((one) => [one.slug, {
    name: one.name, ...(one.description === "" ? {} : { description: one.description }), ...(one.folder === "" ? {} : { folder: one.folder }), ...plainDefinition(one.definition),
  }] as const);
  return stringify({ audiences: Object.fromEntries(audiences) }, OPTIONS);
}

const head = z.strictObject({ name: z.string().trim().min(1).max(200), description: z.string().max(2_000).default(""), folder: z.string().max(200).default("") });

interface ReadFile {
  readonly audiences: readonly WrittenAudience[];
  /** Their paths begin with the audience's slug. */
  readonly problems: readonly Problem[];
}

/** Throws `bad_request` for what is no YAML. */
export function readAudiencesYaml(text: string): ReadFile {
  const root = parsed(text);
  const all = typeof root === "object" && root !== null && "audiences" in root ? root.audiences : undefined;
  const more = typeof root === "object" && root !== null ? Object.keys(root).filter((key) => key !== "audiences") : [];
  if (!isRecord(all) || more.length > 0) {
    throw new AppError("bad_request", {
      detail: more.length > 0 ? `There is no \`${more[0]}\` in such a file.` : "The file has no `audiences`.", hint: "Write `audiences:`, and below it each audience under its slug, as GET /audiences/export does.",
    });
  }
  const read = Object.entries(all).map(([name, value]) => readOne(name, value));
  return { audiences: read.flatMap(({ audience }) => audience ?? []), problems: read.flatMap(({ problems }) => problems) };
}

function parsed(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) throw new AppError("bad_request", { detail: `This is not YAML: ${error.message.split("\n")[0] ?? ""}`, hint: "Correct the file at that place." });
  if (document.contents !== null && !isMap(document.contents)) return undefined;
  try {
    return document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (error) {
    throw new AppError("bad_request", { detail: "The file's anchors stand for too much.", hint: "Write out what they stand for.", cause: error });
  }
}

function readOne(name: string, value: unknown): { readonly audience?: WrittenAudience; readonly problems: readonly Problem[] } {
  const at = pointerOf([name]);
  const one = (path: string, messages: InEach, hints: InEach): { readonly problems: readonly Problem[] } => ({ problems: [problem(path, messages, hints)] });
  if (!slug.test(name)) return one(at, { en: `\`${name}\` is no slug.`, de: `\`${name}\` ist kein Kurzname.` }, { en: "Small letters, digits, - and _, at most 63.", de: "Kleinbuchstaben, Ziffern, - und _, höchstens 63." });
  if (!isRecord(value)) return one(at, { en: "This is no audience.", de: "Das ist keine Zielgruppe." }, { en: "Write `name:` and `who:` below it.", de: "Schreiben Sie `name:` und `who:` darunter." });
  const { name: title, description, folder, ...rest } = value;
  const heading = { ...(title === undefined ? {} : { name: title }), ...(description === undefined ? {} : { description }), ...(folder === undefined ? {} : { folder }) };
  const ofHead = head.safeParse(heading);
  const ofDefinition = definition.safeParse(rest);
  const problems = [
    ...(ofHead.success ? [] : problemsOf(ofHead.error.issues, heading, [name])), ...(ofDefinition.success ? [] : problemsOf(ofDefinition.error.issues, rest, [name])),
  ];
  return ofHead.success && ofDefinition.success ? { audience: { slug: name, ...ofHead.data, definition: ofDefinition.data }, problems } : { problems };
}
