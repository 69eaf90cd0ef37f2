"""What is shown: inline in a notebook, saved and named as a script, always with words, never too large."""

import base64
import html.parser
import io
import os
import re
import subprocess
import sys

import av
import IPython.display
import nbformat
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from nbconvert import HTMLExporter
from PIL import Image

from assignments.common import place, show

ALT = 'A "moving" disc & its <shadow>'


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """As if in a notebook: what was displayed, by kind."""
    shown: list[dict] = []
    monkeypatch.setattr(show, "in_notebook", lambda: True)
    monkeypatch.setattr(IPython.display, "display", lambda bundle, raw: shown.append(bundle))
    return shown


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path):
    """As a script, with a build folder of its own; returns where pictures go."""
    monkeypatch.setattr(show, "BUILD", tmp_path)
    monkeypatch.setattr(show, "lesson", lambda: "a00_test")
    return tmp_path / "pictures" / "a00_test"


def clip(frames: int = 4, side: int = 16) -> np.ndarray:
    return np.linspace(0, 1, frames * side * side).reshape(frames, side, side, 1) * np.ones(3)


def element(page: str, tag: str) -> dict[str, str]:
    """Attributes of the first element of this kind."""
    found: list[dict] = []
    parser = html.parser.HTMLParser()
    parser.handle_starttag = lambda name, attributes: found.append(dict(attributes)) if name == tag else None
    parser.feed(page)
    return found[0]


def decoded(address: str, kind: str) -> bytes:
    assert address.startswith(f"data:{kind};base64,")
    return base64.b64decode(address.partition(",")[2])


def test_a_clip_in_a_notebook_has_controls_a_poster_and_words_and_waits_to_be_started(pages):
    show.show_clip(clip(), ALT, frame_rate_hz=8)
    (bundle,) = pages
    video = element(bundle["text/html"], "video")
    assert {"controls", "loop", "playsinline"} <= set(video) and "autoplay" not in video
    assert video["aria-label"] == ALT and bundle["text/plain"] == ALT
    poster = np.asarray(Image.open(io.BytesIO(decoded(video["poster"], "image/jpeg"))))
    assert poster.shape == (256, 256, 3) and np.isclose(poster.mean(), 255 * clip()[2].mean(), atol=2)  # the third of four frames
    source = element(bundle["text/html"], "source")
    with av.open(io.BytesIO(decoded(source["src"], "video/mp4"))) as container:
        assert (container.streams.video[0].frames, container.streams.video[0].average_rate) == (4, 8)


def test_an_image_in_a_notebook_has_its_words_as_alt_text(pages):
    show.show_image(np.eye(8), ALT)
    image = element(pages[0]["text/html"], "img")
    assert image["alt"] == ALT
    pixels = np.asarray(Image.open(io.BytesIO(decoded(image["src"], "image/png"))))
    assert pixels.shape == (256, 256, 3)
    assert np.array_equal(pixels[::32, ::32, 0], np.eye(8) * 255)  # every pixel 32 times


def test_a_figure_in_a_notebook_is_no_wider_than_its_column(pages):
    figure = Figure(figsize=(8, 3))
    figure.add_subplot().plot([1, 2, 3])
    show.show_figure(figure, ALT)
    image = element(pages[0]["text/html"], "img")
    assert image["alt"] == ALT and "max-width:100%" in image["style"]
    assert Image.open(io.BytesIO(decoded(image["src"], "image/png"))).size[0] <= 900
    with pytest.raises(ValueError, match="at most 9 inches wide"):
        show.show_figure(Figure(figsize=(12, 3)), ALT)


def test_a_script_saves_numbered_files_with_the_words_inside_and_prints_where(folder, capsys):
    show.show_clip(clip(), ALT)
    show.show_images([np.eye(8), torch.rand(5, 9, 3)], "Two images", titles=["first", "second"])
    moving, still = sorted(folder.iterdir())
    assert re.fullmatch(r"\d\d-a-moving-disc-its-shadow\.mp4", moving.name)
    assert re.fullmatch(r"\d\d-two-images\.png", still.name)
    assert int(still.name[:2]) == int(moving.name[:2]) + 1
    with av.open(str(moving)) as container:
        assert container.metadata["comment"] == ALT
    assert Image.open(still).text["Description"] == "Two images"
    assert capsys.readouterr().out.splitlines() == [f"{moving}: {ALT}", f"{still}: Two images"]


