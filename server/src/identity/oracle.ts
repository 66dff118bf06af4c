// For tests only: identity resolution as it would be written if speed did not matter, independently of the resolver.
//
// It keeps a list of facts and nothing else, and works everything out from them anew whenever it needs to know: a person
// is a connected component of "person" nodes (one per row that made one); its identifiers are those whose last tie goes
// to one of these nodes. Rules are read straight from the settings.
import type { IdentitySettings, NamespaceRule } from "@tributary/schema/settings.ts";

/** An identifier, written `namespace:value`. */
export type Id = string;

export interface OracleEvent {
  readonly row: number;
  readonly type: string;
  readonly trust: "full" | "query_string" | "unsigned";
  /** In the order in which they stand in the event. */
  readonly ids: readonly Id[];
  readonly previous: string | null;
}

type Fact =
  | { readonly fact: "person"; readonly row: number }
  | { readonly fact: "tie"; readonly id: Id; readonly row: number }
  | { readonly fact: "untie"; readonly id: Id }
  | { readonly fact: "join"; readonly rows: readonly [number, number] }
  | { readonly fact: "yield"; readonly id: Id; readonly to: number }
  | { readonly fact: "shared"; readonly id: Id }
  | { readonly fact: "suppressed"; readonly row: number }
  | { readonly fact: "seen" | "claimed" | "link"; readonly pair: readonly [Id, Id] }
  | { readonly fact: "linked"; readonly rows: readonly [number, number] };

export interface OracleResult {
  /** The row that the person's id is made from. */
  readonly person: number | null;
  readonly suppressed: boolean;
  /** `kind reason id survivor other` */
  readonly steps: readonly string[];
  /** `id reason`, in deciding order. */
  readonly ignored: readonly string[];
}

const aliasUserIds = 50;
const devices = ["anonymous_id", "device_id", "advertising_id"];

export class Oracle {
  private readonly facts: Fact[] = [];
  private readonly settings: IdentitySettings;
  private readonly splits: ReadonlyMap<Id, Readonly<Record<string, number>>>;

  constructor(settings: IdentitySettings, splits: ReadonlyMap<Id, Readonly<Record<string, number>>> = new Map()) {
    this.settings = settings;
    this.splits = splits;
  }

  // What the facts say.

  private rule(id: Id): NamespaceRule | undefined {
    return this.settings.namespaces.find(({ name }) => name === nameOf(id));
  }

  /** All rows that are the same person as this one. */
  private component(row: number): Set<number> {
    const found = new Set([row]);
    for (let size = 0; size !== found.size; ) {
      size = found.size;
      for (const fact of this.facts) {
        if (fact.fact === "join" && fact.rows.some((one) => found.has(one))) for (const one of fact.rows) found.add(one);
      }
    }
    return found;
  }

  private survivor(row: number): number {
    return Math.min(...this.component(row));
  }

  /** The person who has the identifier, by the row that its id is made from. */
  owner(id: Id): number | null {
    const last = this.facts.findLast((fact) => (fact.fact === "tie" || fact.fact === "untie") && fact.id === id);
    return last?.fact === "tie" ? this.survivor(last.row) : null;
  }

  ids(person: number): Id[] {
    const all = new Set(this.facts.flatMap((fact) => (fact.fact === "tie" ? [fact.id] : [])));
    return [...all].filter((id) => this.owner(id) === this.survivor(person)).toSorted();
  }

  people(): number[] {
    return [...new Set(this.facts.flatMap((fact) => (fact.fact === "person" ? [this.survivor(fact.row)] : [])))].toSorted((a, b) => a - b);
  }

  isShared(id: Id): boolean {
    return this.facts.some((fact) => fact.fact === "shared" && fact.id === id);
  }

  yieldedTo(id: Id): number[] {
    return this.facts.flatMap((fact) => (fact.fact === "yield" && fact.id === id ? [fact.to] : []));
  }

