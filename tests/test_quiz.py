"""Questions: the files are sound, every answer is judged, the page holds no answer."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sciml_widgets.course import questions, quiz
from sciml_widgets.course.question import Question, read

HOUSE = Path(__file__).parents[1]
FILES = sorted((HOUSE / "lessons" / "questions").glob("*.json"))
SCHEMA = json.loads((HOUSE / "sciml_widgets/course/questions.schema.json").read_text("utf-8"))
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)

CHOICE: dict[str, Any] = {
    "question": "Which <b>?", "type": "multiple_choice",
    "answers": [{"answer": "a & b", "correct": False, "feedback": "no: a"},
                {"answer": "c", "code": "x = 1", "correct": True}],
}  # fmt: skip
MANY: dict[str, Any] = {
    "question": "Which ones?", "type": "many_choice",
    "answers": [{"answer": "a", "correct": True}, {"answer": "b", "correct": True},
                {"answer": "c", "correct": False, "feedback": "never"}],
}  # fmt: skip
NUMBER: dict[str, Any] = {
    "question": "How much?", "type": "numeric",
    "answers": [{"type": "value", "value": 3, "correct": True, "feedback": "three it is"},
                {"type": "range", "range": [10, 20], "correct": False, "feedback": "too much"},
                {"type": "range", "range": [20, 30], "correct": True},
                {"type": "default", "feedback": "count again"}],
}  # fmt: skip


def question(data: dict[str, Any]) -> Question:
    jsonschema.Draft202012Validator(SCHEMA).validate([data])
    return Question(1, data["question"], data["type"], tuple(data["answers"]))


# ---- the files ------------------------------------------------------------------------------


def test_the_schema_is_one_and_there_are_files() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert FILES


@every_file
def test_a_file_of_questions_is_sound(path: Path) -> None:
    found = read(path)
    assert 4 <= len(found) <= 8
    for one in found:
        assert all(answer.get("feedback") for answer in one.answers), f"question {one.number}"
        texts = [one.text, *one.options]
        assert not [text for text in texts if "$" in text], "plain widgets set no formulas"
        assert len(set(one.options)) == len(one.options)
    places = {
        [answer["correct"] for answer in one.answers].index(True)
        for one in found if one.type == "multiple_choice"
    }  # fmt: skip
    assert len(places) > 1 or len(found) < 2, "the right answer is always at the same place"


@every_file
def test_exactly_the_right_answers_are_right(path: Path) -> None:
    for one in read(path):
        if one.type == "numeric":
            for answer in one.answers:
                given = answer.get("value", sum(answer.get("range", (1e9, 1e9))) / 2)
                verdict = one.judge(given)
                assert verdict.passed is answer.get("correct", False)
                assert answer["feedback"] in repr(verdict), "an earlier answer hides this one"
            continue
        right = {i for i, answer in enumerate(one.answers, 1) if answer["correct"]}
        assert one.judge(right).passed
        for i in range(1, len(one.answers) + 1):
            assert one.judge(i).passed is ({i} == right)
            assert not one.judge(right ^ {i}).passed


def test_the_lesson_s_numbers_in_the_questions_are_right() -> None:
    """A count by torch, and the wrong counts are what their feedback says."""
    import math

    import torch

    from sciml_widgets.networks import MLP, count_weights

    second, fifth = questions("05")[1], questions("05")[4]
    network = MLP(2, 1, depth=3, width=10, generator=torch.Generator())
    assert second.judge(count_weights(network)).passed
    factors = sum(w.numel() for name, w in network.named_parameters() if "weight" in name)
    deeper = MLP(2, 1, depth=4, width=10, generator=torch.Generator())
    narrow = MLP(1, 1, depth=3, width=10, generator=torch.Generator())
    for wrong, words in (
        (factors, "factors only"), (count_weights(deeper), "too many"),
        (count_weights(narrow), "two inputs"),
    ):  # fmt: skip
        assert words in repr(second.judge(wrong))
    assert fifth.judge(4 * 0.01 / math.pi).passed and fifth.judge("0.0127").passed
    assert "4ν for" in repr(fifth.judge(4 * 0.05))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"type": "essay"}, ""),
        ({"answers": [{"answer": "a", "correct": True}]}, ""),
        ({"answers": [{"answer": "a", "correct": False, "feedback": "x"}] * 2}, ""),
        ({"answers": [{"answer": "a", "correct": True}] * 2}, "multiple_choice"),
        ({"answers": [{"correct": True}, *CHOICE["answers"]]}, ""),
        ({"answers": [{"answer": "a", "correct": False}, CHOICE["answers"][1]]}, "feedback"),
        ({"precision": 2}, "precision"),
        ({"question": " "}, ""),
    ],
)
def test_a_bad_file_is_an_error_that_names_it(
    change: dict[str, Any], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "07.json"
    path.write_text(json.dumps([CHOICE]))
    assert read(path)[0].options == ("a & b", "c  x = 1")
    path.write_text(json.dumps([CHOICE | change]))
    with pytest.raises(ValueError, match=r"07\.json, at"):
        read(path)


def test_no_json_no_default_and_no_file_are_errors(tmp_path: Path) -> None:
    path = tmp_path / "07.json"
    for text in ("{", "[]", json.dumps([NUMBER | {"answers": NUMBER["answers"][:3]}])):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"07\.json"):
            read(path)
    with pytest.raises(LookupError, match="'99' has no questions"):
        questions("99")


# ---- judging --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "passed", "said"),
    [
        (3, True, "three it is"), ("3", True, "three"), (" 3.0 ", True, "three"),
        ("6/2", True, "three"), ("−3", False, "count again"), (10, False, "too much"),
        (20, True, "20: "), (29.99, True, "right"), (30, False, "count again"),
        ("", False, "Write a number"), ("three", False, "Write a number"),
        (float("nan"), False, "Write"), ("1/0", False, "Write"), ("inf", False, "Write"),
        (None, False, "Write"), ("3,021", False, "Write"), (True, False, "Write"),
        ("9" * 10_000, False, "count again"), (object(), False, "Write"),
    ],
)  # fmt: skip
def test_a_number_is_judged(answer: Any, passed: bool, said: str) -> None:
    verdict = question(NUMBER).judge(answer)
    assert verdict.passed is passed and said in repr(verdict)


@pytest.mark.parametrize(
    ("answer", "passed", "said"),
    [
        (2, True, "yes."), (1, False, "no: a"), ({2}, True, "yes"), ([1, 2], False, "one."),
        (0, False, "1 to 2"), (3, False, "1 to 2"), ("c", False, "1 to 2"), ((), False, "1 to 2"),
        (None, False, "1 to 2"), (True, False, "1 to 2"), ([[2]], False, "1 to 2"),
    ],
)  # fmt: skip
def test_a_choice_is_judged(answer: Any, passed: bool, said: str) -> None:
    verdict = question(CHOICE).judge(answer)
    assert verdict.passed is passed and said in repr(verdict)


def test_of_many_all_must_be_chosen_and_what_lacks_is_not_named() -> None:
    many = question(MANY)
    assert many.judge([1, 2]).passed
    said = repr(many.judge([1]))
    assert "this is not all that is right" in said and "b" not in said.split("\n")[0]
    assert "never" in repr(many.judge([1, 2, 3])) and "not all" not in repr(many.judge([1, 3]))


# ---- on the page ------------------------------------------------------------------------------


def secret(text: str) -> list[str]:
    """What of the answers a text gives away."""
    told = [one["feedback"] for q in questions("05") for one in q.answers if "feedback" in one]
    return [feedback for feedback in told if feedback[:40] in text]


def test_without_a_front_end_it_is_a_list_that_gives_nothing_away() -> None:
    text = repr(quiz("05"))
    assert "**Question 1.**" in text and "**Question 6.**" in text
    assert all(option in text for one in questions("05") for option in one.options)
    assert not secret(text) and "261" not in text and "correct" not in text
    assert repr(quiz("05", 2)).startswith("**Question 2.**") and "3." not in repr(quiz("05", 2))
    with pytest.raises(ValueError, match="no question 9"):
        quiz("05", 9)
    with pytest.raises(ValueError, match="no question 1 here: there are 2"):
        quiz("05", 2).check(1, 1)


def parts(group: Any) -> tuple[Any, Any, Any]:
    _, field, button, result = group.children
    return field, button, result


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The widgets of all questions of lesson 05, as a student has them, in an empty folder."""
    monkeypatch.setenv("SCIML_WIDGETS_FRONT_END", "live")
    monkeypatch.chdir(tmp_path)
    return quiz("05").widgets().children[1:]


