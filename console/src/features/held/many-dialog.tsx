// All held events of one reason sent again, or put aside: the consequences first, then how far it is, and what came of it. It
// goes on in steps, so it can be stopped, and what was done stays done.
import { Button, Progress } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState, type ReactNode } from "react";
import type { HeldGroup, HeldManyAnswer } from "@tributary/schema/api/event-path.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemNotice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { heldKey } from "./queries.ts";

const t = texts.held;

export interface ManyDialogProps {
  readonly group: HeldGroup;
  readonly what: "resend" | "discard";
  readonly onClose: () => void;
}

interface Progressed {
  readonly done: number;
  readonly skipped: number;
}

export function ManyDialog({ group, what, onClose }: ManyDialogProps): ReactNode {
  const client = useQueryClient();
  const isStopped = useRef(false);
  const [progress, setProgress] = useState<Progressed>();
  const [problem, setProblem] = useState<Error>();
  const run = async (): Promise<void> => {
    setProblem(undefined);
    let [done, skipped]: [number, number] = [0, 0];
    setProgress({ done, skipped });
    try {
      for (let below: number | null | undefined; below !== null && !isStopped.current;) {
        const answer: HeldManyAnswer = await change<HeldManyAnswer>("POST", `/quarantine/${what}`, { reason: group.reason, ...(below === undefined ? {} : { below }) });
        [done, skipped, below] = [done + answer.done, skipped + answer.skipped, answer.next];
        setProgress({ done, skipped });
      }
      toast({ text: what === "resend" ? t.resentMany(done, skipped) : t.discardedMany(done) });
      onClose();
    } catch (error) {
      setProblem(error instanceof Error ? error : new Error(String(error)));
    } finally {
      await client.invalidateQueries({ queryKey: heldKey });
    }
  };
  const stop = (): void => {
    isStopped.current = true;
    if (progress === undefined || problem) onClose();
  };
  const title = what === "resend" ? t.resendAllTitle(group.count) : t.discardAllTitle(group.count);
  return (
    <Dialog onClose={stop} title={title}>
      <div className="many">
        <p>{what === "resend" ? t.resendAllText : t.discardAllText}</p>
        {progress ? (
          <div role="status">
            <Progress value={group.count === 0 ? 100 : ((progress.done + progress.skipped) / group.count) * 100} aria-label={title} />
            <div className="dim">{t.progress(progress.done + progress.skipped, group.count)}</div>
          </div>
        ) : null}
        {problem ? <ProblemNotice problem={problem} onRetry={() => void run()} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" onClick={stop}>{progress ? t.stop : texts.everywhere.cancel}</Button>
          <Button color={what === "discard" ? "red" : "teal"} loading={progress !== undefined && problem === undefined} onClick={() => void run()}>{what === "resend" ? t.resendAll : t.discardAll}</Button>
        </div>
      </div>
    </Dialog>
  );
}
