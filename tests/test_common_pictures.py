"""Pictures made of clips, images, flow and labels."""

import colorsys

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from assignments.common import colours, pictures
from assignments.common.pictures import GAP_PX


def flat(value: float, frames: int = 2, height: int = 4, width: int = 6, channels: int = 3) -> np.ndarray:
    return np.full((frames, height, width, channels), value)


def test_clips_stand_beside_each_other_with_a_white_gap():
    both = pictures.side_by_side(flat(0.2), flat(0.7, channels=1))
    assert both.shape == (2, 4, 6 + GAP_PX + 6, 3)
    assert np.allclose(both[:, :, :6], 0.2) and np.allclose(both[:, :, 6:-6], 1) and np.allclose(both[:, :, -6:], 0.7)


def test_a_shorter_clip_waits_on_its_last_frame_and_a_lower_one_gets_white_below():
    rising = np.array([0.1, 0.2])[:, None, None, None] * np.ones((2, 3, 6, 3))
    both = pictures.side_by_side(rising, flat(0.5, frames=4, height=5))
    assert both.shape[:2] == (4, 5)
    assert np.allclose(both[:, 0, 0, 0], [0.1, 0.2, 0.2, 0.2])
    assert np.allclose(both[:, 3:, :6], 1)


def test_a_title_stands_above_its_clip_which_is_large_enough_to_read_it():
    clip = np.random.default_rng(0).random((3, 24, 32, 3)).astype(np.float32)
    named, other = pictures.titled(clip, "generated"), pictures.titled(clip, "real")
    assert named.shape == (3, pictures.TITLE_PX + 24 * 5, 32 * 5, 3)
    assert np.array_equal(named[:, pictures.TITLE_PX :: 5, ::5], clip)
    band = named[:, : pictures.TITLE_PX]
    assert band.min() < 0.2 and band.mean() > 0.7 and np.ptp(band, axis=0).max() == 0
    assert not np.array_equal(band, other[:, : pictures.TITLE_PX])
    assert pictures.titled(np.zeros((1, 8, 300, 1)), "x").shape == (1, 8 + pictures.TITLE_PX, 300, 3)


def test_long_curves_are_drawn_smooth_and_short_ones_as_they_are():
    values = np.random.default_rng(0).normal(size=1000)
    axes = pictures.curve_figure({"short": values[:100], "long": values}, "step", "loss, bits").axes[0]
    lines = {line.get_label(): line.get_xydata() for line in axes.lines}
    assert np.allclose(lines["short"], np.stack([np.arange(100), values[:100]], axis=1))
    assert np.allclose(lines["long"][0], [9.5, values[:20].mean()]) and np.allclose(lines["long"][-1], [989.5, values[-20:].mean()])
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_yscale()) == ("step", "loss, bits", "linear")
    styles = {(line.get_color(), line.get_linestyle()) for line in axes.lines if line.get_label() in lines}
    assert len(styles) >= 2


def test_equal_clips_differ_nowhere_and_the_largest_difference_is_brightest():
    first, second = flat(0.5), flat(0.5)
    second[1, 2, 3] = 0.6
    second[0, 0, 0] = 1.0
    bright = pictures.difference(first, second, largest=0.2).sum(axis=-1)
    assert bright[0, 0, 0] == bright.max() and bright[1, 2, 3] > bright.min()
    others = np.delete(bright.ravel(), [0, np.ravel_multi_index((1, 2, 3), bright.shape)])
    assert np.ptp(others) == 0 and others[0] < 0.1
    with pytest.raises(ValueError, match="one shape"):
        pictures.difference(flat(0.0), flat(0.0, frames=3))


def test_a_contact_sheet_goes_row_by_row():
    images = np.arange(5)[:, None, None, None] / 5 * np.ones((5, 4, 6, 3))
    sheet = pictures.contact_sheet(images, columns=2)
    assert sheet.shape == (3 * 4 + 2 * GAP_PX, 2 * 6 + GAP_PX, 3)
    assert np.allclose(sheet[:: 4 + GAP_PX, :: 6 + GAP_PX, 0], [[0, 0.2], [0.4, 0.6], [0.8, 1.0]])
    assert pictures.contact_sheet(images).shape[1] == 3 * 6 + 2 * GAP_PX
    with pytest.raises(ValueError, match="one shape"):
        pictures.contact_sheet([np.zeros((4, 4)), np.zeros((4, 5))])
    with pytest.raises(ValueError, match="got none"):
        pictures.contact_sheet([])


