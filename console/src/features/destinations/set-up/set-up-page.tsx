// Setting up a destination in three steps: connect and test, choose what to send, preview and switch on. The step stands in the address,
// and what is made so far is kept, switched off: it can be left and gone on with.
import { IconCheck } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { CatalogDetail, DestinationDetail } from "@tributary/schema/api/destinations.ts";
import { texts } from "../../../texts/texts.ts";
import { Bar, ProblemNotice } from "../../../ui/notice.tsx";
import { Card, Page } from "../../../ui/page.tsx";
import { may, sessionQuery } from "../../accounts/session.ts";
import { catalogDetailQuery, destinationQuery } from "../queries.ts";
import { AboutKind, Availability } from "./about-kind.tsx";
import { ChooseStep } from "./choose-step.tsx";
import { ConnectStep } from "./connect-step.tsx";
import { PreviewStep } from "./preview-step.tsx";
import { setUpSteps, type SetUpStep } from "./set-up-search.ts";
import "../../sources/source.css";
import "../destinations.css";
import "../../settings/problems.css";
import "./set-up.css";

const t = texts.setUp;
const route = getRouteApi("/shell/destinations/new/$definition");
const back = { to: "/destinations/catalog", text: texts.destinations.catalog.title } as const;

export function SetUpPage(): ReactNode {
  const { definition: slug } = route.useParams();
  const { step = "connect", destination } = route.useSearch();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const kind = useQuery(catalogDetailQuery(slug));
  const made = useQuery({ ...destinationQuery(destination ?? ""), enabled: destination !== undefined });
  const failed = kind.error ? kind : made.error ? made : undefined;
  const name = kind.data?.definition.name;
  const frame = (content: ReactNode): ReactNode => (
    <Page title={t.title(name ?? slug)} heading={name === undefined && !failed ? <Bar width={40} /> : undefined} sentence={kind.data?.definition.availability.kind === "hidden" ? t.hidden : failed ? undefined : t.sentences[step]} back={back}>{content}</Page>
  );
  if (!may(session, "admin")) return frame(<p>{t.adminOnly}</p>);
  if (failed?.error) return frame(<ProblemNotice problem={failed.error} onRetry={() => void failed.refetch()} />);
  if (!kind.data || (destination !== undefined && !made.data)) return frame(<Skeleton />);
  if (kind.data.definition.availability.kind === "hidden") return frame(<Availability availability={kind.data.definition.availability} />);
  if (made.data?.status === "archived") return frame(<p>{t.archived} <Link to="/destinations/catalog" search={{ open: slug }}>{t.again}</Link></p>);
  return frame(
    <>
      <Steps step={step} definition={slug} destination={made.data} />
      <Step step={step} kind={kind.data} destination={made.data} />
    </>,
  );
}

function Step({ step, kind, destination }: { readonly step: SetUpStep; readonly kind: CatalogDetail; readonly destination: DestinationDetail | undefined }): ReactNode {
  const navigate = route.useNavigate();
  const go = (next: SetUpStep, slug: string): void => void navigate({ search: { ...(next === "connect" ? {} : { step: next }), destination: slug } });
  if (step === "choose" && destination) return <ChooseStep kind={kind} destination={destination} onNext={() => go("preview", destination.slug)} />;
  if (step === "preview" && destination) return <PreviewStep kind={kind} destination={destination} onBack={() => go("choose", destination.slug)} />;
  return (
    <div className="set-up">
      <ConnectStep kind={kind} destination={destination} onMade={(slug) => void navigate({ search: { destination: slug }, replace: true })} onNext={(slug) => go("choose", slug)} />
      <Card title={t.about}><AboutKind definition={kind.definition} /></Card>
    </div>
  );
}

interface StepsProps {
  readonly step: SetUpStep;
  readonly definition: string;
  readonly destination: DestinationDetail | undefined;
}

/** Each step that can be gone to is a link; later ones need the destination. */
function Steps({ step, definition, destination }: StepsProps): ReactNode {
  const at = setUpSteps.indexOf(step);
  return (
    <ol className="set-up-steps" aria-label={t.steps}>
      {setUpSteps.map((one, index) => {
        const content = <><span className="set-up-number" aria-hidden>{index < at ? <IconCheck size={13} stroke={2.4} /> : index + 1}</span><span>{t.stepNames[one]}</span></>;
        const search = { ...(one === "connect" ? {} : { step: one }), ...(destination ? { destination: destination.slug } : {}) };
        return (
          <li key={one} data-done={index < at} aria-current={one === step ? "step" : undefined}>
            {one === step || !destination ? <span>{content}</span> : <Link to="/destinations/new/$definition" params={{ definition }} search={search}>{content}</Link>}
          </li>
        );
      })}
    </ol>
  );
}

function Skeleton(): ReactNode {
  return <div className="set-up" aria-busy>{[t.connection, t.about].map((title) => <Card key={title} title={title}><div className="stack roomy">{[60, 90, 80, 50].map((width) => <Bar key={width} width={width} />)}</div></Card>)}</div>;
}
