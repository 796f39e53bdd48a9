// The model's monitor document, asked for again and again while it is looked at.

import { useEffect, useRef, useState } from "preact/hooks";
import { type ModelCard, Refusal } from "../api";
import { type Monitor, loadMonitor } from "./api";

const kPauseMs = 2000;

/** Where asking again changes nothing: an unwatched service, an unknown model. */
function isFinal({ status }: Refusal): boolean {
  return status === 404 || status === 409;
}

export interface Watched {
  monitor: Monitor | null; // the last that came, though a refusal may have followed
  refusal: Refusal | null;
  ask: () => void; // now
}

export function useMonitor(model: ModelCard): Watched {
  const [monitor, setMonitor] = useState<Monitor | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const asking = useRef<() => void>(() => {});
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let round = 0; // a later one's answer counts
    const ask = async () => {
      clearTimeout(timer);
      const own = ++round;
      let final = false;
      try {
        const loaded = await loadMonitor(model);
        if (own !== round) return;
        setMonitor(loaded);
        setRefusal(null);
      } catch (error) {
        if (own !== round) return;
        const refused = Refusal.of(error);
        final = isFinal(refused);
        setRefusal(refused);
      }
      if (!final && !document.hidden) timer = setTimeout(() => void ask(), kPauseMs);
    };
    const seenOrNot = () => (document.hidden ? clearTimeout(timer) : void ask());
    asking.current = () => void ask();
    setMonitor(null);
    setRefusal(null);
    void ask();
    document.addEventListener("visibilitychange", seenOrNot);
    return () => {
      round++;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seenOrNot);
    };
  }, [model.name, model.version]);
  return { monitor, refusal, ask: () => asking.current() };
}
