"""Where a data file lies on this machine: in the mirror, in the cache, or, after a download, in the cache from now on."""

import os
from collections.abc import Iterator
from pathlib import Path

import pooch

from data_scripts import registry
from data_scripts.packing import RECIPES
from data_scripts.registry import File

ROOT = Path(__file__).resolve().parents[1]
MIRROR = "COURSE_DATA_MIRROR"  # names a folder that holds the files under their names
CACHE = "video-course"


class DataMissing(FileNotFoundError):
    """A data file that cannot be had: why, from where it comes, and where to put it by hand."""


def path(name: str) -> Path:
    """The file `set/file`, its checksum verified; downloaded if neither mirror nor cache has it.

    Raises:
        ValueError: there is no file of this name.
        DataMissing: the file cannot be had, or is not the one that it should be.
    """
    if name not in registry.files():
        raise ValueError(f"unknown data file {name!r} (python -m data_scripts list)")
    file = registry.files()[name]
    place = present(file)
    if place is None:
        return _downloaded(file)
    if not intact(file, place):
        raise DataMissing(f"{place} is not {name}: {_difference(file, place)}. Remove it, and try again. {by_hand(file)}")
    return place


def paths(set_name: str) -> Iterator[Path]:
    """All files of a set; errors as in `path`."""
    return (path(file.name) for file in registry.find(set_name))


def cache_folder() -> Path:
    """Where downloads are kept, in the layout of a mirror."""
    return Path(pooch.os_cache(CACHE))


def mirror() -> Path | None:
    """The folder that the mirror is said to be, whether it exists or not; a relative one counts from the course's root."""
    return ROOT / Path(os.environ[MIRROR]).expanduser() if os.environ.get(MIRROR) else None


def present(file: File) -> Path | None:
    """Where the file lies, in the mirror or else in the cache, unread; None if in neither."""
    places = [folder / file.name for folder in (mirror(), cache_folder()) if folder]
    return next((place for place in places if place.is_file()), None)


def intact(file: File, place: Path) -> bool:
    """Whether the bytes at `place` are those of the registry, or for a packed file those that packing gives."""
    right = {file.sha256, RECIPES[file.name].sha256} if file.name in RECIPES else {file.sha256}
    return pooch.file_hash(str(place)) in right


def by_hand(file: File) -> str:
    """What to do where a download does not work."""
    place = cache_folder() / file.name
    archive, _, member = file.address.partition("#")
    if file.name in RECIPES:
        return f"By hand: copy {file.name} from a mirror of the course's data to {place}"
    if member:
        return f"By hand: download {archive} and put its {member} at {place}"
    return f"By hand: download {archive} and put it at {place}"


def _difference(file: File, place: Path) -> str:
    size = place.stat().st_size
    if size != file.size_bytes:
        return f"expected {file.size_bytes} bytes, got {size}"
    return f"expected SHA-256 {file.sha256}, got {pooch.file_hash(str(place))}"


def _downloaded(file: File) -> Path:
    from data_scripts.download import Failed, download

    folder = mirror()
    if folder and not folder.is_dir():
        raise DataMissing(f"{file.name}: {MIRROR} names {folder}, which is no folder. Correct it, or unset it to download the file")
    try:
        return download(file, cache_folder())
    except Failed as failed:
        tried = f"is not in the mirror {folder}, and could not be" if folder else "could not be"
        raise DataMissing(f"{file.name} {tried} downloaded: {failed}. {by_hand(file)}") from failed
