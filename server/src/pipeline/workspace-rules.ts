// The rules in force for each workspace, compiled once per version: they change only by control records, which the
// sequencer handles on their own, so a batch sees one version.
import type { ClientBase, Pool } from "pg";
import { defaultSourceSettings, defaultWorkspaceSettings, sourceSettings, workspaceSettings, type SourceSettings, type WorkspaceSettings } from "@tributary/schema/settings.ts";
import { z } from "zod";
import { compileIdentityRules, createKnownIdentifiers, extractIdentifiers, type IdentityRules, type KnownIdentifiers } from "../identity/identity.ts";
import { profileLimits, type FoldRules } from "../profiles/fold.ts";
import type { Limits } from "../core/limits.ts";
import { createSourceSeal, type Seal } from "../core/sealed-text.ts";
import { compileNormaliseContext, type NormaliseContext } from "./stages/normalise.ts";
import { KnownPaths } from "./known-paths.ts";

export interface WorkspaceRules {
  readonly workspaceId: number;
  readonly settings: WorkspaceSettings;
  readonly sources: Readonly<Record<string, SourceSettings>>;
  readonly identity: IdentityRules;
  readonly paths: KnownPaths;
  normaliseContext(sourceId: number): NormaliseContext;
  foldRules(sourceId: number, isImported: boolean): FoldRules;
}

export interface RuleBook {
  /** Reads what is not yet held. */
  load(db: ClientBase | Pool, workspaceIds: Iterable<number>): Promise<void>;
  of(workspaceId: number): WorkspaceRules;
  /** After a change of settings, or a failed batch. */
  forget(): void;
}

export function createRuleBook(options: { readonly secret: string; readonly limits: Limits }): RuleBook {
  const held = new Map<number, WorkspaceRules>();
  const known = createKnownIdentifiers();
  return {
    async load(db, workspaceIds) {
      for (const workspaceId of new Set(workspaceIds)) {
        if (held.has(workspaceId)) continue;
        const { rows } = await db.query<{ settings: unknown; sources: unknown }>(
          `select settings, sources from pipeline_config where workspace_id = $1`, [workspaceId],
        );
        const paths = await db.query<{ path: string }>(`select path from property_path where workspace_id = $1 order by row_id, path`, [workspaceId]);
        const row = rows[0];
        held.set(workspaceId, compileRules({
          workspaceId, ...options, known,
          settings: row ? workspaceSettings.parse(row.settings) : defaultWorkspaceSettings,
          sources: row ? z.record(z.string(), sourceSettings).parse(row.sources) : {},
          paths: new KnownPaths(paths.rows.map(({ path }) => path)),
        }));
      }
    },
    of(workspaceId) {
      const rules = held.get(workspaceId);
      if (!rules) throw new Error(`The rules of workspace ${workspaceId} are loaded before they are used.`);
      return rules;
    },
    forget: () => held.clear(),
  };
}

/** Compiles one version of a workspace's rules; also for previews of rules that are not in force. */
export function compileRules(options: {
  readonly workspaceId: number; readonly secret: string; readonly limits: Limits; readonly settings: WorkspaceSettings;
  readonly sources: Readonly<Record<string, SourceSettings>>; readonly paths: KnownPaths;
  readonly known?: KnownIdentifiers;
}): WorkspaceRules {
  const { workspaceId, secret, settings, sources, limits } = options;
  const identity = compileIdentityRules(settings.identity);
  const seal = createSourceSeal(secret);
  const contexts = new Map<number, NormaliseContext>();
  const folds = new Map<string, FoldRules>();
  const extraction = { workspaceId, secret, phoneCountry: settings.phoneCountry, ...(options.known ? { known: options.known } : {}) };
  const rankOf = ranksOf(sources);
  return {
    workspaceId, settings, sources, identity, paths: options.paths,
    normaliseContext(sourceId) {
      const known = contexts.get(sourceId);
      if (known) return known;
      const ofSource = { ...extraction, sourceId };
      const context = compileNormaliseContext({
        settings, source: opened(sources[String(sourceId)] ?? defaultSourceSettings, seal, workspaceId),
        limits,
        extractIdentifiers: (payload) => extractIdentifiers(payload, identity, ofSource),
      });
      contexts.set(sourceId, context);
      return context;
    },
    foldRules(sourceId, isImported) {
      const key = `${sourceId} ${isImported}`;
      const known = folds.get(key);
      if (known) return known;
      // A live null is a statement; a null in a file usually is a hole in it.
      const nullErases = isImported ? (sources[String(sourceId)]?.nullErases ?? false) : true;
      const showsActivity = sources[String(sourceId)]?.showsActivity ?? true;
      const rules: FoldRules = { ...profileLimits, nullErases, rankOf, showsActivity };
      folds.set(key, rules);
      return rules;
    },
  };
}

/** What is set by hand (source 0) counts as much as the best ranked source: the later of the two holds. */
function ranksOf(sources: Readonly<Record<string, SourceSettings>>): FoldRules["rankOf"] {
  const all = Object.values(sources);
  const ofSource = (source: SourceSettings | undefined, trait: string): number | undefined => {
    if (source?.traitRanks === undefined || !Object.hasOwn(source.traitRanks, trait)) return source?.traitRank;
    return source.traitRanks[trait] ?? undefined;
  };
  return (sourceId, trait) => {
    if (sourceId !== 0) return ofSource(sources[String(sourceId)], trait);
    const ranks = all.flatMap((source) => ofSource(source, trait) ?? []);
    return ranks.length === 0 ? undefined : Math.min(...ranks);
  };
}

/** The settings with the secret as the sender's token was signed by it: only here, in memory, and never written back. */
function opened(source: SourceSettings, seal: Seal, workspaceId: number): SourceSettings {
  const { identityTokenSecret: sealed } = source;
  return sealed === undefined ? source : { ...source, identityTokenSecret: seal.open(sealed, workspaceId) };
}
