"""The sandbox and the session with it: the same answers as at home, named states, nothing left behind."""

import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from autograder.checks.core import Broken
from autograder.checks.student import Local, begin, load, seed_all, state, there, vjp, weight_vjp
from autograder.classroom import task
from autograder.classroom.run import grade_class
from autograder.grading import launch, stage, wire
from autograder.grading.launch import IsolationError
from autograder.grading.one import Warm
from autograder.grading.pieces import SHARED
from autograder.grading.session import Remote, Session
from autograder.lesson import ROOT, read, slugs
from tests.attacks import core
from tests.attacks.core import HERE, LIMITS, POINTS, RIGHT, SLUG, Attack, Range

torch = pytest.importorskip("torch")
LESSON = read(SLUG, HERE / "target" / "solutions")
LESSONS = slugs()
LARGE = dataclasses.replace(LIMITS, time_s=20, total_s=300, memory_mb=2000)
STUDENT = """
import torch
from collections import namedtuple
Pair = namedtuple("Pair", "first second")
class Layer(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(size))
        self.unused = torch.nn.Parameter(torch.ones(2))
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))
    def forward(self, x):
        return x * self.weight
class Mine(ValueError):
    pass
def identity(*arguments, **named):
    return arguments[0] if arguments else named
def pair(x):
    return Pair(x, [x.tolist(), {"shape": tuple(x.shape)}])
def drawn():
    import random
    import numpy as np
    return random.random(), float(np.random.rand()), float(torch.rand(()))
def fail(kind):
    kinds = {"mine": Mine, "value": ValueError, "key": KeyError, "todo": NotImplementedError, "exit": SystemExit, "stop": StopIteration}
    raise kinds[kind]("why")
def use(function, x):
    return function(x) + 1
def collector():
    kept = []
    return lambda item: kept.append(item) or kept
def brighten(clip, by=1):
    clip[0] = clip[0] + by
    return clip
def numbered(x):
    return x + torch.arange(3)
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of the target lesson."""
    return core.course(tmp_path_factory.mktemp("course") / "course")


@pytest.fixture(scope="module", params=["fork", "bubblewrap", "none"])
def session(request: pytest.FixtureRequest, course: Path) -> Iterator[Session]:
    """A sandbox in which the student's cell has run."""
    spec = dataclasses.replace(stage.build(LESSON, LARGE, course), modules=["torch"])
    try:
        _, starter = launch.starter(request.param, spec)
    except IsolationError as error:
        stage.remove(spec)
        pytest.skip(str(error))
    session = Session(starter.start, LARGE)
    session.open()
    assert session.cell(STUDENT)["error"] is None
    yield session
    session.close()
    starter.close()
    stage.remove(spec)


@pytest.fixture(scope="module")
def home() -> SimpleNamespace:
    """The student's names as they are at home."""
    names: dict = {}
    exec(STUDENT, names)
    return SimpleNamespace(**names)


@pytest.fixture
def both(session: Session, home: SimpleNamespace) -> Callable[[str], tuple]:
    """Handles on a name of the student's: at home, and across the wall."""
    session.allow()
    return lambda name: (Local(getattr(home, name)), session.hold(name))


def alike(first: object, second: object) -> bool:
    """Equal in value and kind, arrays and tensors too."""
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return list(first) == list(second) and all(alike(first[key], second[key]) for key in first)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(alike, first, second))
    if isinstance(first, torch.Tensor):
        return first.dtype is second.dtype and torch.equal(first, second)
    if isinstance(first, np.ndarray):
        return first.dtype == second.dtype and np.array_equal(first, second)
    return first == second


VALUES = [None, 3, 2.5, "words", [1, (2.0, {"a": None})], np.arange(6.0).reshape(2, 3), np.array(5), np.float32(1.5), np.int64(3),
          torch.arange(4), torch.ones(2, 3, dtype=torch.bfloat16), torch.tensor(2.0), np.zeros((0, 3), bool)]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_data_comes_back_as_at_home(value: object, both: Callable):
    at_home, across = both("identity")
    assert alike(across(value), at_home(value))
    assert alike(across(named=value), at_home(named=value))


def test_named_tuples_come_back_as_at_home(both: Callable):
    at_home, across = both("pair")
    assert alike(across(torch.ones(2, 3)), at_home(torch.ones(2, 3)))


