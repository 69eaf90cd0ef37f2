"""Sets of images: digits still and moving, tiles; and that every set is on the mirror."""

import gzip
import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_scripts import fetch, mnist, moving_mnist, moving_squares, registry, small_images, tiles

mirror = pytest.mark.skipif(not os.environ.get(fetch.MIRROR), reason=f"needs a mirror of the data, named by {fetch.MIRROR}")


@mirror
@pytest.mark.parametrize("name", registry.SETS)
def test_every_file_of_a_set_is_on_the_mirror_with_its_checksum(name):
    files = registry.find(name)
    assert len(files) > 0
    assert [fetch.path(file.name) for file in files] == [Path(os.environ[fetch.MIRROR]) / file.name for file in files]


@mirror
@pytest.mark.parametrize(
    ("split", "count", "first", "ones"), [("train", 50_000, 5, 5678), ("validation", 10_000, 3, 1064), ("test", 10_000, 7, 1135)]
)
def test_mnist_has_its_splits(split, count, first, ones):
    images, labels = mnist.load(split)
    assert (images.shape, images.dtype, labels.shape, labels.dtype) == ((count, 28, 28), np.uint8, (count,), np.int64)
    assert labels[0] == first and (labels == 1).sum() == ones
    assert (images.min(), images.max()) == (0, 255)
    if split == "test":
        assert images[0].sum() == 18454 and images[0, 7, 6] == 84


def test_an_idx_file_is_read_by_its_header(tmp_path):
    path = tmp_path / "numbers.gz"
    path.write_bytes(gzip.compress(b"\x00\x00\x08\x02" + (2).to_bytes(4, "big") + (3).to_bytes(4, "big") + bytes([1, 2, 3, 4, 5, 255])))
    assert mnist.read_idx(path).tolist() == [[1, 2, 3], [4, 5, 255]]
    path.write_bytes(gzip.compress(b"\x00\x00\x0d\x01" + bytes(8)))
    with pytest.raises(ValueError, match="begins with 00000d01, expected 000008"):
        mnist.read_idx(path)
    with pytest.raises(ValueError, match="split must be one of train, validation, test, got 'valid'"):
        mnist.load("valid")


@pytest.mark.parametrize(("levels", "expected"), [(2, [0, 0, 1, 1]), (4, [0, 1, 2, 3]), (256, [0, 127, 128, 255])])
def test_levels_have_equal_widths(levels, expected):
    assert mnist.at_levels(np.array([0, 127, 128, 255], np.uint8), levels).tolist() == expected


def test_sampled_ink_comes_as_often_as_the_byte_says():
    ink = mnist.sampled_ink(np.repeat(np.array([0, 51, 255], np.uint8), 10_000).reshape(3, -1), seed=0)
    assert set(np.unique(ink)) == {0, 1}
    assert np.allclose(ink.mean(axis=1), [0, 0.2, 1], atol=4 * np.sqrt(0.2 * 0.8 / 10_000))


def two_digits() -> tuple[np.ndarray, np.ndarray]:
    digits = np.zeros((2, 5, 7), np.uint8)
    digits[0], digits[1, 2, 3] = 100, 200
    return digits, np.array([3, 8])


def test_moving_digits_stay_whole_inside_the_box_and_go_straight_between_walls():
    made = moving_mnist.make(*two_digits(), clips=50, frames=30, size=(20, 24), digits_per_clip=1, speed_px=2.5, seed=1)
    assert made.clips.shape == (50, 30, 20, 24) and made.labels.shape == (50, 1) and made.corners_px.shape == (50, 30, 1, 2)
    for clip, label, way in zip(made.clips, made.labels[:, 0], made.corners_px[:, :, 0], strict=True):
        assert np.all(clip.sum(axis=(1, 2), dtype=int) == (5 * 7 * 100 if label == 3 else 200))
        if label == 3:
            assert np.array_equal(np.stack([np.argwhere(frame)[0] for frame in clip]), way)
        steps = np.abs(np.diff(way, axis=0))
        assert steps.max() <= 3  # 2.5 px rounded
        inside = (way > 3).all(axis=1) & (way < np.array([20 - 5, 24 - 7]) - 3).all(axis=1)
        straight = np.diff(way, n=2, axis=0)[inside[:-2] & inside[1:-1] & inside[2:]]
        assert np.all(np.abs(straight) <= 2)  # of rounding


def test_a_bounce_is_a_mirror_and_the_walls_are_reached():
    way = moving_mnist._reflected(np.array([[0.0], [3.0], [5.0], [6.0], [10.0], [11.0], [-2.0]]), np.array([5]))
    assert way[:, 0].tolist() == [0, 3, 5, 4, 0, 1, 2]
    corners = moving_mnist.make(*two_digits(), clips=20, frames=60, size=(12, 12), seed=0).corners_px
    assert corners.reshape(-1, 2).min(axis=0).tolist() == [0, 0] and corners.reshape(-1, 2).max(axis=0).tolist() == [7, 5]


