// What is asked before a run: a card with its input, then guess and result. Knows no run.

const HANDLES = 21;
const LOCKED = "Commit a guess first, or skip it";
const INPUTS = { number: askNumber, choice: askChoice, curve: askCurve };
const within = (v, low, high) => max(low, min(high, v));

// Each returns elements: the first is large, others stand beside the buttons. `ready` takes a guess, or nothing.

function askNumber({ ends, dots, room, unit }, ready) {
  const marks = dots.map(({ name, share, text }) => make("i", { class: `sw-${name}`, style: `left:${100 * share}%`, title: text }));
  const line = part("line", {}, part("ruler", {}, ...marks), part("ends", {}, ...ends.map((text) => make("span", { text }))));
  if (!ready) return [line];
  const field = make("input", { class: "sw-value", inputmode: room ? "" : "decimal", autocomplete: "off",
    "aria-label": room ? "the room's guesses" : "your guess", placeholder: room ? "5 12 0.8 …" : "?",
    on: { input: () => ready(field.value.trim()) } });
  return [line, make("label", { class: room && "sw-room" }, field, make("span", { text: unit }))];
}

function askChoice({ options, room }, ready) {
  const votes = options.map(() => 0), name = Math.random();
  const rows = options.map(({ text, beside, look, share }, i) => make("label", { class: `sw-option ${look}`, style: `--p:${share}` },
    ready && make("input", room
      ? { type: "number", min: 0, max: 500, placeholder: 0, on: { input({ target }) {
        votes[i] = Number(target.value);
        ready(votes.some(Boolean) && votes);
      } } }
      : { type: "radio", name, on: { change: () => ready(text) } }),
    make("span", { text }), make("span", { text: beside })));
  return [part("options", { role: ready && !room && "radiogroup", "aria-label": "options" }, ...rows)];
}

function askCurve({ x, y, guess, result, text }, ready) {
  const canvas = make("canvas", { tabindex: ready && "0", "aria-label": text, role: ready ? "slider" : "img",
    "aria-valuemin": y.low, "aria-valuemax": y.high, "aria-valuenow": 0 });
  const places = Array.from({ length: HANDLES }, (_, i) => x.low + ((x.high - x.low) * i) / (HANDLES - 1));
  let heights = guess, at = 10, box, last, theme;

  const draw = (given = theme) => {
    theme = given;
    if (!theme) return;
    const pen = takePen(canvas, theme), line = { colour: 0, x: places, y: heights };
    box = layOut(pen, x, y, { right: pen.em, top: pen.em * 0.7 });
    drawAxes(pen, box, x, y, true, heights || !ready ? "" : "Draw here, or use the arrow keys");
    clipped(pen.g, box, () => {
      if (result) DRAW.lines(pen, box, { x: result[0], y: result[1], width: 2.4 });
      if (heights) DRAW.lines(pen, box, { ...line, width: 2, dash: guess && "dashed" });
      if (!heights || guess) return;
      DRAW.points(pen, box, { ...line, size: 5 });
      if (document.activeElement === canvas) DRAW.points(pen, box, { colour: 0, x: [places[at]], y: [heights[at]], size: 13, hollow: true });
    });
  };
  const tell = () => {
    canvas.ariaValueNow = heights?.[at] ?? 0;
    canvas.ariaValueText = `${x.label} ${formatNumber(places[at], 3)}: ${heights ? `${y.label} ${formatNumber(heights[at], 3)}` : "not drawn"}`;
    draw();
  };
  /** The first touch makes a level line, all others bend it between `from` and `to`. */
  const bend = (from, to) => {
    const slope = to.i === from.i ? 0 : (to.v - from.v) / (to.i - from.i), low = min(from.i, to.i) - 0.5, high = max(from.i, to.i) + 0.5;
    heights = (heights || places.map(() => to.v)).map((old, k) => within(k > low && k < high ? to.v + slope * (within(k, low + 0.5, high - 0.5) - to.i) : old, y.low, y.high));
    ready(heights);
  };
  const pull = ({ offsetX, offsetY }) => {
    const i = within((offsetX - box.x0) / (box.x1 - box.x0), 0, 1) * (HANDLES - 1);
    const to = { i, v: y.high - ((offsetY - box.y0) / (box.y1 - box.y0)) * (y.high - y.low) };
    bend(last || to, to);
    last = to;
    at = Math.round(i);
    tell();
  };
  const hands = {
    pointerdown(event) {
      canvas.setPointerCapture(event.pointerId);
      last = null;
      pull(event);
    },
    pointermove: (event) => event.buttons & 1 && pull(event),
    keydown(event) {
      const side = { ArrowLeft: -1, ArrowRight: 1, Home: -HANDLES, End: HANDLES }[event.key] || 0;
      const rise = { ArrowUp: 1, ArrowDown: -1, PageUp: 5, PageDown: -5 }[event.key];
      if (!side && !rise) return;
      event.preventDefault();
      at = within(at + side, 0, HANDLES - 1);
      const to = { i: at, v: (heights?.[at] ?? (y.low + y.high) / 2) + ((rise || 0) * (y.high - y.low)) / 40 };
      if (rise) bend(to, to);
      tell();
    },
    focus: () => tell(),
    blur: () => tell(),
  };
  if (ready) for (const [name, heard] of Object.entries(hands)) canvas.addEventListener(name, heard);
  return [Object.assign(part("canvas", {}, canvas), { draw })];
}

