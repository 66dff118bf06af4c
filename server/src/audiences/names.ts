// The languages in which definitions of a workspace are said: with the names that people gave to its audiences, lists and computed traits.
import type { ClientBase } from "pg";
import { languageOf, type Language, type LanguageName, type Names } from "@tributary/schema/audience/sentence.ts";

export type Languages = Readonly<Record<LanguageName, Language>>;

const plain: Languages = { en: languageOf("en"), de: languageOf("de") };

/** Names are read only where one of the definitions refers to something. */
export async function loadLanguages(db: ClientBase, workspaceId: number, definitions: readonly unknown[]): Promise<Languages> {
  const refers = definitions.some((one) => /"(?:audience|first_of|list|computed)"/.test(JSON.stringify(one)));
  if (!refers) return plain;
  const { rows } = await db.query<{ what: keyof Names; slug: string; name: string }>({
    name: "audience_names",
    text: `select 'audience' as what, slug, name from audience where workspace_id = $1
      union all select 'list', slug, name from audience_list where workspace_id = $1
      union all select 'computed', slug, name from computed_trait where workspace_id = $1`,
    values: [workspaceId],
  });
  const known = new Map(rows.map(({ what, slug, name }) => [`${what} ${slug}`, name]));
  const of = (what: keyof Names) => (slug: string): string | undefined => known.get(`${what} ${slug}`);
  const names: Names = { audience: of("audience"), list: of("list"), computed: of("computed") };
  return { en: languageOf("en", names), de: languageOf("de", names) };
}
