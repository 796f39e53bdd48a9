import { useEffect, useRef, useState } from "preact/hooks";
import { type ModelCard, Refusal, loadModels, setToken } from "./api";
import { LanguageContext, RecordsContext } from "./context";
import { keepsRecords } from "./monitor/api";
import { PhotoQueue } from "./photo_queue";
import { refusalText } from "./refusal_text";
import { type Language, type Texts, firstLanguage, keepLanguage, kTexts } from "./texts";
import { TokenForm } from "./token_form";
import { HistoryView } from "./views/history_view";
import { ModelView } from "./views/model_view";
import { MonitorView } from "./views/monitor_view";
import { PhotosView } from "./views/photos_view";

const kViews = ["photos", "history", "model", "monitor"] as const;
type View = (typeof kViews)[number];

// The view is in the address, so that it can be linked to and the browser's buttons go back and forth.
function viewOfAddress(): View {
  return kViews.find((view) => location.hash === `#${view}`) ?? "photos";
}

function useView(onChange: () => void): View {
  const [view, setView] = useState(viewOfAddress);
  useEffect(() => {
    const follow = () => {
      setView(viewOfAddress());
      onChange();
    };
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, []);
  return view;
}

/** The queue, drawn again at each of its changes. */
function useQueue(): PhotoQueue {
  const [queue] = useState(() => new PhotoQueue());
  const [, setChanges] = useState(0);
  useEffect(() => queue.listen(() => setChanges((changes) => changes + 1)), []);
  useEffect(() => {
    const leaving = (event: BeforeUnloadEvent) => queue.pending > 0 && event.preventDefault();
    window.addEventListener("beforeunload", leaving);
    return () => window.removeEventListener("beforeunload", leaving);
  }, []);
  return queue;
}

/** The service's models, null until they are there, and why they are not. */
function useModels() {
  const [models, setModels] = useState<ModelCard[] | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const loads = useRef(0);
  const load = async () => {
    const own = ++loads.current; // a later one's answer counts
    try {
      const loaded = await loadModels();
      if (own !== loads.current) return true;
      setModels(loaded);
      setRefusal(null);
      return true;
    } catch (error) {
      if (own === loads.current) setRefusal(Refusal.of(error));
      return false;
    }
  };
  useEffect(() => void load(), []);
  return { models, refusal, load };
}

/** Whether the service that these models came from keeps records. */
function useRecords(models: ModelCard[] | null): boolean {
  const [kept, setKept] = useState(false);
  useEffect(() => {
    const model = models?.[0];
    if (model) void keepsRecords(model).then(setKept);
  }, [models]);
  return kept;
}

interface BarProps {
  texts: Texts;
  view: View;
  language: Language;
  onLanguage: (language: Language) => void;
  onSkip: () => void;
}

function Bar({ texts, view, language, onLanguage, onSkip }: BarProps) {
  return (
    <header>
      <a class="skip" href="#content" onClick={(event) => (event.preventDefault(), onSkip())}>
        {texts.skipToContent}
      </a>
      <span class="brand">
        <img src="/icon.svg" alt="" width="28" height="28" /> frond
      </span>
      <nav>
        {kViews.map((one) => (
          <a key={one} href={`#${one}`} aria-current={one === view ? "page" : undefined}>
            {texts[one]}
          </a>
        ))}
      </nav>
      <select aria-label="Language · 语言" value={language} onChange={(e) => onLanguage(e.currentTarget.value as Language)}>
        {Object.entries(kTexts).map(([tag, { language: name }]) => (
          <option key={tag} value={tag} lang={tag}>
            {name}
          </option>
        ))}
      </select>
    </header>
  );
}

const idOf = (model: ModelCard) => `${model.name} ${model.version}`;

function ModelChooser({ texts, models, chosen, onChoose }: {
  texts: Texts;
  models: ModelCard[];
  chosen: ModelCard;
  onChoose: (id: string) => void;
}) {
  if (models.length < 2) return null;
  return (
    <label class="chooser">
      {texts.model}{" "}
      <select value={idOf(chosen)} onChange={(event) => onChoose(event.currentTarget.value)}>
        {models.map((model) => (
          <option key={idOf(model)} value={idOf(model)}>
            {idOf(model)}
          </option>
        ))}
      </select>
    </label>
  );
}

export function Page() {
  const [language, setLanguage] = useState(firstLanguage);
  const [chosen, setChosen] = useState("");
  const [tokenRefusals, setTokenRefusals] = useState(0);
  const heading = useRef<HTMLHeadingElement>(null);
  const focusHeading = () => heading.current?.focus();
  const view = useView(focusHeading);
  const queue = useQueue();
  const { models, refusal, load } = useModels();
  const records = useRecords(models);
  const texts = kTexts[language];

  useEffect(() => {
    document.documentElement.lang = language;
    document.title = `frond · ${texts[view]}`;
  }, [language, view]);
  // Models may have come, gone or been renamed since.
  const gone = queue.items.some((item) => item.refusal?.status === 404);
  useEffect(() => {
    if (gone) void load();
  }, [gone]);

  const changeLanguage = (wanted: Language) => {
    keepLanguage(wanted);
    setLanguage(wanted);
  };
  const giveToken = async (token: string) => {
    if (setToken(token) && (await load())) {
      setTokenRefusals(0);
      queue.resume();
      focusHeading();
    } else {
      setTokenRefusals((refusals) => refusals + 1);
    }
  };

  const content = () => {
    if (view === "history") return <HistoryView models={models} onGone={focusHeading} />;
    if (refusal?.status === 401 || queue.obstacle?.status === 401) {
      return <TokenForm refusals={tokenRefusals} onToken={(token) => void giveToken(token)} />;
    }
    const model = models?.find((one) => idOf(one) === chosen) ?? models?.[0];
    if (!model && refusal) {
      return (
        <div role="alert" class="problem">
          <p>{refusalText(refusal, texts)}</p>
          <button type="button" onClick={() => void load()}>
            {texts.tryAgain}
          </button>
        </div>
      );
    }
    if (!models) return <p>{texts.loading}…</p>;
    if (!model) return <p class="problem">{texts.noModels}</p>;
    return (
      <>
        <ModelChooser texts={texts} models={models} chosen={model} onChoose={setChosen} />
        {view === "model" && <ModelView model={model} />}
        {view === "monitor" && <MonitorView model={model} onModelsAsked={() => void load()} />}
        {view === "photos" && <PhotosView model={model} several={models.length > 1} queue={queue} />}
      </>
    );
  };
  return (
    <LanguageContext.Provider value={language}>
      <Bar texts={texts} view={view} language={language} onLanguage={changeLanguage} onSkip={focusHeading} />
      <main>
        <h1 id="content" ref={heading} tabIndex={-1} class={view === "photos" ? "" : "visually-hidden"}>
          {view === "photos" ? texts.tagline : texts[view]}
        </h1>
        <RecordsContext.Provider value={records}>{content()}</RecordsContext.Provider>
      </main>
    </LanguageContext.Provider>
  );
}