def test_gradients_weights_and_states_are_as_at_home(both: Callable):
    found = []
    for make in both("Layer"):
        layer = make(3)
        load(layer, {"weight": torch.tensor([1.0, 2.0, 3.0]), "unused": torch.zeros(2), "steps": torch.tensor(7)})
        x, cotangent = torch.arange(6.0).reshape(2, 3), torch.full((2, 3), 2.0)
        found.append([layer(x), vjp(layer, (x,), cotangent), weight_vjp(layer, layer, (x,), cotangent), state(layer), layer.weight])
    assert alike(found[1], found[0])
    assert found[0][2]["unused"] is None


def test_a_handle_can_be_handed_back_to_the_student(both: Callable):
    assert [use(function, 3) for use, function in zip(both("use"), both("identity"), strict=True)] == [4, 4]


@pytest.mark.parametrize(
    "clip",
    [np.zeros(3), torch.zeros(2, 3), torch.zeros(2, dtype=torch.bfloat16), [1, 2], [np.zeros(2), 3]],
    ids=["array", "tensor", "bfloat16", "list", "nested"],
)
def test_writing_into_an_argument_is_an_error(clip: object, both: Callable):
    for brighten in both("brighten"):
        with pytest.raises(RuntimeError, match="clip was changed in place"):
            brighten(clip)
        with pytest.raises(RuntimeError, match="clip was changed in place"):
            brighten(clip=clip)


def test_writing_into_an_earlier_result_is_an_error(both: Callable):
    for collector in both("collector"):
        collect = collector()
        assert collect(1) == [1]
        with pytest.raises(RuntimeError, match="changed what an earlier one had returned"):
            collect(2)


def test_what_a_gpu_would_not_do_is_an_error_once_an_exercise(both: Callable):
    for numbered in both("numbered"):
        for _ in range(2):
            begin(numbered)
            with pytest.raises(RuntimeError, match="on a GPU this would fail"):
                numbered(torch.zeros(3))
            assert numbered(torch.zeros(3)).tolist() == [0, 1, 2]


def test_something_importable_is_found_on_the_students_side(both: Callable):
    for handle in both("identity"):
        assert there(handle, "math:floor")(2.5) == 2


@pytest.mark.parametrize(("kind", "error"), [("mine", ValueError), ("value", ValueError), ("key", KeyError), ("todo", NotImplementedError)])
def test_errors_keep_their_kind_name_and_words(kind: str, error: type, both: Callable):
    for handle in both("fail"):
        with pytest.raises(error, match="why") as caught:
            handle(kind)
        assert type(caught.value).__name__ == ("Mine" if kind == "mine" else error.__name__)


@pytest.mark.parametrize("kind", ["exit", "stop"])
def test_errors_that_would_steer_a_check_arrive_as_errors_of_the_students(kind: str, both: Callable):
    with pytest.raises(Exception, match="why") as caught:
        both("fail")[1](kind)
    assert not isinstance(caught.value, StopIteration | SystemExit | GeneratorExit)


def test_the_students_line_is_told(both: Callable):
    with pytest.raises(ValueError, match=r"in fail, line \d+: raise") as caught:
        both("fail")[1]("mine")
    assert "ipython" not in str(caught.value)


def test_random_numbers_are_seeded_and_tell_nothing_of_the_checks_seed(both: Callable, session: Session):
    _, across = both("drawn")
    drawn = []
    for seed in (5, 5, 6):
        seed_all(across, seed)
        drawn.append(across())
    np.random.seed(session.seed)
    assert drawn == [drawn[0]] * 3
    assert drawn[0][1] == np.random.rand()


def test_handles_have_no_truth_and_no_equality(both: Callable):
    _, across = both("identity")
    assert isinstance(across, Remote)
    with pytest.raises(TypeError, match="no truth value"):
        bool(across)
    with pytest.raises(TypeError, match="cannot be compared"):
        assert across == 1


def test_a_check_can_hand_over_data_and_its_own_handles_only(both: Callable):
    _, across = both("identity")
    with pytest.raises(TypeError, match="data and handles only"):
        across(print)
    with pytest.raises(TypeError, match="data and handles only"):
        across(Local(print))


def test_handles_die_when_they_are_let_go(session: Session):
    session.allow()
    old = session.hold("identity")
    session.forget()
    with pytest.raises(Broken, match="is gone"):
        old(1)


