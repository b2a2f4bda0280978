// The live dashboard in the browser: takes whole figures and ticks from the server, appends, marks
// and draws. What is drawn, and how, comes from Python (cloudscale/figures.py); so do all words
// about the shop. Here is only what must happen where the viewer is.
import { useContext, useEffect, useRef } from "react";
import { useNavigate } from "react-router";
import { ColorModeContext } from "$/utils/context";
import { Cursor } from "./cursor.js";
import { save } from "./picture.js";
import { Painter } from "./painter.js";
import { Series } from "./series.js";
import { Words } from "./words.js";

const QUIET_MS = 6000; // no tick for so long although connected: ask for the stream again
const LEAST_MS_BETWEEN_QUESTIONS = 5000;

const asked = () => new URLSearchParams(location.search);
const themeAsked = () => (["light", "dark"].includes(asked().get("theme")) ? asked().get("theme") : null);
// Before Reflex reads what this browser chose last.
if (typeof window !== "undefined" && themeAsked()) {
  try { localStorage.setItem("theme", themeAsked()); } catch {} // storage is closed to us
}

class Board {
  constructor(root, navigate) {
    this.root = root;
    this.navigate = navigate;
    this.words = new Words(root);
    this.painter = new Painter(root, (slug) => this.drawn(slug));
    this.cursor = new Cursor(root, this);
    this.heardAt = performance.now();
    this.askedAt = performance.now(); // to load the page is to ask
    this.isLost = false;
    this.timer = setInterval(() => this.look(), 500);
    this.listening = new AbortController();
    const { signal } = this.listening;
    document.addEventListener("click", (event) => this.clicked(event), { signal });
    document.addEventListener("visibilitychange", () => this.painter.draw(), { signal });
    root.addEventListener("toggle", (event) => this.opened(event), { signal, capture: true });
    // For whoever measures or tests this page.
    window.__ops = { draws: this.painter.draws, ticks: 0, wholes: 0, questions: [], shown: () => this.series };
  }

  close() {
    clearInterval(this.timer);
    this.listening.abort();
    this.painter.close();
    delete window.__ops;
  }

  // Everything anew: on load, for another range, and after something was missed.
  show(text) {
    if (!text) return;
    const whole = JSON.parse(text);
    this.number = whole.number;
    this.policy = whole.policy;
    this.series = new Series(whole);
    this.words.begin(whole, this.series);
    this.words.tell(whole, this.series);
    this.cursor.begin(this.series);
    this.painter.begin(this.series);
    this.heard();
    window.__ops.wholes += 1;
  }

  // What is new. Nothing is drawn over what may be missing: then all is read again.
  add(text) {
    if (!text || !this.series) return;
    const tick = JSON.parse(text);
    if (tick.number <= this.number) return;
    this.heard();
    const isMissing = tick.after > this.number || tick.again > (this.series.newest ?? 0);
    const isComplete = this.series.append(tick) && !isMissing;
    this.number = tick.number;
    window.__ops.ticks += 1;
    this.words.tell(tick, this.series);
    if (tick.events.length) this.cursor.mark();
    if (tick.policy !== this.policy) this.again("policy"); // its thresholds are not those drawn
    if (!isComplete && this.series.isLive) return this.again("missed");
    if (tick.rows.length && this.series.isLive) {
      this.cursor.moved();
      this.painter.draw();
    }
  }

  drawn(slug) {
    this.words.describe(slug);
    this.cursor.place(slug);
  }

  heard() {
    this.heardAt = performance.now();
  }

  // Have the server answer the URL anew, but not all the time.
  again(why) {
    const now = performance.now();
    if (now - this.askedAt < LEAST_MS_BETWEEN_QUESTIONS) return;
    this.askedAt = now;
    window.__ops.questions.push(why);
    this.navigate(location.pathname + location.search, { replace: true });
  }

  look() {
    this.words.age(this.isLost || !navigator.onLine);
    const isQuiet = performance.now() - this.heardAt > QUIET_MS;
    if (isQuiet && !this.isLost && !this.words.isPaused) this.again("quiet");
  }

  lost(isLost) {
    this.isLost = isLost;
    this.look();
  }

  paint() {
    this.painter.repaint();
  }

  // The URL says what is looked at; the server follows it.
  go(changes) {
    const query = asked();
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) query.delete(name);
      else query.set(name, value);
    }
    this.navigate(`${location.pathname}?${query}`.replace(/\?$/, ""));
  }

  goLive(changes = {}) {
    this.go({ from: null, to: null, paused: null, ...changes });
  }

  unzoom() {
    if (asked().has("from")) this.goLive();
  }

  goTo(since, until, changes = {}) {
    const time = (second) => new Date(second * 1000).toISOString().replace(".000", "");
    this.go({ from: time(since), to: time(until), ...changes });
  }

  togglePause() {
    if (this.words.isPaused) return this.goLive();
    if (!this.series.isLive) return this.go({ paused: "1" });
    this.goTo(this.series.first, this.series.end, { paused: "1" });
  }

  clicked(event) {
    const at = (selector) => event.target.closest?.(selector);
    const link = at("[data-range]");
    const isPlain = !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button);
    if (link && isPlain) {
      event.preventDefault();
      this.goLive({ range: link.dataset.range });
    }
    if (at("[data-pause]")) this.togglePause();
    if (at("[data-unzoom]")) this.goLive();
    const picture = at("[data-png]");
    if (picture && this.series) save(this.painter, this.series, picture.dataset.png);
  }

  opened({ target }) {
    if (target.matches?.("[data-table]") && target.open) this.words.table(target, this.series);
    this.painter.draw(); // what was closed may hold charts
  }
}

export function OpsBoard({ whole, tick, lost, paused }) {
  const navigate = useNavigate();
  const { resolvedColorMode, setColorMode } = useContext(ColorModeContext);
  const board = useRef(null);
  const latest = useRef(navigate);
  latest.current = navigate;
  useEffect(() => {
    if (themeAsked()) setColorMode(themeAsked());
    board.current = new Board(
      document.getElementById("ops-board"),
      (...there) => latest.current(...there),
    );
    return () => board.current.close();
  }, []);
  useEffect(() => { board.current.words.isPaused = paused; }, [paused]);
  useEffect(() => board.current.show(whole), [whole]);
  useEffect(() => board.current.add(tick), [tick]);
  useEffect(() => board.current.lost(lost), [lost]);
  useEffect(() => {
    board.current.paint();
    const url = new URL(location.href);
    // A theme that was chosen here goes where the link goes; what the system chose does not.
    if (board.current.mode && board.current.mode !== resolvedColorMode) {
      url.searchParams.set("theme", resolvedColorMode);
      history.replaceState(history.state, "", url);
    }
    board.current.mode = resolvedColorMode;
  }, [resolvedColorMode]);
  return null;
}
