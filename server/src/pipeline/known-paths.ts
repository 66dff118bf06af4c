// The property paths of one workspace that stand in the JSON column, first come, at most KNOWN_PATHS_MAX: a sender with
// thousands of names, or with ids for names, makes the engine slow for nobody. What is not admitted stays in the payload as
// received. A path is its keys joined by dots, `[]` standing for the items of a list: `products[].sku`.
//
// A plain set with a limit, and beside it the same paths as a tree, so that checking a whole event builds no text.
import { KNOWN_PATHS_MAX } from "../core/limits.ts";

/** Characters of a path; a longer one is not admitted (it must fit into the key of an index). */
export const PATH_CHARACTERS_MAX = 512;

export interface PathNode {
  readonly children: Map<string, PathNode>;
  /** Below the items of a list. */
  items: PathNode | undefined;
  /** Whether the path that ends here is known. */
  isKnown: boolean;
}

export class KnownPaths {
  readonly root: PathNode = newNode();
  readonly #paths = new Set<string>();
  readonly #pathsMax: number;
  #added: string[] = [];

  /** `paths`: those admitted before, as they were stored. */
  constructor(paths: Iterable<string> = [], pathsMax: number = KNOWN_PATHS_MAX) {
    this.#pathsMax = pathsMax;
    for (const path of paths) this.#insert(path);
  }

  get size(): number {
    return this.#paths.size;
  }

  /** How many more can be admitted. */
  get remaining(): number {
    return Math.max(0, this.#pathsMax - this.#paths.size);
  }

  has(path: string): boolean {
    return this.#paths.has(path);
  }

  /** Whether the path is known now: it was before, or it is admitted with this call. */
  add(path: string): boolean {
    if (this.#paths.has(path)) return true;
    if (this.#paths.size >= this.#pathsMax || !isAdmissiblePath(path)) return false;
    this.#insert(path);
    this.#added.push(path);
    return true;
  }

  /** The paths admitted since the last call, in order; to be stored with the batch that brought them. */
  takeAdded(): readonly string[] {
    const added = this.#added;
    this.#added = [];
    return added;
  }

  #insert(path: string): void {
    this.#paths.add(path);
    let node = this.root;
    for (const part of path.split(".")) {
      let name = part;
      let lists = 0;
      for (; name.endsWith("[]"); lists++) name = name.slice(0, -2);
      node = childOf(node, name);
      for (; lists > 0; lists--) node = node.items ??= newNode();
    }
    node.isKnown = true;
  }
}

function newNode(): PathNode {
  return { children: new Map(), items: undefined, isKnown: false };
}

function childOf(node: PathNode, name: string): PathNode {
  let child = node.children.get(name);
  if (child === undefined) {
    child = newNode();
    node.children.set(name, child);
  }
  return child;
}

function isAdmissiblePath(path: string): boolean {
  if (path.length > PATH_CHARACTERS_MAX || !path.isWellFormed() || path.includes("\0")) return false;
  return path.split(".").every((name) => name !== "" && !looksLikeId(name));
}

/**
 * Whether a property's name looks like the id of something (a UUID, 16 or more hexadecimal digits, 6 or more decimal ones)
 * rather than like a name that somebody chose; such names never end.
 */
export function looksLikeId(name: string): boolean {
  if (name.length < 6) return false;
  let digits = 0;
  let letters = 0;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (code >= 0x30 && code <= 0x39) digits++;
    else if ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66) letters++;
    else if (code !== 0x2d) return false;
  }
  return digits > 0 && (letters === 0 ? digits >= 6 : digits + letters >= 16);
}
