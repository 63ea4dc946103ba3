// Drawing primitives: numbers, axes, colours, curves. Knows no message, control or plot.

const { abs, ceil, floor, log10, max, min } = Math;
const DASHES = { dashed: [5, 3.5], dotted: [1.5, 2.5] };
// cividis; for errors blue-white-red or blue-black-red, 0 in the middle
const MAPS = {
  field: "00224e 083370 35456c 4f576c 666970 7d7c78 948e77 aea371 c8b866 e5cf52 fee838",
  light: "0b3c6f 2065ab 4393c3 90c4dd d1e5f0 f8f8f8 fddbc7 f3a481 d6604d b1182b 7a0620",
  dark: "a9cdff 6aaeea 3a83bd 225a85 15344f 14181d 40170f 6e2618 a34631 d2745a ffb39c",
};

function tenTo(power) {
  return "10" + String(power).replace(/./g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]));
}

function formatNumber(value, digits = 4) {
  if (!Number.isFinite(value)) return "–";
  const size = abs(value), sign = value < 0 ? "−" : "";
  const [lead, power] = size.toExponential(digits - 1).split("e").map(Number);
  if (size && (power > 4 || power < -3)) return `${sign}${lead === 1 ? "" : lead + "×"}${tenTo(power)}`;
  return sign + (power < digits ? Number(size.toPrecision(digits)) : Math.round(size));
}

function formatPercent(value, digits = 3) {
  return formatNumber(100 * value, digits) + " %";
}

/** The last value of a series, a share as "5 %"; a dash where there is none. */
function formatLast(value, percent) {
  return percent && Number.isFinite(value) ? formatPercent(value) : formatNumber(value, 3);
}

function niceStep(raw) {
  const decade = 10 ** floor(log10(raw));
  return [1, 2, 2.5, 5, 10].find((lead) => lead * decade >= raw * 0.999) * decade;
}

/** Ticks of an axis as [value, text]; `room` is how many fit. */
function axisTicks({ low, high, log, percent, whole, bare }, room) {
  const ticks = [];
  if (bare) return ticks;
  if (!log) {
    const nice = niceStep((high - low) / room), step = whole ? ceil(nice) : nice;
    const first = ceil(low / step - 1e-6), count = min(100, floor(high / step + 1e-6) - first);
    for (let i = 0; i <= count; i++) { // counted: beyond 2^53 adding 1 changes nothing
      const value = Number(((first + i) * step).toPrecision(12));
      ticks.push([value, (percent ? formatPercent : formatNumber)(value, 6)]);
    }
    return ticks;
  }
  const first = ceil(log10(low) - 1e-9), last = floor(log10(high) + 1e-9);
  const few = last - first < 2, every = ceil((last - first + 1) / room);
  for (let e = first - 1; e <= last; e++) {
    for (const lead of few ? [1, 2, 5] : [1]) {
      const value = lead * 10 ** e;
      if (value < low * 0.999 || value > high * 1.001 || e % every) continue;
      ticks.push([value, few || e === 0 || e === 1 ? formatNumber(value, 2) : tenTo(e)]);
    }
  }
  return ticks;
}

/** Values to pixels. Zero on a log axis comes out far off the box. */
function makeScale({ low, high, log }, from, to) {
  const bend = log ? log10 : Number;
  const slope = (to - from) / (bend(high) - bend(low));
  return (value) => max(-1e5, min(1e5, from + (bend(value) - bend(low)) * slope));
}

function layOut({ g, w, h, em }, x, y, { right, top, equal }) {
  let y1 = max(top + 20, h - em * (x.label ? 2.75 : 1.6)), y0 = top;
  const yTicks = axisTicks(y, max(2, (y1 - y0) / (em * 3)));
  const widest = max(0, ...yTicks.map(([, text]) => widthOf(g, text) / em));
  // one width for most plots, so that they stand in line
  let x0 = em * max(4.5, ceil(2 * (widest + (y.label ? 2.3 : 0.7))) / 2);
  let x1 = max(x0 + 20, w - right);
  if (equal) {
    const wide = x.high - x.low, tall = y.high - y.low, unit = min((x1 - x0) / wide, (y1 - y0) / tall);
    const spareX = (x1 - x0 - unit * wide) / 2, spareY = (y1 - y0 - unit * tall) / 2;
    [x0, x1, y0, y1] = [x0 + spareX, x1 - spareX, y0 + spareY, y1 - spareY];
  }
  const labelX = x0 - em * max(2.3, widest + 1.5);
  return { x0, x1, y0, y1, labelX, yTicks, X: makeScale(x, x0, x1), Y: makeScale(y, y1, y0) };
}

function drawAxes(pen, box, x, y, grid, empty) {
  const { g, w, em, theme } = pen, { x0, x1, y0, y1, X, Y } = box, middle = (x0 + x1) / 2;
  Object.assign(g, { strokeStyle: theme.line, lineWidth: pen.hair });
  g.beginPath();
  for (const [value, text] of box.yTicks) {
    const at = pen.crisp(Y(value));
    write(g, text, x0 - em * 0.55, at, theme.mute, "right");
    if (grid) segment(g, x0, at, x1, at);
  }
  g.stroke();
  for (const [value, text] of axisTicks(x, max(2, (x1 - x0) / (em * 5.2)))) {
    write(g, text, min(X(value), w - widthOf(g, text) / 2), y1 + em * 0.5, theme.mute, "center", "top");
  }
  write(g, x.label, middle, y1 + em * 1.7, theme.mute, "center", "top");
  write(g, empty, middle, (y0 + y1) / 2, theme.mute, "center");
  g.save();
  const upright = y.label.length > 2, half = upright ? widthOf(g, y.label) / 2 : 0;
  g.translate(box.labelX, max(half, min((y0 + y1) / 2, pen.h - half)));
  if (upright) g.rotate(-Math.PI / 2);
  write(g, y.label, 0, 0, theme.mute, "center");
  g.restore();
}

