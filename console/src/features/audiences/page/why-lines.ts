// The conditions of an audience as lines to read: a group says how many of its lines must hold, and leaves saying them to the lines.
import type { AudienceWhy } from "@tributary/schema/api/audiences.ts";

type Node = AudienceWhy["nodes"][number];

export interface WhyLineOf {
  readonly node: Node;
  /** Of a group whose lines follow; undefined: it says itself. */
  readonly group: "all" | "any" | "not" | "none" | undefined;
  readonly depth: number;
  /** Whether somebody is nearer to being in when it holds: behind a "not" they are when it does not. */
  readonly isWanted: boolean;
}

export function whyLines(nodes: readonly Node[]): WhyLineOf[] {
  const lines: WhyLineOf[] = [];
  nodes.forEach((node, index) => {
    const [own, next] = [howOf(node, nodes[index + 1]), nodes[index + 2]];
    // "Not any of these" is one thing to say: the line above has said it.
    if (lines.some(({ node: above, group }) => group === "none" && `${above.path}/not` === node.path)) return;
    const isNone = own === "not" && nodes[index + 1] !== undefined && howOf(nodes[index + 1] as Node, next) === "any"; // Just looked up.
    lines.push({
      node, group: isNone ? "none" : own, depth: lines.filter(({ node: above }) => above !== node && isWithin(node, above)).length,
      isWanted: node.path.split("/").filter((part) => part === "not").length % 2 === 0,
    });
  });
  return lines;
}

/** By the first of its own lines, which stands right behind it. */
function howOf(node: Node, next: Node | undefined): "all" | "any" | "not" | undefined {
  if (next === undefined || !isWithin(next, node)) return undefined;
  const how = next.path.slice(node.path.length + 1).split("/")[0];
  return how === "all" || how === "any" || how === "not" ? how : undefined;
}

const isWithin = (node: Node, above: Node): boolean => node.path.startsWith(`${above.path}/`);
