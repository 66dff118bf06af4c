// Who may ask now: a few at a time in all and of one workspace, a few more that wait for a while, the rest refused at once.
import { SqlRefused } from "./refused.ts";
import { sqlLimits } from "./sql-limits.ts";

interface Waiting {
  readonly workspaceId: number;
  readonly admit: () => void;
}

export class Turns {
  readonly #running = new Map<number, number>();
  readonly #waiting: Waiting[] = [];
  #all = 0;

  /** Resolves with what gives the place back; it may be called more than once. */
  async take(workspaceId: number, signal: AbortSignal): Promise<() => void> {
    if (this.#isFree(workspaceId)) return this.#admitted(workspaceId);
    if (this.#waiting.filter((one) => one.workspaceId === workspaceId).length >= sqlLimits.queuedPerWorkspace) throw refusal();
    await this.#wait(workspaceId, signal);
    return this.#release(workspaceId);
  }

  #isFree(workspaceId: number): boolean {
    return this.#all < sqlLimits.atOnce && (this.#running.get(workspaceId) ?? 0) < sqlLimits.atOncePerWorkspace;
  }

  #admitted(workspaceId: number): () => void {
    this.#count(workspaceId, 1);
    return this.#release(workspaceId);
  }

  #count(workspaceId: number, by: 1 | -1): void {
    this.#all += by;
    const now = (this.#running.get(workspaceId) ?? 0) + by;
    if (now === 0) this.#running.delete(workspaceId);
    else this.#running.set(workspaceId, now);
  }

  #release(workspaceId: number): () => void {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#count(workspaceId, -1);
      const next = this.#waiting.findIndex((one) => this.#isFree(one.workspaceId));
      const [found] = next === -1 ? [] : this.#waiting.splice(next, 1);
      if (found === undefined) return;
      this.#count(found.workspaceId, 1);
      found.admit();
    };
  }

  #wait(workspaceId: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (error: unknown) => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        done();
        reject(error);
      };
      const timer = setTimeout(() => leave(refusal()), sqlLimits.waitMs);
      const onAbort = () => leave(signal.reason);
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
      };
      const waiting: Waiting = { workspaceId, admit: () => (done(), resolve()) };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(waiting);
    });
  }
}

function refusal(): SqlRefused {
  return new SqlRefused("TOO_MANY_SIMULTANEOUS_QUERIES", `Of one workspace ${sqlLimits.atOncePerWorkspace} statements run at a time, of all ${sqlLimits.atOnce}. Try again in a moment.`);
}
