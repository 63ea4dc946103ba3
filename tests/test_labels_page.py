# ruff: noqa: F401, F811 - the fixtures of a panel on a page
"""What is written on the plots of every lab: nothing is cut, nothing lies on something else."""

import numpy as np
import pytest
from numpy_labs import DoubleWell
from panel_page import Demo, Message, axis, fill, lines
from playwright.sync_api import Browser, Page
from test_panel_page import browser, page, tab, wait_for_ack

from sciml_widgets.headless import run
from sciml_widgets.labs import labs
from sciml_widgets.live.wire import Wire
from sciml_widgets.player import Player
from sciml_widgets.words import spoken

pytestmark = pytest.mark.browser

SLOW = {"reaction-diffusion-pinn", "schroedinger-identify", "schroedinger-pinn"}
"""Labs whose truth takes seconds; the plots of all three are those of other labs."""

WRITTEN = """() => {
  const pen = CanvasRenderingContext2D.prototype, { fillText, clearRect, lineTo } = pen;
  pen.clearRect = function (...box) {
    Object.assign(this.canvas, { texts: [], path: [] });
    clearRect.apply(this, box);
  };
  pen.lineTo = function (x, y) {
    this.canvas.path?.push([x, y]);
    lineTo.call(this, x, y);
  };
  pen.fillText = function (text, x, y) {
    const { a, b, c, d, e, f } = this.getTransform(), said = this.measureText(text);
    const xs = [x - said.actualBoundingBoxLeft, x + said.actualBoundingBoxRight];
    const ys = [y - said.actualBoundingBoxAscent, y + said.actualBoundingBoxDescent];
    const across = xs.flatMap((x) => ys.map((y) => (a * x + c * y + e) / devicePixelRatio));
    const down = xs.flatMap((x) => ys.map((y) => (b * x + d * y + f) / devicePixelRatio));
    const box = { text, left: Math.min(...across), right: Math.max(...across),
      top: Math.min(...down), bottom: Math.max(...down) };
    if (text) this.canvas.texts?.push(box);
    fillText.call(this, text, x, y);
  };
  const meet = (one, two) => one.left < two.right - 1 && two.left < one.right - 1
    && one.top < two.bottom - 1 && two.top < one.bottom - 1;
  const pairs = (boxes, name) => boxes.flatMap((one, i) => boxes.slice(0, i)
    .filter((two) => meet(one, two)).map((two) => `${name(one)} on ${name(two)}`));
  const inside = (one, { left, right, top, bottom }) => one.left > left - 1
    && one.right < right + 1 && one.top > top - 1 && one.bottom < bottom + 1;
  const faults = () => [...document.querySelectorAll(".sw-plots figure")].flatMap((figure) => {
    const canvas = figure.querySelector("canvas"), { texts = [] } = canvas;
    const paper = { left: 0, top: 0, right: canvas.clientWidth, bottom: canvas.clientHeight };
    const cut = texts.filter((one) => !inside(one, paper) || one.text.endsWith("…"));
    const parts = [...figure.querySelector("figcaption").children].filter((one) => one.clientWidth
      || one.textContent && getComputedStyle(one).display === "inline");
    const boxes = parts.map((part) => {
      const { left, right, top, bottom } = part.getBoundingClientRect();
      const short = part.clientWidth && part.scrollWidth > part.clientWidth + 1;
      return { text: part.textContent, short, left, right, top, bottom };
    });
    const own = figure.getBoundingClientRect(), name = ({ text }) => text;
    cut.push(...boxes.filter((one) => one.short || !inside(one, own)));
    const over = [...pairs(texts, name), ...pairs(boxes, name)];
    return [...cut.map(({ text }) => `cut: ${text}`), ...over];
  });
  window.at = async (width) => {
    document.getElementById("host").style.width = width + "px";
    for (let k = 0; k < 3; k++) await new Promise(requestAnimationFrame);
    return faults();
  };
}"""


@pytest.fixture(scope="module")
def wall(tab) -> Page:
    """One panel, which takes the labs in turn."""
    fill(tab[0], width=700)
    tab[0].evaluate(WRITTEN)
    return tab[0]


