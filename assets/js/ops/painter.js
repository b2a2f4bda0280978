// Draws charts: only those on the screen, one a frame, and those that come on it catch up. Plotly
// gets still pictures; what moves over them is ours (cursor.js), the same on every chart.
import { axisTop, hasGap, isGap } from "./series.js";

const CONFIG = { staticPlot: true, displayModeBar: false, responsive: false };
const KEPT_TIMES = 120;

let plotly;
export const loadPlotly = () => (plotly ??= import("plotly.js-cartesian-dist-min").then((m) => m.default ?? m));

// A figure with its colours: "--s1" is that token as the page shows it now, "--s1/15" 15 % of it.
export const painted = (value, style = getComputedStyle(document.documentElement)) => {
  if (typeof value === "string" && value.startsWith("--")) {
    const [token, percent] = value.split("/");
    const colour = style.getPropertyValue(token).trim();
    const alpha = percent && Math.round(percent * 2.55).toString(16).padStart(2, "0");
    return colour + (alpha ?? "");
  }
  if (Array.isArray(value)) return value.map((each) => painted(each, style));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, painted(v, style)]));
  }
  return value;
};

export const isoTime = (second) => new Date(second * 1000).toISOString().slice(0, 19);

// Columns of the heatmap: several steps in one, where there are more than can be told apart.
const columns = (band, group) => {
  const sums = [];
  for (let start = 0; start < band.length; start += group) {
    const part = band.slice(start, start + group).filter((count) => !isGap(count));
    sums.push(part.length ? part.reduce((sum, count) => sum + count, 0) : null);
  }
  return sums;
};

export class Painter {
  constructor(root, drawn) {
    this.drawn = drawn;
    this.draws = {}; // ms of the last drawings, by chart, for whoever measures
    this.plots = new Map();
    this.onScreen = new Set();
    this.stale = new Set();
    this.watching = new IntersectionObserver((entries) => this.seen(entries), { rootMargin: "80px" });
    this.sizing = new ResizeObserver((entries) => this.resized(entries));
    for (const plot of root.querySelectorAll("[data-plot]")) {
      this.plots.set(plot.dataset.plot, plot);
      this.watching.observe(plot);
      this.sizing.observe(plot);
    }
  }

  close() {
    this.watching.disconnect();
    this.sizing.disconnect();
    this.series = null;
    loadPlotly().then((lib) => this.plots.forEach((plot) => lib.purge(canvas(plot))));
  }

  begin(series) {
    this.series = series;
    this.repaint();
  }

  repaint() {
    this.figures = {};
    this.draw();
  }

  seen(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.onScreen.add(target.dataset.plot);
      else this.onScreen.delete(target.dataset.plot);
    }
    this.next();
  }

  resized(entries) {
    for (const { target } of entries) this.stale.add(target.dataset.plot);
    this.next();
  }

  // Everything has changed; what is on the screen is drawn, the rest when it comes there.
  draw() {
    if (!this.series) return;
    for (const slug of this.plots.keys()) this.stale.add(slug);
    this.next();
  }

  next() {
    if (this.isWaiting || document.hidden || !this.series) return;
    const slug = [...this.stale].find((each) => this.onScreen.has(each));
    if (!slug) return;
    this.isWaiting = true;
    loadPlotly().then((lib) => requestAnimationFrame(() => {
      this.isWaiting = false;
      if (!this.series) return;
      this.stale.delete(slug);
      this.paint(lib, slug);
      this.next();
    }));
  }

  paint(lib, slug) {
    const plot = this.plots.get(slug);
    const { clientWidth: width, clientHeight: height } = plot;
    if (!width) return;
    const started = performance.now();
    const { data, layout } = this.figure(slug);
    lib.react(canvas(plot), data, { ...layout, width, height, datarevision: started }, CONFIG);
    plot.dataset.drawn = this.series.newest ?? "";
    const times = (this.draws[slug] ??= []);
    times.push(performance.now() - started);
    if (times.length > KEPT_TIMES) times.shift();
    this.drawn(slug);
  }

  // The figure as it is now, in the colours of the page.
  figure(slug) {
    const source = this.series.charts[slug];
    const figure = (this.figures[slug] ??= painted({ layout: unlabelled(source.layout), data: source.data.map(still) }));
    const { first, end, step } = this.series;
    figure.layout.xaxis.range = [isoTime(first), isoTime(end)];
    figure.data.forEach((trace, place) => {
      const { y, z, meta } = source.data[place];
      if (z) this.putBands(trace, z, meta);
      else Object.assign(trace, { x0: isoTime(first), dx: step * 1000, y, ...looks(y, meta) });
    });
    if (!source.data[0]?.z) figure.layout.yaxis.range = [0, axisTop(source.layout.meta, highest(source))];
    return figure;
  }

  putBands(trace, z, { group }) {
    const { first, step } = this.series;
    trace.x0 = isoTime(first + (step * group) / 2);
    trace.dx = step * group * 1000;
    trace.z = z.map((band) => columns(band, group));
    trace.zmax = Math.max(1, ...trace.z.flat().filter((count) => !isGap(count)));
  }
}

export const canvas = (plot) => plot.querySelector(".canvas");

// Thresholds without their names, which stand in the legend.
const unlabelled = ({ shapes, ...layout }) => ({ ...layout, shapes: shapes.map(({ label, ...shape }) => shape) });

const still = ({ y, z, ...looks }) => looks;

const highest = ({ data }) => {
  let found = 0;
  for (const { y, visible } of data) {
    if (visible !== false) for (const value of y) if (value > found) found = value;
  }
  return found;
};

// A value with nothing on either side has no line; it gets a dot.
const looks = (y, meta) => {
  const isAlone = (value, at) => !isGap(value) && isGap(y[at - 1]) && isGap(y[at + 1]);
  const fill = meta.isFilled && !hasGap(y) ? "tozeroy" : "none";
  if (!y.some(isAlone)) return { mode: "lines", fill };
  return { mode: "lines+markers", fill, marker: { size: y.map((v, at) => (isAlone(v, at) ? 5 : 0)) } };
};
