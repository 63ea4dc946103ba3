// Controls: a row per knob shows what was applied and sends what a hand does. Knows no plot.

const PATIENCE = 2500; // ms for which a row shows what it sent before it was applied: a busy kernel is slow

/** make("b", { class: "x", text: "y", on: { click } }, ...children) */
function make(tag, { text, on = {}, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value || value === 0) element.setAttribute(name, value);
  for (const [name, heard] of Object.entries(on)) element.addEventListener(name, heard);
  element.append(...[text, ...children].filter(Boolean));
  return element;
}

function part(name, more, ...children) {
  return make("div", { class: `sw-${name}`, ...more }, ...children);
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function knobText({ whole }, value) {
  if (typeof value === "boolean") return value ? "on" : "off";
  if (Array.isArray(value)) return "the default";
  return whole || typeof value === "string" ? String(value) : formatNumber(value);
}

/** Positions of a slider: the values themselves, or on a log slider 0 to 1000. */
function sliderScale({ low, high, log, whole, step }) {
  const fine = step || (whole ? 1 : 10 ** floor(log10((high - low) / 90)));
  if (!log) return { min: low, max: high, step: fine, valueAt: Number, position: Number };
  const round = (v) => (whole ? Math.round(v) : Number(v.toPrecision(high / low < 10 ? 4 : 3)));
  const all = Array.from({ length: 1001 }, (_, k) => round(low * (high / low) ** (k / 1000)));
  // each whole number stands once, so that an arrow key always turns the knob
  const values = [...new Set(all)].map((v) => min(high, max(low, v)));
  const far = (i, v) => abs(Math.log(values[i] / v));
  const position = (v) => values.reduce((best, _, i) => (far(i, v) < far(best, v) ? i : best), 0);
  return { min: 0, max: values.length - 1, step: 1, valueAt: (k) => values[k], position };
}

function readTyped(text, knob) {
  const plain = text.trim().replace(/[−–]/g, "-").replace(",", "."), { label, low, high, whole } = knob;
  const value = plain ? Number(plain) : NaN;
  const wrong = Number.isNaN(value) ? "not a number"
    : whole && value % 1 ? "not a whole number"
    : value < low || value > high ? "out of range" : "";
  if (!wrong) return value;
  throw new Error(`${label}: “${text}” is ${wrong} (${knobText(knob, low)} to ${knobText(knob, high)})`);
}

/** A row: { element, apply(value, reason), settle() }. `signal` ends the listeners outside of it. */
function makeControl(knob, id, hand, signal) {
  const { path, label, control, unit, options = [] } = knob, waits = knob.kind === "restart";
  const name = `In code: ${path.split(".").pop()}.`;
  const about = [knob.help && knob.help + ".", waits && "Turning it starts the run over.", name].filter(Boolean).join(" ");
  const hint = { id, "aria-description": about };
  const note = part("note"), head = part("head"), element = part("knob", {}, head, note);
  let applied = knob.default, pending = null, held = false, show = () => {};

  const refresh = () => {
    if (held || (pending && pending.value !== applied && performance.now() < pending.until)) return;
    pending = null;
    show(applied);
  };
  const send = (value) => {
    pending = { value, until: performance.now() + PATIENCE };
    show(value);
    setTimeout(refresh, PATIENCE + 20);
    hand.turn(path, value, false);
  };
  const row = {
    element,
    apply(value, reason = "") {
      applied = value;
      element.classList.toggle("sw-moved", control !== "action" && String(value) !== String(knob.default));
      element.classList.toggle("sw-silent", !!reason);
      element.title = reason || about;
      put(note, reason);
      for (const input of element.querySelectorAll("input, select, button")) input.disabled = !!reason;
      refresh();
    },
    settle() {
      pending = null;
      refresh();
    },
  };
  if (control === "action") {
    head.append(make("button", { ...hint, type: "button", text: label, on: { click: () => hand.press(path) } }));
    return row;
  }

  const back = knobText(knob, knob.default), reset = () => send(knob.default);
  head.append(
    make("label", { for: id, text: label, on: { dblclick: () => element.matches(".sw-silent") || reset() } }),
    waits ? make("span", { class: "sw-chip", text: "restarts" }) : "",
    make("button", { type: "button", class: "sw-back", text: "↺", title: `Back to ${back}`,
      "aria-label": `Reset ${label} to ${back}`, on: { click: reset } }));

  const touch = { curve: curveRow, places: placesRow }[control];
  if (touch) {
    const tools = { hint, note, element, waits, send, notice: hand.notice, hold: (on) => { held = on; },
      turn: (value) => hand.turn(path, value, true) };
    Object.assign(row, touch(knob, tools));
    ({ show } = row);
    return row;
  }

  if (control !== "slider") {
    const [tag, state] = control === "toggle" ? ["input", "checked"] : ["select", "value"];
    const input = make(tag, { ...hint, type: tag === "input" && "checkbox", on: { change: () => send(input[state]) } },
      ...options.map((value) => make("option", { value, text: value })));
    show = (value) => { input[state] = value; };
    if (tag === "input") head.append(input);
    else note.before(input);
    return row;
  }

  const { min, max, step, valueAt, position } = sliderScale(knob);
  const share = (value) => (position(value) - min) / (max - min);
  let shown = applied, editing = false, keyed = false, queued = 0, tapped = 0;

  // While a hand (or a key) is on the slider one turn per animation frame goes out, the last as it lets go
  const letGo = () => {
    if (!held) return;
    held = false;
    cancelAnimationFrame(queued);
    queued = 0;
    send(shown);
  };
  const unkey = () => { clearTimeout(tapped); keyed = false; letGo(); };
  const range = make("input", { ...hint, type: "range", min, max, step, on: {
    input() {
      held = true;
      paint(valueAt(range.value));
      if (!waits) queued ||= requestAnimationFrame(() => { queued = 0; hand.turn(path, shown, true); });
    },
    change: () => keyed || letGo(),
    keydown: () => { clearTimeout(tapped); keyed = true; },
    keyup: () => { tapped = setTimeout(unkey, 400); }, // taps in a row are one turn
    blur: unkey,
  } });
  // a thumb that is dragged out and back fires no "change"; it may be released anywhere
  for (const end of ["pointerup", "pointercancel"]) {
    window.addEventListener(end, () => held && !keyed && setTimeout(letGo), { signal });
  }

  const commit = () => {
    try {
      const value = readTyped(field.value, knob);
      if (value !== shown) send(value);
      field.removeAttribute("aria-invalid");
    } catch ({ message }) {
      field.setAttribute("aria-invalid", true);
      hand.notice(message);
    }
  };
  const field = make("input", { class: "sw-value", inputmode: "decimal", "aria-label": `${label}, value`, on: {
      focus() {
        editing = true;
        fill(String(shown));
        field.select();
      },
      input: () => fill(field.value),
      keydown({ key }) {
        if (key === "Enter") commit();
        if (key !== "Escape") return;
        editing = false;
        range.focus();
      },
      blur() {
        if (editing) commit();
        editing = false;
        field.removeAttribute("aria-invalid");
        paint(shown);
      },
    } });
  const fill = (text) => {
    field.value = text;
    field.style.width = `calc(${text.length + 0.2}ch + .7em)`;
  };
  const paint = (value) => {
    shown = value;
    range.style.setProperty("--p", share(value));
    range.setAttribute("aria-valuetext", `${knobText(knob, value)} ${unit}`);
    if (!editing) fill(knobText(knob, value));
  };
  show = (value) => {
    range.value = position(value);
    paint(value);
  };
  head.append(field, unit && make("span", { class: "sw-unit", text: unit }));
  note.before(part("track", { style: `--d:${share(knob.default)}` }, range));
  return row;
}

function makeControls(knobs, view, hand, signal) {
  const rows = new Map(), groups = new Map(), element = part("groups");
  knobs.forEach((knob, i) => {
    const text = knob.group, row = makeControl(knob, `sw-${view}-${i}`, hand, signal);
    if (!groups.has(text)) {
      groups.set(text, make("div", { role: "group", "aria-label": text }, part("heading", { text })));
      element.append(groups.get(text));
    }
    rows.set(knob.path, row);
    groups.get(text).append(row.element);
  });
  return {
    element,
    apply: (values, silent) => rows.forEach((row, path) => path in values && row.apply(values[path], silent[path])),
    settle: () => rows.forEach((row) => row.settle()),
    over: (plots, canvases) => rows.forEach((row) => row.over?.(plots, canvases)),
  };
}