def test_magics_and_the_shell_work_as_at_home(session: Session):
    session.allow()
    outcome = session.cell("found = !echo from the shell\n%time x = 1\nprint(found)")
    assert outcome["error"] is None
    assert "['from the shell']" in outcome["output"]


@pytest.mark.parametrize("magic", ["%matplotlib inline", "%matplotlib widget", "%pylab inline"])
def test_magics_that_tell_jupyter_how_to_show_figures_are_taken(session: Session, magic: str):
    session.allow()
    assert session.cell(f"{magic}\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")["error"] is None


@pytest.fixture(scope="module", params=["fork", "bubblewrap"])
def walled(request: pytest.FixtureRequest) -> Iterator[Range]:
    try:
        made = Range(request.param)
    except IsolationError as error:
        pytest.skip(str(error))
    with made:
        yield made


def test_a_result_is_plain_json_with_all_that_is_promised(walled: Range):
    result = json.loads(json.dumps(walled.shoot(Attack(base=RIGHT), seed=7)))
    assert list(result) == ["assignment", "status", "why", "score", "max_score", "seed", "isolation", "submission", "checks", "seconds",
                            "notes", "exercises", "cells"]  # fmt: skip
    assert (result["score"], result["max_score"], result["seed"]) == (POINTS, POINTS, 7)
    assert [exercise["name"] for exercise in result["exercises"]] == list(RIGHT)
    assert list(result["exercises"][0]["checks"][0]) == ["name", "about", "points", "max_points", "state", "message", "picture", "seconds"]


def test_scores_do_not_depend_on_the_seed_for_honest_work(walled: Range):
    assert {walled.shoot(Attack(base=RIGHT), seed=seed)["score"] for seed in (0, 1, 2**32 - 1, 2**62 - 1)} == {POINTS}


def test_the_students_random_numbers_depend_on_the_submission_and_not_on_the_seed(walled: Range):
    def printed(cell: str, seed: int) -> str:
        return walled.shoot(Attack(base=RIGHT, cells={"double": f"{RIGHT['double']}\n{cell}"}), seed)["cells"][0]["output"]

    one, other = "print(np.random.rand())", "print(np.random.rand())  # other bytes"
    assert printed(one, 1) == printed(one, 2)
    assert printed(one, 1) != printed(other, 1)


def test_what_the_student_prints_and_raises_is_kept_short(walled: Range):
    noise = "\nprint('hello ' * 10_000)\nraise ValueError('x' * 10_000)"
    result = walled.shoot(Attack(base=RIGHT, cells={"double": RIGHT["double"] + noise}))
    (cell,) = result["cells"]
    assert cell["id"] == "double"
    assert cell["output"].startswith("hello hello")
    assert len(cell["output"]) <= LIMITS.output_bytes
    assert "ValueError" in cell["error"]
    assert result["score"] == POINTS


def test_what_all_cells_print_together_is_kept_short_and_told(walled: Range):
    noise = "\nprint('hello ' * 10_000)"
    cells = {name: RIGHT[name] + noise for name in RIGHT}
    result = walled.shoot(Attack(base=RIGHT, cells=cells))
    assert result["notes"] == []
    tight = dataclasses.replace(walled.warm.limits, all_output_bytes=3 * LIMITS.output_bytes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walled.warm, "limits", tight)
        result = walled.shoot(Attack(base=RIGHT, cells=cells))
    assert [cell["id"] for cell in result["cells"]] == list(RIGHT)[:3]
    assert sum(len(cell["output"]) for cell in result["cells"]) <= tight.all_output_bytes
    assert result["notes"] == ["from cell root on nothing is shown: all cells together printed more than 12000 characters"]
    assert result["score"] == POINTS


def test_an_exercise_that_uses_a_wrong_one_says_which_to_mend_first(walled: Range):
    def notes(**cells: str) -> list[str]:
        return walled.shoot(Attack(base=RIGHT, cells=cells))["notes"]

    wrong, uses = core.WRONG["double"], "def root(x):\n    return (double(x) / 2) ** 0.5"
    assert notes(double=wrong, root=uses) == ["root uses double, which is not right yet: mend double first"]
    assert notes(double=wrong) == notes(root=uses) == notes(double=wrong, root=f"{RIGHT['root']}\ndouble = root") == []