  /** People connected with this one by the strategy `link`, by the rows they were called after then. */
  linked(person: number): Set<number> {
    const rows = this.component(person);
    return new Set(this.facts.flatMap((fact) => {
      if (fact.fact !== "linked") return [];
      const [a, b] = fact.rows;
      return [...(rows.has(a) ? [b] : []), ...(rows.has(b) ? [a] : [])];
    }));
  }

  /** The same by who they are now, without the person itself. */
  linkedNow(person: number): Set<number> {
    return new Set([...this.linked(person)].map((row) => this.survivor(row)).filter((row) => row !== person));
  }

  /** The evidence: `kind id id`, the two in text order. */
  edges(): string[] {
    return this.facts.flatMap((fact) => ("pair" in fact ? [`${fact.fact} ${fact.pair.toSorted().join(" ")}`] : [])).toSorted();
  }

  private isSuppressed(person: number): boolean {
    const rows = this.component(person);
    return this.facts.some((fact) => fact.fact === "suppressed" && rows.has(fact.row));
  }

  private sides(person: number): Map<string, Set<number>> {
    const rows = this.component(person);
    const ever = this.facts.flatMap((fact) => (fact.fact === "tie" && rows.has(fact.row) ? [fact.id] : []));
    return sidesOf(ever.map((id) => this.splits.get(id)));
  }

  private hasFact(kind: "seen" | "claimed" | "link", a: Id, b: Id): boolean {
    return this.facts.some((fact) => fact.fact === kind && fact.pair.includes(a) && fact.pair.includes(b));
  }

  private isDevice(id: Id): boolean {
    const about = this.rule(id)?.about;
    return about ? about === "device" : devices.includes(nameOf(id));
  }

  private isPurelyDevices(ids: readonly Id[]): boolean {
    return ids.length > 0 && ids.every((id) => this.isDevice(id));
  }

  private limit(namespace: string, byAlias: boolean): number {
    const rule = this.settings.namespaces.find(({ name }) => name === namespace);
    if (!rule) return Infinity;
    return namespace === "user_id" && byAlias ? Math.max(aliasUserIds, rule.limitPerProfile) : rule.limitPerProfile;
  }

  /** What forbids that these two groups of identifiers become one person, apart from who and what they are. */
  private conflict(one: readonly Id[], other: readonly Id[], byAlias: boolean): string | null {
    const union = [...one, ...other];
    const mixes = !this.isPurelyDevices(union) && (this.isPurelyDevices(one) || this.isPurelyDevices(other));
    if (this.settings.signIn !== "convert" && !byAlias && mixes) return "isolated";
    const past = [...new Set(union.map(nameOf))].filter((name) => {
      const count = (ids: readonly Id[]): number => ids.filter((id) => nameOf(id) === name).length;
      return count(one) > 0 && count(other) > 0 && count(union) > this.limit(name, byAlias);
    });
    return past.length > 0 ? "limit" : null;
  }

  private crosses(one: Map<string, Set<number>>, other: Map<string, Set<number>>): boolean {
    return [...one].some(([split, sides]) => [...(other.get(split) ?? [])].some((side) => !sides.has(side) || sides.size > 1));
  }

  private whyNotAttach(id: Id, person: number, byAlias: boolean): string | null {
    if (this.crosses(sidesOf([this.splits.get(id)]), this.sides(person))) return "cannot_link";
    return this.conflict([id], this.ids(person), byAlias);
  }

  private whyNotMerge(id: Id, target: number, owner: number, trusted: boolean, byAlias: boolean): string | null {
    if (!trusted) return "untrusted";
    if (this.isSuppressed(target) || this.isSuppressed(owner)) return "suppressed";
    if (this.crosses(this.sides(target), this.sides(owner))) return "cannot_link";
    if (this.rule(id)?.use === "lookup") return "lookup_only";
    return this.conflict(this.ids(target), this.ids(owner), byAlias);
  }

  // What an event adds to them.

