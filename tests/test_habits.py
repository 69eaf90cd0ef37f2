"""No exercise lets a bad habit pass that has nothing to do with what it asks for."""

import pytest

from autograder.lesson import parse, slugs
from tests.habits import HABITS, unnoticed

HARMLESS = {
    **{("a02_pixelcnn", name, "detached"): "pixels are drawn without gradients" for name in ("fold", "conv_at", "logits_at")},
}
NOT_TO_BE_SEEN = {
    ("a02_pixelcnn", "logits_at", "left_behind"): "its caches are no plain tensors to a check",
    ("a03_gated_pixelcnn", "one_hot", "left_behind"): "numbers decide: labels out of range are an error",
    ("a08_poisson_blending", "conjugate_gradients", "left_behind"): "numbers decide when it ends",
    ("a08_poisson_blending", "blend", "left_behind"): "numbers decide where the box of the mask lies",
    ("a12_pix2pixhd", "one_hot", "left_behind"): "numbers decide: labels out of range are an error",
    ("a12_pix2pixhd", "instance_average", "left_behind"): "numbers decide how many instances there are",
    ("a13_vid2vid", "paint_style", "left_behind"): "numbers decide how many regions there are",
}


@pytest.mark.parametrize(
    ("slug", "exercise"), [pytest.param(slug, name, id=f"{slug[:3]}-{name}") for slug in slugs() for name in parse(slug).exercises]
)
def test_checks_notice_bad_habits(slug: str, exercise: str):
    assert [habit for habit in unnoticed(slug, exercise) if (slug, exercise, habit) not in HARMLESS | NOT_TO_BE_SEEN] == []


def test_what_is_let_pass_is_still_asked_for():
    names = {habit.__name__ for habit in HABITS}
    assert all(exercise in parse(slug).exercises and habit in names for slug, exercise, habit in HARMLESS | NOT_TO_BE_SEEN)
