// By what a person may be contacted: each channel with its decision, to be changed at once; and nothing at all.
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import type { DeskAnswer, ReachableBy } from "@tributary/schema/api/desk.ts";
import { texts } from "../../texts/texts.ts";
import { Card } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { useRecord } from "./queries.ts";

const t = texts.desk;

export function Channels({ id, desk }: { readonly id: string; readonly desk: DeskAnswer }): ReactNode {
  const { record } = useRecord(id);
  const decide = (categories: Readonly<Record<string, boolean>>): void => record.mutate({ path: "/contact", body: { categories }, done: t.done.contact });
  return (
    <Card
      title={t.contact}
      actions={desk.do_not_contact ? <State tone="bad">{t.doNotContactNow}</State> : (
        <Button size="xs" variant="default" loading={record.isPending} onClick={() => record.mutate({ path: "/contact", body: { do_not_contact: true }, done: t.done.contact })}>{t.doNotContact}</Button>
      )}
    >
      <ul className="side-list">
        {desk.channels.map((channel) => (
          <li key={`${channel.channel} ${channel.category}`} className="row wrap">
            <span className="row grow"><Reach channel={channel} /></span>
            {[true, false].filter((granted) => !channel.decided || channel.granted !== granted).map((granted) => (
              <Button key={String(granted)} size="xs" variant="subtle" disabled={record.isPending} onClick={() => decide({ [channel.category]: granted })}>
                {(granted ? t.allow : t.refuse)(t.channels[channel.channel])}
              </Button>
            ))}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** `Mail: agreed`, with the word and icon of its state. */
export function Reach({ channel }: { readonly channel: ReachableBy }): ReactNode {
  const words = !channel.reachable ? t.reach.nothing : channel.decided ? (channel.granted ? t.reach.yes : t.reach.no) : channel.granted ? t.reach.byRule : t.reach.noRule;
  const tone = !channel.reachable ? "plain" : channel.granted ? "good" : "bad";
  return <State tone={tone}>{t.channels[channel.channel]}: {words}</State>;
}
