"""Sets with geometry: keypoints of people and flies, calibrated cameras, posed views, a mesh."""

import os

import numpy as np
import pytest

from data_scripts import cameras, clips, fetch, keypoints, mesh, views

mirror = pytest.mark.skipif(not os.environ.get(fetch.MIRROR), reason=f"needs a mirror of the data, named by {fetch.MIRROR}")


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
