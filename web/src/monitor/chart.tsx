// Lines over the last five minutes, with what they are called, and in words for those who do not see them.

import { useEffect, useRef } from "preact/hooks";
import { useTexts } from "../context";
import type { Line, Plot } from "./plot";

export interface NamedLine extends Line {
  name: string;
}

interface Props {
  title: string;
  words: string; // what the lines show
  secondsAgo: readonly number[];
  lines: readonly NamedLine[];
  top: number;
}

function Key({ line }: { line: NamedLine }) {
  return (
    <li>
      <svg width="34" height="10" aria-hidden="true">
        <line x1="0" y1="5" x2="34" y2="5" style={{ stroke: `var(${line.color})` }} stroke-width="2.5" stroke-dasharray={line.dash.join(" ")} />
      </svg>{" "}
      {line.name}
    </li>
  );
}

export function Chart({ title, words, secondsAgo, lines, top }: Props) {
  const texts = useTexts();
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const drawing = {
    x: secondsAgo.map((seconds) => -seconds),
    lines,
    top,
    xLabel: (x: number) => (x === 0 ? texts.watch.now : texts.watch.minutesAgo(-x / 60)),
    yLabel: String,
  };
  const latest = useRef(drawing);
  latest.current = drawing;
  useEffect(() => {
    let gone = false;
    const begin = async () => {
      const { Plot } = await import("./plot");
      if (!gone && place.current) plot.current = new Plot(place.current, latest.current);
    };
    begin().catch(() => {}); // without a network the words and figures remain
    return () => {
      gone = true;
      plot.current?.end();
      plot.current = null;
    };
  }, []);
  useEffect(() => plot.current?.show(drawing));
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div ref={place} role="img" aria-label={[title, words].join(texts.colon)} class="plot" />
      <ul class="keys">
        {lines.map((line) => (
          <Key key={line.name} line={line} />
        ))}
      </ul>
    </figure>
  );
}
