# ruff: noqa: F401, F811 - the fixtures of a panel on a page
"""The card of a question in a real browser, by pointer and by key, without a kernel."""

import math
from typing import Any

import numpy as np
import pytest
from panel_page import Demo, fill
from playwright.sync_api import Page, expect
from test_panel_page import (
    CONTRAST,
    browser,
    ink,
    page,
    sent,
    tab,
    wait_for_ack,
)

from sciml_widgets import guess_choice, guess_curve, guess_number
from sciml_widgets.live.predict import Prediction
from sciml_widgets.picture import Axis
from sciml_widgets.predict import HANDLES, Question, Verdict

pytestmark = pytest.mark.browser

OPTIONS = ("t = 0.25", "t = 0.5", "all at one pace")
HOW: dict[str, Any] = {"of": "rel_l2", "at": 60, "low": 1e-4, "high": 1.0, "log": True}
AXES: dict[str, Any] = {"x": Axis("x", -1, 1), "y": Axis("u", -1, 1)}


def number(**more: Any) -> Question:
    return guess_number("How large is it?", **HOW, percent=True, explain="So it is.", **more)


def choice(**more: Any) -> Question:
    return guess_choice("Which first?", OPTIONS, of=str, explain="So it is.", **more)


def curve(**more: Any) -> Question:
    return guess_curve("Draw u(x).", of="u", explain="So it is.", **AXES, **more)


GUESSES = [
    (number(), "3", 0.012),
    (number(room=True), "3 5 0.1", 0.012),
    (choice(), OPTIONS[0], OPTIONS[2]),
    (choice(room=True), [3, 0, 5], OPTIONS[2]),
    (curve(), [0.5] * HANDLES, ((-1.0, 1.0), (0.0, 0.5))),
]


def told(question: Question, guess: Any = None, result: Any = None, note: str = "") -> Any:
    """What the panel sends about a question."""
    asked = Prediction(question, ["rel_l2"])
    if guess is not None:
        asked.phase, asked.guess = "committed", question.check(guess)
    if result is not None:
        apart = question.apart(asked.guess, result)
        asked.verdict = Verdict(asked.guess, result, apart, 60, note)
    return asked.part()


def put(page: Page, about: Any, step: int = 0, number: int = 1) -> None:
    """A key frame that asks."""
    demo = Demo(size=8)
    state = "running" if step else "idle"
    demo.message(step, key=True, state=state, predict=about, i=number, goal=None).deliver(page)
    wait_for_ack(page, number)


def card(page: Page) -> Any:
    return page.get_by_role("group", name="Prediction")


def commit(page: Page) -> Any:
    return card(page).get_by_role("button", name="Commit")


def guesses(page: Page) -> list[Any]:
    return [one["value"] for one in sent(page, "guess")]


def test_no_question_no_card(page: Page) -> None:
    put(page, None)
    expect(card(page)).to_be_hidden()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()


@pytest.mark.parametrize(("question", "guess", "result"), GUESSES)
def test_run_and_step_are_locked_until_the_guess(
    page: Page,
    question: Question,
    guess: Any,
    result: Any,
) -> None:
    put(page, told(question))
    for name in ("Run", "Step"):
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_be_disabled()
        expect(button).to_have_attribute("title", "Commit a guess first, or skip it")
        assert "Commit a guess" in (button.get_attribute("aria-description") or "")
    expect(commit(page)).to_be_disabled()
    expect(card(page)).to_contain_text(question.text)
    put(page, told(question, guess), 36, 2)
    expect(page.get_by_role("button", name="Step", exact=True)).to_be_enabled()
    expect(page.get_by_role("button", name="Step", exact=True)).to_have_attribute(
        "title", "Step (.)"
    )
    expect(commit(page)).to_have_count(0)
    expect(card(page)).not_to_contain_text("So it is")
    put(page, told(question, guess, result), 90, 3)
    apart = question.apart(question.check(guess), result)
    expect(card(page).locator(".sw-status")).to_have_text(apart)
    expect(page.locator(".sw-voice")).to_have_text(f"{question.text} {apart}")
    why = card(page).locator("details")
    expect(why).not_to_have_attribute("open", "")
    why.locator("summary").press("Enter")
    expect(why).to_have_attribute("open", "")
    expect(why).to_have_text("Why?So it is.")
    card(page).get_by_role("button", name="Guess again").click()
    assert len(sent(page, "again")) == 1


