import type { TargetedEvent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type ModelCard, Refusal, loadModels, setToken } from "./api";
import { LanguageContext } from "./context";
import { refusalText } from "./refusal_text";
import { type Language, type Texts, firstLanguage, keepLanguage, kTexts } from "./texts";
import { HistoryView } from "./views/history_view";
import { ModelView } from "./views/model_view";
import { PhotosView } from "./views/photos_view";

const kViews = ["photos", "history", "model"] as const;
type View = (typeof kViews)[number];

// The view is in the address, so that it can be linked to and the browser's buttons go back and forth.
function viewOfAddress(): View {
  return kViews.find((view) => location.hash === `#${view}`) ?? "photos";
}

function useView(): View {
  const [view, setView] = useState(viewOfAddress);
  useEffect(() => {
    const follow = () => setView(viewOfAddress());
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, []);
  return view;
}

function TokenForm({ texts, refused, onToken }: { texts: Texts; refused: boolean; onToken: (token: string) => void }) {
  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = new FormData(event.currentTarget).get("token");
    if (typeof token === "string" && token !== "") onToken(token.trim());
  };
  return (
    <form class="token" onSubmit={submit}>
      <h2>{texts.tokenWanted}</h2>
      <p>{texts.tokenHelp}</p>
      <label>
        {texts.token} <input name="token" type="password" autocomplete="off" required />
      </label>
      <button type="submit" class="primary">
        {texts.enter}
      </button>
      {refused && <p role="alert">{texts.tokenWrong}</p>}
    </form>
  );
}

interface BarProps {
  texts: Texts;
  view: View;
  language: Language;
  onLanguage: (language: Language) => void;
}

function Bar({ texts, view, language, onLanguage }: BarProps) {
  return (
    <header>
      <a class="skip" href="#content" onClick={(event) => (event.preventDefault(), document.getElementById("content")?.focus())}>
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

function ModelChooser({ texts, models, chosen, onChoose }: {
  texts: Texts;
  models: ModelCard[];
  chosen: number;
  onChoose: (index: number) => void;
}) {
  if (models.length < 2) return null;
  return (
    <label class="chooser">
      {texts.chooseModel}{" "}
      <select value={chosen} onChange={(event) => onChoose(Number(event.currentTarget.value))}>
        {models.map((model, index) => (
          <option key={index} value={index}>
            {model.name} {model.version}
          </option>
        ))}
      </select>
    </label>
  );
}

export function Page() {
  const [language, setLanguage] = useState(firstLanguage);
  const [models, setModels] = useState<ModelCard[] | null>(null);
  const [chosen, setChosen] = useState(0);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [asked, setAsked] = useState(0); // how often a token was given
  const view = useView();
  const texts = kTexts[language];

  const load = () =>
    loadModels().then(
      (loaded) => {
        setModels(loaded.filter((model) => model.tasks.length > 0));
        setRefusal(null);
      },
      (error: unknown) => setRefusal(error instanceof Refusal ? error : new Refusal(0, { code: "", message: String(error) })),
    );
  useEffect(() => {
    void load();
  }, []);
  useEffect(() => {
    document.documentElement.lang = language;
    document.title = `frond · ${texts[view]}`;
  }, [language, view]);

  const changeLanguage = (wanted: Language) => {
    keepLanguage(wanted);
    setLanguage(wanted);
  };
  const giveToken = (token: string) => {
    setToken(token);
    setAsked(asked + 1);
    void load();
  };

  const model = models?.[chosen] ?? models?.[0];
  const content = () => {
    if (view === "history") return <HistoryView />;
    if (refusal?.status === 401) return <TokenForm texts={texts} refused={asked > 0} onToken={giveToken} />;
    if (refusal) {
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
        <ModelChooser texts={texts} models={models} chosen={chosen} onChoose={setChosen} />
        {view === "model" && <ModelView model={model} />}
      </>
    );
  };
  return (
    <LanguageContext.Provider value={language}>
      <Bar texts={texts} view={view} language={language} onLanguage={changeLanguage} />
      <main id="content" tabIndex={-1}>
        <h1 class={view === "photos" ? "" : "visually-hidden"}>{view === "photos" ? texts.tagline : texts[view]}</h1>
        {content()}
        {/* Stays while other views are looked at: its photos are not lost. */}
        {model && !refusal && (
          <div hidden={view !== "photos"}>
            <PhotosView model={model} onUnauthorized={() => void load()} />
          </div>
        )}
      </main>
    </LanguageContext.Provider>
  );
}