function mix(one, share, other = "transparent") {
  return `color-mix(in srgb, ${one} ${share}%, ${other})`;
}

function readTheme(root, palette, dark) {
  const probe = root.querySelector(".sw-probe"), look = getComputedStyle(probe);
  const [bg, ink, mute, line, accent] = ["bg", "fg", "mute", "line", "accent"].map((name) => {
    probe.style.color = `var(--${name})`;
    return look.color;
  });
  const colour = (n) => palette[dark ? "dark" : "light"][n] || ink;
  return {
    dark, mute, line, accent, colour,
    em: parseFloat(look.fontSize),
    family: look.fontFamily,
    weight: root.matches(".sw-large") ? 1.5 : 1,
    veil: mix(bg, 80),
    text: (n) => mix(colour(n), 80, ink), // thin letters need more contrast than lines
  };
}

const TABLES = {};

/** 256 colours from 11, as RGBA; number 255 is empty. */
function colourTable(name) {
  if (TABLES[name]) return TABLES[name];
  const stops = MAPS[name].split(" "), bytes = new Uint8ClampedArray(1024);
  for (let i = 0; i < 255 * 4; i++) {
    const at = (i >> 2) / 25.4, k = min(9, floor(at)), byte = 2 * (i % 4);
    const [a, b] = [k, k + 1].map((stop) => parseInt(stops[stop].slice(byte, byte + 2) || "ff", 16));
    bytes[i] = a + (b - a) * (at - k);
  }
  return (TABLES[name] = new Uint32Array(bytes.buffer));
}

/** Bytes as a small canvas. Row 0 of a field is its bottom, row 0 of a canvas its top. */
function fieldCanvas(z, width, height, table) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const g = canvas.getContext("2d"), image = g.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < z.length; i++) pixels[(height - 1 - floor(i / width)) * width + (i % width)] = table[z[i]];
  g.putImageData(image, 0, 0);
  return canvas;
}

/** A cleared canvas in CSS pixels; `crisp` puts a hair line on whole device pixels. */
function takePen(canvas, theme) {
  const ratio = window.devicePixelRatio || 1, { clientWidth, clientHeight } = canvas.parentElement;
  const width = floor(clientWidth * ratio), height = floor(clientHeight * ratio);
  if (canvas.width !== width || canvas.height !== height) {
    Object.assign(canvas, { width, height });
    canvas.style.width = width / ratio + "px";
  }
  const g = canvas.getContext("2d"), thick = ceil(ratio - 0.5);
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, width, height);
  g.font = `${theme.em}px ${theme.family}`;
  g.lineJoin = "round";
  return {
    g, theme, em: theme.em, w: width / ratio, h: height / ratio, hair: thick / ratio,
    crisp: (v) => (Math.round(v * ratio - thick / 2) + thick / 2) / ratio,
  };
}

function startLine({ g, theme }, { colour, width, dash }) {
  g.strokeStyle = g.fillStyle = theme.colour(colour);
  g.lineWidth = width * theme.weight;
  g.setLineDash((DASHES[dash] || []).map((d) => d * theme.weight));
  g.beginPath();
}

function clipped(g, { x0, x1, y0, y1 }, draw) {
  g.save();
  g.beginPath();
  g.rect(x0 - 1, y0 - 1, x1 - x0 + 2, y1 - y0 + 2);
  g.clip();
  draw();
  g.restore();
}

function write(g, text, x, y, fillStyle, textAlign = "left", textBaseline = "middle") {
  Object.assign(g, { fillStyle, textAlign, textBaseline });
  g.fillText(text, x, y);
}

function widthOf(g, text) {
  return g.measureText(text).width;
}

function segment(g, x0, y0, x1, y1) {
  g.moveTo(x0, y0);
  g.lineTo(x1, y1);
}

function fitText(g, text, width) {
  let end = text.length;
  while (end > 1 && widthOf(g, text.slice(0, end)) > width) end--;
  return end < text.length ? text.slice(0, end - 1).trimEnd() + "…" : text;
}

/** NaN breaks a curve. Of many points only the first, lowest, highest and last of a pixel column count. */
function tracePath(g, xs, ys, X, Y) {
  const dense = xs.length > 1500;
  if (dense) g.setLineDash([]); // in a zigzag dashes show nothing and cost much
  let column = NaN, low, high, last;
  const flush = () => {
    if (low < high) for (const y of [low, high, last]) g.lineTo(column, y);
  };
  for (let i = 0; i < xs.length; i++) {
    const x = X(xs[i]), y = Y(ys[i]);
    if (dense && abs(x - column) < 1 && y === y) {
      [low, high, last] = [min(low, y), max(high, y), y];
      continue;
    }
    flush();
    if (Number.isNaN(column)) g.moveTo(x, y);
    else g.lineTo(x, y);
    column = x + y - y; // NaN if either is; the canvas ignores such a point
    low = high = last = y;
  }
  flush();
}

function fillBand(g, xs, [lower, upper], X, Y) {
  const known = [...xs.keys()].filter((i) => !Number.isNaN(xs[i] + Y(lower[i]) + Y(upper[i])));
  g.beginPath();
  for (const i of known) g.lineTo(X(xs[i]), Y(lower[i]));
  for (const i of known.reverse()) g.lineTo(X(xs[i]), Y(upper[i]));
  g.fill();
}