def test_a_number_is_typed_and_committed_with_enter(page: Page) -> None:
    put(page, told(number()))
    field = card(page).get_by_label("your guess")
    field.focus()
    page.keyboard.type("2.5 r")
    page.keyboard.press("Enter")
    assert guesses(page) == ["2.5 r"], "the kernel reads it; no key is a command of the panel"
    assert not sent(page, "step") and not sent(page, "reset") and not sent(page, "go")
    field.fill(" ")
    expect(commit(page)).to_be_disabled()
    page.keyboard.press("Enter")
    assert len(guesses(page)) == 1


def test_skip(page: Page) -> None:
    put(page, told(number()))
    card(page).get_by_role("button", name="Skip").click()
    assert len(sent(page, "skip")) == 1
    asked = Prediction(number(), ["rel_l2"])
    asked.skip()
    put(page, asked.part(), 36, 2)
    card(page).get_by_role("button", name="Guess after all").click()
    assert len(sent(page, "again")) == 1
    expect(page.get_by_role("button", name="Step", exact=True)).to_be_enabled()


def test_one_option_is_chosen_by_pointer_and_by_key(page: Page) -> None:
    put(page, told(choice()))
    card(page).get_by_text(OPTIONS[1]).click()
    commit(page).click()
    card(page).get_by_role("radio", name=OPTIONS[1]).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert guesses(page) == [OPTIONS[1], OPTIONS[2]]
    page.keyboard.press(" ")
    assert not sent(page, "go"), "a space chooses an option"


def test_the_room_votes(page: Page) -> None:
    put(page, told(choice(room=True)))
    card(page).get_by_role("spinbutton", name=OPTIONS[0]).fill("3")
    card(page).get_by_role("spinbutton", name=OPTIONS[2]).fill("12")
    card(page).get_by_role("button", name="Commit the room's guess").click()
    assert guesses(page) == [[3, 0, 12]]
    put(page, told(choice(room=True), [3, 0, 12], OPTIONS[0]), 90, 2)
    rows = card(page).locator(".sw-option")
    assert [row.inner_text().split("\n")[-1] for row in rows.all()] == ["3 ✓", "0", "12"]


def draw(page: Page, *places: tuple[float, float]) -> None:
    """One stroke through places given in pixels from the corner of the canvas."""
    box = card(page).locator("canvas").bounding_box()
    for number_, (x, y) in enumerate(places):
        page.mouse.move(box["x"] + x, box["y"] + y)
        if not number_:
            page.mouse.down()
    page.mouse.up()


def test_a_curve_is_drawn_with_the_pointer(page: Page) -> None:
    """A straight stroke, however few events it makes, becomes a straight curve."""
    put(page, told(curve()))
    box = card(page).locator("canvas").bounding_box()
    wide, tall = box["width"], box["height"]
    draw(page, (2, tall * 0.25), (wide * 0.3, tall * 0.25), (wide - 2, tall * 0.25))
    commit(page).click()
    level = guesses(page)[0]
    assert len(level) == HANDLES and len(set(level)) == 1 and 0.2 < level[0] < 0.8
    draw(page, (2, 2), (wide - 2, tall - 2))
    commit(page).click()
    slope = guesses(page)[1]
    assert slope[0] == 1.0 and slope[-1] == -1.0, "above and below the picture are its edges"
    inside = [v for v in slope if abs(v) < 1]
    assert len(inside) > HANDLES // 2
    assert np.diff(inside) == pytest.approx(np.mean(np.diff(inside)), rel=1e-9)


def test_a_curve_is_drawn_with_the_keys(page: Page) -> None:
    put(page, told(curve()))
    canvas = card(page).get_by_role("slider", name="Draw u(x).")
    canvas.focus()
    expect(canvas).to_have_attribute("aria-valuetext", "x 0: not drawn")
    page.keyboard.press("ArrowRight")
    expect(commit(page)).to_be_disabled()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    page.keyboard.press("PageDown")
    page.keyboard.press("End")
    page.keyboard.press("ArrowDown")
    expect(canvas).to_have_attribute("aria-valuetext", "x 1: u 0")
    page.keyboard.press("Tab")
    expect(commit(page)).to_be_focused()
    page.keyboard.press("Enter")
    (heights,) = guesses(page)
    expected = [0.05] * HANDLES
    expected[0], expected[-1] = 0.05 - 0.25, 0.0
    assert heights == pytest.approx(expected, abs=1e-12)
    assert curve().check(heights)


