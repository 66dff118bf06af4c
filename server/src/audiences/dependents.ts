// Which audiences and computed traits stand on another: they are counted anew when it changes, and it stays while they do.
import type { ClientBase } from "pg";
import type { ComputedDefinition } from "@tributary/schema/audience/computed.ts";
import type { Definition } from "@tributary/schema/audience/definition.ts";
import { audiencesNamed, computedNamed, namedByComputed, type Node } from "@tributary/schema/audience/references.ts";

export interface Kept {
  readonly audiences: readonly { readonly slug: string; readonly name: string; readonly status: string; readonly definition: Definition }[];
  readonly computed: readonly { readonly slug: string; readonly name: string; readonly status: string; readonly definition: ComputedDefinition }[];
}

const keyOf = ({ kind, slug }: Node): string => `${kind} ${slug}`;

/** Those that name it themselves, archived ones left out. */
export function usersOf(node: Node, { audiences, computed }: Kept): (Node & { readonly name: string })[] {
  const names = ({ audiences: inAudiences, computed: inComputed }: { readonly audiences: readonly string[]; readonly computed: readonly string[] }): boolean =>
    (node.kind === "audience" ? inAudiences : inComputed).includes(node.slug);
  return [
    ...audiences.filter((one) => one.status !== "archived" && names({ audiences: audiencesNamed(one.definition), computed: computedNamed(one.definition) }))
      .map(({ slug, name }) => ({ kind: "audience" as const, slug, name })),
    ...computed.filter((one) => one.status !== "archived" && names(namedByComputed(one.definition))).map(({ slug, name }) => ({ kind: "computed" as const, slug, name })),
  ];
}

/** It and whatever refers to it, over whatever way: their people or values may be others now. */
export async function fillAnew(db: ClientBase, workspaceId: number, changed: Node, kept: Kept): Promise<void> {
  const touched = new Map([[keyOf(changed), changed]]);
  for (const node of touched.values()) for (const user of usersOf(node, kept)) if (!touched.has(keyOf(user))) touched.set(keyOf(user), user);
  const slugs = (kind: Node["kind"]): string[] => [...touched.values()].flatMap((node) => (node.kind === kind ? [node.slug] : []));
  for (const [table, kind] of [["audience", "audience"], ["computed_trait", "computed"]] as const) {
    await db.query(`update ${table} set status = 'filling', problem = null where workspace_id = $1 and slug = any($2::text[]) and status <> 'archived'`, [workspaceId, slugs(kind)]);
  }
}
