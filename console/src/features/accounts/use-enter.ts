// Getting in: runs what gives a session, looks who that is, and goes to where one wanted to.
import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { ApiProblem, useToken } from "../../api.ts";
import { sessionQuery } from "./session.ts";

interface Entering {
  readonly problem: ApiProblem | undefined;
  readonly isBusy: boolean;
  readonly submit: (event: FormEvent) => void;
}

/** `enter` answers whether one is in now; what fails leaves nobody half signed in. */
export function useEnter(next: string | undefined, enter: () => Promise<boolean>): Entering {
  const router = useRouter();
  const client = useQueryClient();
  const [problem, setProblem] = useState<ApiProblem>();
  const [isBusy, setBusy] = useState(false);
  const run = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      if (!(await enter())) return;
      client.clear();
      await client.fetchQuery({ ...sessionQuery, retry: false });
      router.history.push(next ?? "/");
    } catch (error) {
      useToken(undefined);
      setProblem(error instanceof ApiProblem ? error : new ApiProblem({ status: 0, code: "", message: String(error), hint: "", request_id: "" }));
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void run();
  };
  return { problem, isBusy, submit };
}
