"""The folder that a sandbox sees of the course: the student edition of one lesson, and nothing of later ones."""

import ast
import compileall
import fcntl
import os
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from autograder.grading import inside
from autograder.grading.confine import Walls
from autograder.grading.limits import Limits
from autograder.lesson import Lesson, slugs
from data_scripts.fetch import MIRROR, cache_folder

INSIDE = ("__init__", "confine", "forkserver", "fresh", "inside", "syscalls", "wire")  # what of the grader runs on the student's side
PREFIX = "course-stage-"
LOCK = ".lock"
_locks: dict[str, int] = {}  # of the stages of this process: an open file each
SKIPPED = shutil.ignore_patterns("__pycache__", "*.ipynb", ".*")


@dataclass(frozen=True)
class Spec:
    """All that a sandbox is told."""

    stage: str
    modules: list[str]  # imported before the submission's clock starts
    environment: dict[str, str]
    walls: Walls
    output_bytes: int

    def as_json(self) -> dict:
        """Plain data."""
        return asdict(self)


def build(lesson: Lesson, limits: Limits, root: Path) -> Spec:
    """Copy the student edition of a lesson to a new folder; the caller removes it."""
    sweep()
    stage = Path(tempfile.mkdtemp(prefix=PREFIX))
    stage.chmod(0o755)
    _lock(stage)
    for folder in ("assignments/common", "autograder/checks", "data_scripts"):
        if (root / folder).is_dir():
            shutil.copytree(root / folder, stage / folder, ignore=SKIPPED)
    (stage / "autograder" / "grading").mkdir()
    (stage / "solutions").mkdir()
    given = [f"solutions/{slug}.py" for slug in slugs(root / "solutions") if int(slug[1:3]) < lesson.number]
    own = [f"autograder/grading/{name}.py" for name in INSIDE]
    for name in ["autograder/__init__.py", *own, *given]:
        shutil.copyfile(root / name, stage / name)
    _fonts(stage)
    compileall.compile_dir(stage, quiet=2)
    return Spec(str(stage), _imports(lesson), _environment(stage), _walls(stage, limits), limits.output_bytes)


def remove(spec: Spec) -> None:
    """Remove the folder that `build` made."""
    shutil.rmtree(spec.stage)
    os.close(_locks.pop(spec.stage))


def sweep() -> None:
    """Remove what graders left behind that were killed. A stage whose grader lives is locked, by a lock that dies with its process."""
    for lock in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{LOCK}"):
        try:
            handle = os.open(lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            continue  # another one's, or gone
        try:
            if os.fstat(handle).st_uid == os.geteuid():
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
        except OSError:
            pass  # its grader lives
        finally:
            os.close(handle)


def _lock(stage: Path) -> None:
    """Hold the stage's lock as long as this process lives. The file gets its name when it is locked: seen unlocked, it is stale."""
    new = stage / f"{LOCK}.new"
    _locks[str(stage)] = os.open(new, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0o600)
    fcntl.flock(_locks[str(stage)], fcntl.LOCK_EX)
    new.rename(stage / LOCK)


def _fonts(stage: Path) -> None:
    """Matplotlib's list of fonts, which takes seconds to make, in the home that sandboxes begin with."""
    import matplotlib.font_manager

    folder = stage / inside.FONTS
    folder.mkdir(parents=True)
    for path in Path(matplotlib.get_cachedir()).glob("fontlist*.json"):
        shutil.copyfile(path, folder / path.name)


def _imports(lesson: Lesson) -> list[str]:
    """Modules that the lesson's own code imports."""
    nodes = [node for cell in lesson.cells if cell.kind in ("given", "exercise") for node in ast.walk(cell.tree)]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return list(dict.fromkeys(names))


def _environment(stage: Path) -> dict[str, str]:
    environment = {
        "PATH": f"{sys.prefix}/bin:/usr/bin:/bin",
        "PYTHONPATH": str(stage),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(inside.HOME),
        "USER": "student",
        "LOGNAME": "student",
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",
        "MPLBACKEND": "Agg",
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "COURSE_SIZE": "quick",
    }
    return environment | ({MIRROR: str(folder)} if (folder := _data()) else {})


def _data() -> Path | None:
    """The folder of the lessons' data: the mirror if there is one, else the downloads, which lie in the same layout."""
    folder = Path(os.environ.get(MIRROR) or cache_folder()).resolve()
    return folder if folder.is_dir() else None


def _walls(stage: Path, limits: Limits) -> Walls:
    python = {Path(sys.base_prefix), Path(sys.executable).resolve().parents[1], Path(sys.prefix)}
    outside = sorted(path for path in python if not path.is_relative_to("/usr"))
    wanted = [Path("/usr"), Path("/etc/ld.so.cache"), *outside, *filter(None, [_data()]), stage]
    readable = tuple(str(path) for path in wanted if path.exists())
    return Walls(readable, limits.memory_mb, limits.processes, limits.disk_mb)
