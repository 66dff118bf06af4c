// What became of an unmerge that was accepted: asked again until the pipeline has come to it.
import { useQuery } from "@tanstack/react-query";
import type { DeskReceipt } from "@tributary/schema/api/desk.ts";
import type { UnmergeAnswer } from "@tributary/schema/api/identity.ts";
import type { QuarantineList } from "@tributary/schema/api/events.ts";
import { change, read } from "../../api.ts";
import { personPath } from "../profiles/queries.ts";

const ASK_AGAIN_MS = 1_000;
const ANSWER_MAX_MS = 10_000;
const MERGES_ASKED = 20;

interface Outcome {
  readonly changes: UnmergeAnswer["changes"];
  readonly refused: string | undefined;
  readonly isWaiting: boolean;
}

type Found = Pick<Outcome, "changes" | "refused">;

export function useSplitOutcome(profileId: string, answer: UnmergeAnswer): Outcome {
  const later = useQuery({
    queryKey: ["identity", "split", answer.row_id],
    queryFn: ({ signal }) => askAgain(profileId, answer.row_id, signal),
    enabled: !answer.processed,
    refetchInterval: ({ state }) => (state.data === undefined || state.data === null ? ASK_AGAIN_MS : false),
  });
  if (answer.processed) return { changes: answer.changes, refused: answer.refused, isWaiting: false };
  return { changes: later.data?.changes ?? [], refused: later.data?.refused, isWaiting: !later.data };
}

/** Splits as it was proposed, and records that this was decided. */
export async function acceptProposal(profileId: string, proposalId: string): Promise<UnmergeAnswer> {
  const { row_id: row, processed } = await change<DeskReceipt>("POST", `${personPath(profileId)}/unmerge-proposals/${proposalId}/decision`, { decision: "accepted" });
  const found = processed ? await askAgain(profileId, row, AbortSignal.timeout(ANSWER_MAX_MS)) : null;
  return { row_id: row, processed, changes: found?.changes ?? [], ...(found?.refused === undefined ? {} : { refused: found.refused }) };
}

/** Null while the pipeline has not come to it. */
async function askAgain(profileId: string, row: number, signal: AbortSignal): Promise<Found | null> {
  const merges = await read<{ data: UnmergeAnswer["changes"] }>(`${personPath(profileId)}/merges`, { limit: MERGES_ASKED }, signal);
  const changes = merges.data.filter((entry) => entry.row_id === row);
  if (changes.length > 0) return { changes, refused: undefined };
  const held = await read<QuarantineList>("/quarantine", { reason: "control_failed", limit: MERGES_ASKED }, signal);
  const refusal = held.data.find((entry) => entry.row_id === row);
  return refusal ? { changes: [], refused: refusal.detail } : null;
}
