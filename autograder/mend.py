"""Which exercise to mend first: one that is wrong may use another that is not right either."""

from autograder.checks.core import NOT_IMPLEMENTED, PASSED


def mend_first(states: dict[str, set[str]], names: dict[str, set[str]], maker: dict[str, str]) -> dict[str, list[str]]:
    """Exercises that failed -> those that they use and that are not right either; only where there are such.

    Args:
        states: exercise -> the states of its checks.
        names: exercise -> the names that its cells read and its checks are handed.
        maker: name -> the exercise whose cell defines it.
    """
    failed = [name for name in states if states[name] - {PASSED, NOT_IMPLEMENTED}]
    used = {name: {maker[part] for part in names[name] & maker.keys()} - {name} for name in failed}
    found = {name: sorted(other for other in used[name] if states[other] != {PASSED}) for name in failed}
    return {name: others for name, others in found.items() if others}


def notes(first: dict[str, list[str]]) -> list[str]:
    """What `mend_first` found, in sentences."""
    return [f"{name} uses {other}, which is not right yet: mend {other} first" for name, others in first.items() for other in others]


def begin_with(states: dict[str, set[str]], first: dict[str, list[str]]) -> str:
    """The exercise to begin with: from the first that failed, or else is not written, down to what it stands on; "" if all are right."""
    open_ones = [name for name in states if states[name] != {PASSED}]
    name = next((name for name in open_ones if states[name] - {PASSED, NOT_IMPLEMENTED}), next(iter(open_ones), ""))
    seen = {name}
    while below := [other for other in first.get(name, []) if other not in seen]:
        name = below[0]
        seen.add(name)
    return name
