// What moves over the charts: the crosshair, which shows one moment on all of them, the marks of
// what happened, and the part that is dragged over to zoom in.
import { time } from "./words.js";

const NEAR_PX = 8;
const LEAST_DRAG_PX = 10;
const LEAST_SECONDS = 10;

// Where the drawing lies in its element: the same for all charts (MARGIN in cloudscale/figures.py).
const edges = (plot) => {
  const box = plot.getBoundingClientRect();
  const { l, r } = plot.board.series.charts[plot.dataset.plot].layout.margin;
  return { left: box.left + l, width: Math.max(box.width - l - r, 1), top: box.top, l };
};

export class Cursor {
  constructor(root, board) {
    this.board = board;
    this.hint = root.querySelector("#ops-hint");
    this.slot = null;
    this.plots = new Map();
    for (const plot of root.querySelectorAll("[data-plot]")) {
      plot.board = board;
      this.plots.set(plot.dataset.plot, plot);
      plot.addEventListener("pointermove", (event) => this.moves(plot, event));
      plot.addEventListener("pointerdown", (event) => this.presses(plot, event));
      plot.addEventListener("pointerup", (event) => this.releases(plot, event));
      plot.addEventListener("pointercancel", () => this.drop());
      plot.addEventListener("pointerleave", () => this.drag || this.leave());
      plot.addEventListener("dblclick", () => board.unzoom());
      plot.addEventListener("keydown", (event) => this.keys(plot, event));
      plot.addEventListener("focus", () => plot.matches(":focus-visible") && this.show(this.slot ?? this.last, plot));
      plot.addEventListener("blur", () => this.leave());
    }
  }

  get series() {
    return this.board.series;
  }

  get last() {
    const { newest, first, step, slots } = this.series;
    return newest ? Math.min(Math.floor((newest - first) / step), slots - 1) : slots - 1;
  }

  begin() {
    this.drop();
    this.leave();
    for (const plot of this.plots.values()) this.range(plot);
    this.mark();
  }

  // The figures went on a step: a moment keeps its place in time.
  moved() {
    for (const plot of this.plots.values()) this.range(plot);
    this.mark();
    if (this.at !== undefined) this.show(this.slotOf(this.at), this.shownOn);
  }

  range(plot) {
    plot.setAttribute("aria-valuemin", "0");
    plot.setAttribute("aria-valuemax", String(this.series.slots - 1));
    if (this.slot === null) this.speak(plot, this.last);
  }

  slotOf(second) {
    return Math.floor((second - this.series.first) / this.series.step);
  }

  // A share of the drawing's width.
  share(second) {
    return (second - this.series.first) / (this.series.end - this.series.first);
  }

  place(slug) {
    const plot = this.plots.get(slug);
    const { l, r } = this.series.charts[slug].layout.margin;
    plot.style.setProperty("--left", `${l}px`);
    plot.style.setProperty("--right", `${r}px`);
  }

  slotAt(plot, clientX) {
    const { left, width } = edges(plot);
    const slot = Math.floor(((clientX - left) / width) * this.series.slots);
    return Math.max(0, Math.min(this.series.slots - 1, slot));
  }

