// The live metrics at the side of the store: opened and closed here, so that it works at once and is
// remembered by this browser; the server is told, and streams only while they are seen. Docked on a
// wide screen; on a narrow one a modal dialog, which is not opened again by itself.
(() => {
  const KEY = "cs_metrics";
  const STALE_SECONDS = 3;
  const TELL_MS = 2000;
  const root = document.documentElement;
  const wide = matchMedia("(min-width: 1100px)"); // as in sidebar.css
  const panelOf = () => document.getElementById("metrics");
  const toggleOf = () => document.getElementById("metrics-toggle");

  const isOpen = () => {
    const panel = panelOf();
    return Boolean(panel) && (wide.matches ? root.dataset.metrics === "open" : panel.open);
  };
  const recall = () => {
    try {
      root.dataset.metrics = localStorage.getItem(KEY) ?? "";
    } catch {
      root.dataset.metrics = "";
    }
  };
  const remember = (state) => {
    root.dataset.metrics = state;
    try {
      localStorage.setItem(KEY, state);
    } catch {} // storage is closed to us: they are open on this page alone
  };
  const show = () => (wide.matches ? remember("open") : panelOf().showModal());
  const hide = () => {
    if (panelOf().open) panelOf().close(); // the focus goes back by itself
    else {
      remember("");
      toggleOf()?.focus();
    }
  };

  // What is seen, told to whoever must know: at once after a click, and again until the server knows.
  let toldAt = -Infinity;
  const tell = () => {
    toldAt = performance.now();
    panelOf()?.querySelector("[data-tell]").click();
  };
  const isSeen = () => isOpen() && !document.hidden;
  window.csMetrics = { isOpen: isSeen };
  const changed = () => {
    follow();
    tell();
  };

  document.addEventListener("click", ({ target }) => {
    if (target.closest?.("#metrics-toggle")) isOpen() ? hide() : show();
    else if (target.closest?.("#metrics [data-close]")) hide();
    else return;
    changed();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !wide.matches || !panelOf()?.contains(event.target)) return;
    hide();
    changed();
  });
  document.addEventListener("close", ({ target }) => target === panelOf() && changed(), true);
  document.addEventListener("visibilitychange", () => panelOf() && changed());
  wide.addEventListener("change", () => panelOf()?.open && panelOf().close());

  // The age grows when nothing arrives any more: it is kept on the browser's own monotonic clock,
  // on which the quickest arrival so far counts as age zero.
  let shownAt = 0;
  let offset = Infinity;
  const ageOf = (at) => {
    const now = performance.now();
    if (at < shownAt) offset = Infinity; // another process, or a clock that was set back
    if (at !== shownAt) offset = Math.min(offset, now - at);
    shownAt = at;
    return (now - at - offset) / 1000;
  };
  const words = (seconds) => (seconds < 10 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`);
  const put = (element, text) => {
    if (element && element.textContent !== text) element.textContent = text;
  };
  const showAge = (panel) => {
    const at = Number(panel.dataset.at);
    const seconds = at ? ageOf(at) : 0;
    const isStale = seconds > STALE_SECONDS;
    panel.toggleAttribute("data-stale", isStale);
    put(panel.querySelector("[data-age]"), at ? words(seconds) : "");
    put(panel.querySelector(".metrics-stale"),
      isStale ? `No new data since ${panel.dataset.clock} UTC. What you see is old.` : "");
  };

  const follow = () => {
    const panel = panelOf();
    if (!panel) return;
    if (root.dataset.metrics === undefined) recall(); // one came from a page that has none
    if (panel.dataset.refused === "true" && !toggleOf() && isOpen()) hide(); // signed out since
    toggleOf()?.setAttribute("aria-expanded", String(isOpen()));
    if (isOpen()) showAge(panel);
    const isTold = panel.dataset.followed === String(isSeen());
    if (!isTold && performance.now() - toldAt > TELL_MS) tell();
  };
  setInterval(follow, 250);
})();
