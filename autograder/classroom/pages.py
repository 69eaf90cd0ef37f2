"""What the feedback and the class report share: their templates, numbers in words, and writing only what changed."""

from functools import cache
from pathlib import Path

from autograder.files import write_text


def update(path: Path, text: str) -> None:
    """Write a file whole, unless it says the same already."""
    try:
        if path.read_bytes() == text.encode("utf-8"):
            return
    except OSError:
        pass
    write_text(path, text)


def render(template: str, **values: object) -> str:
    """A page from the template of this name, beside this file; text is escaped."""
    return _templates().get_template(template).render(**values)


@cache
def _templates() -> object:
    import jinja2

    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    environment.filters |= {"points": points, "seconds": seconds}
    return environment


def points(value: float) -> str:
    """`3`, `2.5`, `0.333`."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:g}"


def seconds(value: float) -> str:
    """`0.4 s`, `12 s`, `3 min`."""
    if value >= 120:
        return f"{value / 60:.0f} min"
    return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"
