// The player of a trace: feeds the panel's page with recorded frames. Needs no kernel.

async function playTrace(el, { id, palette, trace, state, message, line, length }) {
  const { title, about, pictures, ticks } = trace;
  const packed = new Blob([Uint8Array.from(atob(trace.buffers), (c) => c.charCodeAt(0))]);
  const bytes = await new Response(packed.stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
  let end = 0;
  const buffers = trace.lengths.map((n) => new Uint8Array(bytes.slice(end, (end += n))));
  const last = pictures.length - 1, pause = max(60, min(400, 9000 / pictures.length));
  const series = trace.series.map((one) => ({ ...one }));
  // shown again by the same output, it goes on where it was
  const places = (window.scimlTraces ||= {}), before = places[id];
  let at = min(before?.at ?? 0, last), playing = false, started = false, hidden = false, timer = 0, number = 0, hear;

  const show = (key, more) => {
    const { step, frames, points, stats, caption, plots } = pictures[at], sent = [...buffers];
    const tracks = Object.entries(trace.tracks).map(([name, { x, y }]) => {
      const n = points[name] || 0, cut = (i) => sent.push(buffers[i].slice(0, 4 * n)) - 1;
      return { name, from: 0, n, x: cut(x), y: cut(y) };
    });
    const broke = at === last && ["diverged", "failed"].includes(state);
    places[id] = { at, playing };
    hear({
      t: "frame", i: ++number, run: 1, step, frames, stats, tracks, seconds: null, rate: null, goal: null, notice: "",
      state: playing ? "running" : broke ? state : "paused", message: broke ? message : "",
      ticks: ticks.filter(({ x }) => x.step <= step), values: {}, silent: {}, picture: { caption, plots },
      ...(key && { key: true, spec: { title, about, series, palette, controls: [] } }), ...more,
    }, sent);
    scrub.value = at;
    scrub.style.setProperty("--p", last ? at / last : 1);
    scrub.setAttribute("aria-valuetext", `step ${step}`);
  };
  const go = (where) => {
    at = max(0, min(last, where));
    show();
  };
  const stop = () => { playing = false; clearTimeout(timer); };
  const beat = () => {
    if (!el.isConnected) return;
    if (!hidden && at === last) stop();
    if (!hidden) go(at + 1);
    if (playing) timer = setTimeout(beat, pause);
  };
  const play = () => {
    if (at === last) at = 0;
    playing = true;
    show();
    timer = setTimeout(beat, pause);
  };
  const scrub = make("input", { type: "range", min: 0, max: last, step: 1, "aria-label": "Position in the recorded run", on: {
    input: () => { stop(); go(Number(scrub.value)); },
  } });
  const does = {
    ready() {
      hidden = false;
      const wanted = before ? before.playing : !matchMedia("(prefers-reduced-motion: reduce)").matches;
      show(true);
      if (!started && wanted) play();
      started = true;
    },
    hidden() { hidden = true; },
    go: play,
    pause() { stop(); show(); },
    step({ n }) { stop(); go(at + n); },
    reset() { stop(); go(0); },
    share: ({ view }) => show(false, { share: { view, text: line } }),
  };
  render({ el, model: {
    get: () => id, set() {}, save_changes() {}, off() {},
    on: (_, heard) => { hear = heard; },
    send: (said) => does[said.t]?.(said),
  } });
  const root = el.querySelector(".sciml-panel");
  root.classList.add("sw-trace");
  root.querySelector(".sw-run").after(part("scrub", {}, scrub));
  put(root.querySelector(".sw-seed"), "");
  root.querySelector(".sw-copy").before(make("span", { class: "sw-length", text: `recorded run, ${length} steps` }));
}
