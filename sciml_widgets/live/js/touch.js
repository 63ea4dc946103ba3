// Knobs that a hand draws or places: a curve among the controls, points on a plot. Knows no run.

/** One turn in 50 ms while a hand moves, the last as it lets go; taps of a key in a row are one. */
function makeGrip({ hold, send, turn, waits }, show) {
  let value, moving = false, beat = 0, rest = 0;
  const move = (next) => {
    hold(moving = true);
    show(value = next);
    if (!waits) beat ||= setTimeout(() => { beat = 0; turn(value); }, 50);
  };
  const letGo = () => {
    clearTimeout(beat);
    clearTimeout(rest);
    beat = 0;
    if (!moving) return;
    hold(moving = false);
    send(value);
  };
  const tap = (next) => {
    clearTimeout(rest);
    move(next);
    rest = setTimeout(letGo, 400);
  };
  return { move, letGo, tap };
}

/** Rounds to about a hundredth of the range, and keeps to it. */
function makeSnap(low, high) {
  const fine = 10 ** floor(log10((high - low) / 90));
  const snap = (v) => min(high, max(low, Number((Math.round(v / fine) * fine).toPrecision(12))));
  return Object.assign(snap, { fine });
}

/** Where a pointer is in an element, as shares from its left and its bottom. */
function shareOf({ clientX, clientY }, element) {
  const { left, bottom, width, height } = element.getBoundingClientRect();
  return [(clientX - left) / width, (bottom - clientY) / height];
}

function listen(element, heard) {
  for (const [name, what] of Object.entries(heard)) element.addEventListener(name, what);
}

function curveRow({ label, low, high, over: [a, b], ends, default: usual }, tools) {
  const last = usual.length - 1, first = ends ? 1 : 0, final = last - first, snap = makeSnap(low, high);
  const plane = part("curve", { ...tools.hint, role: "slider", tabindex: "0", "aria-label": label,
    "aria-valuemin": String(low), "aria-valuemax": String(high) });
  const small = (value) => make("span", { text: formatNumber(value, 3) }), said = make("b", { text: "draw here" });
  plane.innerHTML = `<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">${"<path/>".repeat(5)}</svg>`;
  const svg = plane.firstChild, X = (i) => (100 * i) / last, Y = (v) => (100 * (high - v)) / (high - low), ground = Y(min(high, max(low, 0)));
  const draw = (...lines) => lines.forEach((d, k) => svg.children[k].setAttribute("d", d));
  let shown = usual, at = Math.round(last / 2), pen = null, known = false;

  // each piece leaves along the line between its neighbours
  const slope = (values, i) => (Y(values[min(last, i + 1)]) - Y(values[max(0, i - 1)])) / 6;
  const smooth = (values) => values.map((v, i) => (i
    ? `C${X(i - 2 / 3)} ${Y(values[i - 1]) + slope(values, i - 1)} ${X(i - 1 / 3)} ${Y(v) - slope(values, i)} ` : "M") + `${X(i)} ${Y(v)}`).join("");
  const show = (values) => {
    const line = smooth(shown = values), text = `${formatNumber(shown[at], 3)} at ${formatNumber(a + ((b - a) * at) / last, 3)}`;
    draw(`M0 ${ground}H100`, smooth(usual), `${line}V${ground}H0Z`, line, `M${X(at)} ${Y(shown[at])}h0`);
    plane.ariaValueNow = shown[at];
    plane.ariaValueText = text;
    if (known) put(said, text);
  };
  const grip = makeGrip(tools, show);
  const choose = (i) => {
    at = min(final, max(first, i));
    known = true;
    show(shown);
  };
  /** The heights that the pen has passed since its last place. */
  const stroke = (event) => {
    const [p, q] = shareOf(event, svg), x1 = p * last, y1 = low + q * (high - low), [x0, y0] = pen || [x1, y1], heights = [...shown];
    pen = [x1, y1];
    for (let i = max(first, Math.round(min(x0, x1))); i <= min(final, Math.round(max(x0, x1))); i++) {
      heights[i] = snap(y0 + (y1 - y0) * (x0 === x1 ? 1 : min(1, max(0, (i - x0) / (x1 - x0)))));
    }
    grip.move(heights);
    choose(Math.round(x1));
  };
  listen(plane, {
    pointerdown(event) {
      if (event.button) return;
      plane.setPointerCapture(event.pointerId);
      stroke(event);
    },
    pointermove: (event) => pen && stroke(event),
    lostpointercapture() {
      pen = null;
      grip.letGo();
    },
    keydown(event) {
      const { key, shiftKey } = event, up = { ArrowUp: 5, ArrowDown: -5 }[key] * snap.fine * (shiftKey ? 4 : 1);
      const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: first, End: final }[key] ?? (up && at);
      if (!(to >= 0)) return;
      event.preventDefault();
      if (up) grip.tap(shown.with(at, snap(shown[at] + up)));
      choose(to);
    },
    focus: () => choose(at),
    blur: grip.letGo,
  });
  plane.append(small(high), small(low));
  tools.note.before(plane, part("scale", { "aria-hidden": "true" }, small(a), said, small(b)));
  return { show };
}

