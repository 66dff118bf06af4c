// Copying: a button, and text in a box that has one.
import { ActionIcon, Button, CopyButton, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { texts } from "../texts/texts.ts";

const t = texts.everywhere;

export function CopyIcon({ value, label = t.copy }: { readonly value: string; readonly label?: string }): ReactNode {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? t.copied : label}>
          <ActionIcon size={26} onClick={copy} aria-label={label}>{copied ? <IconCheck size={15} /> : <IconCopy size={15} />}</ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

export function CopyText({ value, children }: { readonly value: string; readonly children: string }): ReactNode {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Button variant="default" onClick={copy} leftSection={copied ? <IconCheck size={15} /> : <IconCopy size={15} />}>{copied ? t.copied : children}</Button>
      )}
    </CopyButton>
  );
}

/** A command or snippet, with a button that copies it. */
export function Snippet({ text, label }: { readonly text: string; readonly label: string }): ReactNode {
  return (
    <div className="with-copy">
      <pre className="code" tabIndex={0} aria-label={label}>{text}</pre>
      <span className="copy"><CopyIcon value={text} /></span>
    </div>
  );
}
