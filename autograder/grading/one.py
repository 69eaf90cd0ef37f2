"""Grades one submission."""

from pathlib import Path
from types import TracebackType

from autograder.grading.limits import Limits
from autograder.lesson import ROOT


class IsolationError(Exception):
    """The asked-for isolation cannot be had on this machine; the message says what to do."""


class Warm:
    """Keeps what many submissions of one lesson share: the staged student edition and the fork server. A context manager."""

    def __init__(self, slug: str, *, isolation: str = "auto", limits: Limits | None = None, root: Path = ROOT) -> None:
        raise NotImplementedError

    def __enter__(self) -> "Warm":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop the fork server and remove the stage."""

    def grade(self, notebook: Path, seed: int) -> dict:
        """Grade one submission; JSON-ready, never raises for what a student did."""
        raise NotImplementedError


def grade(notebook: Path, slug: str, *, isolation: str = "auto", seed: int, limits: Limits | None = None) -> dict:
    """Grade one submission on its own."""
    with Warm(slug, isolation=isolation, limits=limits) as warm:
        return warm.grade(notebook, seed)