def test_a_failing_given_cell_is_our_fault_and_no_zero(walled: Range, monkeypatch: pytest.MonkeyPatch):
    cells = LESSON.cells
    broken = [dataclasses.replace(cell, source="import nothing_of_this_name") if cell.kind == "given" else cell for cell in cells]
    monkeypatch.setattr(walled.warm, "lesson", dataclasses.replace(LESSON, cells=broken))
    result = walled.shoot(Attack(base=RIGHT))
    assert (result["status"], result["exercises"]) == ("not graded", [])
    assert "nothing_of_this_name" in result["why"]


def test_the_same_submission_graded_a_hundred_times_has_the_same_score():
    by_chance = "import random\ndef letters(text):\n    return {} if random.random() < 0.5 else 1"
    mixed = {**RIGHT, "root": core.WRONG["root"], "letters": by_chance}
    with Range("auto") as made:
        results = [made.shoot(Attack(base=mixed), seed=3) for _ in range(100 if made.warm.isolation == "fork" else 10)]
    assert {result["score"] for result in results} == {POINTS - 3}
    assert len({json.dumps(messages(result)) for result in results}) == 1


def messages(result: dict) -> list[tuple[str, str]]:
    """States and messages of all checks."""
    return [(check["state"], check["message"]) for exercise in result["exercises"] for check in exercise["checks"]]


def test_the_stage_holds_what_its_lesson_needs_and_no_more():
    with Range("auto") as made:
        files = {str(path.relative_to(made.warm.spec.stage)) for path in Path(made.warm.spec.stage).rglob("*.py")}
    assert [name for name in files if name.startswith("solutions/")] == ["solutions/a49_before.py"]
    checks = {f"autograder/checks/{name}.py" for name in (*SHARED, "a49_before", "a50_target")}
    assert {name for name in files if name.startswith("autograder/checks/")} == checks
    assert not any(name.startswith("tests") for name in files)
    assert {name for name in files if name.startswith("autograder/grading/")} == {f"autograder/grading/{name}.py" for name in stage.INSIDE}


def test_a_sandbox_reads_the_data_where_the_course_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "file.txt").write_text("a line of data")
    monkeypatch.setenv("COURSE_DATA_MIRROR", str(tmp_path / "mirror"))
    look = "\nimport os, pathlib\nprint(pathlib.Path(os.environ['COURSE_DATA_MIRROR'], 'file.txt').read_text())"
    with Range("auto") as made:
        result = made.shoot(Attack(base=RIGHT, cells={"double": RIGHT["double"] + look}))
    assert result["cells"][0]["output"] == "a line of data\n"


def test_nothing_is_left_when_the_grader_closes():
    with Range("auto") as made:
        if made.warm.isolation != "fork":
            pytest.skip("there is no fork server on this machine")
        made.shoot(Attack(base=RIGHT))
        kept, server = made.warm.spec.stage, made.warm.starter.process
        assert Path(kept).is_dir()
    assert not Path(kept).exists()
    assert server.returncode == 0


GRADER = """
import time
from autograder.grading import wire
from autograder.grading.launch import family
from tests.attacks.core import Range
made = Range("{isolation}")
sandbox = made.warm.starter.start()
sandbox.channel.sendall(wire.pack({{"number": 1, "action": "cell", "source": "while True: pass"}}))
time.sleep(0.5)
print(made.warm.spec.stage, made.folder, *family(sandbox.process), flush=True)
time.sleep(60)
"""


def test_sandboxes_die_with_a_grader_that_is_killed(walled: Range):
    isolation = walled.warm.isolation
    command = [sys.executable, "-W", "ignore", "-c", GRADER.format(isolation=isolation)]
    grader = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    with grader:
        kept, folder, *processes = grader.stdout.readline().split()
        assert all(Path(f"/proc/{process}").exists() for process in processes)
        grader.send_signal(signal.SIGKILL)
    shutil.rmtree(folder)
    for _ in range(100):
        left = [process for process in processes if Path(f"/proc/{process}").exists()]
        if not left and (isolation == "bubblewrap" or not Path(kept).exists()):
            break
        time.sleep(0.1)
    assert left == []
    if isolation == "bubblewrap":
        stage.sweep()  # it has no keeper that could remove it: the next grader does, which another test may have started already
    assert not Path(kept).exists()


