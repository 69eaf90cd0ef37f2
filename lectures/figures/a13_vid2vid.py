"""The figures of lecture 13, written to build/lectures/a13_vid2vid: `python -m lectures.figures.a13_vid2vid`, about four minutes.

It trains vid2vid, its rival, and vid2vid with one thing taken away, all as long as the lesson does, and keeps the weights in the same
folder, so that the second time is quick; remove the folder to begin afresh.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from assignments.common import devices, pictures, video
from data_scripts import labelled_clips, toyworld
from data_scripts.labelled_clips import LabelledClips
from solutions import a13_vid2vid as lesson

FOLDER = Path(__file__).resolve().parents[2] / "build" / "lectures" / "a13_vid2vid"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")  # Okabe and Ito (2008)
STYLES = ("-", "--", ":", "-.", (0, (5, 1)), (0, (1, 1)), (0, (3, 1, 1, 1)))
SHOWN = 3  # the clip that pictures show
VARIANTS = {
    "frame by frame": {"rate": 2e-3},
    "vid2vid": {},
    "no loss of flow": {"flow": 0.0},
    "never sees its own frames": {"longest": 2},
    "past detached": {"detach": True},
    "critics from the start": {"game": 0.01},
}


def trained(name: str, streets: LabelledClips) -> nn.Module:
    """A variant's generator, from the folder or from training."""
    kind = lesson.FrameByFrame if name == "frame by frame" else lesson.Generator
    settings = replace(lesson.QUICK, **VARIANTS[name])
    devices.seed_all(lesson.SEED)
    generator, path = kind(streets.labels.shape[2], settings.width), FOLDER / f"{name.replace(' ', '_')}.pt"
    if path.exists():
        generator.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    else:
        lesson.fit(generator, streets, settings, "")
        torch.save(generator.cpu().state_dict(), path)
    return generator


def picture(image: Tensor) -> Tensor:
    """(3, H, W) in [-1, 1] as (H, W, 3) in [0, 1]."""
    return toyworld.to01(image.clamp(-1, 1)).permute(1, 2, 0)


def frames_db(made: Tensor, known: LabelledClips) -> list[float]:
    """PSNR of each generated frame over all clips."""
    made, real = (toyworld.to01(clip.clamp(-1, 1)) for clip in (made, known.frames))
    return [lesson.psnr(made[:, t], real[:, t]) for t in range(1, made.shape[1])]


def parts(rolled: lesson.Step, known: LabelledClips) -> Figure:
    """What one frame was made of."""
    t = 4
    carried = lesson.warp(rolled.frame[:, t - 1], rolled.flow[:, t - 1])[SHOWN]
    mask = rolled.hallucinate[SHOWN, t - 1, 0]
    images = [
        picture(rolled.frame[SHOWN, t - 1]),
        pictures.flow_colours(rolled.flow[SHOWN, t - 1].permute(1, 2, 0)),
        picture(carried),
        picture(rolled.raw[SHOWN, t - 1]),
        mask / mask.max(),
        picture(rolled.frame[SHOWN, t]),
    ]
    titles = ["last frame", "flow into it", "carried", "hallucinated", f"hallucinate, up to {float(mask.max()):.2f}", "new frame"]
    return pictures.grid_figure(images, titles, columns=6)


def over_time(clips: dict[str, Tensor], known: LabelledClips) -> Figure:
    """PSNR over the frames of a rollout."""
    figure = Figure(figsize=(6.6, 3.4), layout="constrained")
    axes = figure.add_subplot(xlabel="frame of the rollout", ylabel="PSNR in dB")
    for (name, made), colour, style in zip(clips.items(), COLOURS, STYLES, strict=False):
        axes.plot(range(1, known.frames.shape[1]), frames_db(made, known), color=colour, linestyle=style, label=name)
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.02, 1))
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def ablations(clips: dict[str, Tensor], known: LabelledClips) -> Figure:
    """The last frame of one clip, by every variant, with the scores over all clips."""
    images, titles = [picture(known.frames[SHOWN, -1])], ["real"]
    for name, made in clips.items():
        score = lesson.score(made, known)
        print(
            f"{name:26} PSNR {score.psnr_db:.1f} dB, first generated frame {score.first_db:.1f}, flicker {score.flicker:.5f}, "
            f"texture {score.texture:.2f}"
        )
        images.append(picture(made[SHOWN, -1]))
        titles.append(f"{name}\n{score.psnr_db:.1f} dB")
    return pictures.grid_figure(images, titles, columns=4)


def carried_exactly(known: LabelledClips) -> Tensor:
    """The first frame carried on by the exact flow, with nothing invented."""
    frames = [known.frames[:, 0]]
    for t in range(known.flow_prev.shape[1]):
        frames.append(lesson.warp(frames[-1], known.flow_prev[:, t]))
    return torch.stack(frames, dim=1)


def main() -> None:
    """Train what is missing, draw all figures, and print the numbers that the lecture quotes."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    streets = labelled_clips.draw("street", "train", 64, lesson.QUICK.longest + 2, 32, **lesson.LOOK)
    unseen = labelled_clips.draw("street", "test", 16, 8, 32, **lesson.LOOK)
    generators = {name: trained(name, streets) for name in VARIANTS}
    with torch.no_grad():
        rolled = {name: generator(unseen.labels, unseen.frames) for name, generator in generators.items()}
    made = {name: step.frame for name, step in rolled.items()}
    for name in VARIANTS:
        print(f"{name}: flow off by {lesson.moving_px(rolled[name].flow, unseen):.2f} px where things move")
    print(f"no flow: off by {lesson.moving_px(0 * rolled['vid2vid'].flow, unseen):.2f} px")
    for name, clip in {"real": unseen.frames, "first frame again": unseen.frames[:, :1].expand_as(unseen.frames)}.items():
        print(name, lesson.score(clip, unseen))
    figures = {
        "parts": parts(rolled["vid2vid"], unseen),
        "ablations": ablations(made, unseen),
        "over_time": over_time(made | {"carried by the exact flow": carried_exactly(unseen)}, unseen),
    }
    drive = labelled_clips.draw("street", "test", SHOWN + 1, 24, 32, **lesson.LOOK)
    with torch.no_grad():
        ours, theirs = (generators[name](drive.labels, drive.frames).frame[SHOWN] for name in ("vid2vid", "frame by frame"))
    labels = torch.from_numpy(pictures.label_colours(drive.classes[SHOWN])).permute(0, 3, 1, 2)
    clips = {"labels": 2 * labels - 1, "frame by frame": theirs, "vid2vid": ours, "real": drive.frames[SHOWN]}
    clips = {name: np.stack([picture(frame) for frame in clip]) for name, clip in clips.items()}
    figures["strips"] = pictures.strip_figure(clips, 8)
    video.write_clip(FOLDER / "street.mp4", pictures.side_by_side(*(pictures.titled(clip, name) for name, clip in clips.items())), 8)
    for name, figure in figures.items():
        figure.savefig(FOLDER / f"{name}.png", dpi=110, bbox_inches="tight")
        print(FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
