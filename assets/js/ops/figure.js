// One Plotly figure that comes from Python as JSON, in the colours of the page, with its hover.
import { useContext, useEffect, useRef } from "react";
import { jsx } from "@emotion/react";
import { ColorModeContext } from "$/utils/context";
import { loadPlotly, painted } from "./painter.js";

const CONFIG = { displayModeBar: false, responsive: false };

export function OpsFigure({ figure, label }) {
  const { resolvedColorMode } = useContext(ColorModeContext);
  const plot = useRef(null);
  useEffect(() => {
    if (!figure) return undefined;
    const { data, layout } = painted(JSON.parse(figure));
    let isGone = false;
    const draw = () => loadPlotly().then((lib) => {
      const { clientWidth: width, clientHeight: height } = plot.current ?? {};
      if (!isGone && width) lib.react(plot.current, data, { ...layout, width, height }, CONFIG);
    });
    const sizing = new ResizeObserver(draw);
    sizing.observe(plot.current);
    return () => {
      isGone = true;
      sizing.disconnect();
    };
  }, [figure, resolvedColorMode]);
  return jsx("div", { ref: plot, className: "figure", role: "img", "aria-label": label });
}