def test_a_sandbox_dies_with_its_keeper(walled: Range):
    if walled.warm.isolation != "fork":
        pytest.skip("bubblewrap is its own keeper")
    sandbox = walled.warm.starter.start()
    sandbox.channel.sendall(wire.pack({"number": 1, "action": "cell", "source": "while True: pass"}))
    status = Path(f"/proc/{sandbox.process}/status")
    keeper = next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("PPid"))
    os.kill(int(keeper), signal.SIGKILL)
    for _ in range(100):
        if not status.exists():
            break
        time.sleep(0.1)
    assert not status.exists()
    assert sandbox.end() is None


def test_the_stage_of_a_living_grader_and_folders_of_others_are_not_swept_away(
    spec: stage.Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    kept = spec.stage
    stage.sweep()
    assert Path(kept, "autograder").is_dir()
    monkeypatch.setattr(stage.tempfile, "gettempdir", lambda: str(tmp_path))
    (tmp_path / f"{stage.PREFIX}notes").mkdir()  # somebody's own, by that name
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / stage.LOCK).touch()
    (tmp_path / f"{stage.PREFIX}link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / f"{stage.PREFIX}stale").mkdir()
    (tmp_path / f"{stage.PREFIX}stale" / stage.LOCK).touch()
    stage.sweep()
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [f"{stage.PREFIX}link", f"{stage.PREFIX}notes", "elsewhere"]
    assert (tmp_path / "elsewhere" / stage.LOCK).exists()


FORKS = """
import os, time
def forks(count):
    made = 0
    try:
        for _ in range(count):
            if os.fork() == 0:
                time.sleep(60)
                os._exit(0)
            made += 1
    except OSError:
        pass
    return made
"""


def test_one_submissions_processes_are_not_anothers(walled: Range):
    sessions = [Session(walled.warm.starter.start, LARGE) for _ in range(2)]
    for one in sessions:
        one.open()
        assert one.cell(FORKS)["error"] is None
    greedy, modest = (one.hold("forks") for one in sessions)
    assert greedy(1000) < LIMITS.processes
    assert modest(10) == 10
    for one in sessions:
        one.close()


def test_a_fork_server_that_is_killed_costs_no_submission(walled: Range, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    if walled.warm.isolation != "fork":
        pytest.skip("bubblewrap has no fork server")
    path = tmp_path / SLUG / f"{SLUG}.ipynb"
    path.parent.mkdir()
    path.write_text(json.dumps(core.notebook(RIGHT)))
    made = []

    def new_warm(slug: str, isolation: str, limits: object) -> Warm:
        made.append(Warm(slug, isolation=isolation, limits=LIMITS, root=walled.course))
        return made[-1]

    monkeypatch.setattr(task, "Warm", new_warm)
    terms = {"isolation": "fork", "time_s": 2, "memory_mb": 600, "seed": 1}
    assert task.judge(SLUG, terms, path)["score"] == POINTS
    made[0].starter.process.kill()
    made[0].starter.process.wait()
    assert task.judge(SLUG, terms, path)["score"] == POINTS
    assert len(made) == 2
    task.cool_down()


@pytest.fixture
def spec(course: Path) -> Iterator[stage.Spec]:
    made = stage.build(LESSON, LIMITS, course)
    yield made
    shutil.rmtree(made.stage)


def test_auto_takes_bubblewrap_where_forking_is_not_to_be_had(spec: stage.Spec, monkeypatch: pytest.MonkeyPatch):
    if not shutil.which("bwrap"):
        pytest.skip("bubblewrap is not installed")

    def no_fork(given: stage.Spec) -> None:
        raise IsolationError("no user namespaces")

    monkeypatch.setattr(launch, "ForkServer", no_fork)
    way, starter = launch.starter("auto", spec)
    starter.close()
    assert way == "bubblewrap"


def test_a_machine_that_can_isolate_nothing_is_told_what_to_do(spec: stage.Spec, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(launch.sys, "platform", "darwin")
    with pytest.raises(IsolationError) as told:
        launch.starter("auto", spec)
    for words in ("fork: works on Linux only", "bubblewrap: works on Linux only", "To do: grade on Linux", "--isolation none"):
        assert words in str(told.value)
    assert "apt install" not in str(told.value)


@pytest.mark.parametrize(
    ("fault", "remedy", "last_resort"),
    [
        ("no sandbox: [Errno 1] a user namespace: Operation not permitted", "make user namespaces", True),
        (launch.NO_BUBBLEWRAP, "apt install bubblewrap", True),
        ("no sandbox: [Errno 13] Permission denied: '/tmp/course-stage-1'", "", False),
    ],
    ids=["namespaces", "bubblewrap", "permission"],
)
def test_only_what_mends_a_fault_is_proposed(fault: str, remedy: str, last_resort: bool, spec: stage.Spec, monkeypatch: pytest.MonkeyPatch):
    def failing(way: str, given: stage.Spec) -> None:
        raise IsolationError(fault)

    monkeypatch.setattr(launch, "_way", failing)
    with pytest.raises(IsolationError) as told:
        launch.starter("auto", spec)
    assert fault in str(told.value)
    assert ("To do" in str(told.value)) == bool(remedy)
    assert remedy in str(told.value)
    assert ("--isolation none" in str(told.value)) == last_resort


@pytest.fixture
def closed_umask() -> Iterator[None]:
    """Files and folders that are made meanwhile are for their owner alone."""
    old = os.umask(0o077)
    yield
    os.umask(old)


def test_a_grader_whose_umask_closes_everything_can_grade(walled: Range, closed_umask: None):
    with Range(walled.warm.isolation) as made:
        assert made.shoot(Attack(base=RIGHT))["score"] == POINTS


@pytest.mark.parametrize("isolation", ["auto", "none"])
def test_a_course_inside_a_folder_that_is_shown_is_not_graded(isolation: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(core.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("COURSE_DATA_MIRROR", str(tmp_path))
    if isolation == "none":  # what runs without walls can read everything, wherever it lies
        Range(isolation).__exit__()
        return
    with pytest.raises(IsolationError, match=rf"/course lies in {re.escape(str(tmp_path))}, which every submission can read; move one"):
        Range(isolation)


def test_a_submission_inside_a_folder_that_is_shown_is_not_graded(walled: Range, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COURSE_DATA_MIRROR", str(walled.folder))
    result = walled.shoot(Attack(base=RIGHT))
    assert (result["status"], result["score"]) == ("not graded", 0)
    assert f"lies in {walled.folder}" in result["why"]


@pytest.mark.parametrize("folder", ["submitted", "out"])
def test_a_class_inside_a_folder_that_is_shown_is_not_graded(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    (tmp_path / "submitted" / "ada" / LESSONS[0]).mkdir(parents=True)
    (tmp_path / "out").mkdir()
    monkeypatch.setenv("COURSE_DATA_MIRROR", str(tmp_path / folder))
    assert grade_class(LESSONS[0], tmp_path / "submitted", tmp_path / "out" / "graded") == 2
    assert f"lies in {tmp_path / folder}, which every submission can read" in capsys.readouterr().err


def test_a_course_below_usr_is_named_with_it():
    with pytest.raises(IsolationError, match="/usr/src/app lies in /usr, which every submission can read"):
        launch.keep_hidden(Path("/usr/src/app"))


def test_bubblewrap_that_is_missing_is_named(spec: stage.Spec, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(launch.shutil, "which", lambda name: None)
    with pytest.raises(IsolationError, match="`bwrap` is not installed"):
        launch.starter("bubblewrap", spec)


@pytest.mark.parametrize("isolation", ["fork", "bubblewrap"])
def test_a_folder_that_is_a_link_is_shown_at_its_place(isolation: str, spec: stage.Spec, tmp_path: Path):
    """Such as a .venv that several checkouts share."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(folder.stat().st_mode | 0o011)
    linked = dataclasses.replace(spec, walls=dataclasses.replace(spec.walls, readable=(*spec.walls.readable, str(tmp_path / "link"))))
    try:
        _, starter = launch.starter(isolation, linked)
    except IsolationError as error:
        pytest.skip(str(error))
    session = Session(starter.start, LIMITS)
    session.open()
    assert session.cell(f"import os; print(os.listdir('{tmp_path}/link'))")["output"] == "['file']\n"
    session.close()
    starter.close()


def test_an_unknown_isolation_is_refused(spec: stage.Spec):
    with pytest.raises(ValueError, match="isolation must be one of auto, fork, bubblewrap, none, got 'docker'"):
        launch.starter("docker", spec)


def test_the_fork_server_gives_what_it_could_not_do_in_words(spec: stage.Spec):
    if os.geteuid() != 0:
        pytest.skip("needs a folder that cannot be shown")
    walls = dataclasses.replace(spec.walls, readable=(*spec.walls.readable, "/nowhere"))
    with pytest.raises(IsolationError, match="mounting /nowhere: No such file"):
        launch.starter("fork", dataclasses.replace(spec, walls=walls))
