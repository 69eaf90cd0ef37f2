"""English text to count: plays, a novel, an encyclopedia, and what Python itself brings when none of them can be had."""

import re
from dataclasses import dataclass

from data_scripts import fetch

FILES = {
    "tinyshakespeare": "text/tinyshakespeare.txt",
    "pride_and_prejudice": "text/pride_and_prejudice_1342-0.txt",
    "wikitext2_valid": "text/wikitext-2.valid.txt",
    "wikitext2_test": "text/wikitext-2.test.txt",
}
ABOUT = {
    "tinyshakespeare": ("Tiny Shakespeare, 40,000 lines of the plays", "public domain"),
    "pride_and_prejudice": ("Jane Austen, Pride and Prejudice, Project Gutenberg eBook 1342", "public domain in the USA"),
    "wikitext2_valid": ("WikiText-2, validation part, Wikipedia contributors", "CC BY-SA 3.0"),
    "wikitext2_test": ("WikiText-2, test part, Wikipedia contributors", "CC BY-SA 3.0"),
}


@dataclass(frozen=True)
class Corpus:
    """A text with what to say about it; `real` is False for the stand-in."""

    text: str
    about: str
    licence: str
    real: bool


def load(name: str) -> str:
    """The text of this name; a Gutenberg book without the header and licence around it.

    Raises:
        ValueError: there is no text of this name, or a book lacks the lines that mark its beginning and end.
        fetch.DataMissing: the file is in no mirror and no cache, and cannot be downloaded.
    """
    if name not in FILES:
        raise ValueError(f"unknown text {name!r}; there are: {', '.join(FILES)}")
    text = fetch.path(FILES[name]).read_text(encoding="utf-8-sig")
    return book(text) if name == "pride_and_prejudice" else text


def book(text: str) -> str:
    """What stands between the START and END lines of a Project Gutenberg file.

    Raises:
        ValueError: one of the two lines is missing.
    """
    found = re.search(r"^\*\*\* ?START OF.*?\n(.*)^\*\*\* ?END OF", text, re.MULTILINE | re.DOTALL)
    if not found:
        raise ValueError(f"expected lines '*** START OF' and '*** END OF' around the book, got {len(text)} characters without them")
    return found[1].strip()


def load_or_stand_in(name: str) -> Corpus:
    """The text of this name, or without the file a stand-in: the help texts that ship with Python."""
    try:
        return Corpus(load(name), *ABOUT[name], real=True)
    except fetch.DataMissing as missing:
        print(f"{missing}\nGoing on with a stand-in.")
        return Corpus(stand_in(), "help texts of Python, standing in", "PSF-2.0", real=False)


def stand_in() -> str:
    """English that is always there: the topics of Python's own help, about 450,000 characters."""
    from pydoc_data.topics import topics

    return "\n".join(topics.values())