def key_frame(name: str) -> Message:
    """The first picture of a lab, and points that are made for each of its series."""
    player = Player(labs()[name]())
    header, buffers = Wire().message(player, player.draw(8), key=True, notice="")
    made = Message(**header | {"ack": True})
    made.buffers = buffers
    rng = np.random.default_rng(0)
    places = np.arange(1.0, 121.0)
    made.header["tracks"] = [
        {"name": one["name"], "from": 0, "n": 120, "x": made.put(places),
         "y": made.put(10 ** (rng.normal(0, 0.1, 120) - places / 60))}
        for one in made.header["tracks"]
    ]  # fmt: skip
    return made


def faults(wall: Page, made: Message) -> dict[int, list[str]]:
    """What is wrong at each width of the page."""
    made.header["i"] = wall.evaluate("(window.count = (window.count || 0) + 1)")
    made.deliver(wall)
    wait_for_ack(wall, made.header["i"])
    return {width: wall.evaluate("width => at(width)", width) for width in (700, 1500)}


@pytest.mark.parametrize("name", sorted(set(labs()) - SLOW))
def test_nothing_that_is_written_on_a_plot_is_cut_or_covered(wall: Page, name: str) -> None:
    assert faults(wall, key_frame(name)) == {700: [], 1500: []}


@pytest.mark.parametrize("many", [2, 6])
def test_a_legend_stands_where_no_curve_is(wall: Page, many: int) -> None:
    made = Demo(size=16).message(36, key=True)
    x, names = np.linspace(0, 1, 60), [f"a wave with a name, {k}" for k in range(many)]
    waves = [lines(made, x, np.cos(40 * x + k), name, k) for k, name in enumerate(names)]
    axes = {"x": axis("x", 0, 1), "y": axis("u", -1, 1)}
    made.header["picture"]["plots"][2] |= {"marks": waves, **axes}
    assert faults(wall, made) == {700: [], 1500: []}
    covered = wall.evaluate(
        """() => {
          const { texts, path } = document.querySelectorAll(".sw-plots canvas")[2];
          return texts.filter(({ text }) => text.startsWith("a wave")).map((one) => [one.text,
            path.some(([x, y]) => x > one.left && x < one.right && y > one.top
              && y < one.bottom)]);
        }"""
    )
    assert covered == [[name, False] for name in names]


@pytest.mark.parametrize("at", [3.0, 18.0, 36.0])
def test_the_newest_turn_of_a_knob_is_named_in_whole(wall: Page, at: float) -> None:
    turned = [{"x": {"step": at}, "text": "viscosity ν 0.05 → 0.00318 (moves the truth)"}]
    assert faults(wall, Demo(size=16).message(36, key=True, ticks=turned)) == {700: [], 1500: []}


def test_a_plot_of_several_curves_has_the_name_that_the_lab_gives(wall: Page) -> None:
    for name in ("burgers-race", "burgers-identify"):
        faults(wall, key_frame(name))
        (named,) = {one.plot for one in labs()[name]().series if one.plot}
        assert wall.locator(".sw-plots figcaption b").last.inner_text() == named


def test_panel_and_twin_spell_a_share_alike(wall: Page) -> None:
    player = run(DoubleWell(), frames=12)
    header, buffers = Wire().message(player, player.draw(8), key=True, notice="")
    made = Message(**header | {"ack": True})
    made.buffers = buffers
    faults(wall, made)
    texts = wall.evaluate(
        """() => [...document.querySelectorAll(".sw-plots canvas")].flatMap(({ texts = [] }) =>
          texts.map(({ text }) => text)).filter((text) => text.endsWith("%"))"""
    )
    spelled = [text.replace("\u2009", " ") for text in texts]  # the panel's blank is thin
    shares = [float(text[:-1]) / 100 for text in spelled]
    assert len(shares) > 2 and spelled == [spoken(one, percent=True) for one in shares]
    plots = wall.locator(".sw-plots canvas")
    alts = "".join(plots.evaluate_all("(all) => all.map(({ ariaLabel }) => ariaLabel)"))
    last = [(one, player.scalars[one.name]) for one in player.experiment.series if one.percent]
    words = [f"{one.label} {spoken(value, percent=True)}" for one, value in last]
    assert words and all(text in alts.replace("\u2009", " ") for text in words), (words, alts)
