// A page that does not come to life is loaded again: its scripts may have been cut off when the server
// that sent them ended, or its first event lost. Where the connection is known to be lost the page says
// so and tries by itself; and where the shop does not answer, loading the page would only lose it.
(() => {
  const PATIENCE = 5000, LONGEST = 60000, LOOK = 500;
  const TRIES = "cs_loads";
  const read = () => {
    try {
      return Number(sessionStorage.getItem(TRIES)) || 0;
    } catch {
      return Infinity; // nothing can be counted, so nothing is tried
    }
  };
  const write = (tries) => {
    try {
      if (tries) sessionStorage.setItem(TRIES, tries);
      else sessionStorage.removeItem(TRIES);
    } catch {}
  };
  // Twice as long each time, and not all pages at once.
  const patience = () => Math.min(PATIENCE * 2 ** read(), LONGEST) + Math.random() * 1000;

  let left = patience();
  let waited = 0;
  let isAsking = false;
  const isLive = () => document.querySelector("[data-live=true]") !== null;
  // What somebody has typed would be lost: they are given the longest time.
  const isTyped = () =>
    [...document.querySelectorAll("input, textarea")].some((field) => field.value !== field.defaultValue);
  const isKnown = () => document.querySelector(".offline") !== null;

  const loadAgain = async () => {
    isAsking = true;
    try {
      if ((await fetch("/health", { cache: "no-store" })).ok) {
        write(read() + 1);
        location.reload();
        return; // and this page is no more
      }
    } catch {} // it is not there: the next look asks again
    isAsking = false;
    left = PATIENCE;
  };

  const look = () => {
    if (isLive()) {
      write(0);
      left = patience();
      waited = 0;
    } else if (!document.hidden && !isKnown() && !isAsking) {
      left -= LOOK;
      waited += LOOK;
      if (left <= 0 && (waited >= LONGEST || !isTyped())) loadAgain();
    }
  };
  const watch = () => setInterval(look, LOOK);
  if (document.readyState === "complete") watch();
  else addEventListener("load", watch);
})();
