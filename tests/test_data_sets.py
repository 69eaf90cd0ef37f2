"""Every set of real data on the mirror: counts, shapes and known values; and the loaders on small files made here."""

import gzip
import io
import os
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from data_scripts import cameras, clips, fetch, keypoints, mesh, mnist, moving_mnist, plates, registry, tiles, views

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


DOWNWARDS = ("head top", "neck", "left hip", "left knee", "left ankle")


@mirror
@pytest.mark.parametrize("camera", [1, 2, 3, 4])
def test_the_person_on_the_beam_has_a_skeleton_in_every_frame(camera):
    person = keypoints.person(camera)
    assert person.points_px.shape == (100, 1, 25, 2) and person.scores.shape == (100, 1, 25)
    assert np.isfinite(person.points_px).mean() > 0.8
    assert person.scores.min() >= 0 and person.scores.max() <= 1
    assert np.array_equal(person.scores == 0, np.isnan(person.points_px[..., 0]))
    assert {place for bone in person.bones for place in bone} == set(range(25))
    row = [np.nanmedian(person.points_px[:, 0, person.names.index(name), 1]) for name in DOWNWARDS]
    assert row == sorted(row)
    apart = np.linalg.norm(np.diff(person.points_px[:, 0], axis=0), axis=-1)
    assert all(np.nanmedian(step[np.isfinite(step)]) < 50 for step in apart)  # no jump to a bystander
    if camera == 1:
        assert np.allclose(person.points_px[0, 0, 0], [505.232, 431.63]) and np.isclose(person.scores[0, 0, 0], 0.664216)


def test_there_are_four_cameras():
    with pytest.raises(ValueError, match="camera must be 1 to 4, got 0"):
        keypoints.person(0)


@mirror
def test_two_flies_have_skeletons_and_keep_their_places():
    flies = keypoints.flies()
    assert flies.points_px.shape == (1100, 2, 24, 2) and len(flies.bones) == 23
    assert flies.names[:3] == ("head", "neck", "thorax")
    assert flies.points_px[0, 1, 0].tolist() == [201, 186]  # the file's first point: the head of the fly on the right
    seen = np.isfinite(flies.points_px).all(axis=-1)
    assert np.array_equal(seen, flies.scores > 0) and seen.mean() > 0.85
    steps = np.linalg.norm(np.diff(np.nanmean(flies.points_px, axis=2), axis=0), axis=-1)
    assert np.quantile(steps, 0.99) < 20
    for bone in (("head", "neck"), ("neck", "thorax")):
        first, second = (flies.points_px[:, :, flies.names.index(name)] for name in bone)
        assert np.nanmedian(np.linalg.norm(first - second, axis=-1)) < 40


@mirror
def test_keypoints_of_flies_lie_on_the_flies():
    """The flies are bright on a dark ground."""
    flies = keypoints.flies()
    frames = clips.load("flies/centered_pair_small", duration_s=2)
    thorax = np.round(flies.points_px[: len(frames), :, 2]).astype(int)
    bright = [frame[y, x].mean() for frame, pair in zip(frames, thorax, strict=True) for x, y in pair if x > 0]
    assert np.mean(bright) > 3 * frames.mean()


@mirror
def test_four_cameras_agree_on_where_the_person_is():
    """The data's own description: 13 px of 1920 median error, distortion left out; the file of an older order of points."""
    seen = np.stack([keypoints.person(camera).points_px[:, 0] for camera in (1, 2, 3, 4)])
    rig = cameras.load()
    points_mm = cameras.triangulate(rig, seen)
    assert points_mm.shape == (100, 25, 3)
    errors = [np.linalg.norm(camera.project(points_mm) - points, axis=-1) for camera, points in zip(rig, seen, strict=True)]
    assert np.nanmedian(errors) < 20
    height_mm = np.nanmedian(points_mm[:, 18, 2] - np.nanmin(points_mm[:, 19:, 2], axis=1))
    assert 800 < height_mm < 2000
    assert all(np.allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-5) for camera in rig)
    assert np.isclose(rig[0].intrinsics[0, 0], 107599.671875 / 64)


def test_triangulation_inverts_projection_and_leaves_out_unseen_points():
    rig = []
    for angle in (0.0, 0.5, 1.0):
        turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
        intrinsics = np.array([[800.0, 0, 320], [0, 810, 240], [0, 0, 1]])
        rig.append(cameras.Camera(intrinsics, turn, turn.T @ np.array([0, 0, 3000.0])))
    points_mm = np.random.default_rng(0).normal(scale=300, size=(5, 7, 3))
    seen = np.stack([camera.project(points_mm) for camera in rig])
    seen[0, 0, 0], seen[:2, 0, 1] = np.nan, np.nan
    back = cameras.triangulate(rig, seen)
    assert np.isnan(back[0, 1]).all()
    back[0, 1] = points_mm[0, 1]
    assert np.abs(back - points_mm).max() < 1e-6


