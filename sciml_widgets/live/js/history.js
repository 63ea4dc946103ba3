// The history of a run: tracks that grow, and the plot of losses and errors.

/** Cut the track at `from`, then append. Returns false where points before `from` are missing. */
function writeTrack(track, from, x, y) {
  if (from > track.x.length) return false;
  track.x.length = track.y.length = from;
  track.x.push(...x);
  track.y.push(...y);
  return true;
}

function groupSeries(series) {
  const groups = new Map();
  for (const one of series) {
    const key = one.x + one.scale;
    groups.set(key, [...(groups.get(key) || []), one]);
  }
  return [...groups.values()].map((members) => {
    const [{ x, scale, label }] = members, log = scale === "log", over = x.replaceAll("_", " ");
    const named = members.find((one) => one.plot)?.plot, losses = members.some((one) => one.role !== "metric");
    return {
      members, along: x, log, label: over,
      title: members.length === 1 ? label : named || (losses ? "losses and errors" : "metrics"),
      note: log ? "log scale" : "", // the axis below says over what
      percent: !log && members.every((one) => one.percent),
    };
  });
}

function describeHistory(group, tracks, earlier) {
  const { title, note, label, members } = group, over = label === "step" ? "steps" : label;
  const said = members.map(({ name, label, percent }) => `${label} ${formatLast(lastValue(tracks.get(name)), percent)}`);
  return `${title}, ${note && note + ", "}over ${over}: ${said.join(", ")}${describeEarlier(group, earlier)}`;
}

function lastValue(track) {
  return track?.y.findLast(Number.isFinite);
}

/** Of points at the same place the newest: a run that goes on where it stands draws no upright line. */
function newestOfEach({ x, y }, sides, along) {
  if (along === "step") return { x, y, band: sides };
  const keep = (_, i) => x[i] !== x[i + 1];
  return { x: x.filter(keep), y: y.filter(keep), band: sides?.map((side) => side.filter(keep)) };
}

function drawHistory(canvas, group, tracks, ticks, theme, empty, earlier) {
  const pen = takePen(canvas, theme), { g, em, w } = pen, { along, log, percent, label } = group;
  const marks = group.members.filter(({ name }) => tracks.get(name)?.x.length).map((one) => {
    const sides = one.band?.map((name) => tracks.get(name)?.y), track = tracks.get(one.name);
    return { ...one, kind: "lines", ...newestOfEach(track, sides?.every(Boolean) ? sides : undefined, along) };
  });
  // the axes belong to the run and to a guess; earlier runs are cut where it ends
  const before = earlierMarks(group, earlier), own = marks.length ? marks : before, { guess } = group;
  const last = max(10, guess?.at ?? 0, ...own.map(({ x }) => x.at(-1)));
  if (guess) guess.x = guess.y.map(() => guess.at ?? last);
  const x = settledAxis(along === "step" ? { label, low: 0, high: last, whole: true } : { label }, own, "x");
  const counted = countedMarks(before, marks.length ? last : undefined);
  const y = settledAxis({ log, percent }, [...marks, ...counted, ...(guess ? [guess] : [])], "y");
  // a curve alone has its name above the plot
  const named = group.members.length > 1, widest = max(...group.members.map((one) => widthOf(g, one.label)));
  const legend = named && widest > w * 0.35 ? stripAbove(pen, group.members.map((one) => ({ ...one, kind: "lines" }))) : null; // at the ends they would be cut
  const right = (named && !legend ? widest : 0) + em * 1.5;
  const box = layOut(pen, x, y, { right, top: em * 2 + (legend?.room || 0) });
  makeRoom(canvas, legend?.room || 0, em);
  drawAxes(pen, box, x, y, true, marks.length ? "" : empty);
  drawTicks(pen, box, ticks.map(({ x: at, text }) => ({ at: at[along], text })).filter(({ at }) => at >= x.low && at <= x.high));
  const pale = paler(pen);
  clipped(g, box, () => before.forEach((mark) => DRAW.lines(pale, box, mark)));
  // the error is what counts: it lies on top
  marks.sort((a, b) => (a.role === "error") - (b.role === "error"));
  clipped(g, box, () => marks.forEach((mark) => DRAW.lines(pen, box, mark)));
  drawLetters(pale, box, before);
  if (guess) drawGuess(pen, box, guess);
  if (legend) legend.draw();
  else if (named) drawNames(pen, box, marks.map((mark) => ({ ...mark, end: box.Y(lastValue(mark)), text: mark.label })));
}

/** A ring where a guess lies; one alone has its name beside it. */
function drawGuess(pen, { X, Y, x0, x1 }, { x, y }) {
  const { g, em, theme } = pen, at = X(x[0]), side = at > (x0 + x1) / 2 ? -1 : 1, wide = widthOf(g, "guess");
  if (y.length === 1) {
    g.fillStyle = theme.veil;
    g.fillRect(at + side * em - (side < 0 ? wide : 0), Y(y[0]) - em * 0.6, wide, em * 1.2);
    write(g, "guess", at + side * em, Y(y[0]), theme.accent, side < 0 ? "right" : "left");
  }
  for (const v of y) {
    startLine(pen, { colour: 0, width: 2 });
    g.fillStyle = theme.veil;
    g.arc(at, Y(v), em * 0.45, 0, 7);
    g.fill();
    g.stroke();
  }
}

function drawNames(pen, { x1, y0, y1 }, names) {
  const { g, em, theme } = pen, gap = em * 1.22;
  for (const name of names) name.end = min(y1, max(y0, name.end || y1));
  names.sort((a, b) => a.end - b.end);
  let edge = -Infinity;
  for (const name of names) edge = name.at = max(name.end, edge + gap);
  // those that were pushed below the box push back
  edge = max(y1 + em * 0.4, y0 + gap * (names.length - 1)) + gap;
  for (const name of names.reverse()) edge = name.at = min(name.at, edge - gap);
  for (const { colour, text, end, at } of names) {
    startLine(pen, { colour, width: 0.8 });
    segment(g, x1 + 2, end, x1 + em * 0.75, at);
    g.stroke();
    write(g, text, x1 + em, at, theme.text(colour));
  }
}

/** A line at each turn of a knob; the newest text, whole, and older ones as far as there is room. */
function drawTicks(pen, { y0, y1, X }, ticks) {
  const { g, em, w, theme } = pen, gap = em * 0.4, y = y0 - em * 0.9;
  Object.assign(g, { strokeStyle: theme.accent, lineWidth: pen.hair });
  g.setLineDash([3, 3]);
  g.beginPath();
  for (const { at } of ticks) segment(g, pen.crisp(X(at)), y0 - em * 1.5, pen.crisp(X(at)), y1);
  g.stroke();
  g.setLineDash([]);
  let edge = w;
  for (const { at, text } of ticks.slice().reverse()) {
    const room = edge - X(at) - gap, newest = edge === w;
    if (!newest && room < em * 5) continue;
    const fitted = fitText(g, text, newest ? w : room), wide = widthOf(g, fitted), from = min(X(at) + gap, edge - wide);
    g.fillStyle = theme.veil;
    g.fillRect(from, y - em * 0.6, wide, em * 1.2);
    write(g, fitted, from, y, theme.accent);
    edge = from - gap;
  }
}
