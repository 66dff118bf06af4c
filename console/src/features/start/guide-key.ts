// The write key of the guide. A key is shown once, so it is kept for this tab alone: coming back to the guide shows the same
// one, and none is made by looking at a page.
export interface GuideKey {
  readonly workspace: string;
  readonly sourceId: number;
  readonly key: string;
  /** Events from then on are those that the guide waits for. */
  readonly madeAt: string;
}

const NAME = "tributary.guide-key";

export function readGuideKey(workspace: string): GuideKey | undefined {
  try {
    const kept: GuideKey = JSON.parse(sessionStorage.getItem(NAME) ?? "null");
    return kept?.workspace === workspace && typeof kept.key === "string" ? kept : undefined;
  } catch {
    return undefined; // Not ours.
  }
}

export function keepGuideKey(key: GuideKey): void {
  sessionStorage.setItem(NAME, JSON.stringify(key));
}

const SEEN = "tributary.start-seen";

/** Whether the guide was left for Home: then it does not come up by itself again. */
export function wasStartLeft(): boolean {
  return sessionStorage.getItem(SEEN) !== null;
}

export function leaveStart(): void {
  sessionStorage.setItem(SEEN, "1");
}
