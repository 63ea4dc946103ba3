// What stands on the page: transport, numbers, figures, foot. Knows no history and no run.

const ICONS = { Run: "M3 1.2v9.6L10.8 6z", Pause: "M2.5 1.5h2.6v9H2.5zM6.9 1.5h2.6v9H6.9z" };
const PACES = { "full speed": 0, "30 / s": 30, "10 / s": 10, "3 / s": 3, "1 / s": 1 };

/** The page's theme, or what the system prefers where no known host says it. */
function isDark(el) {
  const { body, documentElement: html } = document;
  const theme = body.dataset.jpThemeLight || /vscode-(light|dark|high-contrast(-light)?)/.exec(body.className)?.[1] ||
    el.closest("[data-theme]")?.dataset.theme || html.getAttribute("theme") || /\b(dark|light)\b/.exec(html.className)?.[0];
  return theme ? ["false", "dark", "high-contrast"].includes(theme) : matchMedia("(prefers-color-scheme: dark)").matches;
}

function buildPage(send, toggleRun) {
  const button = (name, text, title, click, more) =>
    make("button", { type: "button", class: `sw-${name}`, text, title, ...more, on: { click } });
  const menu = (name, label, options, change) => make("select", { class: `sw-${name}`, "aria-label": label, title: label, on: { change } },
    ...Object.entries(options).map(([text, value]) => make("option", { value, text })));
  const many = menu("many", "frames per step", { "×1": 1, "×10": 10, "×100": 100 });
  const page = {
    run: button("run", "", "", toggleRun),
    step: button("step", "Step", "Step (.)", () => send({ t: "step", n: Number(many.value) })),
    reset: button("reset", "Reset", "Reset (r)", () => send({ t: "reset" })),
    pace: menu("pace", "pace", PACES, () => send({ t: "pace", value: Number(page.pace.value) })),
    large: button("aa", "Aa", "Large type", null, { "aria-label": "Projector mode", "aria-pressed": "false" }),
    stats: part("stats"),
    steer: buildSteer(send),
    pins: buildPins(send),
    alert: part("alert", { role: "alert" }),
    plots: part("plots"),
    summary: make("summary"),
    caption: part("caption", { text: "Waiting for the kernel" }),
    seed: part("seed"),
    voice: part("voice", { "aria-live": "polite" }),
  };
  page.knobs = make("details", { class: "sw-knobs" }, page.summary);
  page.card = makeCard(send, page);
  page.root = make("div", { class: "sciml-panel", role: "group", tabindex: "-1", "data-state": "idle", "data-step": 0, "data-fps": 0,
    "data-lm-suppress-shortcuts": "true" },
  part("bar", {}, page.run, page.step, many, page.reset, page.pace, page.large, part("read", {}, page.stats)),
  page.steer.element,
  page.alert,
  page.card.element,
  part("body", {}, page.plots, page.knobs),
  part("foot", {}, page.caption, page.seed),
  page.voice,
  make("i", { class: "sw-probe" }));
  writeRun(page, false);
  return page;
}

function writeRun({ run }, runs) {
  const name = runs ? "Pause" : run.closest(".sw-trace") ? "Play" : "Run";
  if (run.textContent === name) return;
  run.innerHTML = `<svg viewBox="0 0 12 12" aria-hidden="true"><path d="${ICONS[name] || ICONS.Run}"/></svg>${name}`;
  run.title = `${name} (space)`;
}

/** The pace that Python has set; one that is not on the menu is added to it. */
function writePace(menu, pace) {
  if (![...menu.options].some(({ value }) => Number(value) === pace)) menu.append(make("option", { value: pace, text: `${pace} / s` }));
  menu.value = pace;
}

function writeNumbers(page, { state, step, seconds, rate, stats, message }) {
  page.root.dataset.state = state;
  page.root.dataset.step = step;
  writeRun(page, state === "running");
  const numbers = [
    ...seconds === null ? [] : [["elapsed", seconds < 99.95 ? `${seconds.toFixed(1)} s` : `${(seconds / 60).toFixed(1)} min`],
    ["steps / s", rate ? rate.toFixed(rate < 9.95 ? 1 : 0) : "–"]],
    ["step", String(step)],
    ...stats.map(({ label, value, percent }) => [label, formatLast(value, percent)]),
  ];
  numbers.forEach(([label, text], i) => {
    const stat = page.stats.children[i] || page.stats.appendChild(make("div", {}, make("b"), make("span")));
    put(stat.firstChild, text);
    put(stat.lastChild, label);
  });
  put(page.alert, state === "diverged" || state === "failed" ? message || state : "");
}

function figureAt({ plots }, i, { title, note, alt }) {
  if (!plots.children[i]) {
    const canvas = make("canvas", { role: "img" });
    canvas.memory = {};
    plots.append(make("figure", {}, make("figcaption", {}, make("b"), make("span")), part("canvas", {}, canvas)));
  }
  const [caption, { firstChild: canvas }] = plots.children[i].children;
  put(caption.firstChild, title);
  put(caption.lastChild, note);
  if (canvas.ariaLabel !== (alt || title)) canvas.ariaLabel = alt || title;
  return canvas;
}
