// What is shown in place of facts about a size while it takes its time to be counted: how far that has come.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { texts } from "../../../texts/texts.ts";
import { previewProgressQuery } from "../queries.ts";

const t = texts.audiences.preview;
/** Most answers are there sooner; nothing flickers for those. */
const SOON_MS = 700;

export function StillCounting({ children }: { readonly children: ReactNode }): ReactNode {
  const [isLong, setIsLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsLong(true), SOON_MS);
    return () => clearTimeout(timer);
  }, []);
  const { data } = useQuery({ ...previewProgressQuery, enabled: isLong });
  if (!isLong) return children;
  const { asked = 0, answered = 0, people = 0 } = data ?? {};
  return (
    <>
      <span>{asked === 0 ? t.counting : t.countingOf(answered, asked, people)}</span>
      <progress className="meter" aria-label={t.counting} {...(asked === 0 ? {} : { value: answered, max: asked })} />
    </>
  );
}