function placesRow({ label, low, high, axes, most, default: usual }, tools) {
  const snaps = low.map((v, k) => makeSnap(v, high[k])), layer = part("layer"), count = make("span");
  let shown = usual, box, held = -1, editing = false;

  const show = (spots) => {
    shown = spots;
    while (layer.children.length > spots.length) layer.lastChild.remove();
    while (layer.children.length < spots.length) layer.append(handle(layer.children.length));
    put(count, `${spots.length} placed`);
    spots.forEach((spot, i) => {
      const one = layer.children[i], { style } = one;
      one.tabIndex = editing ? 0 : -1;
      one.ariaLabel = `${label} ${i + 1}: ${axes.map((axis, k) => `${axis} = ${formatNumber(spot[k], 3)}`).join(", ")}`;
      if (box) [style.left, style.top] = [box.X(spot[0]) - box.x0, box.Y(spot[1]) - box.y0].map((v) => `${v}px`);
    });
  };
  const grip = makeGrip(tools, show), round = (spot) => spot.map((v, k) => snaps[k](v));
  const where = (event) => shareOf(event, layer).map((share, k) => {
    const axis = k ? box.y : box.x;
    return axis.low + share * (axis.high - axis.low);
  });
  const grab = (event, i) => {
    event.preventDefault();
    layer.setPointerCapture(event.pointerId);
    layer.children[held = i].focus({ preventScroll: true });
  };
  const add = (spot) => {
    if (shown.length < most) grip.tap([...shown, round(spot)]);
    else tools.notice(`${label}: at most ${most}`);
    return shown.length - 1;
  };
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  const handle = (i) => make("button", { type: "button", class: "sw-spot", on: {
    pointerdown: (event) => event.button || grab(event, i),
    keydown(event) {
      const { key, shiftKey } = event, step = steps[key];
      if (!step && !["Delete", "Backspace", "Escape"].includes(key)) return;
      event.preventDefault();
      if (key === "Escape") return edit.focus();
      if (step) grip.tap(shown.with(i, round(shown[i].map((v, k) => v + step[k] * snaps[k].fine * (shiftKey ? 10 : 2)))));
      else if (shown.length < 2) tools.notice(`${label}: one must stay`);
      else grip.tap(shown.toSpliced(i, 1));
      layer.children[min(i, shown.length - 1)].focus();
    },
  } });
  listen(layer, {
    pointerdown: (event) => event.target === layer && !event.button && grab(event, add(where(event))),
    pointermove: (event) => held >= 0 && grip.move(shown.with(held, round(where(event)))),
    lostpointercapture() {
      held = -1;
      grip.letGo();
    },
    focusout: () => held < 0 && grip.letGo(),
  });
  const button = (text, title, click) => make("button", { type: "button", text, title, on: { click } });
  const edit = button("Edit", "A click on the plot adds a point; Tab goes to the next, arrows move it, Delete removes it, Escape leaves", () => {
    edit.ariaPressed = editing = layer.classList.toggle("sw-editing");
    show(shown);
    if (editing) layer.firstChild.focus();
  });
  tools.note.before(part("tools", {}, edit,
    button("Add", "Add a point in the middle", () => layer.children[add(low.map((v, k) => (v + high[k]) / 2))]?.focus()), count));
  return {
    show,
    /** The points lie over the first plot whose axes these are. */
    over(plots, canvases) {
      const there = plots.findIndex(({ marks, x, y }) => marks && x.label === axes[0] && y.label === axes[1] && !x.log && !y.log);
      if (there < 0 || tools.element.matches(".sw-silent")) return layer.remove();
      const { parentElement: host, memory } = canvases[there], px = (v) => `${v}px`;
      if (layer.parentElement !== host) host.append(layer);
      if (box === memory.box) return;
      const { x0, x1, y0, y1 } = (box = memory.box);
      Object.assign(layer.style, { left: px(x0), top: px(y0), width: px(x1 - x0), height: px(y1 - y0) });
      show(shown);
    },
  };
}
