// What is drawn: one value a step for every trace of every chart, all on one grid of time. Rows that
// a tick brings are put in their place; a step without a row stays a gap.

// What a trace shows of a row; `_value` in cloudscale/ops/telemetry/grid.py does the same.
const valueOf = (row, meta, names) => {
  const [, values, instances] = row;
  const place = names.ofInstances.indexOf(meta.metric) + 1;
  if (meta.instance !== undefined) return instances[meta.instance]?.[place] ?? null;
  const all = Object.values(instances);
  if (meta.zone !== undefined) {
    const own = all.filter(([zone]) => zone === meta.zone);
    return own.length ? own.reduce((sum, one) => sum + (one[place] ?? 0), 0) : null;
  }
  if (meta.extreme) {
    const found = all.map((one) => one[place]).filter((value) => value !== null);
    return found.length ? Math[meta.extreme === "highest" ? "max" : "min"](...found) : null;
  }
  return values[names.charted.indexOf(meta.metric)] ?? null;
};

export class Series {
  constructor(whole) {
    const { first, slots, step, live } = whole.span;
    Object.assign(this, { first, slots, step, isLive: live, words: whole.words, events: whole.events });
    this.charts = whole.charts;
    this.newest = whole.newest;
    this.readAt = whole.at / 1000;
    this.names = { charted: whole.charted, ofInstances: whole.ofInstances };
    this.instances = whole.instances && new Set(whole.instances);
    this.zones = new Set(whole.zoneNames);
    this.sparks = whole.sparks;
  }

  get end() {
    return this.first + this.slots * this.step;
  }

  // Takes a tick in; false when it holds what these figures have no line for.
  append({ rows, events, at }) {
    for (const event of events) {
      this.events = [...this.events.filter(([id]) => id !== event[0]), event];
    }
    if (!this.isLive) return true;
    for (const row of rows) this.put(row);
    if (rows.length) this.readAt = at / 1000;
    const seen = rows.flatMap(([, , instances]) => Object.entries(instances));
    return seen.every(([name, [zone]]) =>
      (!this.instances || this.instances.has(name)) && this.zones.has(zone));
  }

  put(row) {
    const [second, , , bands] = row;
    const ahead = Math.floor((second - this.first) / this.step) - this.slots + 1;
    if (ahead > 0) this.shift(ahead);
    const slot = Math.floor((second - this.first) / this.step);
    if (slot < 0) return;
    this.newest = Math.max(this.newest ?? 0, second);
    for (const { data } of Object.values(this.charts)) {
      for (const trace of data) {
        if (trace.z) trace.z.forEach((band, place) => { band[slot] = bands[place] ?? null; });
        else trace.y[slot] = valueOf(row, trace.meta, this.names);
      }
    }
  }

  isEmpty(slug) {
    return this.charts[slug].data.every(({ y, z }) => (z ?? [y]).every((values) => values.every(isGap)));
  }

  shift(steps) {
    const count = Math.min(steps, this.slots);
    const nothing = new Array(count).fill(null);
    for (const { data } of Object.values(this.charts)) {
      for (const trace of data) {
        for (const values of trace.z ?? [trace.y]) {
          values.splice(0, count);
          values.push(...nothing);
        }
      }
    }
    this.first += steps * this.step;
  }

  // The last point of a tile's sparkline; several seconds share one.
  spark(slug, second, value, step = 5, length = 60) {
    const points = this.sparks[slug];
    const place = Math.floor(second / step) * step;
    if (points.at(-1)?.[0] === place) points.pop();
    points.push([place, value]);
    this.sparks[slug] = points.filter(([at]) => at > place - step * length);
    return this.sparks[slug];
  }
}

export const isGap = (value) => value === null || value === undefined;

// Whether something was measured on both sides of nothing: Plotly would fill across it.
export const hasGap = (values) => {
  const first = values.findIndex((value) => !isGap(value));
  const last = values.findLastIndex((value) => !isGap(value));
  return first >= 0 && values.slice(first, last).some(isGap);
};

// Upper end of an axis; `axis_top` in cloudscale/figures.py does the same.
export const axisTop = ({ top, leastTop }, highest) => {
  if (top !== null) return top * 1.02;
  const wanted = Math.max(highest * 1.1, leastTop);
  const unit = 10 ** Math.floor(Math.log10(wanted));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => unit * step).find((end) => end >= wanted);
};
