"""A page with the panel's front end and no kernel: scripted messages, for tests and screenshots.

`python tests/panel_page.py FOLDER` writes screenshots there and prints what drawing costs.
"""

import base64
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from sciml_widgets.live.widget import SCRIPTS
from sciml_widgets.picture import INK, PALETTE

__all__ = ["Demo", "Message", "chromium", "fill", "html", "source", "style"]

LIVE = Path(__file__).parent.parent / "sciml_widgets" / "live"
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
HOST = """
class Model {
  constructor(traits) {
    Object.assign(this, { traits, sent: [], saved: [], heard: [], changed: {} });
  }
  get(name) { return this.traits[name]; }
  set(name, value) { this.traits[name] = this.changed[name] = value; }
  save_changes() {
    this.saved.push({ at: performance.now(), ...structuredClone(this.changed) });
    this.changed = {};
  }
  send(message) { this.sent.push({ at: performance.now(), ...structuredClone(message) }); }
  on(name, heard) { if (name === "msg:custom") this.heard.push(heard); }
  off(name, heard) { this.heard = this.heard.filter((one) => one !== heard); }
  deliver(header, buffers, shift) {
    const views = buffers.map((text) => {
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      const whole = new Uint8Array(bytes.length + shift);
      whole.set(bytes, shift);
      return shift ? new DataView(whole.buffer, shift, bytes.length) : whole.buffer;
    });
    for (const heard of this.heard) heard(structuredClone(header), views);
  }
}
// every listener on the page and every observer, to see that a closed view leaves none
window.outer = [];
const add = EventTarget.prototype.addEventListener;
EventTarget.prototype.addEventListener = function (type, heard, options) {
  const outside = !(this instanceof Node) || this === document;
  if (outside && new Error().stack.includes("blob:")) outer.push({ type, ...options });
  return add.call(this, type, heard, options);
};
window.watching = 0;
for (const name of ["IntersectionObserver", "ResizeObserver", "MutationObserver"]) {
  window[name] = class extends window[name] {
    constructor(heard) { super(heard); watching++; }
    disconnect() { super.disconnect(); watching--; }
  };
}
const module = new Blob([document.getElementById("esm").textContent], { type: "text/javascript" });
const { default: front } = await import(URL.createObjectURL(module));
Object.assign(window, { front, models: [], closers: [] });
window.addModel = () => models.push(new Model({ twin_id: "t" + models.length })) - 1;
window.addView = (i, id) => {
  const el = document.createElement("div");
  el.id = id;
  document.getElementById("host").append(el);
  closers.push(front.render({ model: models[i], el }));
  return closers.length - 1;
};
window.ready = true;
"""


def source() -> str:
    """The module as anywidget gets it."""
    return "\n".join((LIVE / "js" / name).read_text(encoding="utf-8") for name in SCRIPTS)


def style() -> str:
    """The style sheet as anywidget gets it."""
    return (LIVE / "panel.css").read_text(encoding="utf-8")


def html(*, dark: bool = False, width: int = 1130) -> str:
    """One self-contained page; panels are added by `addModel` and `addView`."""
    safe = source().replace("</script", "<\\/script")
    return (
        f'<!doctype html><html{" data-theme=dark" if dark else ""}><meta charset="utf-8">'
        f"<style>body{{margin:0;background:{'#14181d' if dark else '#fff'}}}"
        f"#host{{width:{width}px;padding:18px;box-sizing:border-box}}</style>"
        f'<style>{style()}</style><body><div id="host"></div>'
        f'<script type="text/plain" id="esm">{safe}</script>'
        f'<script type="module">{HOST}</script>'
    )


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser. Raises FileNotFoundError where none is installed."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        raise FileNotFoundError("neither chromium nor google-chrome is on the path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS.split())
        try:
            yield browser
        finally:
            browser.close()


def fill(page: Page, *, dark: bool = False, width: int = 1130) -> None:
    """Put one model and one view of it, in `#one`, on an empty page."""
    page.goto("about:blank")
    page.set_viewport_size({"width": width, "height": 900})
    page.set_content(html(dark=dark, width=width))
    page.wait_for_function("window.ready")
    page.evaluate("addView(addModel(), 'one')")


