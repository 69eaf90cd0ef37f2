"""The folder that a sandbox sees of the course: what one lesson's own code needs, without its solutions and the checks' oracles."""

import ast
import compileall
import fcntl
import os
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from autograder.export import needed
from autograder.grading import inside
from autograder.grading.confine import Walls
from autograder.grading.limits import Limits
from autograder.grading.pieces import pieces
from autograder.lesson import Lesson
from data_scripts.fetch import MIRROR, cache_folder, mirror

# what of the grader runs on the student's side
INSIDE = ("__init__", "confine", "forkserver", "fresh", "inside", "shell", "syscalls", "wire")
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
    """Fill a new folder with what a lesson's submissions need; the caller removes it."""
    sweep()
    stage = Path(tempfile.mkdtemp(prefix=PREFIX))
    stage.chmod(0o755)
    _lock(stage)
    for folder in ("assignments/common", "data_scripts"):
        if (root / folder).is_dir():
            shutil.copytree(root / folder, stage / folder, ignore=SKIPPED)
    given = needed([lesson.slug], root) - {lesson.slug}
    own = [f"autograder/grading/{name}.py" for name in INSIDE]
    for name in ["autograder/__init__.py", *own, *(f"solutions/{slug}.py" for slug in given)]:
        (stage / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, stage / name)
    checks = stage / "autograder" / "checks"
    checks.mkdir()
    for name, source in pieces(lesson.slug, given, root / "autograder" / "checks").items():
        (checks / f"{name}.py").write_text(source, encoding="utf-8")
    _fonts(stage)
    compileall.compile_dir(stage, quiet=2)
    _readable_by_all(stage)
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


def _readable_by_all(stage: Path) -> None:
    """Whatever the umask: root's sandbox reads it as nobody."""
    for path in stage.rglob("*"):
        if path.name != LOCK:
            path.chmod(0o755 if path.is_dir() else 0o644)


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
    folder = (mirror() or cache_folder()).resolve()
    return folder if folder.is_dir() else None


def shown() -> list[Path]:
    """What every sandbox sees whole of the machine: the system, Python and the lessons' data."""
    python = {Path(sys.base_prefix), Path(sys.executable).resolve().parents[1], Path(sys.prefix)}
    outside = sorted(path for path in python if not path.is_relative_to("/usr"))
    wanted = [Path("/usr"), Path("/etc/ld.so.cache"), *outside, *filter(None, [_data()])]
    return [path for path in wanted if path.exists()]


def _walls(stage: Path, limits: Limits) -> Walls:
    readable = tuple(str(path) for path in (*shown(), stage))
    return Walls(readable, limits.memory_mb, limits.processes, limits.disk_mb)
