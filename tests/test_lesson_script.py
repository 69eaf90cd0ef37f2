"""A lesson script is read cell by cell, and everything wrong with it is said at once, by line."""

import pytest

from autograder.lesson import LessonError, call_of, read, slugs

SLUG = "a00_motion_energy"


def test_cells_of_a_script_have_kinds_and_names(example):
    lesson = read(SLUG, example / "solutions")
    assert [cell.kind for cell in lesson.cells][:5] == ["text", "given", "text", "exercise", "check"]
    assert lesson.arguments == {"difference": ["difference"], "busiest": ["busiest"]}
    assert lesson.title == "Motion energy"


def test_the_guard_is_removed_from_the_body_of_a_cell(example):
    lesson = read(SLUG, example / "solutions")
    check = next(cell for cell in lesson.cells if cell.kind == "check")
    assert check.body == "check.difference(difference)"


def test_slugs_are_found_by_name(example):
    (example / "solutions" / "helper.py").write_text("", encoding="utf-8")
    assert slugs(example / "solutions") == [SLUG]


def test_an_unknown_lesson_is_named_with_the_known_ones(example):
    with pytest.raises(LessonError, match=f"unknown lesson 'a05_nothing'; there are: {SLUG}"):
        read("a05_nothing", example / "solutions")


@pytest.mark.parametrize(
    ("source", "call"),
    [
        pytest.param("check.smooth(smooth)", ("smooth", ["smooth"]), id="one-name"),
        pytest.param("check.play(play, draw)", ("play", ["play", "draw"]), id="two-names"),
        pytest.param(
            "check.smooth(smooth)\n### BEGIN HIDDEN TESTS\ncheck.smooth(smooth, seed=3)\n### END HIDDEN TESTS",
            ("smooth", ["smooth"]),
            id="hidden",
        ),
        pytest.param("check.smooth(smooth); 4.0", None, id="two-statements"),
        pytest.param("check.smooth(lambda clip: clip)", None, id="no-name"),
        pytest.param("smooth(check)", None, id="not-of-check"),
        pytest.param("check.smooth(", None, id="syntax-error"),
    ],
)
def test_a_check_cell_is_one_call_on_names(source, call):
    assert call_of(source) == call


FAULTS = [
    ("unknown-marker", '# %% demo\n', '# %% exercize="flash"\n', "unknown cell marker exercize='flash'"),
    ("no-check", 'check="busiest"\nif __name__ == "__main__":\n    check.busiest(busiest)', "\npass", "has no check cell"),
    ("not-one-call", "    check.busiest(busiest)", "    check.busiest(busiest)\n    print(1)", "must be one call"),
    ("unknown-exercise", "    check.busiest(busiest)", "    check.calmest(busiest)", "must be one call"),
    ("two-equal-ids", 'exercise="busiest"', 'exercise="difference"', "names are ids and must differ"),
    ("open-region", "    # END SOLUTION\n\n\n# %% check=\"busiest\"", "\n\n# %% check=\"busiest\"", "a solution region needs"),
    ("no-region", "    # BEGIN SOLUTION\n    change", "    energy", "a solution region needs"),
    ("needs-a-demo", "energy = (change", "energy = (flash, change", "'flash', which only a demo defines"),
    ("higher-lesson", "import numpy as np", "import numpy as np\nfrom solutions.a03_other import thing", "lower number only"),
    ("unguarded-demo", 'if __name__ == "__main__":\n    flash = np', "if True:\n    flash = np", "must stand under"),
    ("syntax", "return clip[1:]", "return clip[1:", "syntax error"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), [pytest.param(*fault[1:], id=fault[0]) for fault in FAULTS])
def test_a_fault_is_reported_with_file_and_line(example, old, new, message):
    script = example / "solutions" / f"{SLUG}.py"
    text = script.read_text(encoding="utf-8")
    assert old in text
    script.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(LessonError, match=rf"solutions/{SLUG}\.py:\d+: .*{message}"):
        read(SLUG, example / "solutions")


def test_a_check_without_points_is_a_fault(example, monkeypatch):
    from autograder.checks import a00_motion_energy as checks

    monkeypatch.setattr(checks.busiest, "checks", [])
    with pytest.raises(LessonError, match="has no points"):
        read(SLUG, example / "solutions")


def test_several_faults_are_reported_at_once(example):
    script = example / "solutions" / f"{SLUG}.py"
    text = (
        script.read_text(encoding="utf-8")
        .replace("check.busiest(busiest)", "print(1)")
        .replace("import numpy", "import solutions.a07_x, numpy")
    )
    script.write_text(text, encoding="utf-8")
    with pytest.raises(LessonError) as caught:
        read(SLUG, example / "solutions")
    assert len(caught.value.faults) == 2
