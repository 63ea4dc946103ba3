"""Questions on the page: ordinary widgets where somebody is there, else a list to read.

Knows no lesson's content. The widgets send what was chosen; the kernel judges, so the page never
holds the answers.
"""

import html
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sciml_widgets.course.answers import answers, attended
from sciml_widgets.course.exercise import Verdict
from sciml_widgets.course.question import Question, questions
from sciml_widgets.course.words import Words

if TYPE_CHECKING:
    import ipywidgets

__all__ = ["Quiz", "quiz"]

LOOK = """<style>
.sciml-quiz { max-width: 48em; padding: 0 2px; }
.sciml-quiz > .widget-vbox { margin-bottom: 12px; }
.sciml-quiz .widget-html-content { line-height: 1.45; overflow-wrap: anywhere; }
.sciml-quiz .widget-radio, .sciml-quiz .widget-radio-box,
.sciml-quiz .widget-checkbox, .sciml-quiz .widget-checkbox label { height: auto; width: auto; }
.sciml-quiz .widget-radio-box label {
  display: flex; flex-direction: row-reverse; justify-content: flex-end;
  height: auto; line-height: 1.45; white-space: normal; margin-bottom: 2px;
}
.sciml-quiz .widget-radio-box input { flex: none; margin: 0.2em 8px 0 1px; }
.sciml-quiz .widget-checkbox label { line-height: 1.45; white-space: normal; }
.sciml-quiz .widget-checkbox input { flex: none; align-self: flex-start; margin-top: 0.2em; }
</style>"""
"""ipywidgets gives a choice one line; ours may need two."""


class Quiz:
    """Some questions of a lesson; made by `quiz`, shown when it ends a cell.

    `check(number, answer)` judges without a widget: an option's number or several, or a number.
    """

    def __init__(self, key: str, asked: tuple[Question, ...]) -> None:
        self.key, self.asked = key, asked
        self.box: ipywidgets.VBox | None = None

    def check(self, number: int, answer: Any) -> Verdict:
        """Judge an answer, and keep it where somebody sits there. Raises ValueError: no number."""
        for question in self.asked:
            if question.number == number:
                return self._check(question, answer, attended())
        there = ", ".join(str(question.number) for question in self.asked)
        raise ValueError(f"no question {number!r} here: there are {there}")

    def words(self) -> Words:
        """The questions as Markdown, without the answers."""
        return Words("\n\n".join(question.words() for question in self.asked))

    def __repr__(self) -> str:
        return str(self.words())

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if not attended():
            display({"text/markdown": self.words(), "text/plain": self.words()}, raw=True)
            return
        self.box = self.widgets()
        found: Any = self.box._repr_mimebundle_()
        bundle = dict((found[0] if isinstance(found, tuple) else found) or {})
        display(bundle | {"text/markdown": self.words(), "text/plain": self.words()}, raw=True)

    def widgets(self) -> "ipywidgets.VBox":
        """One group of plain ipywidgets for each question."""
        import ipywidgets

        keep = attended()
        groups = [self._group(question, keep) for question in self.asked]
        box = ipywidgets.VBox([ipywidgets.HTML(LOOK), *groups])
        box.add_class("sciml-quiz")
        return box

    def _group(self, question: Question, keep: bool) -> "ipywidgets.VBox":
        import ipywidgets

        field, chosen = _field(question)
        button = ipywidgets.Button(
            description="Check", tooltip=f"Check the answer to question {question.number}"
        )
        result = ipywidgets.HTML()

        def check(_: Any) -> None:
            result.value = _told(self._check(question, chosen(), keep))

        button.on_click(check)
        return ipywidgets.VBox([ipywidgets.HTML(_asked(question)), field, button, result])

    def _check(self, question: Question, answer: Any, keep: bool) -> Verdict:
        verdict = question.judge(answer)
        if not verdict.asked:  # nothing was chosen: that is no try
            return verdict
        mine, name = answers(self.key), str(question.number)
        trouble = mine.note(
            "questions", name, verdict.asked, str(answer), right=verdict.passed, keep=keep
        )
        return Verdict(verdict.asked, advice=verdict.advice, progress=trouble)


def quiz(key: str, *numbers: int) -> Quiz:
    """The questions of lesson "05", all or those with these numbers: `quiz("05", 1, 2)`.

    Write it as the last line of a cell. Raises LookupError for no questions, ValueError for a
    bad file or a number that is none.
    """
    there = {question.number: question for question in questions(key)}
    unknown = [number for number in numbers if number not in there]
    if unknown:
        raise ValueError(
            f"lesson {key} has no question {unknown[0]!r}: there are 1 to {len(there)}"
        )
    return Quiz(key, tuple(there[number] for number in numbers or there))


def _field(question: Question) -> tuple[Any, Callable[[], Any]]:
    """The widget of a question, and what it says at the moment: "" or () for nothing."""
    import ipywidgets

    wide = ipywidgets.Layout(width="auto")
    if question.type == "numeric":
        text = ipywidgets.Text(
            description=f"Answer {question.number}", placeholder="a number", tooltip="A number",
            layout=ipywidgets.Layout(width="20em"),
        )  # fmt: skip
        return text, lambda: text.value
    options = [(said, i) for i, said in enumerate(question.options, 1)]
    if question.type == "multiple_choice":
        radio = ipywidgets.RadioButtons(options=options, value=None, layout=wide)
        return radio, lambda: () if radio.value is None else radio.value
    boxes = [
        ipywidgets.Checkbox(False, description=said, indent=False, layout=wide)
        for said, _ in options
    ]
    return ipywidgets.VBox(boxes), lambda: [i for i, one in enumerate(boxes, 1) if one.value]


def _asked(question: Question) -> str:
    """The question as HTML; the texts are plain."""
    code = f"<pre>{html.escape(question.code)}</pre>" if question.code else ""
    more = " <em>More than one may be right.</em>" if question.type == "many_choice" else ""
    text = html.escape(question.text)
    return f"<strong>Question {question.number}.</strong> {text}{more}{code}"


def _told(verdict: Verdict) -> str:
    """The verdict as HTML that a screen reader says when it comes."""
    last = "Well done." if verdict.passed else verdict.advice
    lines = [*verdict.lines(), last, verdict.progress]
    said = "<br>".join(html.escape(line) for line in lines if line)
    return f'<div role="status">{said}</div>'
