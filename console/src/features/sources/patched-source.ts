// A source as a change will leave it: what is shown before the server has answered.
import type { SourceAnswer, SourcePatch } from "@tributary/schema/api/workspace.ts";

export function patched(source: SourceAnswer, { settings, ...rest }: SourcePatch): SourceAnswer {
  const { identityTokenSecret, traitRank, ...others } = settings ?? {};
  const { traitRank: rankBefore, ...before } = source.settings;
  const rank = traitRank === undefined ? rankBefore : (traitRank ?? undefined);
  return {
    ...source,
    ...present(rest),
    settings: {
      ...before, ...present(others), ...(rank === undefined ? {} : { traitRank: rank }),
      ...(identityTokenSecret === undefined ? {} : { hasIdentityTokenSecret: identityTokenSecret !== null }),
    },
  };
}

function present<T extends object>(wish: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  // The fields that are left are not undefined.
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}