def test_a_camera_sees_its_axis_in_the_middle_and_up_is_up():
    camera = cameras.Camera(np.array([[100.0, 0, 50], [0, 100, 40], [0, 0, 1]]), np.eye(3), np.array([0.0, 0, 1000]))
    seen = camera.project(np.array([[0.0, 0, 0], [100, 0, 0], [0, 100, 0]]))
    assert np.allclose(seen, [[50, 40], [60, 40], [50, 30]])


@mirror
@pytest.mark.parametrize(("split", "count"), [("train", 100), ("test", 25)])
def test_views_have_exact_cameras(split, count):
    assert len(views.load(split, side_px=8).images) == count
    few = views.load(split, side_px=100, count=4)
    assert few.images.shape == (4, 100, 100, 4) and few.camera_to_world.shape == (4, 4, 4)
    assert np.isclose(few.focal_px, 1111.1 / 8, atol=0.01)
    rotation, position = few.camera_to_world[:, :3, :3], few.camera_to_world[:, :3, 3]
    assert np.allclose(rotation @ rotation.transpose(0, 2, 1), np.eye(3), atol=1e-5)
    assert np.allclose(np.linalg.norm(position, axis=1), 4.031, atol=0.01)  # all on a sphere
    looks = -rotation[:, :, 2]
    assert np.allclose(looks, -position / np.linalg.norm(position, axis=1, keepdims=True), atol=1e-3)  # to its centre


@mirror
def test_the_object_of_the_views_is_seen_where_its_cameras_say():
    """The visual hull: some point of the scene projects into the silhouette of every view, which wrong poses would not allow."""
    few = views.load("train", side_px=100, count=20)
    grid = np.stack(np.meshgrid(*[np.linspace(-1.2, 1.2, 25)] * 3), axis=-1).reshape(-1, 3)
    inside = np.ones(len(grid), bool)
    for image, pose in zip(few.images, few.camera_to_world.astype(float), strict=True):
        x, y, z = ((grid - pose[:3, 3]) @ pose[:3, :3]).T
        column, row = (np.round(50 + few.focal_px * way / -z).astype(int).clip(0, 99) for way in (x, -y))
        inside &= image[row, column, 3] > 0.5
    assert inside.sum() >= 20


@mirror
def test_views_are_laid_over_a_grey_and_bad_arguments_are_refused():
    one = views.load("test", side_px=50, count=1)
    assert np.allclose(one.over(0.25)[one.images[..., 3] == 0], 0.25)
    with pytest.raises(ValueError, match="got 'val', 100, None"):
        views.load("val")
    with pytest.raises(ValueError, match="count up to 100 or 25; got 'test', 100, 26"):
        views.load("test", count=26)


@mirror
def test_spot_is_a_closed_surface_of_triangles_with_its_texture():
    spot = mesh.load()
    assert (spot.vertices.shape, spot.faces.shape, spot.texture_points.shape) == ((2930, 3), (5856, 3), (3225, 2))
    assert spot.texture.shape == (1024, 1024, 3)
    outside = ((spot.texture_points < 0) | (spot.texture_points > 1)).any(axis=1)
    assert outside.sum() == 4 and np.abs(spot.texture_points - 0.5).max() < 0.56
    edges = np.sort(np.concatenate([spot.faces[:, [0, 1]], spot.faces[:, [1, 2]], spot.faces[:, [2, 0]]]), axis=1)
    unique, counts = np.unique(edges, axis=0, return_counts=True)
    assert np.all(counts == 2) and len(spot.vertices) - len(unique) + len(spot.faces) == 2  # a sphere, by Euler's formula
    corners = spot.vertices[spot.faces]
    volume = np.sum(corners[:, 0] * np.cross(corners[:, 1], corners[:, 2])) / 6
    assert volume > 0  # faces run counterclockwise seen from outside
    assert np.allclose(spot.vertices[0], [0.348799, -0.334989, -0.0832331])


def test_an_obj_file_with_other_faces_is_refused(tmp_path):
    path = tmp_path / "mesh.obj"
    path.write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 0 1\nf 1/1 2/2 3/3\n# a comment\n\n")
    vertices, points, faces, point_faces = mesh.read_obj(path)
    assert vertices.shape == (3, 3) and points.tolist() == [[0, 0], [1, 0], [0, 1]]
    assert faces.tolist() == point_faces.tolist() == [[0, 1, 2]]
    for face in ("f 1/1 2/2 3/3 1/1", "f 1 2 3", "f 1//1 2//1 3//1"):
        path.write_text(f"v 0 0 0\nvt 0 0\n{face}\n")
        with pytest.raises(ValueError, match="needs triangles with texture points, got the face"):
            mesh.read_obj(path)
