"""Keypoints of real clips: a person seen by four cameras (pose2sim, BSD-3-Clause) and two flies (SLEAP, BSD-3-Clause-Clear)."""

import json
import zipfile
from dataclasses import dataclass

import numpy as np

from data_scripts import fetch

CAMERAS = 4

# The 25 points in the order of OpenPose's BODY_25B, which these files are in (not that of BODY_25), and the pairs that are bones.
BODY = (
    *("nose", "left eye", "right eye", "left ear", "right ear", "left shoulder", "right shoulder", "left elbow", "right elbow"),
    *("left wrist", "right wrist", "left hip", "right hip", "left knee", "right knee", "left ankle", "right ankle", "neck", "head top"),
    *("left big toe", "left small toe", "left heel", "right big toe", "right small toe", "right heel"),
)
BONES = (
    *((0, 1), (1, 3), (0, 2), (2, 4), (17, 18), (17, 5), (17, 6), (5, 7), (7, 9), (6, 8), (8, 10), (5, 11), (6, 12), (11, 12)),
    *((11, 13), (13, 15), (12, 14), (14, 16), (15, 19), (19, 20), (15, 21), (16, 22), (22, 23), (16, 24)),
)


@dataclass(frozen=True)
class Skeletons:
    """Points on a clip.

    points_px: (T, A, K, 2) float32, x to the right and y down; T frames, A animals, K points; NaN where not seen.
    scores: (T, A, K) float32 in [0, 1], 0 where not seen.
    names: K names.
    bones: pairs of places in names.
    """

    points_px: np.ndarray
    scores: np.ndarray
    names: tuple[str, ...]
    bones: tuple[tuple[int, int], ...]


def person(camera: int) -> Skeletons:
    """The person on the beam, as camera 1 to 4 sees him: 100 frames of `pose2sim/videos/camNN`, one animal, 25 points.

    Bystanders are left out: the largest in the first frame is kept, and from frame to frame the nearest. Where the file takes
    his halves for two people (camera 1, frame 37), one half is kept.

    Raises:
        ValueError: there is no such camera.
        fetch.DataMissing: the file cannot be had.
    """
    if camera not in range(1, CAMERAS + 1):
        raise ValueError(f"camera must be 1 to {CAMERAS}, got {camera}")
    with zipfile.ZipFile(fetch.path("pose2sim/keypoints2d_body25.zip")) as archive:
        names = sorted(name for name in archive.namelist() if name.startswith(f"cam{camera:02d}_json/"))
        people = [[person["pose_keypoints_2d"] for person in json.loads(archive.read(name))["people"]] for name in names]
    kept: list[np.ndarray] = []
    for found in people:
        found = np.array(found, np.float32).reshape(-1, len(BODY), 3)
        kept.append(min(found, key=lambda one: _distance(one, kept[-1])) if kept else max(found, key=_height))
    points = np.stack(kept)[:, None]
    return Skeletons(np.where(points[..., 2:] > 0, points[..., :2], np.nan), points[..., 2], BODY, BONES)


def flies() -> Skeletons:
    """The two flies of `flies/centered_pair_small`: 1,100 frames, 24 points each.

    Where the file holds more than two in a frame, the two with the best scores are kept; the one further left comes first
    in the first frame, and from frame to frame the nearer pairing goes on.

    Raises:
        fetch.DataMissing: the file cannot be had.
    """
    import h5py

    with h5py.File(fetch.path("flies/centered_pair_predictions.slp")) as file:
        frames, instances, points = file["frames"][:], file["instances"][:], file["pred_points"][:]
        metadata = json.loads(file["metadata"].attrs["json"])
    skeleton = metadata["skeletons"][0]
    order = [node["id"] for node in skeleton["nodes"]]
    names = tuple(metadata["nodes"][place]["name"] for place in order)
    bones = tuple((order.index(link["source"]), order.index(link["target"])) for link in skeleton["links"])
    xy = np.stack([points["x"], points["y"]], axis=-1).astype(np.float32).reshape(-1, len(names), 2)
    scores = np.where(points["visible"], points["score"], 0).astype(np.float32).reshape(-1, len(names))
    xy[scores == 0] = np.nan
    centres = np.nanmean(xy, axis=1)
    pairs: list[np.ndarray] = []
    for frame in np.sort(frames, order="frame_idx"):
        found = np.arange(int(frame["instance_id_start"]), int(frame["instance_id_end"]))
        best = found[np.argsort(-instances["score"][found], kind="stable")[:2]]
        pairs.append(_continued(centres, best, pairs[-1]) if pairs else best[np.argsort(centres[best, 0])])
    chosen = np.stack(pairs)
    return Skeletons(xy[chosen], scores[chosen], names, bones)


def _height(person: np.ndarray) -> float:
    """How far apart the highest and the lowest seen point are, of (K, 3) points with scores."""
    return float(np.ptp(person[person[:, 2] > 0, 1]))


def _distance(person: np.ndarray, other: np.ndarray) -> float:
    """Median distance of the points that are seen in both, of (K, 3) points with scores; infinite if there are none."""
    both = (person[:, 2] > 0) & (other[:, 2] > 0)
    return float(np.median(np.linalg.norm(person[both, :2] - other[both, :2], axis=1))) if both.any() else np.inf


def _continued(centres: np.ndarray, pair: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Two instances in the order that moves their centres least since the frame before."""
    kept = np.linalg.norm(centres[pair] - centres[before], axis=-1).sum()
    swapped = np.linalg.norm(centres[pair[::-1]] - centres[before], axis=-1).sum()
    return pair if kept <= swapped else pair[::-1]
