// What the address of a destination's set-up holds: where one is, and what was made so far.
export const setUpSteps = ["connect", "choose", "preview"] as const;
export type SetUpStep = (typeof setUpSteps)[number];

export interface SetUpSearch {
  /** Without it, the first. */
  readonly step?: Exclude<SetUpStep, "connect">;
  /** The slug, once it is made. */
  readonly destination?: string;
}

/** Later steps are of something that is there. */
export function setUpSearch({ step, destination }: Record<string, unknown>): SetUpSearch {
  const slug = typeof destination === "string" || typeof destination === "number" ? String(destination) : "";
  if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(slug)) return {};
  return { ...(step === "choose" || step === "preview" ? { step } : {}), destination: slug };
}
