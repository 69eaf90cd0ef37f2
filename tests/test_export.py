"""The student edition holds what a lesson needs, and nothing that gives it away."""

import json
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from autograder.export import ExportError, export_student, readme, student_files
from autograder.lesson import BEGIN, END, ROOT, parse, slugs

LESSONS = slugs()


def solution_lines(slug: str) -> set[str]:
    """What gives the lesson's solutions away: long lines, and neighbouring lines of their regions, without comments."""
    text = without_comments((ROOT / "solutions" / f"{slug}.py").read_text(encoding="utf-8"))
    regions = re.findall(f"# {BEGIN}\n(.*?)# {END}", text, re.DOTALL)
    secrets = set()
    for region in regions:
        lines = [line.strip() for line in region.split("\n") if line.strip()]
        secrets |= {line for line in lines if len(line) > 60}
        secrets |= {f"{first}\n{second}" for first, second in pairwise(lines) if len(first) + len(second) > 60}
    lower = "".join((ROOT / "solutions" / f"{other}.py").read_text(encoding="utf-8") for other in LESSONS if other < slug)  # may be given
    lower = without_comments(lower)
    rest = unindented(re.sub(f"# {BEGIN}\n.*?# {END}", "", text, flags=re.DOTALL) + lower)
    return {secret for secret in secrets if secret not in rest}


def without_comments(text: str) -> str:
    """Code lines without what stands behind them; the marks of regions stay."""
    return re.sub(r"(?m)(?<=\S)  # .*$", "", text)


def unindented(text: str) -> str:
    return re.sub(r"(?m)^\s+", "", text)


def edition_text(slug: str) -> str:
    """All of an edition, notebooks as the code that they hold."""
    texts = []
    for path in student_files(slug):
        text = (ROOT / path).read_text(encoding="utf-8", errors="ignore")
        texts.append("\n\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"]) if path.suffix == ".ipynb" else text)
    return unindented(without_comments("\n".join(texts)))


@pytest.mark.parametrize("slug", LESSONS)
def test_the_edition_holds_no_solution_line_of_its_lesson_or_a_later_one(slug):
    text = edition_text(slug)
    for secret in [later for later in LESSONS if later >= slug]:
        lines = solution_lines(secret)
        assert lines, "no line to look for"
        assert [line for line in lines if line in text] == []


def test_a_leaked_solution_would_be_seen():
    slug = LESSONS[0]
    lines = solution_lines(slug)
    script = unindented(without_comments((ROOT / "solutions" / f"{slug}.py").read_text(encoding="utf-8")))
    assert len(lines) > 20 and all(line in script for line in lines)


@pytest.mark.parametrize("slug", LESSONS)
def test_the_edition_holds_no_tests_no_answers_and_no_later_lesson(slug):
    files = [path.as_posix() for path in student_files(slug)]
    assert not [name for name in files if name.startswith("tests/") or "__pycache__" in name]
    assert not [name for name in files for later in LESSONS if later > slug and later in name]
    checks = {Path(name).stem for name in files if name.startswith("autograder/checks/")}
    assert ("vid2vid_generator" in checks) == (slug >= "a13") and ("ngram_oracles" in checks) and {"core", "student"} <= checks
    assert f"assignments/{slug}.ipynb" in files and f"solutions/{slug}.py" not in files


def test_a_lesson_can_be_solved_inside_the_edition(tmp_path):
    slug = LESSONS[0]
    export_student(tmp_path / "edition", slug)
    notebook = tmp_path / "edition" / "assignments" / f"{slug}.ipynb"
    command = [sys.executable, "-m", "autograder", "check", str(notebook)]
    untouched = subprocess.run(command, cwd=tmp_path / "edition", capture_output=True, text=True)
    assert untouched.returncode == 1 and f"{slug}: 0 of" in untouched.stdout
    solutions = {cell.name: cell.body for cell in parse(slug).cells if cell.kind == "exercise"}
    book = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in book["cells"]:
        if cell["id"].startswith("exercise-"):
            cell["source"] = solutions[cell["id"].removeprefix("exercise-")]
    notebook.write_text(json.dumps(book), encoding="utf-8")
    solved = subprocess.run(command, cwd=tmp_path / "edition", capture_output=True, text=True)
    assert solved.returncode == 0, solved.stdout + solved.stderr


