// One chart as a PNG file, with what it shows written into it.
import { isoTime, loadPlotly, painted } from "./painter.js";

const SIZE = { width: 1200, height: 560 };

const stamp = (second) => isoTime(second).replace("T", " ");

export const save = async (painter, series, slug) => {
  const lib = await loadPlotly();
  const panel = document.querySelector(`[data-panel="${slug}"]`);
  const title = panel.querySelector("h2").textContent;
  const source = panel.querySelector(".badge").textContent;
  const { data, layout } = painter.figure(slug);
  const from = stamp(series.first);
  const to = stamp(series.end);
  const marks = series.events.filter(([, at]) => at >= series.first && at < series.end).map(([, at]) => ({
    type: "line", x0: isoTime(at), x1: isoTime(at), y0: 0, y1: 1, yref: "paper", line: { color: "--warn", width: 1.5 },
  }));
  const looks = painted({
    paper_bgcolor: "--surface",
    plot_bgcolor: "--surface",
    title: { text: `${title} \u00b7 ${from} to ${to} UTC \u00b7 ${source}`, font: { color: "--ink", size: 18 }, x: 0.02, xanchor: "left" },
    legend: { orientation: "h", y: -0.1, font: { color: "--ink" } },
    shapes: marks,
  });
  const picture = await lib.toImage(
    { data, layout: { ...layout, ...SIZE, ...looks, showlegend: !data[0]?.z, margin: { l: 64, r: 24, t: 64, b: 72 }, shapes: [...painted(series.charts[slug].layout.shapes), ...looks.shapes] } },
    { format: "png", ...SIZE, scale: 2 },
  );
  const name = `cloudscale-${slug}-${from}-to-${to}.png`.replace(/[ :]/g, (each) => (each === ":" ? "" : "T"));
  Object.assign(document.createElement("a"), { href: picture, download: name }).click();
};
