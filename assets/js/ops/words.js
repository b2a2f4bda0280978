// Puts what Python said into the page: headline, tiles, zones; and the values of the charts as text:
// legends, summaries and tables.
import { tellFleet } from "./fleet.js";
import { isGap } from "./series.js";

const STALE_STEPS = 3;
const SUMMARY_MS = 10_000;
const TABLE_ROWS = 60;
const DAY = 86_400;
const SPARK = { width: 120, height: 30, step: 5, seconds: 300 };

const twoDigits = (number) => String(number).padStart(2, "0");

// A moment as the page writes it, UTC; with the day where a span is longer than one.
export const time = (second, { slots, step }) => {
  const at = new Date(second * 1000);
  const clock = `${twoDigits(at.getUTCHours())}:${twoDigits(at.getUTCMinutes())}`;
  if (slots * step > DAY) return `${at.getUTCDate()} ${at.toLocaleString("en", { month: "short", timeZone: "UTC" })} ${clock}`;
  return step < 60 ? `${clock}:${twoDigits(at.getUTCSeconds())}` : clock;
};

const length = (seconds) => {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
};

const number = (value, { decimals, unit }) =>
  isGap(value)
    ? "\u2013"
    : `${value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals })} ${unit}`.trim();

const put = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };
const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const swatch = ({ line }) => {
  const dashes = { dot: "2 3", dash: "6 3", dashdot: "6 3 2 3", longdash: "9 3", limit: "4 4" };
  const box = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  box.setAttribute("class", "swatch");
  box.setAttribute("aria-hidden", "true");
  box.innerHTML = `<line x1="0" y1="4" x2="22" y2="4" stroke-width="2.5"/>`;
  box.firstChild.setAttribute("stroke", `var(${line.color})`);
  box.firstChild.setAttribute("stroke-dasharray", dashes[line.dash] ?? "");
  return box;
};

export class Words {
  constructor(root) {
    this.root = root;
    this.find = (selector) => root.querySelector(selector);
    this.lead = Infinity; // how far the server's clock is from this browser's, at the quickest tick
    this.told = {};
    this.fleet = [];
    this.spokenAt = {};
    this.isPaused = false;
  }

  begin(whole, series) {
    this.series = series;
    this.spokenAt = {};
    put(document.querySelector("[data-span-words]"), whole.words);
    document.querySelector("[data-unzoom]").hidden = series.isLive;
    for (const [slug, { data, layout }] of Object.entries(series.charts)) {
      const legend = this.find(`[data-legend="${slug}"]`);
      if (data[0]?.z) continue;
      const lines = data.map((trace) =>
        make("li", { hidden: data.length > 1 && trace.y.every(isGap) }, ...(trace.visible === false ? [] : [swatch(trace)]), `${trace.name} `, make("b", { className: "num" })));
      const limits = layout.shapes.map(({ line, label }) =>
        make("li", { className: "limit" }, swatch({ line: { ...line, dash: "limit" } }), label.text));
      legend.replaceChildren(...lines, ...limits);
    }
    for (const slug of Object.keys(series.charts)) this.legend(slug);
    for (const panel of this.root.querySelectorAll("[data-optional]")) panel.hidden = series.isEmpty(panel.dataset.panel);
    for (const table of this.root.querySelectorAll("[data-table][open]")) this.table(table, series);
  }

  // What changes every second.
  tell(told, series) {
    this.told = told;
    const lead = performance.now() - told.at;
    if (Math.abs(lead - this.lead) > 60_000) this.lead = Infinity; // another process, or a clock that was set
    this.lead = Math.min(this.lead, lead);
    this.headline(told.headline);
    for (const [place, tile] of this.root.querySelectorAll("[data-tile]").entries()) {
      this.tile(tile, told.tiles[place], told.now[place], told.newestSecond, series);
    }
    this.zones(told.zones);
    this.badges(told.fleetSource);
    this.fleet = Object.assign(this.fleet, told.fleet);
    tellFleet(this.root, this.fleet);
    this.age();
  }

