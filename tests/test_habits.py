"""No exercise lets a bad habit pass that has nothing to do with what it asks for."""

import pytest

from autograder.lesson import parse, slugs
from tests.habits import HABITS, unnoticed

HARMLESS = {
    **{("a02_pixelcnn", name, "detached"): "pixels are drawn without gradients" for name in ("fold", "conv_at", "logits_at")},
}


@pytest.mark.parametrize(
    ("slug", "exercise"), [pytest.param(slug, name, id=f"{slug[:3]}-{name}") for slug in slugs() for name in parse(slug).exercises]
)
def test_checks_notice_bad_habits(slug: str, exercise: str):
    assert [habit for habit in unnoticed(slug, exercise) if (slug, exercise, habit) not in HARMLESS] == []


def test_what_is_harmless_is_still_asked_for():
    names = {habit.__name__ for habit in HABITS}
    assert all(exercise in parse(slug).exercises and habit in names for slug, exercise, habit in HARMLESS)
