"""Two sets are parts of large repositories: their files are taken out of the repository's archive and packed into a zip of one's own.

The zip is the same to the byte on every machine: sorted names, no compression, one fixed date.
"""

import io
import re
import zipfile
from dataclasses import dataclass

UNKNOWN_LICENCE = "TILES_UNDER_UNKNOWN_LICENSE.md"  # of crawl/tiles: names of tiles whose artist was not found
PNG_SIZE = slice(16, 24)  # where a PNG says its width and height


@dataclass(frozen=True)
class Recipe:
    """What to take out of an archive.

    folder: names are counted from here, below the archive's one top folder.
    names: pattern of the names to take.
    side_px: images of another size are left out; 0 takes all files.
    sha256: of the zip that comes out.
    """

    folder: str
    names: str
    side_px: int
    sha256: str


RECIPES = {
    "tiles/crawl-tiles-nov2015-32x32.zip": Recipe(
        "releases/Nov-2015/",
        r"(?!.*UNUSED/)(dngn|effect|item|misc|mon|player)/.*\.png",
        32,
        "25cdd6acf907b715ed8873b3b8a8758b01cf5cc00440cc2e608f2c9b0a9839cf",
    ),
    "pose2sim/keypoints2d_body25.zip": Recipe(
        "Pose2Sim/S00_Demo_BatchSession/S00_P00_SingleParticipant/S00_P00_T01_BalancingTrial/pose/",
        r"cam0\d_json/cam0\d\.\d{4}\.json",
        0,
        "d236fa28898b68cfd075df1faf6d49b131d9b4982e10a38b9b7506f204ce2e98",
    ),
}


def packed(name: str, archive: zipfile.ZipFile) -> bytes:
    """The zip of this name, made from the archive of the repository.

    Raises:
        KeyError: the archive has none of its files.
    """
    recipe = RECIPES[name]
    top = archive.namelist()[0].partition("/")[0]
    left_out = _listed(archive, f"{top}/{UNKNOWN_LICENCE}")
    start = f"{top}/{recipe.folder}"
    names = [path.removeprefix(start) for path in archive.namelist() if path.startswith(start)]
    names = sorted(path for path in names if re.fullmatch(recipe.names, path) and path.rpartition("/")[2] not in left_out)
    members = {path: archive.read(start + path) for path in names}
    side = recipe.side_px.to_bytes(4, "big") * 2
    members = {path: data for path, data in members.items() if not recipe.side_px or data[PNG_SIZE] == side}
    if not members:
        raise KeyError(f"no files below {recipe.folder}")
    return zipped(members)


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip of these files that depends on nothing else."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as result:
        for path, data in members.items():
            entry = zipfile.ZipInfo(path)
            entry.create_system = 3  # Unix, on every system
            result.writestr(entry, data)
    return buffer.getvalue()


def _listed(archive: zipfile.ZipFile, path: str) -> set[str]:
    return set(archive.read(path).decode().split()) if path in archive.namelist() else set()
