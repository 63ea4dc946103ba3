"""`make bench`: what the panel and the lessons cost, written to benchmarks/README.md.

Every speed is a ratio or a time of this run. A real kernel trains the lab; for the first three
rows this process is its browser, for the frames a real Chromium is.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import costs
from benchmarks.costs import Row
from sciml_widgets import machine
from tests.kernels import Kernel
from tests.lab import CHROMIUM, chromium, execute, notebook, server

HERE = Path(__file__).parent
SHOW = (
    "from sciml_widgets import run, show\n"
    "from sciml_widgets.labs import BurgersPINN\n"
    "BurgersPINN.length = 10**6  # it trains until it is paused\n"
    "panel = show(BurgersPINN())"
)
ROUNDS = 15
FRAMES = 800
ANSWERS = {
    ("a loss weight", "main shell"): ("weights.w_ic", 10.0),
    ("a loss weight", "subshell"): ("weights.w_ic", 10.0),
    ("the viscosity", "main shell"): ("problem.nu", 0.05),
    ("the viscosity", "subshell"): ("problem.nu", 0.05),
}


def imports() -> dict[str, float]:
    """Seconds of `import sciml_widgets` in a fresh Python, without those of Python itself."""
    code = "from time import perf_counter as t; a = t(); import sciml_widgets; print(t() - a)"
    runs = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                             check=True).stdout)
        for _ in range(ROUNDS)
    ]  # fmt: skip
    return {"import_s": statistics.median(runs)}


def steps(kernel: Kernel) -> dict[str, float]:
    """Steps a second with the panel and without, in turns, each from the untrained network."""
    ratios, live, alone, sizes, fields = [], [], [], [], []
    for _ in range(ROUNDS):
        headless = f"(lambda p: p.frames / p.seconds)(run(BurgersPINN(), frames={FRAMES}))"
        before = kernel.value(headless)
        kernel.run(SHOW)
        kernel.frames.clear()
        kernel.say(t="ready")
        kernel.until("idle")
        kernel.say(t="step", n=FRAMES)
        kernel.until("running")
        kernel.until("paused", 120)
        running = [(at, h["frames"]) for at, h, _ in kernel.frames if h["state"] == "running"]
        (first, start), (last, end) = running[0], running[-1]
        pictures = sum("picture" in h for _, h, _ in kernel.frames if h["state"] == "running")
        fields.append(pictures / (last - first))
        sizes += [
            len(json.dumps(header)) + sum(map(len, buffers))
            for _, header, buffers in kernel.frames
            if "picture" in header and not header["key"]
        ]
        after = kernel.value(headless)
        alone.append((before + after) / 2)
        live.append((end - start) / (last - first))
        ratios.append(live[-1] / alone[-1])
    kernel.run("panel.close()")
    return {
        "ratio": statistics.median(ratios), "ratio_low": min(ratios), "ratio_high": max(ratios),
        "live": statistics.median(live), "alone": statistics.median(alone),
        "fields": statistics.median(fields),
        "bytes": statistics.median(sizes), "bytes_most": max(sizes),
    }  # fmt: skip


def answers(kernel: Kernel, knob: str, low: float, *, subshell: bool) -> dict[str, float]:
    """Seconds from a turn of the slider to the frame that shows it applied, while it trains."""
    kernel.subshell = None
    kernel.run(SHOW)
    kernel.frames.clear()
    kernel.say(t="ready")
    kernel.until("idle")
    if subshell:
        kernel.use_subshell()
    kernel.say(t="go")
    kernel.until("running")
    times = []
    for k in range(200):
        times.append(kernel.answer(knob, round(low * (1 + 0.01 * (k % 40 + 1)), 6)))
        kernel.listen(lambda _: False, 0.037)  # not in step with the frames
    kernel.subshell = None
    kernel.run("panel.close()")
    cuts = statistics.quantiles(times, n=100)
    return {"median_ms": 1e3 * cuts[49], "p95_ms": 1e3 * cuts[94]}


def frames() -> dict[str, float]:
    """Frames drawn a second in Chromium, steps a second meanwhile, and the saved notebook."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        notebook(folder / "bench.ipynb", SHOW)
        with server(folder) as jupyter, chromium() as browser:
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            page.goto(jupyter.url("bench.ipynb"))
            execute(page)
            panel = page.locator(".sciml-panel")
            panel.wait_for(timeout=60e3)
            panel.get_by_role("button", name="Run", exact=True).click()
            page.wait_for_timeout(4000)
            first, began = int(panel.get_attribute("data-step")), time.perf_counter()
            rates = []
            for _ in range(10):
                page.wait_for_timeout(500)
                rates.append(float(panel.get_attribute("data-fps")))
            speed = (int(panel.get_attribute("data-step")) - first) / (time.perf_counter() - began)
            panel.get_by_role("button", name="Pause", exact=True).click()
            page.wait_for_selector(".sciml-static img", state="attached", timeout=30e3)
            page.keyboard.press("Escape")
            page.keyboard.press("Control+s")
            wait(lambda: "image/png" in (folder / "bench.ipynb").read_text())
            size = (folder / "bench.ipynb").stat().st_size
    return {"drawn": statistics.median(rates), "steps": speed, "notebook": size}


