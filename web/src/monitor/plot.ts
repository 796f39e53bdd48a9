// uPlot as the charts here need it. Loaded only where a chart is shown: it is larger than the rest of the page.

import uPlot from "uplot";

export interface Line {
  values: readonly (number | null)[];
  color: string; // a custom property of style.css
  dash: number[]; // px on and off: what tells lines apart without colour
  bare?: boolean; // without points
}

export interface Drawing {
  x: readonly number[];
  lines: readonly Line[];
  top: number; // the y axis goes at least so far
  xLabel: (x: number) => string;
  yLabel: (y: number) => string;
}

const kHeightPx = 190;

const color = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name);
const dataOf = ({ x, lines }: Drawing) => [x, ...lines.map(({ values }) => values)] as uPlot.AlignedData;

function axisOf(labels: (value: number) => string, rest: uPlot.Axis): uPlot.Axis {
  return {
    stroke: () => color("--ink-soft"),
    grid: { stroke: () => color("--line"), width: 1 },
    ticks: { show: false },
    font: "13px system-ui, sans-serif",
    values: (_plot, splits) => splits.map(labels),
    ...rest,
  };
}

export class Plot {
  private readonly plot: uPlot;
  private readonly size: ResizeObserver;
  private readonly dark = matchMedia("(prefers-color-scheme: dark)");
  private readonly redraw = () => this.plot.redraw();

  constructor(
    place: HTMLElement,
    private drawing: Drawing,
  ) {
    this.plot = new uPlot(
      {
        width: place.clientWidth,
        height: kHeightPx,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: false }, y: { range: (_plot, _least, most) => [0, Math.max(this.drawing.top, 1.1 * (most || 0))] } },
        series: [
          {},
          ...drawing.lines.map((line) => ({
            stroke: () => color(line.color),
            width: 2,
            dash: line.dash,
            points: { size: 5, fill: () => color(line.color), ...(line.bare ? { show: false } : {}) },
          })),
        ],
        axes: [
          axisOf((x) => this.drawing.xLabel(x), { incrs: [60], space: 40, size: 28 }),
          axisOf((y) => this.drawing.yLabel(y), { size: 52, space: 36 }),
        ],
      },
      dataOf(drawing),
      place,
    );
    this.size = new ResizeObserver(() => this.plot.setSize({ width: place.clientWidth, height: kHeightPx }));
    this.size.observe(place);
    this.dark.addEventListener("change", this.redraw);
  }

  /** The same lines, as they are now. */
  show(drawing: Drawing): void {
    this.drawing = drawing;
    this.plot.setData(dataOf(drawing));
  }

  end(): void {
    this.dark.removeEventListener("change", this.redraw);
    this.size.disconnect();
    this.plot.destroy();
  }
}
