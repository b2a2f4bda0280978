// Puts what Python said of the fleet into its panel: sizes, instances, alarms, the last decision.
// A whole has all of it, a tick what changed, by the same places.

const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };
const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
// Anew only when something of it changed, so that nobody loses their place in it.
const fill = (list, rows, row) => {
  const key = JSON.stringify(rows);
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(...rows.map(row));
};

export const tellFleet = (root, told) => {
  const panel = root.querySelector("[data-fleet]");
  if (!panel) return;
  const [source, fault, sizes, bounds, alarms, instances, decision, policy] = told;
  const find = (name) => panel.querySelector(`[data-fleet-${name}]`);
  put(find("badge"), source.toUpperCase());
  find("badge").className = `badge ${source}`;
  panel.toggleAttribute("data-stale", fault !== "");
  put(find("fault"), fault);
  panel.querySelectorAll("[data-size]").forEach((size, place) => put(size, sizes[place]));
  put(find("bounds"), bounds);
  fill(find("of"), instances, ([id, zone, state]) =>
    make("li", { className: state.replaceAll(" ", "-") }, make("b", { textContent: id }), ` ${state}, ${zone}`));
  fill(find("alarms"), alarms, ([name, state, tone, words]) =>
    make("li", {},
      make("b", { textContent: name }),
      make("span", { className: `pill ${tone}`, textContent: state }),
      make("small", { className: "num", textContent: words })));
  put(find("decision"), decision);
  put(find("policy"), policy);
};
