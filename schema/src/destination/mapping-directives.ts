// The words of mappings, and what the parts of each must be: read by the evaluator, which trusts nothing, and by the check that tells
// people before anything is sent.
import { isRecord } from "../is-record.ts";

export const directiveNames = [
  "@path", "@template", "@if", "@arrayPath", "@case", "@replace", "@merge", "@transform", "@flatten", "@json", "@literal", "@excludeWhenNull",
] as const;
export type DirectiveName = (typeof directiveNames)[number];

/** A mapping may stand within one directive as a whole, under this key: the rest becomes its `mapping`. */
export const rootDirectiveKey = "__segment_internal_directive";
/** Set by whoever runs a subscription, and no field of an action. */
export const reservedPrefix = "__segment_internal_";

export const replaceLengthMax = 10;

export interface Directive {
  readonly name: string;
  readonly value: unknown;
}

/** Undefined: an object like any other. More than one word, or other keys beside it, are no directive and a mistake: see `mixed`. */
export function asDirective(value: Readonly<Record<string, unknown>>): Directive | "mixed" | undefined {
  const keys = Object.keys(value);
  const words = keys.filter((key) => key.startsWith("@"));
  const [name] = words;
  if (name === undefined) return undefined;
  // What an editor of mappings keeps beside.
  const others = keys.filter((key) => !key.startsWith("@") && key !== "_metadata");
  return words.length === 1 && others.length === 0 ? { name, value: value[name] } : "mixed";
}

export function isDirectiveName(name: string): name is DirectiveName {
  return (directiveNames as readonly string[]).includes(name);
}

export const isDirectiveObject = (value: unknown): boolean => isRecord(value) && asDirective(value) !== undefined;

/** The mapping as one value: as it is, or within its root directive. */
export function wholeMapping(mapping: Readonly<Record<string, unknown>>): unknown {
  if (!Object.hasOwn(mapping, rootDirectiveKey)) return mapping;
  const root = mapping[rootDirectiveKey];
  const rest = Object.fromEntries(Object.entries(mapping).filter(([key]) => key !== rootDirectiveKey));
  const directive = isRecord(root) ? asDirective(root) : undefined;
  if (directive === undefined || directive === "mixed" || !isRecord(directive.value)) return root;
  return { [directive.name]: { ...directive.value, mapping: rest } };
}

export interface TemplatePart {
  readonly text?: string;
  /** A placeholder: where its value stands. */
  readonly path?: string;
}

/** "Hello {{traits.name}}": text and placeholders, in one pass. What a placeholder stands for is never read as template again. */
export function templateParts(template: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let textFrom = 0;
  let end = -1;
  for (let at = template.indexOf("{{"); at !== -1; at = template.indexOf("{{", at)) {
    if (end < at) end = template.indexOf("}", at);
    if (end === -1) break;
    const braces = template.startsWith("{{{", at) && template.startsWith("}}}", end) && end > at + 3 ? 3 : 2;
    if (!template.startsWith("}}", end) || end === at + 2) {
      at++;
      continue;
    }
    if (at > textFrom) parts.push({ text: template.slice(textFrom, at) });
    parts.push({ path: template.slice(at + braces, end).trim() });
    at = end + braces;
    textFrom = at;
  }
  if (textFrom < template.length) parts.push({ text: template.slice(textFrom) });
  return parts;
}
