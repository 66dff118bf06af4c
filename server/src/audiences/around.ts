// What a definition is read with, as it stands now: the workspace's other audiences, lists, computed traits, words and zone.
import type { ClientBase } from "pg";
import { computedDefinition } from "@tributary/schema/audience/computed.ts";
import { definition, type Definition } from "@tributary/schema/audience/definition.ts";
import type { Words } from "@tributary/schema/audience/condition-kind.ts";
import type { Around } from "./preview/previews.ts";
import { namesRoles } from "./meaning.ts";
import { loadVocabulary } from "./vocabulary.ts";
import { readZone } from "./workspace-zone.ts";

const noWords: Words = { roles: {}, money: { base: null, rates: [] } };

/** `asked`: definitions that nobody saved. Words are read only where something names a role. */
export async function loadAround(db: ClientBase, workspaceId: number, asked: readonly Definition[]): Promise<Around> {
  const { rows } = await db.query<{ slug: string; definition: unknown }>({ name: "audience-definitions", text: "select slug, definition from audience where workspace_id = $1", values: [workspaceId] });
  const lists = await db.query<{ slug: string; id: number }>({ name: "audience-list-numbers", text: "select slug, id from audience_list where workspace_id = $1", values: [workspaceId] });
  const traits = await db.query<{ slug: string; definition: unknown; state: unknown }>({
    name: "computed-definitions", text: "select slug, definition, state from computed_trait where workspace_id = $1", values: [workspaceId],
  });
  const stored = new Map(rows.map((row) => [row.slug, row.definition]));
  const numbers = new Map(lists.rows.map(({ slug, id }) => [slug, id]));
  const readsWords = namesRoles(JSON.stringify([asked, rows, traits.rows]));
  const words = readsWords ? (await loadVocabulary(db, workspaceId)).inForce : noWords;
  const parsed = new Map<string, Definition | undefined>();
  const audience = (slug: string): Definition | undefined => {
    if (!parsed.has(slug)) parsed.set(slug, stored.has(slug) ? definition.safeParse(stored.get(slug)).data : undefined);
    return parsed.get(slug);
  };
  const computed = new Map(traits.rows.flatMap((row) => {
    const { data } = computedDefinition.safeParse(row.definition);
    return data === undefined ? [] : [[row.slug, { definition: data, state: row.state }] as const];
  }));
  return { zone: await readZone(db, workspaceId), words, audience, list: (slug) => numbers.get(slug), computed: (slug) => computed.get(slug) };
}