  moves(plot, event) {
    if (!this.series) return;
    const { clientX, clientY } = event;
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      if (this.drag) this.stretch(plot, clientX);
      this.show(this.slotAt(plot, clientX), plot);
      this.tell(plot, clientX, clientY);
    });
  }

  show(slot, plot) {
    if (!this.series) return;
    this.slot = Math.max(0, Math.min(this.series.slots - 1, slot));
    this.at = this.series.first + this.slot * this.series.step;
    this.shownOn = plot;
    const share = this.share(this.at);
    for (const [slug, each] of this.plots) {
      each.style.setProperty("--cross", share);
      each.dataset.cross = each === plot ? "own" : "other";
      this.board.words.legend(slug, this.slot);
    }
    plot.querySelector(".cross").dataset.time = time(this.at, this.series);
    this.speak(plot, this.slot);
  }

  speak(plot, slot) {
    const second = this.series.first + slot * this.series.step;
    const near = this.series.events.filter(([, at]) => this.slotOf(at) === slot);
    const happened = near.map(([, , , title, cause]) => ` Event: ${title}. ${cause}`).join("");
    plot.setAttribute("aria-valuenow", String(slot));
    const values = this.board.words.values(plot.dataset.plot, slot);
    plot.setAttribute("aria-valuetext", `${time(second, this.series)} UTC. ${values}.${happened}`);
  }

  leave() {
    cancelAnimationFrame(this.frame);
    this.slot = null;
    this.at = undefined;
    this.hint.hidden = true;
    for (const [slug, plot] of this.plots) {
      delete plot.dataset.cross;
      this.board.words.legend(slug);
    }
  }

  // Marks of what happened, on every chart.
  mark() {
    const { events, first, end } = this.series;
    const shown = events.filter(([, at]) => at >= first && at < end);
    const marks = shown.map(([id, at, tone]) => {
      const mark = document.createElement("i");
      mark.className = `mark ${tone}`;
      mark.dataset.event = id;
      mark.style.setProperty("--at", this.share(at));
      return mark;
    });
    for (const plot of this.plots.values()) {
      plot.querySelector(".marks").replaceChildren(...marks.map((mark) => mark.cloneNode()));
    }
  }

  near(plot, clientX) {
    const { left, width } = edges(plot);
    const distance = ([, at]) => Math.abs(left + this.share(at) * width - clientX);
    const close = this.series.events.filter((event) => distance(event) <= NEAR_PX);
    return close.sort((one, other) => distance(one) - distance(other))[0];
  }

  tell(plot, clientX, clientY) {
    const event = this.near(plot, clientX);
    this.hint.hidden = !event || Boolean(this.drag);
    if (this.hint.hidden) return;
    const [, at, tone, title, cause] = event;
    const [when, what, why] = this.hint.children;
    when.textContent = `${time(at, this.series)} UTC`;
    what.textContent = title;
    why.textContent = cause;
    this.hint.dataset.tone = tone;
    const left = Math.min(clientX + 14, innerWidth - this.hint.offsetWidth - 8);
    const top = Math.min(clientY + 14, innerHeight - this.hint.offsetHeight - 8);
    this.hint.style.translate = `${Math.max(8, left)}px ${Math.max(8, top)}px`;
  }

  tellByKeys(plot) {
    const { left, width, top } = edges(plot);
    this.tell(plot, left + this.share(this.at) * width, top + 20);
  }

  presses(plot, event) {
    if (event.button || !this.series) return;
    this.drag = { from: event.clientX, to: event.clientX };
    plot.setPointerCapture(event.pointerId);
    this.moves(plot, event);
  }

  stretch(plot, clientX) {
    this.drag.to = clientX;
    const { left, width } = edges(plot);
    const [from, to] = [this.drag.from, this.drag.to].sort((a, b) => a - b).map((x) =>
      Math.max(0, Math.min(1, (x - left) / width)));
    for (const each of this.plots.values()) {
      each.style.setProperty("--from", from);
      each.style.setProperty("--part", to - from);
      each.toggleAttribute("data-drag", Math.abs(this.drag.to - this.drag.from) > LEAST_DRAG_PX);
    }
    return [from, to];
  }

  releases(plot, event) {
    if (!this.drag) return;
    const [from, to] = this.stretch(plot, event.clientX);
    const isDrag = Math.abs(this.drag.to - this.drag.from) > LEAST_DRAG_PX;
    this.drop();
    if (isDrag) this.zoom(from, to);
  }

  drop() {
    this.drag = null;
    for (const plot of this.plots.values()) plot.removeAttribute("data-drag");
  }

  zoom(from, to) {
    const { first, end } = this.series;
    const at = (share) => Math.round(first + share * (end - first));
    const lack = Math.max(0, LEAST_SECONDS - (at(to) - at(from)));
    this.board.goTo(at(from) - Math.ceil(lack / 2), at(to) + Math.ceil(lack / 2));
  }

  keys(plot, event) {
    if (!this.series || event.altKey || event.ctrlKey || event.metaKey) return;
    const here = this.slot ?? this.last;
    const tenth = Math.ceil(this.series.slots / 10);
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -tenth, PageUp: tenth };
    const ends = { Home: 0, End: this.last };
    let slot = ends[event.key] ?? (event.key in steps ? here + steps[event.key] : null);
    if (event.shiftKey && event.key in steps) slot = this.nextEvent(here, Math.sign(steps[event.key]));
    if (slot !== null) {
      this.show(slot, plot);
      this.tellByKeys(plot);
    } else if (event.key === "+" || event.key === "=") this.zoomAround(here, 0.25);
    else if (event.key === "-") this.board.unzoom();
    else if (event.key === "Escape") this.leave();
    else return;
    event.preventDefault();
  }

  zoomAround(slot, half) {
    const share = (slot + 0.5) / this.series.slots;
    this.zoom(Math.max(0, share - half), Math.min(1, share + half));
  }

  nextEvent(here, direction) {
    const slots = this.series.events.map(([, at]) => this.slotOf(at)).sort((a, b) => a - b);
    const further = slots.filter((slot) => Math.sign(slot - here) === direction);
    return (direction > 0 ? further[0] : further.at(-1)) ?? here;
  }
}