def wait(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("it did not happen in time")
        time.sleep(0.1)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.parse_args(arguments)
    measured = {"import": imports()}
    say("import", measured["import"])
    with Kernel(env={"OMP_NUM_THREADS": "1"}) as kernel:
        kernel.run(SHOW)
        measured["steps"] = steps(kernel)
        say("steps", measured["steps"])
        for (name, where), (knob, low) in ANSWERS.items():
            found = answers(kernel, knob, low, subshell=where == "subshell")
            measured[f"{name}, {where}"] = found
            say(f"{name}, {where}", found)
    if CHROMIUM:
        measured["frames"] = frames()
        say("frames", measured["frames"])
    lessons = costs.rows()
    for row in lessons:
        print(row.line(), flush=True)
    (HERE / "README.md").write_text(page(measured, lessons), encoding="utf-8")


def rows(m: dict[str, dict[str, float]]) -> list[Row]:
    """What the panel itself costs."""
    s = m["steps"]
    span = f"{s['ratio_low']:.3f} to {s['ratio_high']:.3f}; {s['live']:.0f} : {s['alone']:.0f}"
    ratio = f"**{s['ratio']:.3f}** ({span})"
    found = [Row("steps a second with the panel : headless", ">= 0.95", ratio, s["ratio"] >= 0.95)]
    for name, where in ANSWERS:
        a = m[f"{name}, {where}"]
        value = f"median {a['median_ms']:.1f} ms, **p95 {a['p95_ms']:.1f} ms**"
        what = f"slider to answer while it trains, {name}, {where}"
        found.append(Row(what, "p95 <= 25 ms", value, a["p95_ms"] <= 25))
    if "frames" in m:
        f = m["frames"]
        least = min(20.0, 0.9 * f["steps"])
        goal = f">= {least:.0f} (at {f['steps']:.0f} steps a second)"
        drawn = f"**{f['drawn']:.1f}** (curves and numbers; fields about {s['fields']:.0f})"
        found.append(Row("frames drawn a second in Chromium", goal, drawn, f["drawn"] >= least))
        size = f"**{f['notebook'] / 1e3:.0f} kB**"
        small = f["notebook"] <= 200e3
        found.append(Row("saved notebook with one panel", "<= 200 kB", size, small))
    size = f"**{s['bytes'] / 1e3:.1f} kB** (largest {s['bytes_most'] / 1e3:.1f} kB)"
    found.append(Row("a message with a picture", "<= 20 kB", size, s["bytes"] <= 20e3))
    seconds = m["import"]["import_s"]
    found.append(Row("`import sciml_widgets`", "<= 0.5 s", f"**{seconds:.2f} s**", seconds <= 0.5))
    return found


def page(m: dict[str, dict[str, float]], lessons: list[Row]) -> str:
    """benchmarks/README.md."""
    import torch

    tables = ["\n".join(row.line() for row in some) for some in (rows(m), lessons)]
    return f"""# What the panel costs

Written by `make bench`; do not edit. The lab is `burgers-pinn` as lesson 05 shows it, on
{machine.cores()} cores, training on one thread; Python {platform.python_version()}, torch
{torch.__version__}.

| what | target | measured | kept |
|---|---|---|---|
{tables[0]}

Steps: {ROUNDS} pairs of runs of {FRAMES} steps in a real kernel, the panel's messages
acknowledged by the measuring process; the median of the ratios, and their range. Answers: 200
turns, from the message of the slider to the one that shows it applied; each turn of the viscosity
moves the exact solution, which is then computed anew. Frames: what the panel counts in a headless
Chromium that draws in software, on the same cores.

## What the lessons need

| what | target | measured | kept |
|---|---|---|---|
{tables[1]}

The clock of this run, but for the errors of POD and of the shipped network, which are recorded
(`make results`). Flows: one call that draws and makes them, by all cores, then by one. Steps: the
first {costs.STEPS} of each lab as it opens, one thread, and the pictures between them but for
the first, for which some labs make their truth.

Many kernels on one machine are measured by `make load` (docs/load.md). What the lessons report is
measured by `make results` and kept in `lessons/results/`.
"""


def say(what: str, values: dict[str, float]) -> None:
    print(what, {name: round(value, 4) for name, value in values.items()}, flush=True)


if __name__ == "__main__":
    main()
