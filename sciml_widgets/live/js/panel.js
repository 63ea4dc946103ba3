// The panel: keeps the state of one view, draws it when a message came, sends what a person does.

const SILENCE = 1500; // ms without a first answer

/** Hosts hand over views or plain buffers. */
function bytesOf(view) {
  return new Uint8Array(view.buffer || view, view.byteOffset, view.byteLength);
}

/** Copied, because a view may begin at an odd byte. */
function floatsOf(view) {
  return new Float32Array(bytesOf(view).slice().buffer);
}

function unpackPicture({ caption, plots }, buffers) {
  const floats = (i) => floatsOf(buffers[i]);
  const unpack = (mark) => {
    const { kind, z, band } = mark, found = { ...mark, z: buffers[z] && bytesOf(buffers[z]), band: band?.map(floats) };
    for (const name of ["x", "y", "u", "v"]) if (kind !== "text" && name in mark) found[name] = floats(mark[name]);
    return found;
  };
  return { caption, plots: plots.map((plot) => ({ ...plot, marks: plot.marks.map(unpack) })) };
}

/**
 * anywidget refuses every message to a model whose module took more than two seconds to load (a busy or slow
 * machine): the panel would stay empty. Take them from the comm then, as a plain widget does.
 */
async function hearAnyway(model) {
  try {
    const whole = await model.widget_manager.get_model(model.get("twin_id"));
    const plain = Object.getPrototypeOf(whole.constructor.prototype)._handle_comm_msg;
    whole.comm.on_msg((message) => plain.call(whole, message));
  } catch {
    // a host that keeps its models elsewhere: nothing is lost by having tried
  }
}