def test_widgets_judge_what_is_chosen_and_keep_it(live: Any) -> None:
    radio, button, result = parts(live[0])
    button.click()
    assert "Choose from 1 to 4" in result.value and not Path("answers").exists()
    radio.value = 1
    button.click()
    assert 'role="status"' in result.value and "That is the error" in result.value
    radio.value = 2
    button.click()
    assert "Well done" in result.value
    text, button, result = parts(live[1])
    text.value = "261"
    button.click()
    assert "Well done" in result.value
    boxes, button, result = parts(live[3])
    for box in (boxes.children[0], boxes.children[1], boxes.children[3]):
        box.value = True
    button.click()
    assert "Well done" in result.value
    kept = json.loads(Path("answers/05.json").read_text())["questions"]
    assert {name: entry["right"] for name, entry in kept.items()} == dict.fromkeys("124", True)
    assert kept["1"]["tries"] == 2


def test_every_control_has_a_name_and_the_page_holds_no_answer(live: Any) -> None:
    import ipywidgets

    def below(widget: Any) -> list[Any]:
        return [
            widget,
            *(one for child in getattr(widget, "children", ()) for one in below(child)),
        ]

    for group in live:
        for one in below(group):
            if isinstance(one, ipywidgets.RadioButtons):
                assert all(one._options_labels)
            elif isinstance(one, ipywidgets.Checkbox | ipywidgets.Text | ipywidgets.Button):
                assert one.description
        state = json.dumps([one.get_state() for one in below(group)], default=str)
        assert not secret(state) and "correct" not in state


def test_a_text_cannot_become_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    from sciml_widgets.course.quiz import Quiz

    monkeypatch.setenv("SCIML_WIDGETS_FRONT_END", "none")
    group = Quiz("99", (question(CHOICE),)).widgets().children[1]
    assert "Which &lt;b&gt;?" in group.children[0].value
    radio, button, result = parts(group)
    radio.value = 1
    button.click()
    assert "a &amp; b" in result.value
