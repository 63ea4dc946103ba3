"""A real kernel while real torch trains: answers to a slider, re-run cells, headless cells."""

import statistics
from importlib.metadata import version

import pytest
from kernels import Kernel
from packaging.version import Version

pytestmark = pytest.mark.kernel

SHOW = """
from sciml_widgets import show
from sciml_widgets.labs import BurgersPINN
panel = show(BurgersPINN())
"""
THREADS = "[t.name for t in __import__('threading').enumerate() if 'sciml' in t.name]"


@pytest.fixture(scope="module")
def kernel():
    with Kernel() as made:
        yield made


def start(kernel):
    """Show the lab, be its browser, and run."""
    kernel.frames.clear()
    kernel.subshell = None
    reply = kernel.run(SHOW)
    assert reply["status"] == "ok", reply
    kernel.say(t="ready")
    kernel.until("idle")
    kernel.say(t="go")
    kernel.until("running")


@pytest.mark.parametrize("where", ["main shell", "subshell"])
def test_a_slider_is_answered_while_torch_trains(kernel, where):
    start(kernel)
    if where == "subshell":
        if Version(version("ipykernel")) < Version("7"):
            pytest.skip("kernels of ipykernel 6 have no subshells")
        kernel.use_subshell()
    first = kernel.frames[-1][1]["step"]
    times = [kernel.answer("problem.nu", 0.05 + k / 1000) for k in range(1, 41)]
    assert kernel.frames[-1][1]["step"] > first
    # Ten times the target of 25 ms: this tells working from broken, the figure is in benchmarks/.
    assert statistics.quantiles(times, n=20)[18] < 0.25
    kernel.say(t="pause")
    kernel.until("paused")
    ticks = kernel.value("[t.text() for t in panel.player.ticks]")
    assert len(ticks) == 1 and ticks[0].startswith("viscosity ν 0.05 → 0.09"), "one drag, one tick"


def test_other_cells_run_while_it_trains(kernel):
    start(kernel)
    assert kernel.value("1 + 1") == 2
    assert kernel.value("panel.player.state") == "running"


def test_running_the_cell_again_leaves_one_thread(kernel):
    start(kernel)
    start(kernel)
    assert len(kernel.value(THREADS)) == 1
    kernel.run("panel.close()")
    assert kernel.value(THREADS) == []


def test_two_panels_in_one_cell_both_live_and_both_go(kernel):
    kernel.run("a = show(BurgersPINN()); b = show(BurgersPINN().but(seed=1))", cell="two")
    assert len(kernel.value(THREADS)) == 2
    kernel.run("a.go(); b.go(); a.step; b.step")
    kernel.run("import time; time.sleep(1.5); a.pause(); b.pause(); a.wait(5); b.wait(5)")
    assert min(kernel.value("(a.player.frames, b.player.frames)")) > 5
    assert kernel.value("a.scalars != b.scalars")
    kernel.run("pass", cell="two")
    kernel.run("c = show(BurgersPINN())", cell="two")
    assert len(kernel.value(THREADS)) == 1
    kernel.run("c.close()")


def test_without_a_front_end_a_picture_is_left_and_no_thread_or_widget(kernel):
    kernel.outputs.clear()
    before = kernel.value("len(__import__('ipywidgets').Widget.widgets)")
    kernel.outputs.clear()
    reply = kernel.run("still = show(BurgersPINN(), still=20)", live=False)
    assert reply["status"] == "ok", reply
    shown = [output for output in kernel.outputs if "data" in output]
    kinds = [set(output["data"]) for output in shown]
    assert kinds == [{"image/png", "text/plain"}, {"text/html", "text/plain"}]
    words = shown[0]["data"]["text/plain"]
    assert "step 19" in words and "step 19" in shown[1]["data"]["text/html"], "heard, not seen"
    assert kernel.value(THREADS) == []
    assert kernel.value("len(__import__('ipywidgets').Widget.widgets)") == before


def test_what_a_lab_raises_is_raised_where_nobody_is_there(kernel):
    code = """
    from sciml_widgets import Experiment
    class Broken(Experiment):
        def frames(self):
            yield from ()
            raise RuntimeError("the lab is broken")
    Broken = __import__("dataclasses").dataclass(Broken)
    show(Broken())
    """
    import textwrap

    reply = kernel.run(textwrap.dedent(code), live=False)
    assert reply["status"] == "error" and reply["ename"] == "RuntimeError"


def test_the_static_twin_is_drawn_when_the_run_rests(kernel):
    start(kernel)
    kernel.outputs.clear()
    kernel.say(t="pause")
    kernel.until("paused")
    found = kernel.listen(lambda m: m["msg_type"] == "update_display_data", 20)
    assert found is not None
    html = found["content"]["data"]["text/html"]
    assert "sciml-static" in html and "data:image/png;base64," in html and 'alt="' in html
    assert len(html) < 200_000
    kernel.run("panel.close()")


def test_interrupt_does_not_stop_the_panel(kernel):
    start(kernel)
    kernel.manager.interrupt_kernel()
    assert kernel.value("panel.player.state") == "running"
    kernel.run("panel.close()")


def test_a_question_is_asked_answered_and_told_where_nobody_is(kernel):
    kernel.run("from sciml_widgets import guess_number, show")
    kernel.run("from sciml_widgets.labs import BurgersPINN")
    kernel.subshell = None
    ask = "guess_number('How large?', of='rel_l2', at=20, low=1e-3, high=10, log=True)"
    kernel.frames.clear()
    assert kernel.run(f"panel = show(BurgersPINN(), predict={ask})")["status"] == "ok"
    kernel.say(t="ready")
    kernel.until("idle")
    kernel.say(t="go")
    assert kernel.value("panel.player.state") == "idle"
    kernel.say(t="guess", value="0,5")
    kernel.say(t="go")
    kernel.until("running")
    told = kernel.listen(
        lambda m: (
            m["msg_type"] == "comm_msg"
            and "it is" in m["content"]["data"]["content"].get("predict", {}).get("status", "")
        ),
        20,
    )
    assert told is not None
    guess, step, error = kernel.value("(panel.guess, panel.verdict.step, panel.verdict.error)")
    assert (guess, step, error) == (0.5, 20, "")
    kernel.run("panel.close()")
    kernel.outputs.clear()
    reply = kernel.run(f"still = show(BurgersPINN(), still=25, predict={ask})", live=False)
    assert reply["status"] == "ok", reply
    (shown,) = [output["data"] for output in kernel.outputs if "data" in output]
    assert shown["text/plain"].startswith("How large?\nIt is ")
    before, fold, inside = shown["text/html"].partition("<details>")
    assert "How large?" in before and fold and "It is " in inside and "<img " in inside
    assert kernel.value("still.guess is None and still.verdict.step == 20")