class Message:
    """A header and its binary buffers."""

    def __init__(self, **header: Any) -> None:
        self.header: dict[str, Any] = {"t": "frame", **header}
        self.buffers: list[bytes] = []

    def put(self, array: Any, dtype: str = "<f4") -> int:
        self.buffers.append(np.ascontiguousarray(array, dtype=dtype).tobytes())
        return len(self.buffers) - 1

    def deliver(self, page: Page, *, model: int = 0, shift: int = 4) -> None:
        """Hand it to the views of a model; `shift` bytes stand before each buffer (0: no view)."""
        texts = [base64.b64encode(buffer).decode() for buffer in self.buffers]
        page.evaluate(
            "([m, h, b, s]) => models[m].deliver(h, b, s)", [model, self.header, texts, shift]
        )


def burgers(nu: float, x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The solution for u(x, 0) = -sin(pi x), by Cole-Hopf; shape (len(x), len(t))."""
    nodes, weights = np.polynomial.hermite.hermgauss(80)
    result = np.empty((len(x), len(t)))
    for j, time in enumerate(t):
        at = x[:, None] - np.sqrt(4 * nu * max(time, 1e-9)) * nodes
        power = -np.cos(np.pi * at) / (2 * np.pi * nu)
        kernel = weights * np.exp(power - power.max(axis=1, keepdims=True))
        result[:, j] = -(kernel * np.sin(np.pi * at)).sum(1) / kernel.sum(1)
    return result


def control(path: str, label: str, group: str, default: Any, **more: Any) -> dict[str, Any]:
    """The description of a control, with the wire's defaults."""
    plain = {"control": "slider", "kind": "hot", "unit": "", "help": "", "options": [],
             "low": 0.0, "high": 1.0, "log": False, "step": None,
             "whole": isinstance(default, int)}  # fmt: skip
    return {**plain, "path": path, "label": label, "group": group, "default": default, **more}


def one_series(name: str, label: str, colour: int, **more: Any) -> dict[str, Any]:
    """The description of a series, with the wire's defaults."""
    return {"name": name, "label": label, "role": "loss", "x": "step", "scale": "log",
            "band": None, "percent": False, "colour": colour, "dash": "solid", "width": 1.5,
            **more}  # fmt: skip


CONTROLS = [
    control("problem.nu", "viscosity ν", "Equation", 0.01, low=0.001, high=0.2, log=True,
            help="how fast differences spread"),
    control("mode", "data", "Equation", "forward", control="choice", kind="restart",
            options=["forward", "reconstruct"]),
    control("w_pde", "equation", "Loss weights", 1.0, low=0.01, high=1000.0, log=True),
    control("w_ic", "initial condition", "Loss weights", 10.0, low=0.01, high=1000.0, log=True,
            help="weight of the initial condition"),
    control("w_bc", "walls", "Loss weights", 10.0, low=0.01, high=1000.0, log=True),
    control("net.depth", "depth", "Network", 4, low=1, high=10, kind="restart", unit="layers"),
    control("net.width", "width", "Network", 20, low=4, high=64, kind="restart", unit="units"),
    control("optimiser", "optimiser", "Training", "Gauss-Newton", control="choice",
            kind="restart", options=["Gauss-Newton", "Adam"]),
    control("lr", "learning rate", "Training", 1e-3, low=1e-5, high=0.1, log=True),
    control("points", "points inside", "Training", 1500, low=100, high=10000, log=True,
            kind="restart"),
    control("redraw", "redraw the points", "Training", False, control="toggle"),
    control("measure", "Measure here", "Training", 0, control="action"),
    control("slice", "slice at t", "View", 0.5, low=0.0, high=1.0, kind="view"),
    control("seed", "seed", "View", 0, low=0, high=9999, kind="restart", whole=True),
]  # fmt: skip

SERIES = [
    one_series("rel_l2", "relative error", INK, role="error", width=2.4, percent=True),
    one_series("pde", "equation", 0),
    one_series("ic", "initial", 1, dash="dashed"),
    one_series("bc", "walls", 2, dash="dotted"),
]


class Demo:
    """A scripted run of Burgers' equation: messages as a kernel would send them."""

    def __init__(self, series: list[dict[str, Any]] | None = None, size: int = 64) -> None:
        self.series = series or SERIES
        self.values = {one["path"]: one["default"] for one in CONTROLS}
        self.values |= {"problem.nu": 0.00318, "w_ic": 100.0}
        self.x, self.t = np.linspace(-1, 1, size), np.linspace(0, 1, size)
        self.truth = burgers(0.01 / np.pi, self.x, self.t)
        smooth = burgers(0.08, self.x, self.t)
        self.miss = smooth - self.truth
        self.number = 0
        rng = np.random.default_rng(0)
        steps = np.arange(400)
        self.tracks = {}
        for k, one in enumerate(self.series):
            noise = rng.normal(size=400) * (0.02 if one["role"] == "error" else 0.28)
            fall = -0.012 * steps - 0.55 * k - (0.9 if k > 1 else 0.15) * (1 - np.exp(-steps / 12))
            if one["role"] == "error":
                fall = -0.2 - 0.011 * steps - 0.75 * (steps > 24) * (steps - 24) / 12
            self.tracks[one["name"]] = np.maximum(10 ** (fall + noise), 1e-7)

    def spec(self, controls: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        return {
            "title": "Burgers PINN",
            "about": "A network learns u(x, t) from Burgers' equation, its start and its walls.",
            "controls": CONTROLS if controls is None else controls,
            "series": self.series,
            "palette": PALETTE,
        }

    def message(
        self, step: int, *, key: bool = False, picture: bool = True, since: int = 0, **header: Any
    ) -> Message:
        """The frame at `step`; `since` is what the browser has of the tracks."""
        self.number += 1
        first = self.series[0]
        error = float(self.tracks[first["name"]][max(0, step - 1)])
        made = Message(
            i=self.number, ack=True, key=key, run=1, state="running", step=step, frames=step,
            seconds=step * 0.135, rate=7.4 if step else 0.0, message="", notice="",
            goal=goal(error, step), earlier=[],
            stats=[{"label": first["label"], "value": error if step else None, "percent": True}],
        )  # fmt: skip
        if key:
            silent = {"lr": "not with Gauss-Newton"}
            made.header |= {"spec": self.spec(), "values": self.values, "silent": silent}
            tick = {"x": {"step": 18.0}, "text": "initial condition 10 → 100"}
            made.header["ticks"] = [tick] if step >= 18 else []
        made.header["tracks"] = [
            {"name": name, "from": since, "n": step - since,
             "x": made.put(np.arange(since, step)), "y": made.put(track[since:step])}
            for name, track in self.tracks.items()
        ]  # fmt: skip
        if picture:
            made.header["picture"] = self.picture(made, step)
        made.header.update(header)
        return made

    def picture(self, made: Message, step: int) -> dict[str, Any]:
        """Two fields and three slices."""
        part = 0.6 * np.exp(-step / 30)
        u = self.truth + part * self.miss
        extent = [0.0, 1.0, -1.0, 1.0]
        axes = {"x": axis("t", 0.0, 1.0), "y": axis("x", -1.0, 1.0), "equal": False}

        def field(z: np.ndarray, limit: float, name: str) -> dict[str, Any]:
            scaled = np.clip((z + limit) / (2 * limit) * 254, 0, 254) + 0.5
            h, w = z.shape
            return {
                "kind": "image",
                "h": h,
                "w": w,
                "extent": extent,
                "low": -limit,
                "high": limit,
                "map": name,
                "unit": "",
                "z": made.put(scaled, "u1"),
            }

        slices = []
        for k, at in enumerate((0.25, 0.5, 0.75)):
            column = round(at * (len(self.t) - 1))
            label = f"t = {at:g}"
            slices.append(lines(made, self.x, u[:, column], label, (0, 1, 3)[k], width=2.0))
        for at in (0.25, 0.5, 0.75):
            column = round(at * (len(self.t) - 1))
            slices.append(lines(made, self.x, self.truth[:, column], "", INK, "dashed", 1.1))
        return {
            "caption": f"Step {step}: the shock has formed; the largest error sits on it.",
            "plots": [
                {"title": "network u(x, t)", "note": "", "alt": "heat map of the network",
                 "marks": [field(u, 1.0, "field")], **axes},
                {"title": "network minus exact", "note": "", "alt": "heat map of the error",
                 "marks": [field(u - self.truth, 0.3, "error")], **axes},
                {"title": "slices u(x)", "note": "dashed: exact", "alt": "three slices",
                 "marks": slices, "x": axis("x", -1.0, 1.0), "y": axis("u", -1.1, 1.1),
                 "equal": False},
            ],
        }  # fmt: skip


def goal(error: float, step: int) -> dict[str, Any]:
    """The goal as the wire writes it."""
    text = f"Goal: relative error below 5 % within 200 steps · now {100 * error:.3g} %"
    if step >= 36:
        return {"text": "✓ relative error below 5 % at step 36", "state": "reached", "share": 1.0}
    return {"text": text, "state": "open", "share": step / 36}


def axis(label: str, low: float | None, high: float | None, log: bool = False) -> dict[str, Any]:
    """One axis as the wire writes it."""
    return {"label": label, "low": low, "high": high, "log": log}


def lines(
    made: Message, x: Any, y: Any, label: str, colour: int, dash: str = "solid", width: float = 1.8
) -> dict[str, Any]:
    """A curve as the wire writes it."""
    return {"kind": "lines", "label": label, "colour": colour, "dash": dash, "width": width,
            "band": None, "x": made.put(x), "y": made.put(y)}  # fmt: skip


RACERS = [
    one_series("rel_l2", "relative error", INK, role="error", width=2.4, percent=True),
    *(
        one_series(f"racer_{k}", f"racer {k}", k, dash=("solid", "dashed", "dotted")[k % 3])
        for k in range(5)
    ),
]


def pictures(browser: Browser, folder: Path) -> None:
    """Save how the panel looks in each state, theme and width."""
    demo = Demo()
    racers = Demo(RACERS).message(120, key=True)
    turned = ((20, "viscosity ν 0.05 → 0.00318 (moves the truth)"),
              (60, "equation 1 → 10"), (112, "walls 1 → 100"))  # fmt: skip
    racers.header["ticks"] = [{"x": {"step": float(at)}, "text": text} for at, text in turned]
    why = "Diverged at step 36: the loss “equation” is no longer a finite number."
    running = demo.message(36, key=True)
    idle = demo.message(0, key=True, state="idle")
    shots: dict[str, tuple[Message, dict[str, Any]]] = {
        "light": (running, {}),
        "dark": (running, {"dark": True}),
        "narrow": (running, {"width": 700}),
        "phone": (running, {"width": 420}),
        "projector": (running, {"width": 1180}),
        "diverged": (demo.message(36, key=True, state="diverged", message=why), {}),
        "idle": (idle, {}),
        "six": (racers, {}),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, (message, options) in shots.items():
        page = browser.new_page(device_scale_factor=2)
        fill(page, **options)
        message.deliver(page)
        if name == "projector":
            page.get_by_role("button", name="Projector mode").click()
        page.wait_for_timeout(300)
        page.locator("#host").screenshot(path=folder / f"{name}.png")
        page.close()


def drawing_costs(browser: Browser, frames: int = 100) -> list[float]:
    """Milliseconds that the page's animation callback takes for each frame of the demo."""
    page = browser.new_page()
    fill(page)
    page.evaluate(
        """() => {
          window.costs = [];
          const ask = window.requestAnimationFrame.bind(window);
          window.requestAnimationFrame = (draw) => ask((at) => {
            const began = performance.now();
            draw(at);
            costs.push(performance.now() - began);
          });
        }"""
    )
    demo = Demo()
    demo.message(30, key=True).deliver(page)
    for step in range(31, 30 + frames):
        demo.message(step, since=step - 1).deliver(page)
        page.wait_for_function(
            "(i) => models[0].sent.some(({ t, i: one }) => t === 'ack' && one === i)",
            arg=demo.number,
        )
    return page.evaluate("costs")


if __name__ == "__main__":
    with chromium() as browser:
        pictures(browser, Path(sys.argv[1]))
        costs = drawing_costs(browser)
    median, slow = np.percentile(costs, [50, 95])
    print(f"{len(costs)} frames: {median:.1f} ms (median), {slow:.1f} ms (95 %) to draw one")
