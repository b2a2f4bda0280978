// The timeline's times go on between two updates; its filters and the opened event stand in the
// address. The server's clock counts, not this machine's: each update tells it.
(() => {
  let told = "";
  let offset = 0;
  let newest = 0;
  let filter = null;
  let isLinked = new URLSearchParams(location.search).has("event");

  const words = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    if (whole < 60) return `${whole} s`;
    if (whole < 3600) return `${Math.floor(whole / 60)} min`;
    if (whole < 86400) return `${Math.floor(whole / 3600)} h`;
    return `${Math.floor(whole / 86400)} d`;
  };
  const fill = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const parameters = () => new URLSearchParams(location.search);

  const count = (panel) => {
    if (panel.dataset.now !== told) {
      told = panel.dataset.now;
      offset = Number(told) - performance.now();
    }
    const now = performance.now() + offset;
    const since = (value) => words((now - Number(value)) / 1000);
    for (const e of panel.querySelectorAll("[data-ago]")) fill(e, `${since(e.dataset.ago)} ago`);
    for (const e of panel.querySelectorAll("[data-running]")) fill(e, since(e.dataset.running));
  };

  // What is new is read aloud; what a filter or a page brings is not.
  const announce = (panel) => {
    const ids = [...panel.querySelectorAll("[data-event]")].map((e) => Number(e.dataset.event));
    const search = panel.querySelector("#event-search").value;
    const shown = `${panel.dataset.kind}|${search}`;
    const latest = Math.max(0, ...ids);
    if (shown === filter && newest && latest > newest) {
      const title = panel.querySelector(`[data-event="${latest}"] .event-title`);
      fill(panel.querySelector("[data-event-news]"), `New: ${title.textContent}.`);
    }
    if (ids.length) { newest = shown === filter ? Math.max(newest, latest) : latest; filter = shown; }
  };

  const begin = (panel) => {
    const box = panel.querySelector("#event-search");
    if (!panel.dataset.begun) {
      panel.dataset.begun = "yes";
      if (!box.value) box.value = parameters().get("q") ?? "";
    }
    const opened = panel.querySelector(".event.opened");
    if (isLinked && opened) { isLinked = false; opened.scrollIntoView({ block: "center" }); }
  };

  window.opsEventsAddress = (kind, text, opened) => {
    const wanted = parameters();
    for (const [name, value] of [["kind", kind], ["q", text], ["event", opened || ""]]) {
      if (value) wanted.set(name, value); else wanted.delete(name);
    }
    const query = wanted.toString();
    history.replaceState(history.state, "", location.pathname + (query ? `?${query}` : "") + location.hash);
  };

  setInterval(() => {
    const panel = document.getElementById("timeline");
    if (!panel) { newest = 0; filter = null; return; }
    begin(panel);
    count(panel);
    announce(panel);
  }, 500);
})();