def test_a_hand_on_the_input_is_not_disturbed_and_then_run_has_the_focus(page: Page) -> None:
    put(page, told(number()))
    field = card(page).get_by_label("your guess")
    field.fill("3")
    put(page, told(number()), 0, 2)
    expect(field).to_be_focused()
    expect(field).to_have_value("3")
    page.keyboard.press("Enter")
    put(page, told(number(), "3"), 0, 3)
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_focused()
    page.keyboard.press(" ")
    assert len(sent(page, "go")) == 1


def test_guess_and_result_lie_on_the_scale_where_they_belong(page: Page) -> None:
    put(page, told(number(), "1", 1e-3), 90)
    line = card(page).locator(".sw-ruler").bounding_box()
    for name, value in (("guess", 1e-2), ("result", 1e-3)):
        dot = card(page).locator(f".sw-ruler .sw-{name}").bounding_box()
        share = (dot["x"] + dot["width"] / 2 - line["x"]) / line["width"]
        assert share == pytest.approx(math.log10(value / 1e-4) / 4, abs=0.003)


def test_the_guess_is_a_ring_in_the_plot_of_its_series(page: Page) -> None:
    put(page, told(choice(), OPTIONS[0]), 36)
    without = ink(page, 3)
    put(page, told(number(), "3"), 36, 2)
    page.wait_for_timeout(100)
    ringed = ink(page, 3)
    put(page, told(choice(), OPTIONS[0]), 36, 3)
    page.wait_for_timeout(100)
    assert ink(page, 3) == without != ringed


@pytest.mark.parametrize("width", [1130, 700, 420])
@pytest.mark.parametrize(("question", "guess", "result"), GUESSES)
def test_nothing_leaves_the_panel(
    page: Page,
    question: Question,
    guess: Any,
    result: Any,
    width: int,
) -> None:
    fill(page, width=width)
    note = "Turned after the guess: viscosity ν 0.05 → 0.003, depth 4 → 5."
    for number_, about in enumerate((told(question), told(question, guess, result, note)), 1):
        put(page, about, 0, number_)
        beyond = page.evaluate(
            """() => {
              const panel = document.querySelector(".sciml-panel");
              const { left, right } = panel.getBoundingClientRect();
              return [...document.querySelectorAll(".sw-ask *")].filter((e) => {
                const box = e.getBoundingClientRect();
                return box.right > right || box.left < left;
              }).map((e) => e.className);
            }"""
        )
        assert beyond == []


@pytest.mark.parametrize("dark", [False, True])
def test_the_card_can_be_read_and_everything_has_a_name(page: Page, dark: bool) -> None:
    fill(page, dark=dark)
    number_ = 0
    for question, guess, result in GUESSES:
        for about in (told(question), told(question, guess, result, "Turned after the guess: ν.")):
            number_ += 1
            put(page, about, 0, number_)
            poor = page.evaluate(
                CONTRAST
                + """
                const found = [];
                for (const e of document.querySelectorAll(".sw-ask *")) {
                  const written = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
                  if (!written || !e.checkVisibility() || e.disabled) continue;
                  const below = (e) => getComputedStyle(e).backgroundColor;
                  let behind = e;
                  while (clear(below(behind))) behind = behind.parentElement;
                  const ratio = contrast(getComputedStyle(e).color, below(behind));
                  if (ratio < 4.5) found.push([e.className, e.textContent, ratio]);
                }
                return found;
                }"""
            )
            assert poor == []
            for control in card(page).locator("button, input, [tabindex]").all():
                named = control.evaluate(
                    "(e) => e.ariaLabel || e.labels?.[0]?.textContent || e.textContent"
                )
                assert named.strip()


def test_the_question_comes_and_goes_with_the_panels_keys_untouched(page: Page) -> None:
    """A shortcut gets past the locked button, so that the kernel can say why not."""
    put(page, told(number()))
    page.locator(".sw-plots").click()
    page.keyboard.press(" ")
    page.keyboard.press(".")
    assert len(sent(page, "go")) == 1 and len(sent(page, "step")) == 1