function render({ model, el }) {
  const view = Math.random().toString(36).slice(2, 12);
  const gone = new AbortController(), { signal } = gone;
  let spec, specText, knobsText, controls, groups, theme, latest, run, picture, owing, shown, echoed, echoing, speaking;
  let values = {}, silent = {}, ticks = [], tracks = new Map(), earlier = [], drawn = [], notice = "";
  let said = 0, queued = 0, waiting = 0, visible = true, onScreen = true, narrow = true, spokenAt = -1e9;

  const send = (message) => model.send({ view, order: (said += 1), ...message }); // they may overtake each other
  const later = (ms, what) => setTimeout(() => signal.aborted || what(), ms);
  const resting = () => latest?.state !== "running";
  const page = buildPage(send, () => send({ t: resting() ? "go" : "pause" })), { root } = page, body = page.knobs.parentElement;
  const hide = make("style", { text: `.sciml-static-${model.get("twin_id")} { display: none !important; }` });

  const receive = (header, buffers = []) => {
    if (header?.t !== "frame") return;
    if (header.spec) takeSpec(header.spec);
    if (header.pace >= 0) writePace(page.pace, header.pace);
    if (!spec) return; // a frame for another view: ours begin with a key frame
    if (header.run !== run) {
      run = header.run;
      notice = ""; // it spoke of the run that is over
      tracks = new Map();
      ticks = [];
      if (picture && !header.frames) picture = { plots: picture.plots.map((plot) => ({ ...plot, marks: [] })) };
    }
    if (resting() && header.state === "running") notice = ""; // it spoke of the rest
    let whole = true;
    for (const { name, from, x, y } of header.tracks || []) {
      if (!tracks.has(name)) tracks.set(name, { x: [], y: [] });
      whole &&= writeTrack(tracks.get(name), from, floatsOf(buffers[x]), floatsOf(buffers[y]));
    }
    if (!whole) send({ t: "ready", view }); // a message was lost: a key frame mends that
    ({ ticks = ticks, values = values, silent = silent } = header);
    if (header.earlier) earlier = unpackEarlier(header.earlier, (i) => floatsOf(buffers[i]));
    if ("preset" in header) page.steer.apply(header.preset);
    if (header.key) page.card.apply(header.predict);
    if (header.picture) picture = unpackPicture(header.picture, buffers);
    if (header.values || header.silent) controls.apply(values, silent);
    if (header.notice) {
      controls.settle();
      say(header.notice);
    }
    owing ||= header.ack;
    latest = header;
    share(header);
    schedule();
    echo();
  };

  const takeSpec = (given) => {
    const text = JSON.stringify(given);
    if (text === specText) return; // the controls stay: a hand may be on one
    [spec, specText, theme] = [given, text, null];
    root.ariaLabel = spec.title;
    page.steer.offer(spec.presets);
    groups = groupSeries(spec.series);
    const knobs = JSON.stringify(spec.controls);
    if (knobs === knobsText) return;
    knobsText = knobs;
    controls?.element.remove();
    controls = makeControls(spec.controls, view, {
      turn: (name, value, drag) => send({ t: "turn", name, value, drag }),
      press: (name) => send({ t: "press", name }),
      notice: say,
    }, signal);
    page.knobs.append(controls.element);
  };

  /** State and values as traits, for Python: what was applied, four times a second at most. */
  const echo = () => {
    const text = JSON.stringify([latest?.state, values]);
    if (!latest || echoing || document.hidden || text === echoed) return;
    echoed = text;
    model.set("state", latest.state);
    model.set("values", { ...values });
    model.save_changes();
    echoing = later(250, () => { echoing = 0; echo(); });
  };

  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  const schedule = () => {
    if (queued || waiting || !visible) return;
    const wait = calm.matches && drawn.length ? drawn.at(-1) + 500 - performance.now() : 0;
    if (wait > 0) waiting = later(wait, () => { waiting = 0; schedule(); });
    else queued = requestAnimationFrame(draw);
  };

  const draw = () => {
    queued = 0;
    if (narrow !== (getComputedStyle(body).display === "block")) { // the style sheet says what is narrow
      narrow = !narrow;
      page.knobs.open = !narrow;
    }
    if (!latest) return;
    try {
      drawAll();
    } finally {
      if (owing) send({ t: "ack", view, i: latest.i });
      owing = false;
      if (latest.i !== shown) {
        shown = latest.i;
        drawn.push(performance.now());
        later(2050, countFrames);
        countFrames();
      }
    }
  };

  const countFrames = () => {
    drawn = drawn.filter((at) => at > performance.now() - 2000);
    root.dataset.fps = drawn.length / 2;
  };

  const drawAll = () => {
    theme ||= readTheme(root, spec.palette, root.classList.toggle("sw-dark", isDark(el)));
    const empty = latest.state === "idle" ? "Press Run" : "";
    writeNumbers(page, latest);
    const news = page.steer.write(latest.goal);
    if (news) put(page.voice, news);
    writeFoot();
    page.card.draw(theme);
    for (const group of groups) group.guess = page.card.mark(group);
    for (const group of groups) if (resting() || !group.alt) group.alt = describeHistory(group, tracks, earlier);
    const plots = [...(picture?.plots || []), ...groups], canvases = plots.map((plot, i) => figureAt(page, i, plot));
    while (page.plots.children.length > plots.length) page.plots.lastChild.remove();
    const losses = plots.findIndex(({ members }) => members?.some(({ role }) => role !== "metric"));
    page.pins.write(earlier, page.plots.children[losses]);
    plots.forEach((plot, i) => {
      const canvas = canvases[i], { clientWidth, clientHeight } = canvas.parentElement, { memory } = canvas;
      if (!plot.marks) return drawHistory(canvas, plot, tracks, ticks, theme, empty, earlier);
      // between two pictures only the history moves
      const now = [plot, theme, empty, clientWidth, clientHeight, devicePixelRatio];
      if (now.some((part, k) => part !== memory.now?.[k])) drawPlot(canvas, plot, theme, empty, plots[i ^ 1]);
      memory.now = now;
    });
    controls.over(plots, canvases);
  };

  const caption = () => picture?.caption || spec?.about || "";

  const writeFoot = () => {
    const seed = Object.keys(values).find((path) => /\bseed$/.test(path));
    const moved = root.querySelectorAll(".sw-moved").length;
    page.caption.classList.toggle("sw-notice", notice);
    put(page.caption, notice || caption());
    put(page.seed, seed ? `seed ${values[seed]}` : "");
    put(page.summary, moved ? `Controls · ${moved} changed` : "Controls");
    // screen readers hear the newest sentence, but not more than one in five seconds
    speaking ||= later(max(0, spokenAt + 5000 - performance.now()), () => {
      speaking = 0;
      spokenAt = performance.now();
      put(page.voice, notice || (resting() ? `${root.dataset.state}, step ${root.dataset.step}. ` : "") + caption());
    });
  };

  const say = (text) => {
    notice = text;
    writeFoot();
    later(6000, () => {
      notice = notice === text ? "" : notice;
      writeFoot();
    });
  };

  const share = makeShare(page, send, view, say);

  const repaint = () => { theme = null; schedule(); };

  page.large.addEventListener("click", () => {
    page.large.ariaPressed = root.classList.toggle("sw-large");
    repaint();
  });

  const chord = ({ ctrlKey, metaKey, altKey }) => ctrlKey || metaKey || altKey;

  root.addEventListener("keydown", (event) => {
    if (chord(event)) return;
    event.stopPropagation(); // the notebook's one-key shortcuts are not meant
    const { key, target, repeat } = event, pressed = { " ": page.run, ".": page.step, r: page.reset }[key];
    if (key === "Escape" && !target.matches("select, .sw-value, .sw-spot")) root.closest(".jp-Cell")?.focus(); // out
    const own = key === " " ? "select, .sw-value, button, summary, [type=checkbox]" : "select, .sw-value";
    if (!pressed || target.matches(own)) return;
    event.preventDefault();
    if (!repeat || key === ".") pressed.click();
  });

  // JupyterLab takes no key as a shortcut below this mark; Ctrl+S and its like must stay shortcuts
  window.addEventListener("keydown", (event) => {
    if (root.contains(event.target)) root.toggleAttribute("data-lm-suppress-shortcuts", !chord(event));
  }, { signal, capture: true });

  const look = () => {
    if (visible === (onScreen && !document.hidden)) return;
    visible = !visible;
    send({ t: visible ? "ready" : "hidden", view });
    schedule();
    echo();
  };

  const seen = new IntersectionObserver((entries) => { onScreen = entries.at(-1).isIntersecting; look(); });
  const sized = new ResizeObserver(() => schedule());
  // a host may load the colours of a new theme a little after it has named it
  const themed = new MutationObserver(() => { repaint(); later(400, repaint); });

  document.head.append(hide);
  el.append(root);
  root.classList.toggle("sw-dark", isDark(el));
  seen.observe(root);
  for (const element of [root, page.plots]) sized.observe(element);
  for (const host of [document.documentElement, document.body]) themed.observe(host, { attributes: true });
  document.addEventListener("visibilitychange", look, { signal });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint, { signal });
  model.on("msg:custom", receive);
  send({ t: "ready", view });
  later(SILENCE, async () => {
    if (latest) return;
    await hearAnyway(model);
    if (!signal.aborted) send({ t: "ready", view });
  });

  return () => {
    gone.abort();
    model.off("msg:custom", receive);
    for (const observer of [seen, sized, themed]) observer.disconnect();
    cancelAnimationFrame(queued);
    hide.remove();
    root.remove();
    try {
      send({ t: "hidden", view });
    } catch {
      // the widget was closed: nobody needs to know
    }
  };
}

export default { render };
