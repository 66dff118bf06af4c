// How to send with this source: an SDK to choose, what to install, and the code with the host and, once a key was made here, the
// real key in place.
import { Select } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { type ReactNode } from "react";
import { boot } from "../../api.ts";
import { texts, wordFrom } from "../../texts/texts.ts";
import { Snippet } from "../../ui/copy.tsx";
import { Card } from "../../ui/page.tsx";
import { Told } from "../../ui/told.tsx";
import { isPlatform, sdkGroups, sdkOf, sdks, snippetOf, type Platform } from "./snippets.ts";

const t = texts.sources;

/** A platform or an SDK as the reader's language calls it. */
export function called(name: string): string {
  return wordFrom(texts.sdks.called, name);
}

const choices = sdkGroups.map((group) => ({
  group: texts.sdks.groups[group],
  items: sdks.filter((sdk) => sdk.group === group).map((sdk) => ({ value: sdk.id, label: sdk.family === "http" ? called(sdk.platform) : `${called(sdk.platform)} · ${called(sdk.name)}` })),
}));

export interface InstallProps {
  readonly writeKey: string | undefined;
  readonly platform: Platform;
  readonly onPlatform: (platform: Platform) => void;
}

export function Install({ writeKey, platform, onPlatform }: InstallProps): ReactNode {
  return (
    <Card title={t.install}>
      <div className="stack">
        <Select
          label={texts.sdks.choose} data={choices} value={platform} searchable allowDeselect={false} maxDropdownHeight={340} comboboxProps={{ shadow: "md" }}
          onChange={(value) => { if (isPlatform(value)) onPlatform(value); }}
        />
        <p className="dim">{t.installText(writeKey !== undefined)}</p>
        <SdkSnippet platform={platform} writeKey={writeKey} />
      </div>
    </Card>
  );
}

/** What to install, the code, and what to know: for any page that shows how to send. */
export function SdkSnippet({ platform, writeKey }: { readonly platform: Platform; readonly writeKey: string | undefined }): ReactNode {
  const sdk = sdkOf(platform);
  const isUnreachable = sdk.notes?.includes("httpsOnly") === true && !boot.publicUrl.startsWith("https:");
  return (
    <div className="stack">
      {isUnreachable ? <div className="notice" data-tone="attention" role="status"><IconAlertTriangle size={18} aria-hidden /><div>{texts.sdks.httpWarning}</div></div> : null}
      {sdk.install === undefined ? null : <Snippet text={sdk.install} label={texts.sdks.install} />}
      <Snippet text={snippetOf(platform, boot.publicUrl, writeKey)} label={called(sdk.platform)} />
      {sdk.notes ? <ul className="sdk-notes dim">{sdk.notes.map((note) => <li key={note}><Told text={texts.sdks.notes[note]} /></li>)}</ul> : null}
    </div>
  );
}
