// What is around the editor of a subscription while it loads, and the way back.
import type { ReactNode } from "react";
import { texts } from "../../../texts/texts.ts";
import { Bar } from "../../../ui/notice.tsx";
import { Page, type PageProps } from "../../../ui/page.tsx";

export function backTo(slug: string, name: string | undefined): NonNullable<PageProps["back"]> {
  return { to: `/destinations/${slug}` as "/destinations", search: { tab: "subscriptions" }, text: name ?? texts.subscriptions.back };
}

export function EditorSkeleton({ title, slug, name }: { readonly title: string; readonly slug: string; readonly name?: string | undefined }): ReactNode {
  return (
    <Page title={title} back={backTo(slug, name)} sentence={<Bar width={40} />}>
      <div className="mapping-page" aria-busy>
        <div className="stack-wide">{[3, 6].map((rows) => <div key={rows} className="card"><div className="card-body stack">{Array.from({ length: rows }, (_, i) => <Bar key={i} width={85 - ((i * 17) % 45)} />)}</div></div>)}</div>
        <aside className="mapping-preview"><Bar width={40} /><Bar width={80} /><Bar width={60} /></aside>
      </div>
    </Page>
  );
}
