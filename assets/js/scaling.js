// The what-if page: sends the chosen trace as it is (what is wrong with it is for the server to
// say), and leads to the answer once it is there.
(() => {
  const MOST_BYTES = 8 * 1024 * 1024;
  const refused = (message) => ({ message });

  const send = async (url) => {
    const [file] = document.querySelector(".trace-file [type=file]").files;
    if (!file) return refused("Choose a file first.");
    if (file.size > MOST_BYTES) return refused(`${file.name} has more than 8 MB.`);
    document.querySelector("input[name=scenario][value=uploaded]").checked = true;
    const query = new URLSearchParams({ name: file.name.slice(0, 80), fillGaps: document.querySelector(".trace-file [type=checkbox]").checked });
    try {
      const answer = await fetch(`${url}?${query}`, { method: "POST", body: file, headers: { "content-type": "text/csv" } });
      return await answer.json();
    } catch {
      return refused("The trace did not arrive. Check your connection and try again.");
    }
  };

  // Whoever waited with the button is led on; whoever went elsewhere is left where they are.
  const show = (id) => requestAnimationFrame(() => requestAnimationFrame(() => {
    const heading = document.getElementById(id);
    const isElsewhere = document.activeElement !== document.body && !document.activeElement.closest(".run");
    if (!heading || isElsewhere) return;
    heading.focus({ preventScroll: true });
    heading.closest("section").scrollIntoView({ block: "start" });
  }));

  window.csTrace = { send };
  window.csWhatIf = { show };
})();
