"""Real clips and photographs, and what is taken from clips of a fixed camera: background and masks."""

import os

import av
import numpy as np
import pytest
from scipy import ndimage

from data_scripts import clips, fetch, plates

mirror = pytest.mark.skipif(not os.environ.get(fetch.MIRROR), reason=f"needs a mirror of the data, named by {fetch.MIRROR}")


# name of a clip: frames, height, width, and the average frame rate, as the data set's own description says
FACTS = {
    "textures/brink_loop_512": (150, 512, 512, 30),
    "textures/brink_loop_256": (150, 256, 256, 30),
    "textures/palmtrees_loop_512": (150, 516, 512, 30),
    "textures/palmtrees_loop_256": (150, 258, 256, 30),
    "textures/brink_20_640x360": (20, 360, 640, 30),
    "textures/brink_30_320x180": (30, 180, 320, 30),
    "textures/cherries_30_320x180": (30, 180, 320, 29.97),
    "textures/stream-of-water": (90, 360, 480, 29.983),
    "textures/flower": (150, 540, 960, 29.97),
    "intel_samples/bottle-detection": (1189, 360, 640, 29.833),
    "intel_samples/car-detection": (377, 432, 768, 12.5),
    "intel_samples/one-by-one-person-detection": (1394, 432, 768, 10),
    "intel_samples/preview/head-pose-face-detection-female": (23, 270, 480, 12.04),
    "intel_samples/preview/head-pose-face-detection-male": (62, 270, 480, 12.02),
    "intel_samples/asl_gestures/again": (77, 480, 640, 30),
    "pose2sim/videos/cam01": (100, 1920, 1080, 60),
    "pose2sim/videos/cam02": (100, 1920, 1080, 60),
    "pose2sim/videos/cam03": (100, 1920, 1088, 60),
    "pose2sim/videos/cam04": (100, 1920, 1088, 60),
    "flies/centered_pair_small": (1100, 384, 384, 15),
    "grid_faces/bbaf2n": (75, 288, 360, 25),
    "sam2_clips/01_dog": (289, 720, 1280, 29.97),
    "sam2_clips/05_default_juggle": (247, 720, 1280, 24),
    "animation/bigbuckbunny": (132, 720, 1280, 25),
}


@mirror
@pytest.mark.parametrize("name", clips.names())
def test_every_clip_can_be_read_in_its_size(name):
    """A tenth of a second of each; all frames are counted in the file, not decoded."""
    part = clips.load(name, duration_s=0.1)
    assert part.dtype == np.float32 and part.ndim == 4 and part.shape[3] == 3
    assert part.min() >= 0 and part.max() <= 1 and part.std() > 0.02
    assert len(part) == 1 or np.abs(np.diff(part, axis=0)).mean() < 0.2
    if name in FACTS:
        frames, height, width, rate_hz = FACTS[name]
        assert part.shape[1:3] == (height, width)
        assert abs(len(part) - 0.1 * rate_hz) <= 1
        with av.open(str(clips.path(name))) as container:
            assert sum(1 for packet in container.demux(video=0) if packet.size) == frames


@mirror
def test_there_are_as_many_clips_as_described_and_unknown_ones_are_refused():
    names = clips.names()
    assert len(names) == 53 and set(FACTS) <= set(names)
    assert sum(name.startswith("intel_samples/asl_gestures/") for name in names) == 20
    assert clips.licence("textures/flower").startswith("CC0")
    with pytest.raises(ValueError, match="unknown clip 'textures/sea'; there are: textures/brink_loop_512"):
        clips.path("textures/sea")


@mirror
def test_the_looped_river_ends_where_it_begins():
    river = clips.load("textures/brink_loop_256", size=(64, 64))
    assert river.shape == (150, 64, 64, 3)
    steps = np.abs(np.diff(river, axis=0)).mean(axis=(1, 2, 3))
    assert np.abs(river[0] - river[-1]).mean() < steps.max()
    cherries = clips.load("textures/cherries_30_320x180", size=(64, 64))  # no loop
    assert np.abs(cherries[0] - cherries[-1]).mean() > np.abs(np.diff(cherries, axis=0)).mean(axis=(1, 2, 3)).max()


