// One plot of a picture: its marks, colour bar and legend. Knows no message and no history.

function rangeOf(arrays, log) {
  let low = Infinity, high = -Infinity;
  for (const array of arrays) {
    for (const v of array) {
      if (!Number.isFinite(v) || (log && v <= 0)) continue;
      if (v < low) low = v;
      if (v > high) high = v;
    }
  }
  return low <= high ? [low, high] : null;
}

function extents(mark, along) {
  const { kind, width, extent, u, v, band, [along]: at } = mark, flat = along === "x";
  if (kind === "image") return [flat ? extent.slice(0, 2) : extent.slice(2)];
  if (kind === "text") return [[at]];
  if (kind === "arrows") return [at, at.map((value, i) => value + (flat ? u : v)[i])];
  if (kind === "bars") return flat ? [at.map((value) => value - width / 2), at.map((value) => value + width / 2)] : [at, [0]];
  return flat || !band ? [at] : [at, ...band];
}

/** The axis with its limits: those given, else the data's, along y rounded outwards. */
function settledAxis({ label = "", log = false, ...limits }, marks, along) {
  const given = (v) => Number.isFinite(v) && !(log && v <= 0);
  let low, high;
  if (!given(limits.low) || !given(limits.high)) {
    [low, high] = rangeOf(marks.flatMap((mark) => extents(mark, along)), log) || [log ? 1e-3 : 0, 1];
    if (along === "y" && log) {
      low = max(low, high * 1e-12);
      // whole decades, so that the axis jumps rarely
      const leads = high / low > 5 ? [1, 10] : [1, 2, 5, 10];
      const below = 10 ** floor(log10(low)), above = 10 ** floor(log10(high));
      low = below * leads.findLast((lead) => lead * below <= low * 1.001);
      high = above * leads.find((lead) => lead * above >= high * 0.999);
    } else if (along === "y" && !marks.some((mark) => mark.kind === "image")) {
      const step = niceStep((high - low || abs(high) || 1) / 5);
      low = floor(low / step + 1e-6) * step;
      high = ceil(high / step - 1e-6) * step;
    }
  }
  if (given(limits.low)) low = limits.low;
  if (given(limits.high)) high = limits.high;
  if (!(high > low)) high = log ? low * 10 : low + (abs(low) || 1);
  return { ...limits, label, log, low, high };
}

/** The canvas's `memory` lasts: the field in colours, the legend's corner. */
function drawPlot(canvas, plot, theme, empty) {
  const pen = takePen(canvas, theme), { g, em } = pen, { marks } = plot, { memory } = canvas;
  const image = marks.find((mark) => mark.kind === "image");
  const x = settledAxis(plot.x, marks, "x"), y = settledAxis(plot.y, marks, "y");
  const widest = image ? max(...barValues(image).map((value) => widthOf(g, formatNumber(value, 3)))) : 0;
  const right = image ? max(em * 5, em * 2.3 + widest) : em;
  const box = layOut(pen, x, y, { right, top: em * 0.7, equal: plot.equal });
  if (image) drawField(pen, box, image, memory);
  drawAxes(pen, box, x, y, !image, marks.length ? "" : empty);
  clipped(g, box, () => marks.forEach((mark) => DRAW[mark.kind]?.(pen, box, mark)));
  drawLegend(pen, box, marks.filter((mark) => mark.label), marks, memory);
  memory.box = { ...box, x, y }; // for what lies over the plot
}

/** The values that stand beside the colour bar. */
function barValues({ low, high }) {
  return [high, (high + low) / 2, low];
}

function drawField({ g, w, h, theme, em }, box, image, memory) {
  const { x0, x1, y0, y1, X, Y } = box, [left, right, bottom, top] = image.extent;
  const table = colourTable(image.map === "field" ? "field" : theme.dark ? "dark" : "light");
  if (memory.z !== image.z || memory.table !== table) {
    memory.field = fieldCanvas(image.z, image.w, image.h, table);
    memory.bar = fieldCanvas([...Array(255).keys()], 1, 255, table);
    Object.assign(memory, { z: image.z, table });
  }
  g.imageSmoothingQuality = "high";
  clipped(g, box, () => g.drawImage(memory.field, X(left), Y(top), X(right) - X(left), Y(bottom) - Y(top)));
  const from = x1 + em * 0.9, tall = y1 - y0;
  g.drawImage(memory.bar, from, y0, em * 0.75, tall);
  barValues(image).forEach((value, i) => {
    const baseline = ["top", "middle", "alphabetic"][i];
    write(g, formatNumber(value, 3), from + em * 1.2, y0 + (i / 2) * tall, theme.mute, "left", baseline);
  });
  write(g, image.unit, min(from, w - widthOf(g, image.unit)), h - em * 1.05, theme.mute, "left", "top");
}

