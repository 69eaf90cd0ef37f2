"""What data there is: every set with its licence and use, every file with its checksum and address (`registry.tsv`)."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("registry.tsv")


@dataclass(frozen=True)
class Set:
    """Files that belong together: their licence, where they come from, and what they are for."""

    licence: str
    home: str
    use: str


@dataclass(frozen=True)
class File:
    """One file: its name `set/file`, also its path in mirror and cache, and the address that gives exactly these bytes.

    An address `ARCHIVE.zip#MEMBER` stands for one member of an archive. The address of a file in `packing.RECIPES` is the
    archive of a whole repository.
    """

    name: str
    size_bytes: int
    sha256: str
    address: str

    @property
    def set(self) -> str:
        """The set it belongs to, the first folder of its name."""
        return self.name.partition("/")[0]


SETS = {
    "text": Set(
        "plays and novel: public domain (in the USA); WikiText-2: CC BY-SA 3.0, Wikipedia contributors",
        "github.com/karpathy/char-rnn, gutenberg.org/ebooks/1342, github.com/pytorch/examples",
        "n-gram models over characters and words",
    ),
    "mnist": Set(
        "CC BY-SA 3.0, Yann LeCun and Corinna Cortes",
        "yann.lecun.com/exdb/mnist",
        "28x28 digits: PixelCNN, VQ-VAE, GANs, and Moving MNIST made from them",
    ),
    "tiles": Set("CC0 1.0", "github.com/crawl/tiles", "3,710 drawn 32x32 colour images in 6 classes: PixelCNN, VQ-VAE, diffusion"),
    "textures": Set(
        "CC0 1.0, Hugues Hoppe; stream-of-water and flower: CC0 1.0",
        "github.com/hhoppe/data, github.com/mdn/interactive-examples",
        "water, palms, a flower: video textures, loops, video diffusion",
    ),
    "stills": Set("CC0 1.0, Hugues Hoppe", "github.com/hhoppe/data", "photographs: natural colour patches, backgrounds for blending"),
    "intel_samples": Set(
        "CC BY 4.0, Intel Corporation",
        "github.com/intel-iot-devkit/sample-videos",
        "people, cars, bottles, sign language: sprites, background plates, blending, upper-body motion",
    ),
    "pose2sim": Set(
        "BSD-3-Clause, Copyright (c) 2022 perfanalytics",
        "github.com/perfanalytics/pose2sim",
        "one person, four calibrated cameras, 2D keypoints: pose to video, several views",
    ),
    "flies": Set(
        "BSD-3-Clause-Clear, Copyright (c) 2019 The Trustees of Princeton University",
        "github.com/talmolab/sleap",
        "two flies with skeletons in 1,100 frames: pose to video, sprites",
    ),
    "grid_faces": Set(
        "CC BY 4.0, GRID audiovisual sentence corpus (Cooke, Barker, Cunningham, Shao 2006)",
        "zenodo.org/records/3625687",
        "talking heads before a plain wall: face reenactment, edges to video",
    ),
    "sam2_clips": Set(
        "Apache-2.0 (licence of the repository), Meta Platforms",
        "github.com/facebookresearch/sam2",
        "two people moving, full body: label or pose to video, blending",
    ),
    "animation": Set("CC BY 3.0, (c) 2008 Blender Foundation", "peach.blender.org", "a drawn film with sound, to test decoders on"),
    "nerf_mic": Set(
        'CC0 1.0 (model "mic" by up3d.de), NeRF synthetic renders',
        "github.com/bmild/nerf (nerf_synthetic.zip)",
        "125 views of an object with exact cameras: DeepVoxels, radiance fields",
    ),
    "spot": Set(
        "public domain, Keenan Crane",
        "www.cs.cmu.edu/~kmcrane/Projects/ModelRepository",
        "a textured mesh: neural textures, views of one's own",
    ),
    "licences": Set("licence texts", "the repositories of the sets", "texts that ask to travel with the data"),
}


@cache
def files() -> dict[str, File]:
    """All files by name."""
    with TABLE.open(encoding="utf-8", newline="") as table:
        rows = csv.DictReader(table, delimiter="\t")
        return {row["file"]: File(row["file"], int(row["bytes"]), row["sha256"], row["address"]) for row in rows}


def find(name: str) -> list[File]:
    """The file of this name, or all files of the set of this name.

    Raises:
        ValueError: there is neither.
    """
    if name in files():
        return [files()[name]]
    if name not in SETS:
        raise ValueError(f"unknown data {name!r}; there are the sets {', '.join(SETS)}, and their files (python -m data_scripts list)")
    return [file for file in files().values() if file.set == name]