  suppress(id: Id): void {
    const row = this.owner(id);
    if (row !== null) this.facts.push({ fact: "suppressed", row });
  }

  event(event: OracleEvent): OracleResult {
    const steps: string[] = [];
    const known = this.inDecidingOrder([...new Set(event.ids)].filter((id) => this.rule(id)));
    const claims = known.filter((id) => this.isClaim(id, known, event));
    const shared = known.filter((id) => !claims.includes(id) && this.isShared(id));
    const deciding = known.filter((id) => !claims.includes(id) && !shared.includes(id));
    const ignored = known.flatMap((id) => (claims.includes(id) ? [`${id} untrusted`] : shared.includes(id) ? [`${id} shared`] : []));
    const result = (one: number | null): OracleResult => {
      return { person: one, suppressed: one !== null && this.isSuppressed(one), steps, ignored };
    };
    const ofSuppressed = claims.map((id) => this.owner(id)).find((owner) => owner !== null && this.isSuppressed(owner));
    if (ofSuppressed !== undefined) return result(ofSuppressed);

    let person: number | null;
    const [strongest] = deciding.length > 0 ? deciding : shared;
    if (strongest === undefined) return result(null);
    if (deciding.length === 0) {
      person = this.owner(strongest) ?? this.newPerson(event.row, strongest);
    } else {
      const stated = this.stated(event, deciding);
      person = this.decide(event, this.withStated(deciding, stated), stated, steps);
    }
    if (!this.isSuppressed(person)) {
      for (const id of [...deciding, ...shared]) this.edge("seen", strongest, id);
      for (const claim of claims) for (const id of [...deciding, ...shared]) if (this.isDevice(id)) this.edge("claimed", claim, id);
    }
    return result(person);
  }

  private inDecidingOrder(ids: readonly Id[]): Id[] {
    const group = (id: Id): number => {
      if (this.rule(id)?.use === "lookup") return 2;
      return this.settings.signIn !== "convert" && this.isDevice(id) ? 1 : 0;
    };
    // Within "only looked up" people and devices are told apart, too.
    const within = (id: Id): number => (this.settings.signIn !== "convert" && this.isDevice(id) ? 1 : 0);
    const place = (id: Id): number => this.settings.namespaces.findIndex(({ name }) => name === nameOf(id));
    const priority = (id: Id): number => this.rule(id)?.priority ?? 0;
    return ids.toSorted((a, b) => group(a) - group(b) || within(a) - within(b) || priority(a) - priority(b) || place(a) - place(b));
  }

  private isClaim(id: Id, all: readonly Id[], { trust, type }: OracleEvent): boolean {
    if (this.isDevice(id)) return false;
    if (trust !== "full") return true;
    if (type === "identify" || type === "alias") return false;
    return all.some((other) => this.isDevice(other) && this.hasFact("claimed", id, other) && !this.hasFact("seen", id, other));
  }

  /** The identifiers that an alias call says are the same person. */
  private stated(event: OracleEvent, deciding: readonly Id[]): Id[] {
    if (event.type !== "alias" || event.previous === null) return [];
    if (!deciding.some((id) => nameOf(id) === "user_id") || deciding.includes(`user_id:${event.previous}`)) return [];
    const both = [`user_id:${event.previous}`, `anonymous_id:${event.previous}`].filter((id) => this.rule(id));
    const taken = both.filter((id) => deciding.includes(id) || this.owner(id) !== null || this.isShared(id));
    return (taken.length > 0 ? taken : both).filter((id) => !this.isShared(id));
  }

  private withStated(deciding: readonly Id[], stated: readonly Id[]): Id[] {
    const others = deciding.filter((id) => !stated.includes(id));
    return [...others.slice(0, 1), ...stated, ...others.slice(1)];
  }