def test_a_page_made_of_a_notebook_keeps_clips_and_pictures(pages):
    show.show_clip(clip(), ALT)
    show.show_image(np.eye(8), ALT)
    outputs = [nbformat.v4.new_output("display_data", bundle) for bundle in pages]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=outputs)])
    page, _ = HTMLExporter().from_notebook_node(notebook)
    moving, still = (bundle["text/html"] for bundle in pages)
    assert element(page, "video").items() >= {"controls": "", "aria-label": ALT, "poster": element(moving, "video")["poster"]}.items()
    assert element(page, "source")["src"] == element(moving, "source")["src"]
    assert element(page, "img")["src"] == element(still, "img")["src"] and element(page, "img")["alt"] == ALT


def test_a_clip_that_would_be_too_large_is_made_coarser_until_it_fits(pages, monkeypatch):
    noise = np.random.default_rng(0).random((24, 256, 256, 3))
    show.show_clip(noise, ALT)
    monkeypatch.setattr(show, "LARGEST_BYTES", 60_000)
    show.show_clip(noise, ALT)
    large, small = (decoded(element(page["text/html"], "source")["src"], "video/mp4") for page in pages)
    assert len(large) <= 1_500_000 and len(pages[0]["text/html"]) < 2_100_000
    assert len(small) <= 60_000
    with av.open(io.BytesIO(small)) as container:
        assert container.streams.video[0].width in (64, 128)


def test_a_clip_that_cannot_fit_is_refused(monkeypatch):
    monkeypatch.setattr(show, "LARGEST_BYTES", 1000)
    with pytest.raises(ValueError, match="a clip of 24 frames does not fit"):
        show.show_clip(np.random.default_rng(0).random((24, 32, 32, 3)), ALT)


@pytest.mark.parametrize("alt", ["", "  ", None], ids=["empty", "blank", "none"])
def test_nothing_is_shown_without_words(alt, folder):
    for show_one in (lambda: show.show_clip(clip(), alt), lambda: show.show_image(np.eye(4), alt), lambda: show.show_figure(Figure(), alt)):
        with pytest.raises(ValueError, match="alt must say in words"):
            show_one()
    assert not folder.exists()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((3, 8, 16, 16)), r"permute\(1, 2, 3, 0\)"),
        (np.zeros((8, 3, 16, 16)), r"permute\(0, 2, 3, 1\)"),
        (torch.zeros(2, 3, 8, 16, 16), "show one item of the batch"),
        (np.zeros((8, 16, 16)), r"C 1 or 3, got \(8, 16, 16\)"),
        (np.zeros((0, 16, 16, 3)), r"got \(0, 16, 16, 3\)"),
        (np.zeros((8, 16, 16, 3), np.uint8), "got uint8; divide by 255"),
        (np.linspace(-1, 1, 768).reshape(1, 16, 16, 3), r"got -1 to 1; map \[-1, 1\] by \(x \+ 1\) / 2"),
        (np.full((1, 16, 16, 3), 255.0), r"values in \[0, 1\], got 255 to 255"),
        (np.full((1, 16, 16, 3), np.nan), r"values in \[0, 1\], got nan"),
    ],
    ids=["C-T-H-W", "T-C-H-W", "batch", "no-channels", "no-frames", "bytes", "minus-one-to-one", "to-255", "nan"],
)
def test_a_clip_in_another_layout_or_range_is_refused_with_the_way_out(wrong, message):
    with pytest.raises(ValueError, match=message):
        show.show_clip(wrong, ALT)


def test_a_tensor_of_a_network_that_overshoots_a_little_is_cut(folder):
    show.show_clip(torch.full((2, 16, 16, 3), 1.04, requires_grad=True), ALT)
    show.show_clip(torch.full((2, 16, 16, 1), -0.01, dtype=torch.bfloat16), ALT)
    assert len(list(folder.iterdir())) == 2


def test_a_mask_is_shown_in_black_and_white(pages):
    show.show_image(np.eye(256) > 0, ALT)
    pixels = np.asarray(Image.open(io.BytesIO(decoded(element(pages[0]["text/html"], "img")["src"], "image/png"))))
    assert np.array_equal(pixels[..., 0], np.eye(256) * 255)


def test_a_script_knows_its_lesson_and_that_it_is_no_notebook(tmp_path):
    (tmp_path / "solutions").mkdir()
    script = "from assignments.common import place\nprint(place.lesson(), place.in_notebook())"
    (tmp_path / "solutions" / "a00_test.py").write_text(script)
    environment = os.environ | {"PYTHONPATH": str(place.ROOT)}
    for arguments in (["-m", "solutions.a00_test"], ["solutions/a00_test.py"]):
        command = [sys.executable, *arguments]
        assert subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True).stdout == "a00_test False\n"
