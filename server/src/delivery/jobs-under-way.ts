// What is under way of one destination, and what was when it was last looked whom to forget: the outcome of that may not have been seen then.
import type { Lanes } from "./lanes.ts";
import type { DeliveryJob } from "./pick.ts";

export interface JobsUnderWay {
  begin(jobs: readonly DeliveryJob[]): void;
  end(jobs: readonly DeliveryJob[]): void;
  remember(): void;
  /** Something about one of these people waits, is under way, or was when it was remembered. */
  isAbout(profileIds: readonly string[]): boolean;
}

export function createJobsUnderWay(lanes: Pick<Lanes<DeliveryJob>, "some">): JobsUnderWay {
  const now = new Set<DeliveryJob>();
  let then: ReadonlySet<DeliveryJob> = new Set();
  return {
    begin(jobs) {
      for (const job of jobs) now.add(job);
    },
    end(jobs) {
      for (const job of jobs) now.delete(job);
    },
    remember: () => void (then = new Set(now)),
    isAbout(profileIds) {
      const isTheirs = (job: DeliveryJob): boolean => profileIds.includes(job.profileId) || (job.personId !== undefined && profileIds.includes(job.personId));
      return lanes.some(isTheirs) || now.values().some(isTheirs) || then.values().some(isTheirs);
    },
  };
}