/** The card: { element, apply(asked), draw(theme), mark(group) }; `asked` comes with key frames. */
function makeCard(send, { run, step, voice }) {
  const element = part("ask", { hidden: true, role: "group", "aria-label": "Prediction" });
  let asked, text, draft, input, commit;
  const button = (name, label, click) => make("button", { type: "button", class: `sw-${name}`, text: label, on: { click } });

  const build = ({ kind, phase, room, status, note, explain, keys, text: question }) => {
    const open = phase === "open", skipped = phase === "skipped";
    const ready = (given) => { [draft, commit.disabled] = [given, !given]; };
    commit = button("run", room ? "Commit the room's guess" : "Commit my guess", () => send({ t: "guess", value: draft }));
    ready();
    const [large, ...small] = skipped && !keys.length && kind !== "choice" ? [""] : INPUTS[kind](asked, open && ready);
    input = large;
    const known = keys.map(([name, label]) => make("span", { class: `sw-legend sw-${name}`, text: label }));
    const links = open ? [commit, button("link", "Skip", () => send({ t: "skip" }))]
      : [button("link", skipped ? "Guess after all" : "Guess again", () => send({ t: "again" }))];
    element.replaceChildren(
      part("asked", {}, part("tag", { text: "Predict" }), make("b", { text: question }),
        part("status", {}, status, make("em", { text: note })),
        explain ? make("details", {}, make("summary", { text: "Why?" }), explain) : ""),
      part("answer", {}, large, part("act", {}, ...small, ...known, make("i"), ...links)));
  };

  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return; // Ctrl+S and its like stay shortcuts
    event.stopPropagation(); // the panel's one-key commands are not meant
    if (event.key === "Enter" && event.target.matches("input")) commit.click();
  });

  return {
    element,
    apply(given = null) {
      const now = JSON.stringify(given);
      if (now === text) return; // a hand may be on the input
      const here = element.contains(document.activeElement), locked = given?.phase === "open";
      [text, asked, element.hidden] = [now, given, !given];
      for (const one of [run, step]) {
        if (locked) one.free ||= one.title;
        one.ariaDisabled = locked || null;
        one.ariaDescription = locked ? LOCKED : null;
        one.title = locked ? LOCKED : one.free || one.title;
      }
      if (given) build(given);
      put(voice, `${given?.text || ""} ${given?.status || ""}`);
      if (here && given) (locked ? element.querySelector("input, canvas") : run).focus();
    },
    draw: (theme) => input?.draw?.(theme),
    /** The guess as a mark in the plot of its series; at the end of the axis where it names no step. */
    mark({ along, members }) {
      const { mark, at } = asked || {};
      return mark && along === "step" && members.some(({ name }) => name === mark.series) ? { ...mark, at, colour: 0, size: 8 } : null;
    },
  };
}
