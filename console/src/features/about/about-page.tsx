// What this program is, beside others, and what it lacks: docs/compare.md, as it stands.
import Markdown from "markdown-to-jsx/react";
import type { ReactNode } from "react";
import compare from "../../../../docs/compare.md?raw";
import { texts } from "../../texts/texts.ts";
import { Page } from "../../ui/page.tsx";
import "./about.css";

const [heading, ...rest] = compare.split("\n");
const options = {
  disableParsingRawHTML: true,
  wrapper: "article",
  overrides: { table: { component: ScrolledTable } },
} as const;

export function AboutPage(): ReactNode {
  return (
    <Page title={texts.about.title} heading={<h1>{heading?.replace(/^#\s*/, "")}</h1>}>
      {/* The document is written in English, whatever the page around it is. */}
      <div className="about" lang="en"><Markdown options={options}>{rest.join("\n")}</Markdown></div>
    </Page>
  );
}

function ScrolledTable({ children }: { readonly children?: ReactNode }): ReactNode {
  return <div className="about-table" tabIndex={0} role="group" aria-label={texts.about.table}><table>{children}</table></div>;
}
