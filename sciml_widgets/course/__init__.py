"""What a lesson needs beside the library: metadata, exercises, recorded results, still plots."""

from sciml_widgets.course.exercise import Exercise, Verdict, exercise
from sciml_widgets.course.figure import draw
from sciml_widgets.course.lesson import Lesson, lesson, lessons
from sciml_widgets.course.question import Question, questions
from sciml_widgets.course.quiz import Quiz, quiz
from sciml_widgets.course.results import Recorded, results, spread
from sciml_widgets.course.words import Words, fold, say, table

__all__ = [
    "Exercise",
    "Lesson",
    "Question",
    "Quiz",
    "Recorded",
    "Verdict",
    "Words",
    "draw",
    "exercise",
    "fold",
    "lesson",
    "lessons",
    "questions",
    "quiz",
    "results",
    "say",
    "spread",
    "table",
]
