// Trying a destination's settings: what was asked of the vendor, and what came back.
import { Button } from "@mantine/core";
import { IconPlugConnected } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { DestinationTest } from "@tributary/schema/api/destinations.ts";
import { change } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { ProblemNotice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { State } from "../../ui/state.tsx";
import { Exchanges } from "./delivery-panel.tsx";
import { destinationPath } from "./queries.ts";

const t = texts.deliveries;

export function ConnectionTest({ slug }: { readonly slug: string }): ReactNode {
  const [isShown, setIsShown] = useState(false);
  const test = useMutation({ mutationFn: () => change<DestinationTest>("POST", `${destinationPath(slug)}/test`), onSettled: () => setIsShown(true) });
  return (
    <>
      <Button variant="default" leftSection={<IconPlugConnected size={15} />} loading={test.isPending} onClick={() => test.mutate()}>{t.test}</Button>
      {isShown ? <Panel over title={t.test} onClose={() => setIsShown(false)}>{test.error ? <ProblemNotice problem={test.error} onRetry={() => test.mutate()} /> : null}{test.data ? <Tested test={test.data} /> : null}</Panel> : null}
    </>
  );
}

export function Tested({ test: { ok, detail, exchanges } }: { readonly test: DestinationTest }): ReactNode {
  return (
    <div className="stack roomy">
      <State tone={ok ? "good" : "bad"}><strong>{ok ? t.tested : t.testFailed}</strong></State>
      {detail === null ? null : <p><bdi>{detail}</bdi></p>}
      <Exchanges all={exchanges} />
    </div>
  );
}