@pytest.mark.parametrize(("frames", "count", "expected"), [(9, 3, [0, 4, 8]), (2, 8, [0, 1]), (1, 4, [0])], ids=["spread", "few", "one"])
def test_a_frame_strip_runs_from_the_first_frame_to_the_last(frames, count, expected):
    clip = np.arange(frames)[:, None, None, None] / 10 * np.ones((frames, 4, 6, 3))
    strip = pictures.frame_strip(clip, count)
    assert np.allclose(strip[0, :: 6 + GAP_PX, 0] * 10, expected)


def test_a_space_time_slice_follows_one_line():
    clip = np.random.default_rng(0).random((5, 4, 6, 3)).astype(np.float32)
    across, down = pictures.space_time_slice(clip, row=2), pictures.space_time_slice(clip, column=3)
    assert across.shape == (5, 6, 3) and np.array_equal(across[4, 1], clip[4, 2, 1])
    assert down.shape == (4, 5, 3) and np.array_equal(down[1, 4], clip[4, 1, 3])
    for wrong in ({}, {"row": 1, "column": 1}):
        with pytest.raises(ValueError, match="either a row or a column"):
            pictures.space_time_slice(clip, **wrong)


def hue(colour: np.ndarray) -> float:
    """In degrees."""
    return 360 * colorsys.rgb_to_hsv(*colour)[0]


def test_flow_has_the_hue_of_its_direction_and_white_at_rest():
    """Right is red, and turning clockwise as seen goes over yellow (down) and cyan (left) to blue and magenta, as in Baker et al."""
    directions = np.array([[[1, 0], [0, 1], [-1, 0], [0, -1], [0, 0]]], float)
    coloured = pictures.flow_colours(directions)[0]
    right, down, left, up = (hue(colour) for colour in coloured[:4])
    assert min(right, 360 - right) < 15 and 45 < down < 90 and 150 < left < 200 and 240 < up < 300
    assert np.allclose(coloured[4], 1)


def test_flow_colours_are_fuller_for_longer_vectors_up_to_the_largest():
    flow = np.zeros((2, 1, 5, 2))
    flow[..., 0] = [0, 1, 2, 4, 8]
    saturation = 1 - pictures.flow_colours(flow, largest_px=4).min(axis=-1)
    assert saturation.shape == (2, 1, 5)
    assert np.allclose(saturation[1, 0], [0, 0.25, 0.5, 1, 1], atol=0.02)
    assert np.allclose(1 - pictures.flow_colours(flow).min(axis=-1)[0, 0, -2], 0.5, atol=0.02)  # of the longest, 8
    assert np.allclose(pictures.flow_colours(np.zeros((3, 3, 2))), 1)


def test_the_key_shows_the_colour_of_every_direction():
    key = pictures.flow_key(101)
    directions = np.array([[[1, 0], [0, 1], [-1, 0], [0, -1]]], float)
    assert np.allclose(key[[50, 100, 50, 0], [100, 50, 0, 50]], pictures.flow_colours(directions)[0], atol=0.01)
    assert np.allclose(key[50, 50], 1) and np.allclose(key[0, 0], 1)


@pytest.mark.parametrize("wrong", [np.zeros((2, 4, 4)), np.zeros((4, 2)), np.full((4, 4, 2), np.inf)], ids=["first", "flat", "inf"])
def test_flow_in_another_layout_is_refused(wrong):
    with pytest.raises(ValueError, match=r"\(\.\.\., H, W, 2\)|not finite"):
        pictures.flow_colours(wrong)


def test_labels_have_colours_of_their_own():
    labels = np.arange(len(colours.LABELS)).reshape(2, -1)
    drawn = pictures.label_colours(labels)
    assert drawn.shape == (*labels.shape, 3)
    assert np.allclose(drawn[0, 1], to_rgb(colours.LABELS[1]))
    assert len(np.unique(drawn.reshape(-1, 3), axis=0)) == labels.size
    for wrong in (labels / 2, -labels, np.array(3)):
        with pytest.raises(ValueError, match="labels need"):
            pictures.label_colours(wrong)


