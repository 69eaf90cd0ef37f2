"""Marks answers as right or wrong; a lesson's answers live in the module of its name beside this one."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """One answer to an exercise: `function` stands for the student's `name`; the other names are the reference's."""

    exercise: str
    name: str
    function: Callable
    message: str | None  # words that the feedback must hold; None for a right answer

    @property
    def label(self) -> str:
        """`smooth-with_zeros_beyond_the_edges`."""
        return f"{self.exercise}-{self.function.__name__}"


def right(exercise: str, name: str | None = None) -> Callable[[Callable], Callable]:
    """This function or class is another right answer to the exercise and must reach full points."""
    return _mark(exercise, name, None)


def wrong(exercise: str, message: str, name: str | None = None) -> Callable[[Callable], Callable]:
    """This function or class is a wrong answer: some check must fail, and its message must hold these words.

    `name` says which of the student's functions it replaces, where the exercise has several; default: the exercise's name.
    """
    return _mark(exercise, name, message)


def _mark(exercise: str, name: str | None, message: str | None) -> Callable[[Callable], Callable]:
    def mark(function: Callable) -> Callable:
        marks = function.__dict__.setdefault("answers", []) if not isinstance(function, type) else _class_marks(function)
        marks.append(Answer(exercise, name or exercise, function, message))
        return function

    return mark


def _class_marks(kind: type) -> list:
    if "answers" not in vars(kind):
        kind.answers = []
    return kind.answers


def answers(module: object) -> list[Answer]:
    """All marked answers of a module, in the order in which they stand."""
    found = [item for item in vars(module).values() if callable(item) and "answers" in getattr(item, "__dict__", {})]
    return [answer for item in found for answer in item.__dict__["answers"] if answer.function.__module__ == module.__name__]
