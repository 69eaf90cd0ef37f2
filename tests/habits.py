"""Bad habits that any answer can have, whatever its exercise: worn by the reference, a check must notice them.

python -m tests.habits a11_optical_flow     # which exercises of a lesson let which habit pass
"""

import argparse
import importlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map

from autograder.lesson import read

Habit = Callable[[Callable, list], Callable]  # of a function, and where to note that it made a difference


def detached(function: Callable, noted: list) -> Callable:
    """Results lose their graph: nothing that goes through them can be trained."""

    def result(*arguments: Any, **named: Any) -> Any:
        return tree_map(cut, function(*arguments, **named))

    def cut(value: Any) -> Any:
        if isinstance(value, Tensor) and value.requires_grad:
            noted.append("detached")
            return value.detach()
        return value

    return result


def remembering(function: Callable, noted: list) -> Callable:
    """What was found for the first arguments of some shapes is given to all later ones."""
    found: dict = {}

    def result(*arguments: Any, **named: Any) -> Any:
        key = str([_likeness(value) for value in tree_leaves((arguments, named))])
        fresh = function(*arguments, **named)
        if found.setdefault(key, fresh) is not fresh and not _alike(found[key], fresh):
            noted.append("remembered")
        return tree_map(lambda value: value.copy() if isinstance(value, np.ndarray) else value, found[key])

    return result


def first_for_all(function: Callable, noted: list) -> Callable:
    """The first of a batch is computed, the others get its result."""

    def result(*arguments: Any, **named: Any) -> Any:
        batches = {len(value) for value in tree_leaves((arguments, named)) if isinstance(value, Tensor) and value.ndim > 2}

        def repeat(value: Any) -> Any:
            if (
                isinstance(value, Tensor)
                and value.ndim > 2
                and len(value) in batches
                and not torch.equal(value, value[:1].expand_as(value))
            ):
                noted.append("repeated")
                return value[:1].expand_as(value).clone()
            return value

        return tree_map(repeat, function(*arguments, **named))

    return result


def squeezed(function: Callable, noted: list) -> Callable:
    """Axes of length one are dropped: right for every batch but one."""

    def result(*arguments: Any, **named: Any) -> Any:
        return tree_map(drop, function(*arguments, **named))

    def drop(value: Any) -> Any:
        if isinstance(value, Tensor | np.ndarray) and 1 in value.shape:
            noted.append("squeezed")
            return value.squeeze()
        return value

    return result


def overwriting(function: Callable, noted: list) -> Callable:
    """Results live in one place for each shape, which the next call fills anew."""
    places: dict = {}

    def result(*arguments: Any, **named: Any) -> Any:
        numbers = iter(range(100))
        return tree_map(lambda value: store(value, next(numbers)), function(*arguments, **named))

    def store(value: Any, number: int) -> Any:
        if not isinstance(value, Tensor | np.ndarray) or (isinstance(value, Tensor) and value.requires_grad):
            return value
        place = places.setdefault((number, tuple(value.shape), value.dtype), value)
        if place is not value and not _alike(place, value):
            noted.append("overwritten")
            place[...] = value
        return place

    return result


def left_behind(function: Callable, noted: list) -> Callable:
    """Results are brought to the CPU, wherever the input was."""

    def result(*arguments: Any, **named: Any) -> Any:
        made = function(*arguments, **named)
        if all(any(isinstance(x, Tensor) and x.ndim for x in tree_leaves(values)) for values in ((arguments, named), made)):
            noted.append("left behind")
        return tree_map(lambda value: value.cpu() if isinstance(value, Tensor) else value, made)

    return result


def seeding(function: Callable, noted: list) -> Callable:
    """Torch is seeded first, so that every call draws the same numbers, and whoever draws after it, too."""

    def result(*arguments: Any, **named: Any) -> Any:
        noted.append("seeded")
        torch.manual_seed(42)
        return function(*arguments, **named)

    return result


HABITS: tuple[Habit, ...] = (detached, remembering, first_for_all, squeezed, overwriting, left_behind, seeding)


def _likeness(value: Any) -> Any:
    """What tells arguments apart to somebody who looks at kinds and shapes only."""
    return (type(value), tuple(value.shape)) if hasattr(value, "shape") else value if isinstance(value, int | float | str) else type(value)


def _alike(first: Any, second: Any) -> bool:
    """Whether two results hold the same numbers, or other things that print alike."""
    pairs = zip(tree_leaves(first), tree_leaves(second), strict=True)
    return all(np.array_equal(_array(a), _array(b)) if hasattr(a, "shape") else repr(a) == repr(b) for a, b in pairs)


def _array(value: Any) -> np.ndarray:
    return value.detach().numpy() if isinstance(value, Tensor) else np.asarray(value)


def worn(student: Any, habit: Habit, noted: list) -> Any:
    """A function, or the forward pass of a module, with a habit."""
    if not isinstance(student, type):
        return habit(student, noted)
    if not issubclass(student, nn.Module):
        return student

    class Worn(student):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self.__dict__["worn"] = habit(super().forward, noted)

        def forward(self, *arguments: Any, **named: Any) -> Any:
            return self.worn(*arguments, **named)

    return Worn


def unnoticed(slug: str, exercise: str) -> Iterator[str]:
    """Names of the habits that make a difference and that no check of the exercise minds."""
    lesson, solution = read(slug), importlib.import_module(f"solutions.{slug}")
    checks = getattr(importlib.import_module(f"autograder.checks.{slug}"), exercise)
    asked = re.findall(r"(?m)^(?:def|class) (\w+)", lesson.exercises[exercise].body)
    for habit in HABITS:
        noted: list = []
        handed = {name: getattr(solution, name) for name in lesson.arguments[exercise]}
        students = [worn(given, habit, noted) if name in asked else given for name, given in handed.items()]
        if all(result.state == "passed" for result in checks.run(*students)) and noted:
            yield habit.__name__


def main() -> None:
    """Print what passes, exercise by exercise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("slug")
    slug = parser.parse_args().slug
    for exercise in read(slug).arguments:
        print(f"{exercise}: {', '.join(unnoticed(slug, exercise)) or 'all noticed'}")


if __name__ == "__main__":
    main()
