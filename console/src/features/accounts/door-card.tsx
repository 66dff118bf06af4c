// The frame of the pages before one is signed in.
import { Card } from "@mantine/core";
import { useEffect, type ReactNode } from "react";
import { texts } from "../../texts/texts.ts";
import { Mark } from "../../ui/mark.tsx";
import "./sign-in.css";

export function DoorCard({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  useEffect(() => {
    document.title = title.includes(texts.product) ? title : `${title} · ${texts.product}`;
  }, [title]);
  return (
    <main className="sign-in">
      <Card withBorder padding="xl" radius={6} className="sign-in-card">
        <div className="sign-in-mark"><Mark size={28} /></div>
        <h1><bdi>{title}</bdi></h1>
        {children}
      </Card>
    </main>
  );
}