  headline([tone, verdict, reason, numbers]) {
    this.find("[data-headline]").dataset.tone = tone;
    put(this.find("[data-verdict]"), verdict);
    put(this.find("[data-reason]"), reason);
    put(this.find("[data-numbers]"), numbers);
  }

  tile(tile, [value, unit, note, tone], raw, second, series) {
    put(tile.querySelector(".tile-number"), value);
    put(tile.querySelector(".tile-unit"), unit ? ` ${unit}` : "");
    put(tile.querySelector(".tile-note"), note);
    tile.dataset.tone = tone;
    if (second === null) return;
    const points = series.spark(tile.dataset.tile, second, raw);
    tile.querySelector("path").setAttribute("d", sparkline(points));
  }

  zones(zones) {
    const list = this.find("[data-zones]");
    const key = JSON.stringify(zones);
    if (!list || list.dataset.key === key) return;
    list.dataset.key = key;
    list.replaceChildren(...zones.map(([name, tone, verdict, up, missing, about]) =>
      make("li", { className: "zone" },
        make("b", { textContent: name }),
        make("span", { className: `pill ${tone}`, textContent: verdict }),
        make("span", { className: "boxes", ariaHidden: "true" },
          ...[...Array(Math.min(up, 12))].map(() => make("i", { className: "up" })),
          ...[...Array(Math.min(missing, 12))].map(() => make("i", { className: "ghost" }))),
        make("small", { className: "num", textContent: about }))));
  }

  badges(source) {
    for (const badge of this.root.querySelectorAll('[data-source="fleet"]')) {
      put(badge, source.toUpperCase());
      badge.className = `badge ${source}`;
    }
    const whole = this.find("[data-headline] .badge");
    put(whole, source === "measured" ? "MEASURED" : `FLEET ${source.toUpperCase()} \u00b7 LOAD MEASURED`);
    whole.className = `badge ${source}`;
  }

  // How old everything is, on this browser's steady clock: it must grow when nothing arrives.
  age(isLost = this.isLost) {
    this.isLost = isLost;
    if (!this.series) return;
    const now = (performance.now() - this.lead) / 1000;
    const isMoving = this.series.isLive && !this.isPaused;
    const { newest, step, readAt } = this.series;
    const second = this.told.newestSecond;
    this.show("moment", second && second + 1, 1, now, !this.isPaused);
    // The step that is not over yet is read anew every few seconds.
    this.show("span", newest && Math.min(newest + step, readAt), step, now, isMoving);
    const clock = time(Math.floor(this.told.at / 1000), { slots: 1, step: 1 });
    const isOld = !this.isPaused && now - this.told.at / 1000 > STALE_STEPS;
    put(document.querySelector("[data-clock]"), clock);
    const text = isLost
      ? `The connection is lost since ${clock} UTC. What you see is old; trying again.`
      : isOld ? `No new data since ${clock} UTC. What you see is old.` : "";
    put(this.find("#ops-stale"), text);
    this.root.toggleAttribute("data-lost", isLost || isOld);
  }

  show(kind, end, step, now, isMoving) {
    const age = end ? Math.max(0, now - end) : null;
    const isStale = isMoving && (age === null || age > Math.max(STALE_STEPS * step, step > 1 ? 15 : 0));
    const text = this.isPaused ? "paused" : !isMoving ? "past" : age === null ? "no data" : length(age);
    for (const panel of document.querySelectorAll(`[data-ages="${kind}"]`)) {
      panel.toggleAttribute("data-stale", isStale);
      for (const element of panel.querySelectorAll("[data-age]")) put(element, isStale && age !== null ? `old: ${text}` : text);
    }
  }

  // The values of one step beside the names of the lines; the newest, where none is pointed at.
  legend(slug, slot) {
    const { data } = this.series?.charts[slug] ?? {};
    const legend = this.find(`[data-legend="${slug}"]`);
    if (!data || !legend) return;
    const at = slot ?? this.newestSlot();
    if (data[0]?.z) return put(legend, this.bandsAt(data[0], at));
    legend.querySelectorAll("b").forEach((value, place) => {
      const { y, meta } = data[place];
      put(value, number(y[at], meta));
      // A line that has nothing to draw needs no name, until it has.
      if (!isGap(y[at])) value.parentNode.hidden = false;
    });
  }

