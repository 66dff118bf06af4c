// Settings that name a place: whether it may be reached, looked up when they are saved. It is checked again with each connection
// (docs/outbound.md); this tells whoever types it.
import type { FieldProblem } from "@tributary/schema/destination/check-fields.ts";
import type { DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import { refusalToKeep, type AddressVerdict, type Outbound } from "../outbound/outbound.ts";

/** Settings that are names of servers, a port beside them or with them, and not whole addresses. */
const HOST_KEYS = /^(host|hostname|server|brokers|bootstrap_?servers|\w+_host)$/i;
const NAMES_MAX = 20;

/** By field. */
export async function placeProblems(outbound: Pick<Outbound, "checkAddress" | "checkHost">, { settings: fields }: Pick<DestinationDefinition, "settings">, settings: Readonly<Record<string, unknown>>): Promise<readonly FieldProblem[]> {
  const port = Number(settings["port"]);
  const asked = fields.flatMap(({ key }) => textsOf(settings[key]).slice(0, NAMES_MAX).flatMap((text): (() => Promise<FieldProblem | undefined>)[] => {
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return [async () => problemOf(key, await outbound.checkAddress(withoutLogin(text)), !/^https?:/i.test(text))];
    if (!HOST_KEYS.test(key)) return [];
    return text.split(",").map((one) => one.trim()).filter((one) => one !== "").slice(0, NAMES_MAX).map((one) => async () => problemOf(key, await outbound.checkHost(hostAndPort(one, Number.isInteger(port) && port > 0 && port < 65_536 ? port : 443))));
  }));
  return (await Promise.all(asked.map((ask) => ask()))).filter((one) => one !== undefined);
}

function textsOf(value: unknown): readonly string[] {
  return typeof value === "string" ? [value.trim()] : Array.isArray(value) ? value.flatMap(textsOf) : [];
}

function hostAndPort(text: string, otherwise: number): { readonly host: string; readonly port: number } {
  const [, host = text, port] = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(text) ?? [];
  return { host, port: port === undefined ? otherwise : Number(port) };
}

/** Who enters is no matter of where it is. */
function withoutLogin(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1");
}

/** `isOther`: of a scheme whose port is not known here; what is no whole address then is the destination's own matter. */
function problemOf(field: string, verdict: AddressVerdict, isOther = false): FieldProblem | undefined {
  const problem = isOther && !verdict.isGood && verdict.failure === "bad_address" ? undefined : refusalToKeep(verdict);
  return problem === undefined ? undefined : { field, problem };
}