def test_overlapping_digits_show_the_brighter_one():
    made = moving_mnist.make(*two_digits(), clips=40, frames=1, size=(5, 7), digits_per_clip=2, seed=0)
    both = made.clips[(made.labels == [3, 8]).all(axis=1)][0, 0]
    assert both[2, 3] == 200 and both[0, 0] == 100


def test_equal_seeds_give_equal_digits_and_a_small_box_is_refused():
    first, again = (moving_mnist.make(*two_digits(), clips=3, seed=7).clips for _ in range(2))
    assert np.array_equal(first, again)
    with pytest.raises(ValueError, match=r"a box of \(4, 20\) has no room for digits of \(5, 7\)"):
        moving_mnist.make(*two_digits(), clips=1, size=(4, 20))


@mirror
def test_moving_mnist_is_made_from_mnist():
    made = moving_mnist.make(*mnist.load("test"), clips=2, seed=0)
    assert made.clips.shape == (2, 20, 64, 64) and made.clips.max() > 250


@mirror
def test_tiles_have_their_classes_and_colours():
    images, labels = tiles.load()
    assert images.shape == (3710, 32, 32, 3) and images.dtype == np.uint8
    assert dict(zip(tiles.CLASSES, np.bincount(labels).tolist(), strict=True)) == {
        "dngn": 1106,
        "effect": 196,
        "item": 673,
        "misc": 221,
        "mon": 695,
        "player": 819,
    }
    pink, _ = tiles.load(background=(255, 0, 255))
    changed = (images != pink).any(axis=-1)
    assert np.all(images[changed & (images == 0).all(axis=-1)] == 0)
    assert 0.3 < changed.mean() < 0.9  # transparent in parts


@pytest.mark.parametrize("mode", ["RGBA", "RGB", "P", "L", "LA"])
def test_a_tile_of_any_mode_is_laid_over_the_background(mode):
    image = Image.new("RGBA", (2, 1), (200, 200, 200, 255))
    image.putpixel((1, 0), (200, 200, 200, 0 if mode in ("RGBA", "LA") else 255))
    buffer = io.BytesIO()
    image.convert(mode).save(buffer, "png")
    pixels = tiles.over(buffer.getvalue(), (10, 20, 30))
    assert pixels[0, 0].tolist() == [200, 200, 200]
    assert pixels[0, 1].tolist() == ([10, 20, 30] if mode in ("RGBA", "LA") else [200, 200, 200])


def test_small_digits_are_those_of_mnist(monkeypatch):
    monkeypatch.setattr(mnist, "load", lambda split: (np.full((3, 28, 28), 200, np.uint8), np.array([4, 0, 7])))
    for options, ink in [({"levels": 4}, 3), ({"levels": 256}, 200), ({"levels": 2, "side_px": 14}, 1)]:
        images, labels = small_images.digits("test", **options)
        assert images.shape == (3, 1, *[options.get("side_px", 28)] * 2) and (images == ink).all()
        assert labels.tolist() == [4, 0, 7]
    assert 0.7 < small_images.digits("test", 2, sampled=True)[0].float().mean() < 0.85  # 200 / 255


@pytest.mark.parametrize("side_px", [14, 28])
def test_boxes_stand_in_for_digits(monkeypatch, side_px):
    def nothing(*_):
        raise fetch.DataMissing("no digits")

    monkeypatch.setattr(mnist, "load", nothing)
    monkeypatch.setattr(tiles, "load", nothing)
    images, labels = small_images.digits("test", 4, side_px)
    assert images.shape == (500, 1, side_px, side_px) and set(images.unique().tolist()) == {0, 3}
    assert set(labels.tolist()) == set(range(10))
    assert small_images.shuffled_tiles(0).shape == (1000, 3, 32, 32)


def test_small_digits_refuse_what_cannot_be():
    with pytest.raises(ValueError, match="side_px must divide 28, got 15"):
        small_images.digits("test", 2, 15)
    with pytest.raises(ValueError, match="ink by chance has 2 levels, got 4"):
        small_images.digits("test", 4, sampled=True)


def test_squares_are_worsened_as_strongly_as_asked():
    clips = moving_squares.moving_squares(400, 8, 16, seed=0)[0]
    worse = moving_squares.worsened(clips, 0.25, seed=0)
    assert worse.keys() == {"noise", "frozen", "shuffled"} and all(made.shape == clips.shape for made in worse.values())
    assert (worse["noise"] - clips).std() == pytest.approx(0.25, rel=0.01)
    frozen = (worse["frozen"] == clips[:, :, :1]).flatten(1).all(dim=1)
    moved = (worse["shuffled"] != clips).flatten(1).any(dim=1)
    assert (frozen == moved).all() and frozen.float().mean() == pytest.approx(0.25, abs=0.07)
    assert (worse["shuffled"].mean(dim=2) - clips.mean(dim=2)).abs().max() < 1e-6
