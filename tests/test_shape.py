"""The shape of a lesson: each departure is seen, in a copy of a good one that is broken once."""

import re
from pathlib import Path

import pytest

from sciml_widgets.course.lesson import Lesson
from sciml_widgets.course.script import convert
from sciml_widgets.course.shape import departures

SCRIPT = Path(__file__).parents[1] / "lessons" / "05_burgers.py"
TEXT = SCRIPT.read_text(encoding="utf-8")

BREAKS = {
    "a front page typed by hand": ("# **After this lesson", "# **Soon", "front page"),
    "other minutes than the block": ("Build it (14 minutes)", "Build it (9 minutes)", "heading 3"),
    "another title than the block": ("title: See it,", "title: Look,", "heading 1"),
    "a section that the block lacks": ("# ### 3.5 The loss", "# ## The loss", "heading 4"),
    "a section that is left out": (
        "#     - {title: The honest table, minutes: 3}\n", "", "sections must be See it;",
    ),
    "a heading below other text": (
        "# ## 2 · The problem", "# Words.\n#\n# ## 2 · The problem", "must open its cell",
    ),
    "a section that starts no slide": (
        '{"slide_type": "slide"}\n# ## 4', '{"slide_type": "skip"}\n# ## 4', "must start a slide",
    ),
    "nothing to see": ("show(recorded[", "len(recorded[", "See it: a live"),
    "no equation": ("$$", "", "The problem: write the equation"),
    "no guess": ("predict=", "words=", "Predict, run, explain: the student must commit"),
    "no explanation": (re.compile("explain( it|=)"), "enjoy", "Predict, run, explain: ask for"),
    "one exercise only": ('"exercise", "fisher"', '"other"', "two exercises at least"),
    "no solution": ('"solution", "fisher"', '"other"', "fisher needs one cell tagged exercise"),
    "a solution to nothing": (
        '"solution", "fisher"', '"solution", "fishing"', "solution fishing has no exercise",
    ),
    "no check": ("def one_knob(answer)", "def my_knob(answer)", "one_knob needs its check"),
    "a solution elsewhere": (
        '["solver"]', '["solver", "solution"]', "The honest table: an exercise or a solution",
    ),
    "nothing breaks": (
        re.compile(r"(broken|gallery) = show\("), "len(", "Where it breaks: let it break",
    ),
    "one seed": ("spread(", "str(", "The honest table: no number comes from one seed"),
    "no table": ("table(", "print(", "The honest table: a cell tagged numbers"),
    "nothing next": ("**What next", "**Goodbye", "Key points: the last cell needs **What next"),
    "no references": ("**References**", "**Books**", "Key points: the last cell needs **Ref"),
}  # fmt: skip


def told(text: str) -> list[str]:
    book = convert(text, SCRIPT)
    return departures(Lesson.read(book.metadata, SCRIPT), book.cells)


def test_a_good_lesson_departs_in_nothing() -> None:
    assert told(TEXT) == []


@pytest.mark.parametrize(("old", "new", "said"), BREAKS.values(), ids=BREAKS)
def test_a_lesson_that_departs_from_the_shape_is_seen(
    old: str | re.Pattern[str], new: str, said: str
) -> None:
    pattern = old if isinstance(old, re.Pattern) else re.compile(re.escape(old))
    broken, times = pattern.subn(lambda _: new, TEXT)
    assert times
    found = told(broken)
    assert any(said in one for one in found), found


def test_all_code_folded_away_is_no_method() -> None:
    hidden = re.sub(r"^# %%(?! \[markdown\]).*$", '# %% tags=["drawing"]', TEXT, flags=re.M)
    assert "Build it: the method must be visible code, in small cells" in told(hidden)


def test_a_title_may_go_on_and_other_sections_may_stand_between() -> None:
    longer = TEXT.replace("title: Build it,", "title: 'Build it: a network',")
    longer = longer.replace("3 · Build it (", "3 · Build it: a network (")
    assert told(longer) == []
    more = TEXT.replace(
        "#     - {title: Key points",
        "#     - {title: Extra, minutes: 2}\n#     - {title: Key points",
    ).replace("| **Time** | 58", "| **Time** | 60")
    cell = '# %% [markdown] slideshow={"slide_type": "slide"}\n# ## 8 · Extra (2 minutes)\n\n'
    at = more.rindex("# %%", 0, more.index("# ## 8 · Key points"))
    assert told(more[:at] + cell + more[at:].replace("## 8 · Key", "## 9 · Key")) == []


def test_a_notebook_without_cells_is_told_and_does_not_raise() -> None:
    lesson = Lesson.read(convert(TEXT, SCRIPT).metadata, SCRIPT)
    assert departures(lesson, [])[0].startswith("the first cell")
