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

const hasField = (plot) => plot?.marks?.some(({ kind }) => kind === "image");

/** The canvas's `memory` lasts: the field in colours, the legend's corner. `beside`: the plot in its row. */
function drawPlot(canvas, plot, theme, empty, beside) {
  const pen = takePen(canvas, theme), { g, em } = pen, { marks } = plot, { memory } = canvas;
  const image = marks.find((mark) => mark.kind === "image");
  const x = settledAxis(plot.x, marks, "x"), y = settledAxis(plot.y, marks, "y");
  const widest = image ? max(...barValues(image).map((value) => widthOf(g, formatNumber(value, 3)))) : 0;
  const right = image ? max(em * 5, em * 2.3 + widest) : em;
  const shape = { right, top: em * 0.7, equal: plot.equal }, named = marks.filter((mark) => mark.label);
  let box = layOut(pen, x, y, shape), legend = named.length ? placeLegend(pen, box, named, marks, memory) : {};
  const { above, sure } = legend;
  if (above) {
    legend = stripAbove(pen, named);
  }
  // two maps side by side stand level
  const room = max(above ? legend.room : 0, image && hasField(beside) && beside.marks.some((mark) => mark.label) ? em * 1.9 : 0);
  if (room) box = layOut(pen, x, y, { ...shape, top: em * 0.7 + room });
  makeRoom(canvas, sure ? legend.room : 0, em);
  if (image) drawField(pen, box, image, memory);
  drawAxes(pen, box, x, y, !image, marks.length ? "" : empty);
  clipped(g, box, () => marks.forEach((mark) => DRAW[mark.kind]?.(pen, box, mark)));
  legend.draw?.();
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

/** A swatch and its name; `y` is their middle. */
function drawName(pen, mark, text, x, y) {
  const { g, em, theme } = pen, swatch = em * 1.5, middle = x + swatch / 2;
  startLine(pen, { ...mark, width: mark.kind === "lines" ? mark.width : 1.5 });
  if (mark.kind === "points") g.arc(middle, y, em * 0.25, 0, 7);
  else if (mark.kind === "bars") g.rect(middle - em * 0.35, y - em * 0.35, em * 0.7, em * 0.7);
  else segment(g, x, y, x + swatch, y);
  g.stroke();
  if (!mark.hollow) g.fill();
  g.setLineDash([]);
  write(g, text, x + swatch + em * 0.5, y, theme.text(mark.colour));
}

/** Names in rows above a plot, as wide as the canvas; gives the room that they take. */
function stripAbove(pen, named) {
  const { g, em, w } = pen, found = [], gap = em * 1.1;
  let x = 0, row = 0;
  for (const mark of named) {
    const text = fitText(g, mark.label, w - em * 2.2), wide = em * 2 + widthOf(g, text);
    if (x && x + wide > w) [x, row] = [0, row + 1];
    found.push([mark, text, x, em * (0.8 + 1.4 * row)]);
    x += wide + gap;
  }
  return { room: em * (0.5 + 1.4 * (row + 1)), draw: () => found.forEach((one) => drawName(pen, ...one)) };
}

/** A canvas with many names above its plot is taller, so that the plot is not lower. */
function makeRoom(canvas, room, em) {
  const more = room > em * 2 ? `calc(var(--tall) + ${Math.round(room - em * 1.9)}px)` : "";
  if (canvas.parentElement.style.minHeight !== more) canvas.parentElement.style.minHeight = more;
}

/** How often the marks, drawn into the box, come into each of the rectangles. */
function crowdsIn(places, wide, tall, { X, Y }, marks, step) {
  const crowds = places.map(() => 0);
  const meet = (px, py) => places.forEach(([x, y], k) => {
    if (px > x && px < x + wide && py > y && py < y + tall) crowds[k]++;
  });
  for (const { kind, x, y, u, v, width } of marks) {
    if (!x?.forEach) continue;
    let from, at;
    const along = (to, last) => { // also between two points of a curve
      const n = last ? min(99, ceil(Math.hypot(to[0] - last[0], to[1] - last[1]) / step)) : 1;
      for (let i = 1; i <= n; i++) meet(to[0] + (i / n - 1) * (to[0] - last?.[0] || 0), to[1] + (i / n - 1) * (to[1] - last?.[1] || 0));
    };
    x.forEach((value, i) => {
      [from, at] = [at, [X(value), Y(y[i])]];
      if (kind === "bars") for (const side of [-0.5, 0, 0.5]) along([X(value + side * width), at[1]], [X(value + side * width), Y(0)]);
      else if (kind === "arrows") along([X(value + u[i]), Y(y[i] + v[i])], at);
      else along(at, kind === "lines" && from && from[1] === from[1] ? from : null);
    });
  }
  return crowds;
}

/**
 * Where the legend stands: in an empty corner, which it leaves only when that fills; above the plot
 * where there are more than three names, long ones, a field, or no empty corner (then for good).
 */
function placeLegend(pen, box, named, marks, memory) {
  const { g, em } = pen, tall = em * (1.4 * named.length + 0.3);
  const wide = em * 3 + max(0, ...named.map(({ label }) => widthOf(g, label)));
  const names = [Math.round(pen.w), ...named.map(({ label }) => label)].join();
  if (named.length > 3 || hasField({ marks }) || wide > (box.x1 - box.x0) * 0.7) return { above: true, sure: true };
  const corners = [box.y0 + 2, box.y1 - tall - 2].flatMap((y) => [box.x1 - wide - 2, box.x0 + 2].map((x) => [x, y]));
  const crowds = crowdsIn(corners, wide, tall, box, marks, em);
  if (crowds[memory.corner]) memory.corner = -1;
  if (!(memory.corner >= 0)) memory.corner = crowds.indexOf(0);
  if (memory.corner < 0 || memory.full === names) {
    memory.full = names;
    return { above: true };
  }
  const [left, top] = corners[memory.corner];
  return { draw() {
    g.fillStyle = pen.theme.veil;
    g.fillRect(left, top, wide, tall);
    named.forEach((mark, i) => drawName(pen, mark, mark.label, left + em * 0.5, pen.crisp(top + em * (0.85 + 1.4 * i))));
  } };
}
