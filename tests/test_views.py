"""Who looks at a panel, who lags, and whose word is the newest."""

import time

from sciml_widgets.live.views import GONE, LIGHT, MOST_VIEWS, Views


def ready(panel: Views, name: str, sent: int = 0) -> None:
    panel.hear({"t": "ready", "view": name}, sent)


def test_nobody_looks_until_a_view_says_so_and_while_it_is_hidden() -> None:
    panel = Views()
    assert not panel.free(time.perf_counter())
    ready(panel, "one")
    assert panel.free(time.perf_counter())
    panel.hear({"t": "hidden", "view": "one"}, 0)
    assert not panel.free(time.perf_counter())


def test_a_view_may_owe_one_acknowledgement_and_not_two() -> None:
    panel = Views()
    ready(panel, "one")
    assert panel.asks(1, heavy=True) and panel.free(time.perf_counter())
    assert panel.asks(2, heavy=True) and not panel.free(time.perf_counter())
    panel.hear({"t": "ack", "view": "one", "i": 1}, 2)
    assert panel.free(time.perf_counter())


def test_of_light_messages_every_third_asks() -> None:
    panel = Views()
    assert [panel.asks(number, heavy=False) for number in range(1, 2 * LIGHT + 1)] == [
        number % LIGHT == 0 for number in range(1, 2 * LIGHT + 1)
    ]


def test_who_has_been_silent_for_long_holds_nobody_up() -> None:
    panel = Views()
    ready(panel, "gone")
    for number in (1, 2, 3):
        panel.asks(number, heavy=True)
    ready(panel, "one", sent=3)
    now = time.perf_counter()
    assert not panel.free(now)
    assert panel.free(now + GONE)


def test_the_view_that_was_silent_longest_is_forgotten_first() -> None:
    panel = Views()
    for number in range(MOST_VIEWS):
        panel.hear({"t": "ready", "view": f"view {number}", "order": 5}, 0)
    ready(panel, "one more")
    older = {"t": "turn", "view": "view 0", "order": 1}
    assert not panel.overtaken(older, "there"), "view 0 is forgotten, and what it said with it"
    assert panel.overtaken({**older, "view": "view 1"}, "there")


def test_the_newest_word_counts_for_each_matter_by_itself() -> None:
    panel = Views()
    ready(panel, "one")

    def late(order: int, about: str, last: bool = True) -> bool:
        return panel.overtaken({"view": "one", "order": order}, about, last)

    assert not late(4, "run") and late(3, "run") and not late(3, "turn nu")
    assert not late(9, "run", last=False) and not late(5, "run"), "9 was no last word"
    assert not panel.overtaken({"view": "stranger", "order": 1}, "run")
    assert not panel.overtaken({"view": "one"}, "run"), "a message without a number is taken"
