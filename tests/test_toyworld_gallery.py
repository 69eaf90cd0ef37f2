"""The film of a toy scene with all its outputs, and the command that writes it."""

import pytest

from assignments.common.video import read_clip
from data_scripts import toyworld
from data_scripts.toyworld.__main__ import main
from data_scripts.toyworld.gallery import gallery, panels


@pytest.mark.parametrize("kind", toyworld.KINDS)
def test_every_output_that_is_a_picture_has_a_panel(kind):
    clip = toyworld.draw(kind, 0, frames=3, height=24, width=40, outputs=toyworld.OUTPUTS)
    shown = panels(clip)
    words = " ".join(title.replace(",", "").replace(":", "") for title in shown).split()
    assert set(toyworld.OUTPUTS) - {"camera", "meta"} <= set(words)
    for title, panel in shown.items():
        assert panel.shape[0] in (2, 3) and panel.shape[1:3] == (24, 40), title
        assert panel.max() > panel.min(), f"{title} is blank"


def test_the_gallery_is_one_clip_as_long_as_the_scene():
    film = gallery(toyworld.draw("rotor", 0, frames=3, height=24, width=40, outputs=toyworld.OUTPUTS))
    assert film.shape[0] == 3
    assert film.shape[3] == 3
    assert film.min() >= 0 and film.max() <= 1


def test_the_command_writes_a_film_that_plays(tmp_path, capsys):
    out = tmp_path / "films" / "rotor.mp4"
    main(["--kind", "rotor", "--seed", "3", "--size", "16x24", "--out", str(out)])
    assert "a two-part mobile that turns and bends, 48 frames of 16 x 24" in capsys.readouterr().out
    assert len(read_clip(out)) == 48


@pytest.mark.parametrize(
    ("size", "name", "words"),
    [
        ("64", "a.mp4", "expected HEIGHTxWIDTH of at least 8 px each, as in 128x192, got 64"),
        ("16x16", "a.gif", "--out must end in .mp4, got a.gif"),
        ("16x16", "file/a.mp4", "file"),
    ],
    ids=["size", "suffix", "folder"],
)
def test_the_command_says_in_one_line_what_it_cannot_do(size, name, words, tmp_path, capsys):
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as stopped:
        main(["--kind", "rotor", "--size", size, "--out", str(tmp_path / name)])
    assert stopped.value.code == 2
    assert words in capsys.readouterr().err.splitlines()[-1]
    assert list(tmp_path.rglob("*.mp4")) == []
