// How to send with this source, with the host and, once one was made here, the real key in place.
import { SegmentedControl } from "@mantine/core";
import { useState, type ReactNode } from "react";
import type { SourceAnswer } from "@tributary/schema/api/workspace.ts";
import { boot } from "../../api.ts";
import { texts } from "../../texts/texts.ts";
import { Snippet } from "../../ui/copy.tsx";
import { Card } from "../../ui/page.tsx";
import { platformOf, platforms, snippetOf, type Platform } from "./snippets.ts";

const t = texts.sources;

export function Install({ source, writeKey }: { readonly source: SourceAnswer; readonly writeKey: string | undefined }): ReactNode {
  const [platform, setPlatform] = useState<Platform>(platformOf(source.kind));
  return (
    <Card title={t.install}>
      <div className="stack">
        <div className="row wrap">
          <p className="dim grow">{t.installText(writeKey !== undefined)}</p>
          <SegmentedControl<Platform> size="xs" value={platform} onChange={setPlatform} data={platforms.map((one) => ({ value: one, label: t.snippets[one] }))} />
        </div>
        <Snippet text={snippetOf(platform, boot.publicUrl, writeKey)} label={t.snippets[platform]} />
      </div>
    </Card>
  );
}