const DRAW = {
  lines(pen, { X, Y }, mark) {
    const { g, theme } = pen;
    if (mark.band) {
      g.fillStyle = mix(theme.colour(mark.colour), 18);
      fillBand(g, mark.x, mark.band, X, Y);
    }
    startLine(pen, mark);
    tracePath(g, mark.x, mark.y, X, Y);
    g.stroke();
    if (mark.x.length === 1) g.fillRect(X(mark.x[0]) - 2, Y(mark.y[0]) - 2, 4, 4);
    g.setLineDash([]);
  },
  points(pen, { X, Y }, { x, y, colour, size, hollow }) {
    const radius = (size / 2) * pen.theme.weight;
    startLine(pen, { colour, width: 1.3 });
    x.forEach((v, i) => {
      pen.g.moveTo(X(v) + radius, Y(y[i]));
      pen.g.arc(X(v), Y(y[i]), radius, 0, 7);
    });
    if (hollow) pen.g.stroke();
    else pen.g.fill();
  },
  bars({ g, theme }, { X, Y, y1 }, { x, y, colour, width }) {
    g.fillStyle = mix(theme.colour(colour), 85);
    const ground = min(y1, Y(0));
    x.forEach((v, i) => {
      const from = X(v - width / 2), to = X(v + width / 2), gap = min(1, (to - from) / 4);
      g.fillRect(from + gap / 2, ground, to - from - gap, Y(y[i]) - ground);
    });
  },
  arrows(pen, { X, Y }, { x, y, u, v, colour }) {
    startLine(pen, { colour, width: 1.3 });
    x.forEach((from, i) => {
      const x0 = X(from), y0 = Y(y[i]), x1 = X(from + u[i]), y1 = Y(y[i] + v[i]);
      const head = min(6 * pen.theme.weight, Math.hypot(x1 - x0, y1 - y0) / 2.2);
      const angle = Math.atan2(y1 - y0, x1 - x0), side = (turn) => [x1 + head * Math.cos(turn), y1 + head * Math.sin(turn)];
      segment(pen.g, x0, y0, x1, y1);
      segment(pen.g, ...side(angle + 2.6), x1, y1);
      pen.g.lineTo(...side(angle - 2.6));
    });
    pen.g.stroke();
  },
  text({ g, theme }, { X, Y }, { x, y, text, colour, align }) {
    write(g, text, X(x), Y(y), theme.text(colour), align);
  },
};

/** In the emptiest corner; it moves only to a clearly emptier one. */
function drawLegend(pen, box, named, marks, memory) {
  if (!named.length) return;
  const { g, em, theme } = pen, row = em * 1.4, swatch = em * 1.5, tall = row * named.length + em * 0.3;
  const texts = named.map(({ label }) => fitText(g, label, (box.x1 - box.x0) * 0.6));
  const wide = swatch + em * 1.5 + max(...texts.map((text) => widthOf(g, text)));
  const corners = [box.y0 + 2, box.y1 - tall - 2].flatMap((y) => [box.x1 - wide - 2, box.x0 + 2].map((x) => [x, y]));
  const crowds = [0, 0, 0, 0];
  for (const mark of marks.filter(({ x }) => x?.forEach)) {
    mark.x.forEach((v, i) => corners.forEach(([x, y], k) => {
      const px = box.X(v) - x, py = box.Y(mark.y[i]) - y;
      if (px > 0 && px < wide && py > 0 && py < tall) crowds[k]++;
    }));
  }
  const least = min(...crowds);
  if (!(crowds[memory.corner] <= least * 1.3 + 4)) memory.corner = crowds.indexOf(least);
  const [left, top] = corners[memory.corner];
  g.fillStyle = theme.veil;
  g.fillRect(left, top, wide, tall);
  named.forEach((mark, i) => {
    const y = pen.crisp(top + em * 0.15 + row * (i + 0.5)), x = left + em * 0.5, middle = x + swatch / 2;
    startLine(pen, { ...mark, width: mark.kind === "lines" ? mark.width : 1.5 });
    if (mark.kind === "points") g.arc(middle, y, em * 0.25, 0, 7);
    else if (mark.kind === "bars") g.rect(middle - em * 0.35, y - em * 0.35, em * 0.7, em * 0.7);
    else segment(g, x, y, x + swatch, y);
    g.stroke();
    if (!mark.hollow) g.fill();
    g.setLineDash([]);
    write(g, texts[i], x + swatch + em * 0.5, y, theme.text(mark.colour));
  });
}
