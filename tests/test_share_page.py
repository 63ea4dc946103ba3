"""Share and continue in the browser: clipboard, storage, and the offer to go on."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from panel_page import Demo, chromium, html
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

SITE = "http://notebook.test/"
PLACE = {"notebook": "lessons/05.ipynb", "lab": "demo"}
KEY = "sciml-widgets/lessons/05.ipynb/demo"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    try:
        with chromium() as found:
            yield found
    except FileNotFoundError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page with an origin, so that it has a storage; an error on its console fails."""
    opened, complaints = browser.new_page(), []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda said: said.type == "error" and complaints.append(said.text))
    opened.route(SITE, lambda route: route.fulfill(body=html(), content_type="text/html"))
    fresh(opened)
    yield opened
    opened.close()
    assert not complaints


def fresh(page: Page) -> Demo:
    """Load the page again, as after a reload."""
    page.goto(SITE)
    page.wait_for_function("window.ready")
    page.evaluate("addView(addModel(), 'one')")
    return Demo(size=16)


def show(page: Page, demo: Demo, step: int, **header: Any) -> None:
    demo.message(step, **header).deliver(page)
    page.wait_for_function(
        "(i) => models[0].sent.some((one) => one.t === 'ack' && one.i === i)", arg=demo.number
    )


def kept(page: Page) -> dict[str, Any]:
    return page.evaluate("({ ...localStorage })")


def sent(page: Page, kind: str) -> list[Any]:
    return [one for one in page.evaluate("models[0].sent") if one["t"] == kind]


def test_a_run_is_kept_and_a_fresh_panel_offers_to_continue_it(page: Page) -> None:
    demo = Demo(size=16)
    show(page, demo, 0, key=True, state="idle", place=PLACE, said="")
    offer = page.get_by_role("button", name="Continue the last run")
    expect(offer).to_have_count(0)
    show(page, demo, 20, kept="first")
    show(page, demo, 30, state="paused", kept="second")
    show(page, demo, 31)
    assert set(kept(page)) == {KEY}
    assert {"step": 30, "text": "second"}.items() <= json.loads(kept(page)[KEY]).items()
    expect(offer).to_have_count(0)
    demo = fresh(page)
    show(page, demo, 0, key=True, state="idle", place=PLACE)
    expect(offer).to_have_text("Continue the last run (step 30)")
    offer.focus()
    page.keyboard.press("Enter")
    assert sent(page, "resume")[0]["text"] == "second"
    expect(offer).to_have_count(0)
    expect(page.get_by_role("button", name="Run")).to_be_focused()


def test_no_offer_to_a_running_panel_another_lab_or_another_notebook(page: Page) -> None:
    demo = Demo(size=16)
    show(page, demo, 20, key=True, place=PLACE, kept="one")
    for place, state, step in (
        (PLACE, "paused", 20), ({**PLACE, "lab": "other"}, "idle", 0),
        ({**PLACE, "notebook": "b.ipynb"}, "idle", 0), ({**PLACE, "notebook": ""}, "idle", 0),
    ):  # fmt: skip
        demo = fresh(page)
        show(page, demo, step, key=True, state=state, place=place)
        expect(page.locator(".sw-strip")).to_be_hidden()


def test_the_offer_goes_when_it_runs_or_is_closed(page: Page) -> None:
    page.evaluate("localStorage[key] = text".replace("key", repr(KEY)).replace(
        "text", repr(json.dumps({"at": 1, "step": 7, "text": "x"}))))  # fmt: skip
    for close in (True, False):
        demo = fresh(page)
        show(page, demo, 0, key=True, state="idle", place=PLACE)
        expect(page.locator(".sw-strip")).to_be_visible()
        if close:
            page.get_by_role("button", name="Close").click()
        else:
            show(page, demo, 1)
        expect(page.locator(".sw-strip")).to_be_hidden()