@mirror
def test_a_long_clip_is_streamed_at_another_rate_and_size():
    frames = list(clips.stream("intel_samples/one-by-one-person-detection", size=(27, 48), frame_rate_hz=0.2))
    assert len(frames) == 28 and frames[0].shape == (27, 48, 3)  # 139.4 s


@mirror
@pytest.mark.parametrize(
    ("name", "shape"),
    [("seattle_1500x1000", (1000, 1500, 3)), ("burano_768x512", (512, 768, 3)), ("crimson_512", (512, 512, 3))],
    ids=["seattle", "burano", "crimson"],
)
def test_photographs_have_their_size_and_range(name, shape):
    image = clips.still(name)
    assert image.shape == shape and image.dtype == np.float32
    assert image.min() >= 0 and 0.9 < image.max() <= 1


@mirror
def test_the_empty_room_is_found_and_people_before_it():
    """A plate is right if it is what the camera sees when everybody has left, at the end of the clip, which it was not made from."""
    name = "intel_samples/one-by-one-person-detection"
    plate = plates.load(name, size=(108, 192))
    empty, standing = (clips.load(name, start_s=start, duration_s=1, frame_rate_hz=2, size=(108, 192)) for start in (138, 60))
    assert np.abs(empty - plate).mean() < 0.01
    assert plates.mask(empty, plate).sum() == 0
    masks = plates.mask(standing, plate, smallest_px=32)
    assert masks.shape == standing.shape[:3] and masks.dtype == bool
    assert 0.03 < masks.mean() < 0.3
    largest = max(np.bincount(ndimage.label(masks[0])[0].ravel())[1:])
    assert largest > 0.9 * masks[0].sum()  # one person
    with pytest.raises(ValueError, match="no background is known for 'textures/flower'"):
        plates.load("textures/flower")


@mirror
def test_a_car_is_found_though_the_light_changes_with_it():
    name = "intel_samples/car-detection"
    plate = plates.load(name, size=(108, 192))
    frames = clips.load(name, start_s=5.5, duration_s=3, frame_rate_hz=2, size=(108, 192))
    assert np.abs(np.median(frames - plate, axis=(1, 2))).max() > 0.1  # the exposure dips
    areas = plates.mask(frames, plate, smallest_px=16).mean(axis=(1, 2))
    assert areas.max() < 0.25 and areas[0] > 0.05


def test_the_median_takes_what_is_there_most_of_the_time():
    frames = np.full((9, 6, 8, 3), 0.3)
    frames[:4, 2:4] = 0.9
    assert np.allclose(plates.background(iter(frames)), 0.3)
    with pytest.raises(ValueError, match="at least one frame, got none"):
        plates.background([])


def test_a_mask_drops_specks_fills_holes_and_keeps_its_place(monkeypatch):
    plate = np.full((40, 40, 3), 0.5)
    frame = plate.copy()
    frame[10:30, 12:28] = 0.9
    frame[18:20, 18:20] = 0.5  # a hole
    frame[2, 2] = 0.9  # a speck
    found = plates.mask(frame, plate)
    expected = np.zeros((40, 40), bool)
    expected[10:30, 12:28] = True
    assert np.mean(found != expected) < 0.01 and not found[2, 2] and found[19, 19]
    assert not plates.mask(plate - 0.2, plate).any()  # it became darker everywhere
    with pytest.raises(ValueError, match="one size"):
        plates.mask(frame[:20], plate)
    monkeypatch.setattr(plates, "LARGEST_BYTES", 10_000)
    with pytest.raises(ValueError, match="take fewer, or smaller ones"):
        plates.background([plate, plate])