def test_the_edition_speaks_of_nothing_that_it_lacks(tmp_path):
    edition = tmp_path / "edition"
    export_student(edition, LESSONS[1])
    text = (edition / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!http)([^)#]+)\)", text)
    assert f"lectures/{LESSONS[1]}.md" in links and all((edition / link).exists() for link in links)
    assert "jupyter lab" in text and not re.search(r"(?m)^make |tests/|solutions/", text)


def test_pictures_of_the_lectures_go_along_where_they_have_been_made(tmp_path):
    course = tmp_path / "course"
    for name in ("solutions/a01_first.py", "lectures/a01_first.md", "lectures/figures/a01_first.py", "build/lectures/a01_first/curve.png"):
        (course / name).parent.mkdir(parents=True, exist_ok=True)
        (course / name).touch()
    files = [path.as_posix() for path in student_files(root=course)]
    assert "build/lectures/a01_first/curve.png" in files and "lectures/figures/a01_first.py" not in files


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ExportError, match="expected a new or empty folder"):
        export_student(tmp_path, LESSONS[0])
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_later_week_leaves_earlier_notebooks_alone_and_carries_all_else():
    whole, later = (set(student_files(LESSONS[2], only)) for only in (False, True))
    assert whole - later == {Path("assignments", f"{slug}.ipynb") for slug in LESSONS[:2]} and later < whole


def test_the_export_names_the_solutions_that_it_reveals(tmp_path):
    def export(slug: str, *options: str) -> str:
        command = [sys.executable, "-m", "autograder", "export", "student", str(tmp_path / slug), "--upto", slug, *options]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert "reveals" not in export("a01_shannon_ngrams")
    assert "reveals solutions, which its lessons import: a02_pixelcnn; hand it out when" in export("a03_gated_pixelcnn", "--only")
    assert [path.name for path in (tmp_path / "a03_gated_pixelcnn" / "assignments").glob("*.ipynb")] == ["a03_gated_pixelcnn.ipynb"]


def test_commands_of_the_students_readme_run_in_the_environment_that_it_makes():
    text = readme(ROOT, student_files())
    commands = re.findall(r"(?m)^[^#\n]*[^#\s]", "\n".join(re.findall(r"(?s)```sh\n(.*?)```", text)))
    assert commands[:2] == ["python -m venv .venv", "source .venv/bin/activate"] and len(commands) == 5
    assert all(command.startswith(("python -m ", "jupyter lab ")) for command in commands[2:])


def test_a_python_without_the_environment_is_told_what_to_do():
    code = "import runpy, sys; sys.modules['typer'] = None; runpy.run_module('autograder', run_name='__main__')"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 1 and "Traceback" not in run.stderr
    assert run.stderr.startswith(f"typer is missing in {sys.executable}: activate the course's environment")


def test_an_unwritable_folder_ends_in_a_sentence(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "autograder", "export", "student", str(blocked / "edition"), "--upto", LESSONS[0]],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1 and "Traceback" not in run.stderr and str(blocked) in run.stderr


def test_a_solution_that_a_later_lesson_imports_travels_with_it(example):
    solutions = example / "solutions"
    script = (solutions / "a00_motion_energy.py").read_text(encoding="utf-8")
    (solutions / "a01_next.py").write_text(script.replace("import numpy", "from solutions.a00_motion_energy import busiest\nimport numpy"))
    names = [path.as_posix() for path in student_files("a01_next", root=example)]
    assert "solutions/a00_motion_energy.py" in names and "solutions/a01_next.py" not in names


def test_the_doctor_finds_this_machine_fit():
    run = subprocess.run([sys.executable, "-m", "autograder", "doctor"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0 and "missing" not in run.stdout
    assert re.search(r"ok +torch +\d", run.stdout) and re.search(r"ok +ffmpeg +H.264", run.stdout)


HIDE = """
import importlib.metadata, sys
sys.modules[{name!r}] = None  # as if it were not installed
version = importlib.metadata.version
def installed(name):
    if name == {name!r}:
        raise importlib.metadata.PackageNotFoundError(name)
    return version(name)
importlib.metadata.version = installed
"""
MISSING = {name: name for name in ("torch", "numpy", "jupytext", "typer", "tqdm", "psycopg")} | {"jupyter_client": "Jupyter kernel"}


@pytest.mark.parametrize(("name", "what"), MISSING.items(), ids=MISSING)
def test_the_doctor_names_what_is_missing_and_how_to_get_it(name: str, what: str, tmp_path: Path):
    (tmp_path / "sitecustomize.py").write_text(HIDE.format(name=name))
    command = [sys.executable, "-m", "autograder", "doctor"]
    run = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True)
    assert run.returncode == 1 and "Traceback" not in run.stderr
    assert re.search(rf"(?m)^missing +{what} +.*: .*pip install ", run.stdout)
