"""English text: books without their licence, and a stand-in where nothing can be had."""

import pytest

from data_scripts import fetch, text
from solutions import a01_shannon_ngrams as lesson

FILE = "licence\n*** START OF THE BOOK ***\n\nOne.\nTwo.\n\n*** END OF THE BOOK ***\nlicence\n"


def missing(name: str) -> None:
    raise fetch.DataMissing(f"{name} cannot be had")


def test_a_book_is_what_stands_between_its_marks():
    assert text.book(FILE) == "One.\nTwo."


@pytest.mark.parametrize("lost", ["*** START OF", "*** END OF"], ids=["no-start", "no-end"])
def test_a_book_without_a_mark_is_refused(lost):
    with pytest.raises(ValueError, match="expected lines"):
        text.book(FILE.replace(lost, "***"))


def test_an_unknown_text_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match=r"unknown text 'odyssey'; there are: tinyshakespeare, "):
        text.load("odyssey")


def test_a_book_is_cut_and_loses_its_byte_order_mark(tmp_path, monkeypatch):
    (tmp_path / "book.txt").write_text(FILE, encoding="utf-8-sig")
    monkeypatch.setattr(fetch, "path", lambda name: tmp_path / "book.txt")
    assert text.load("pride_and_prejudice") == "One.\nTwo."
    assert text.load("wikitext2_test") == FILE


def test_a_missing_text_gives_way_to_a_stand_in_and_says_so(monkeypatch, capsys):
    monkeypatch.setattr(fetch, "path", missing)
    corpus = text.load_or_stand_in("tinyshakespeare")
    assert not corpus.real and corpus.licence == "PSF-2.0"
    assert len(lesson.normalise(corpus.text)) > 100_000
    assert "text/tinyshakespeare.txt cannot be had" in capsys.readouterr().out


def test_a_text_that_is_there_comes_with_its_licence(tmp_path, monkeypatch):
    (tmp_path / "plays.txt").write_text("Speak, speak.", encoding="utf-8")
    monkeypatch.setattr(fetch, "path", lambda name: tmp_path / "plays.txt")
    assert text.load_or_stand_in("tinyshakespeare") == text.Corpus("Speak, speak.", *text.ABOUT["tinyshakespeare"], real=True)


def test_letters_survive_encoding():
    assert lesson.decode(lesson.encode("speak speak")) == "speak speak"


def test_unknown_characters_are_named():
    with pytest.raises(ValueError, match="got '!S'"):
        lesson.encode("Speak!")