@pytest.mark.parametrize("entry", ["", "{", "null", "[]", '{"step":"<b>","text":"x"}',
                                   '{"step":3,"text":7}', '{"step":3}'])  # fmt: skip
def test_a_damaged_entry_is_no_offer(page: Page, entry: str) -> None:
    page.evaluate("([key, entry]) => { localStorage[key] = entry; }", [KEY, entry])
    demo = fresh(page)
    show(page, demo, 0, key=True, state="idle", place=PLACE)
    expect(page.locator(".sw-strip")).to_be_hidden()
    show(page, demo, 5, kept="new")
    assert json.loads(kept(page)[KEY])["text"] == "new"


def test_at_most_twenty_records_are_kept_the_newest_and_nothing_of_others(page: Page) -> None:
    page.evaluate(
        """() => {
          localStorage.other = "mine";
          const keep = (i) => { localStorage["sciml-widgets/n/" + i] = `{"at":${i}}`; };
          for (let i = 0; i < 30; i++) keep(i);
        }"""
    )
    show(page, Demo(size=16), 5, key=True, place=PLACE, kept="new")
    there = kept(page)
    assert there.pop("other") == "mine" and len(there) == 20
    assert set(there) == {KEY, *(f"sciml-widgets/n/{i}" for i in range(11, 30))}


def test_a_storage_that_refuses_or_is_full_does_no_harm(page: Page) -> None:
    for trouble in (
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } })",
        "Storage.prototype.setItem = () => { throw new DOMException('full'); }",
    ):
        demo = fresh(page)
        page.evaluate(f"() => {{ {trouble}; }}")
        show(page, demo, 0, key=True, state="idle", place=PLACE)
        show(page, demo, 9, kept="x")
        expect(page.locator(".sciml-panel")).to_have_attribute("data-step", "9")


def test_copy_record_uses_the_clipboard_or_a_field(page: Page) -> None:
    demo, text = Demo(size=16), '{"schema":1,"lab":"demo"}'
    show(page, demo, 9, key=True, state="paused", place=PLACE)
    page.evaluate(
        """() => Object.defineProperty(navigator, "clipboard", { configurable: true, value: {
          writeText: async (text) => { window.copied = text; } } })"""
    )
    page.get_by_role("button", name="Copy record").click()
    view = sent(page, "share")[0]["view"]
    show(page, demo, 9, state="paused", share={"view": "another", "text": "not mine"})
    show(page, demo, 9, state="paused", share={"view": view, "text": text})
    expect(page.locator(".sw-caption")).to_contain_text("The record is copied")
    assert page.evaluate("copied") == text
    show(page, demo, 0, state="idle", run=2)  # a reset: what was said of the old run goes
    expect(page.locator(".sw-caption")).not_to_contain_text("copied", timeout=1000)
    page.evaluate("() => Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    show(page, demo, 9, state="paused", share={"view": view, "text": text})
    field = page.get_by_role("textbox", name="The record, one line of text")
    expect(field).to_have_value(text)
    expect(field).to_be_focused()
    assert page.evaluate("getSelection().toString() || document.activeElement.selectionEnd") in (
        text, len(text))  # fmt: skip
    resets = len(sent(page, "reset"))
    for key in ("r", ".", " "):
        page.keyboard.press(key)
    assert len(sent(page, "reset")) == resets and not sent(page, "step") and not sent(page, "go")
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".sw-strip")).to_be_hidden()


def test_the_verdict_stands_in_the_foot_until_the_next_run(page: Page) -> None:
    demo = Demo(size=16)
    show(page, demo, 9, key=True, state="paused", said="the same as the record, step 9")
    said = page.locator(".sw-said")
    expect(said).to_have_text("the same as the record, step 9")
    expect(said).to_have_class("sw-said sw-same")
    show(page, demo, 9, said="the runs agree up to frame 0 and part by frame 10")
    expect(said).to_have_class("sw-said")
    show(page, demo, 0, said="")
    expect(said).to_be_hidden()