def seen_by(colour: tuple, kind: str) -> np.ndarray:
    """Linear RGB as somebody without red or green cones sees it: Vienot, Brettel and Mollon (1999)."""
    linear = np.power(colour, 2.2)
    matrix = {
        "protanope": [[0.1121, 0.8853, -0.0005], [0.1127, 0.8897, -0.0001], [0.0045, 0.0001, 1.0019]],
        "deuteranope": [[0.2920, 0.7054, -0.0003], [0.2934, 0.7089, 0.0000], [-0.02098, 0.02559, 1.0019]],
    }[kind]
    return np.power(np.clip(np.array(matrix) @ linear, 0, 1), 1 / 2.2)


@pytest.mark.parametrize("kind", ["protanope", "deuteranope"])
def test_the_palette_for_lines_stays_apart_for_colour_blind_readers(kind):
    seen = [seen_by(to_rgb(colour), kind) for colour in colours.CYCLE]
    apart = [np.linalg.norm(a - b) for place, a in enumerate(seen) for b in seen[:place]]
    assert min(apart) > 0.1


def drawn(figure: Figure) -> np.ndarray:
    """The figure as pixels; draws it, which is where layout warnings would come."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


def words(figure: Figure) -> set[str]:
    """All texts of a figure that are not empty."""
    from matplotlib.text import Text

    return {text.get_text() for text in figure.findobj(Text) if text.get_text()}


def test_figures_say_what_they_show_and_fit_a_notebook():
    field = np.zeros((7, 7))
    field[:3], field[3, 1:5] = 0.5, 1
    flow = np.stack(np.meshgrid(np.linspace(-2, 2, 20), np.linspace(-2, 2, 12)), axis=-1)
    figures = {
        "one: 23 of 24": pictures.seen_figure({"one": field}),
        "later, and seen: a leak": pictures.seen_figure({"one": field, "other": field}),
        "blind: 0 of 12": pictures.seen_figure({"blind": np.zeros((5, 5))}),
        "key, in px": pictures.flow_figure(flow),
        "2 road": pictures.label_figure(np.array([[0, 2], [2, 0]]), ["sky", "tree", "road"]),
        "generated": pictures.strip_figure({"real": flat(0.1, 9), "generated": flat(0.2, 9)}, count=3),
        "loss": pictures.curve_figure({"loss": np.geomspace(1, 10, 50)}, "step", "loss", log=True),
        "second": pictures.grid_figure([np.eye(3), np.eye(4)], ["first", "second"]),
    }
    for text, figure in figures.items():
        assert text in words(figure)
        assert figure.get_size_inches()[0] <= 8
        assert drawn(figure).std() > 0
    assert "1 tree" not in words(figures["2 road"])
    assert "later, and seen: a leak" not in words(figures["blind: 0 of 12"])
    assert {"t = 0", "t = 4", "t = 8"} <= words(figures["generated"])


def test_figures_refuse_what_they_cannot_draw():
    with pytest.raises(ValueError, match="one title for each image, got 1 for 2"):
        pictures.grid_figure([np.eye(3), np.eye(4)], ["first"])
    with pytest.raises(ValueError, match=r"a field needs shape \(H, W\), got \(3, 4, 4\)"):
        pictures.seen_figure({"one": np.zeros((3, 4, 4))})
    with pytest.raises(ValueError, match="values below 2"):
        pictures.label_figure(np.array([[0, 2]]), ["sky", "tree"])
    with pytest.raises(ValueError, match=r"\(H, W, 2\) for a figure"):
        pictures.flow_figure(np.zeros((2, 4, 4, 2)))


def test_a_sheet_of_clips_has_every_clip_in_its_place():
    clips = np.linspace(-1, 1, 5)[:, None, None, None, None] * np.ones((5, 3, 2, 6, 8))
    sheet = pictures.clip_sheet(clips, columns=2)
    assert sheet.shape == (2, 3 * 48 + 2 * pictures.GAP_PX, 2 * 64 + pictures.GAP_PX, 3)  # enlarged eight times
    assert [sheet[0, 0, 0, 0], sheet[1, 0, -1, 0], sheet[0, -1, 0, 0]] == pytest.approx([0, 0.25, 1])
    assert np.array_equal(sheet[0], pictures.image_sheet(clips[:, :, 0] / 2 + 0.5, columns=2))