  newestSlot() {
    const { newest, first, step, slots } = this.series;
    return newest ? Math.min(Math.floor((newest - first) / step), slots - 1) : slots - 1;
  }

  bandsAt({ z, meta: { edges } }, slot) {
    const counts = z.map((band) => band[slot]);
    if (counts.every(isGap)) return "nothing measured";
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (!total) return "no requests";
    const most = counts.indexOf(Math.max(...counts));
    const band = most === 0 ? `under ${edges[0]}` : most > edges.length - 1 ? `over ${edges.at(-1)}` : `${edges[most - 1]} to ${edges[most]}`;
    return `${total} requests, most in ${band}`;
  }

  values(slug, slot) {
    const { data } = this.series.charts[slug];
    if (data[0]?.z) return this.bandsAt(data[0], slot);
    return data.map(({ name, y, meta }) => `${name} ${isGap(y[slot]) ? "not measured" : number(y[slot], meta)}`).join(", ");
  }

  // A chart in a sentence, for those who do not see it; now and then, since it is drawn every second.
  describe(slug) {
    this.legend(slug);
    if (performance.now() - (this.spokenAt[slug] ?? -Infinity) < SUMMARY_MS) return;
    this.spokenAt[slug] = performance.now();
    const { data } = this.series.charts[slug];
    const lines = data[0]?.z ? [`Now ${this.bandsAt(data[0], this.newestSlot())}`] : data.map((trace) => this.sentence(trace));
    put(this.find(`#said-${slug}`), `${this.series.words}. ${lines.join("; ")}.`);
    put(this.find(`[data-blank="${slug}"]`), this.series.isEmpty(slug) ? "Nothing was measured in this time" : "");
  }

  sentence({ name, y, meta }) {
    const values = y.filter((value) => !isGap(value));
    if (!values.length) return `${name}: nothing measured`;
    const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => number(value, meta));
    return `${name}: last ${number(values.at(-1), meta)}, between ${low} and ${high}`;
  }

  table(details, series) {
    const slug = details.dataset.table;
    const { data } = series.charts[slug];
    const names = data[0]?.z ? ["Requests by response time"] : data.map(({ name }) => name);
    const every = Math.ceil(series.slots / TABLE_ROWS);
    const cells = (slot) => (data[0]?.z ? [this.bandsAt(data[0], slot)]
      : data.map(({ y, meta }) => (isGap(y[slot]) ? "not measured" : number(y[slot], meta))));
    const slots = [];
    for (let slot = this.newestSlot(); slot >= 0; slot -= every) slots.push(slot);
    const head = ["Time (UTC)", ...names].map((name) => make("th", { scope: "col", textContent: name }));
    const rows = slots.map((slot) => make("tr", {},
      make("th", { scope: "row", textContent: time(series.first + slot * series.step, series) }),
      ...cells(slot).map((text) => make("td", { textContent: text }))));
    details.querySelector("table").replaceChildren(
      make("caption", { className: "visually-hidden", textContent: `${details.dataset.title}, newest first` }),
      make("thead", {}, make("tr", {}, ...head)),
      make("tbody", {}, ...rows));
  }
}

// A line that fills its box, zero at the bottom; a gap lifts the pen.
const sparkline = (points) => {
  const top = Math.max(...points.map(([, value]) => value ?? 0), 0) || 1;
  const end = points.at(-1)[0];
  let before = -Infinity;
  return points.filter(([, value]) => !isGap(value)).map(([at, value]) => {
    const x = SPARK.width * (1 - (end - at) / SPARK.seconds);
    const y = SPARK.height - 2 - (Math.max(value, 0) / top) * (SPARK.height - 4);
    const pen = at - before > SPARK.step ? "M" : "L";
    before = at;
    return `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
  }).join("");
};
