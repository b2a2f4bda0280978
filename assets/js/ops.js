// The age of what the live dashboard shows. It must grow when nothing arrives any more, so the
// browser keeps it, on its own monotonic clock: the quickest arrival so far counts as age zero.
(() => {
  const STALE_SECONDS = 3;
  let shownAt = 0;
  let offset = Infinity;

  const ageOf = (board) => {
    const at = Number(board.dataset.at);
    const now = performance.now();
    if (at < shownAt) offset = Infinity; // another process, or a clock that was set back
    if (at !== shownAt) offset = Math.min(offset, now - at);
    shownAt = at;
    return (now - at - offset) / 1000;
  };

  const words = (seconds) => (seconds < 10 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`);

  setInterval(() => {
    const board = document.getElementById("ops-board");
    if (!board) { shownAt = 0; return; }
    const seconds = ageOf(board);
    const isStale = seconds > STALE_SECONDS && board.dataset.paused !== "true";
    board.toggleAttribute("data-stale", isStale);
    for (const age of document.querySelectorAll("[data-age]")) age.textContent = words(seconds);
    const notice = document.getElementById("ops-stale");
    const text = isStale ? `No new data since ${board.dataset.clock} UTC. What you see is old.` : "";
    if (notice.textContent !== text) notice.textContent = text;
  }, 250);
})();