  private decide(event: OracleEvent, ids: readonly Id[], stated: readonly Id[], steps: string[]): number {
    const [hub, ...others] = ids;
    if (hub === undefined) throw new Error("an event is decided by its identifiers");
    let person = this.owner(hub) ?? this.homeFor(hub, others, stated) ?? null;
    if (person === null) person = this.newPerson(event.row, hub);
    else if (this.owner(hub) === null) this.tie(hub, person);
    for (const id of others) {
      const owner = this.owner(id);
      if (owner === person) continue;
      const byAlias = stated.includes(id);
      const trusted = event.trust === "full";
      const no = owner === null ? this.whyNotAttach(id, person, byAlias) : this.whyNotMerge(id, person, owner, trusted, byAlias);
      if (no === null && owner === null) this.tie(id, person);
      else if (no === null && owner !== null && !this.isSuppressed(person)) person = this.join(person, owner, id, byAlias, steps);
      else if (no !== null && !this.isSuppressed(person)) this.yields(hub, id, person, owner, no, steps);
    }
    return person;
  }

  private homeFor(hub: Id, others: readonly Id[], stated: readonly Id[]): number | undefined {
    const lookups = this.rule(hub)?.use === "lookup";
    const may = others.filter((id) => this.owner(id) !== null && (lookups || this.rule(id)?.use === "merge"));
    const fits = may.find((id) => this.whyNotAttach(hub, this.owner(id) ?? 0, stated.includes(id)) === null);
    return fits === undefined ? undefined : (this.owner(fits) ?? undefined);
  }

  private join(person: number, owner: number, id: Id, byAlias: boolean, steps: string[]): number {
    const [survivor, loser] = person < owner ? [person, owner] : [owner, person];
    this.facts.push({ fact: "join", rows: [survivor, loser] });
    steps.push(`merge ${byAlias ? "alias" : "seen_together"} ${id} ${survivor} ${loser}`);
    return survivor;
  }

  private yields(hub: Id, id: Id, person: number, owner: number | null, reason: string, steps: string[]): void {
    if (reason !== "limit" && reason !== "cannot_link") {
      if (this.edge("seen", hub, id) && owner !== null) steps.push(`refused ${reason} ${id} ${person} ${owner}`);
      if (reason === "isolated" && owner !== null && this.settings.signIn === "link") {
        this.edge("link", hub, id);
        if (!this.linked(person).has(owner) || !this.linked(owner).has(person)) {
          this.facts.push({ fact: "linked", rows: [person, owner] });
          steps.push(`link sign_in ${id} ${person} ${owner}`);
        }
      }
      return;
    }
    if (this.yieldedTo(id).includes(person)) return;
    this.facts.push({ fact: "yield", id, to: person });
    steps.push(`refused ${reason} ${id} ${person} ${owner}`);
    if (this.yieldedTo(id).length < (this.rule(id)?.sharedAfter ?? Infinity)) return;
    const isAllTheyHave = owner !== null && this.ids(owner).length === 1;
    this.facts.push({ fact: "shared", id });
    if (!isAllTheyHave) this.facts.push({ fact: "untie", id });
    steps.push(`shared shared_after ${id} ${owner ?? person} ${person}`);
  }

  private newPerson(row: number, id: Id): number {
    this.facts.push({ fact: "person", row });
    this.tie(id, row);
    return row;
  }

  private tie(id: Id, person: number): void {
    this.facts.push({ fact: "tie", id, row: person });
  }

  private edge(kind: "seen" | "claimed" | "link", a: Id, b: Id): boolean {
    if (a === b || this.hasFact(kind, a, b)) return false;
    this.facts.push({ fact: kind, pair: [a, b] });
    return true;
  }
}

function nameOf(id: Id): string {
  return id.slice(0, id.indexOf(":"));
}

function sidesOf(all: readonly (Readonly<Record<string, number>> | undefined)[]): Map<string, Set<number>> {
  const sides = new Map<string, Set<number>>();
  for (const one of all) {
    for (const [split, side] of Object.entries(one ?? {})) sides.set(split, (sides.get(split) ?? new Set()).add(side));
  }
  return sides;
}
