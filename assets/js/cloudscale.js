// The few things that Python cannot do from the server: post a form over HTTP so that the reply may
// set an HttpOnly cookie, notice what another tab of the same browser did, and keep what was typed.
(() => {
  // Where a link into the store leads, and "/" for any other: judged as the browser resolves it, for
  // "/\t/evil.example" looks like a path and is none.
  const localPath = (path) => {
    try {
      const url = new URL(path, location.origin);
      const isHere = url.origin === location.origin && /^https?:$/.test(url.protocol);
      return isHere && !url.pathname.startsWith("//") ? url.pathname + url.search + url.hash : "/";
    } catch {
      return "/";
    }
  };
  const cookie = (name) =>
    document.cookie.split("; ").find((part) => part.startsWith(name + "="))?.slice(name.length + 1) ?? "";

  // What is typed into a form with `data-keep` outlives a reload, and a server that has forgotten the
  // page. It is kept in this tab, for who typed it, until `csForget`; passwords and cards never are.
  const TYPED = "typed";
  const UNKEPT = "[type=password], [type=radio], [type=checkbox], [autocomplete^=cc-], :not([name])";
  const placeOf = (field) =>
    field.form?.dataset.keep && !field.matches(UNKEPT) ? `${field.form.dataset.keep} ${field.name}` : "";
  const typed = () => {
    try {
      const { by, values } = JSON.parse(sessionStorage.getItem(TYPED));
      return by === cookie("auth_v") ? values : {};
    } catch {
      return {};
    }
  };
  const keep = (values) =>
    sessionStorage.setItem(TYPED, JSON.stringify({ by: cookie("auth_v"), values }));
  document.addEventListener("input", ({ target }) => {
    const place = placeOf(target);
    if (place) keep({ ...typed(), [place]: target.value });
  });
  window.csForget = (form) =>
    keep(Object.fromEntries(Object.entries(typed()).filter(([place]) => !place.startsWith(form))));
  const seen = new WeakSet();
  const putBack = (field) => {
    if (seen.has(field)) return;
    seen.add(field);
    const value = typed()[placeOf(field)];
    if (value !== undefined) field.value = value;
  };
  new MutationObserver(() => {
    for (const form of document.forms) if (form.dataset.keep) [...form.elements].forEach(putBack);
  }).observe(document, { childList: true, subtree: true });

  // Reflex keeps a tab's states on the server under this key: whoever signs in or out leaves them behind.
  const leaveStates = () => ["token", TYPED].forEach((key) => sessionStorage.removeItem(key));

  // The other tabs of this browser still speak for the session that was.
  const SIGNED = "cs_signed";
  const tellTabs = () => {
    try {
      localStorage.setItem(SIGNED, String(Date.now()));
    } catch {} // storage is closed to us: those tabs notice as soon as they are looked at
  };
  const goOn = (otherwise) => localPath(new URLSearchParams(location.search).get("next") || otherwise);

  // Leave a page that has nothing for who is signed in.
  window.csGoOn = () => location.replace(goOn("/"));

  // POST JSON; on success go to `next` (a full load: the socket must reconnect with the new cookie),
  // else answer {message, faults} for the page's state to show. What is clicked twice is sent once.
  const sent = new Map();
  window.csPost = (path, data, next) => {
    if (!sent.has(path)) sent.set(path, post(path, data, next).finally(() => sent.delete(path)));
    return sent.get(path);
  };
  const post = async (path, data, next) => {
    try {
      const reply = await fetch(path, {
        method: "POST",
        credentials: "same-origin",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(data),
      });
      const text = await reply.text(); // to its end, or leaving the page cuts it off
      if (reply.ok) {
        leaveStates();
        tellTabs();
        location.assign(goOn(next));
        return { message: "", faults: {} };
      }
      const body = JSON.parse(text);
      const faults = Object.fromEntries((body.errors ?? []).map((e) => [e.field, e.message]));
      return { message: body.message, faults };
    } catch {
      return { message: "We could not reach the store. Check your connection and try again.", faults: {} };
    }
  };

  // Put what the URL says into the search box, unless someone is typing in it: then the box is ahead.
  let hasGoneBack = false;
  addEventListener("popstate", () => { hasGoneBack = true; });
  window.csSearchText = (text) => {
    const box = document.getElementById("search");
    if (box && (hasGoneBack || document.activeElement !== box)) box.value = text;
    hasGoneBack = false;
  };

  // Take a parameter out of the address bar, for what is said once.
  window.csDropFromUrl = (name) => {
    const url = new URL(location.href);
    url.searchParams.delete(name);
    history.replaceState(history.state, "", url);
  };

  // Move the focus, once the page is drawn, to the first of these elements that is on the screen.
  window.csFocus = (...ids) =>
    requestAnimationFrame(() => requestAnimationFrame(() => {
      const shown = ids.map((id) => document.getElementById(id)).find((e) => e?.getClientRects().length);
      shown?.focus({ preventScroll: true });
    }));

  // Tell the other tabs, and the rest of this page, that something changed: `storage` events.
  window.csTell = (key) => {
    localStorage.setItem(key, String(Date.now()));
    window.csTellHere(key);
  };
  window.csTellHere = (key) => dispatchEvent(new StorageEvent("storage", { key, newValue: "here" }));

  // Radio buttons show a click at once. Have them show what the server knows, once it is rendered;
  // but a click that is still on its way to the server is newer than what comes from there. One that
  // was lost on the way, with a server that died, is taken back a little later.
  let clickedAt = -Infinity;
  addEventListener("change", (event) => {
    if (event.target.dataset?.on) clickedAt = performance.now();
  }, true);
  window.csFollow = (isRefused = false) =>
    requestAnimationFrame(() => requestAnimationFrame(() => {
      const wait = 2000 - (performance.now() - clickedAt);
      if (!isRefused && wait > 0) {
        setTimeout(window.csFollow, wait);
        return;
      }
      for (const radio of document.querySelectorAll("input[data-on]")) {
        radio.checked = radio.dataset.on === "true";
      }
    }));

  // Show a text in a field, once that is rendered, with the focus on it.
  window.csFill = (id, text) =>
    requestAnimationFrame(() => requestAnimationFrame(() => {
      const field = document.getElementById(id);
      if (!field) return;
      field.value = text;
      field.focus();
      field.select();
    }));

  // Copy what is in a field. Without HTTPS there is no clipboard to write to, but there is the command.
  window.csCopy = (id) => {
    const field = document.getElementById(id);
    field.focus();
    field.select();
    navigator.clipboard?.writeText(field.value).catch(() => {}) ?? document.execCommand("copy");
  };

  // A dialog closes when its backdrop is clicked.
  document.addEventListener("click", (event) => {
    if (event.target instanceof HTMLDialogElement) event.target.close();
    for (const menu of document.querySelectorAll("details.menu[open]"))
      if (!menu.contains(event.target)) menu.removeAttribute("open");
  });
  const closeMenu = (menu) => { menu.removeAttribute("open"); menu.querySelector("summary").focus(); };
  window.csCloseMenu = (id) => closeMenu(document.getElementById(id));
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (menu) closeMenu(menu);
  });

  // Signed in or out in another tab: this page's socket still speaks for the old session.
  const signedInAs = cookie("auth_v");
  const startAfresh = () => {
    leaveStates();
    location.reload();
  };
  const noticeSignIn = () => cookie("auth_v") === signedInAs || startAfresh();
  addEventListener("storage", ({ key }) => key === SIGNED && startAfresh());
  addEventListener("focus", noticeSignIn);
  addEventListener("pageshow", noticeSignIn); // Back may bring a page as it was left
  document.addEventListener("visibilitychange", noticeSignIn);
})();
