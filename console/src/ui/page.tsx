// The frame of a page: title, the answer in a sentence, what one can do; and cards within it.
import { Link, type LinkProps } from "@tanstack/react-router";
import { IconChevronLeft } from "@tabler/icons-react";
import { useEffect, type ReactNode } from "react";
import { texts } from "../texts/texts.ts";

export interface PageProps {
  readonly title: string;
  /** In place of the title on the page itself. */
  readonly heading?: ReactNode;
  readonly sentence?: ReactNode;
  readonly actions?: ReactNode;
  readonly back?: { readonly to: NonNullable<LinkProps["to"]>; readonly search?: Readonly<Record<string, string>>; readonly text: string };
  /** The page is as high as the window, and its content scrolls within. */
  readonly fills?: boolean;
  readonly children: ReactNode;
}

export function Page({ title, heading, sentence, actions, back, fills = false, children }: PageProps): ReactNode {
  useEffect(() => {
    document.title = `${title.slice(0, 80)} · ${texts.product}`;
  }, [title]);
  return (
    <div className={fills ? "page page-full" : "page"}>
      {back ? <div><Link to={back.to} search={(back.search ?? {}) as never} className="page-back"><IconChevronLeft size={14} aria-hidden />{back.text}</Link></div> : null}
      <header className="page-head">
        <div className="grow">
          {heading ?? <h1>{title}</h1>}
          {sentence ? <div className="sentence">{sentence}</div> : null}
        </div>
        {actions ? <div className="page-actions">{actions}</div> : null}
      </header>
      {children}
    </div>
  );
}

export interface CardProps {
  readonly title: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** The content reaches the edges. */
  readonly bare?: boolean;
}

export function Card({ title, actions, children, bare = false }: CardProps): ReactNode {
  return (
    <section className="card" aria-label={title}>
      <div className="card-head"><h2>{title}</h2>{actions}</div>
      {bare ? children : <div className="card-body">{children}</div>}
    </section>
  );
}
