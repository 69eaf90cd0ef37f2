"""Oracles of the target lesson's checks, which would make fine answers."""


def twice(values):
    """Twice the values."""
    return values + values


def counted(text):
    """How often each letter occurs, in the order in which they appear."""
    return {letter: sum(letter == other for other in text) for letter in text}
