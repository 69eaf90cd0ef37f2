"""Checks of the target lesson."""

import numpy as np

from autograder.checks.compare import agree, raises, same, within
from autograder.checks.core import Exercise, Failure
from autograder.checks.target_oracles import counted, twice

double = Exercise("double")
letters = Exercise("letters")
Meter = Exercise("Meter")
root = Exercise("root")
largest = Exercise("largest")


@double.check(points=1)
def doubles_random_numbers(student, seed):
    """Twice the values."""
    values = np.random.default_rng(seed).normal(size=(4, 3))
    agree(student(values), twice(values), "random numbers")


@double.check(points=1)
def does_it_again(student, seed):
    """The same question asked ten times, and others in between."""
    random = np.random.default_rng(seed + 1)
    values = random.normal(size=5)
    for _ in range(10):
        agree(student(values), 2 * values, "the same numbers again")
        other = random.normal(size=2)
        agree(student(other), 2 * other, "other numbers")


@letters.check(points=1)
def counts_letters(student, seed):
    """Any text."""
    text = "".join(np.random.default_rng(seed).choice(list("abc"), 20))
    same(student(text), counted(text), "a random text")


@Meter.check(points=1)
def adds_up(student, seed):
    """What is added is in the total."""
    meter = student()
    amounts = [int(amount) for amount in np.random.default_rng(seed).integers(1, 100, 5)]
    for amount in amounts:
        meter.add(amount)
    same(meter.total, sum(amounts), "total")


@root.check(points=1)
def takes_roots(student, seed):
    """Squares give back what was squared."""
    value = float(np.random.default_rng(seed).uniform(1, 9))
    within(student(value**2), value - 1e-9, value + 1e-9, "a square")


@root.check(points=1)
def refuses_negative_numbers(student, seed):
    """There is no real root of a negative number."""
    raises(ValueError, lambda: student(-1.0), "-1")


@largest.check(points=1)
def finds_the_largest(student, seed):
    """Of several lists."""
    cases = [np.random.default_rng(seed + k).normal(size=6).tolist() for k in range(3)]
    for case, got in zip(cases, map(student, cases), strict=False):
        if got != max(case):
            raise Failure(f"got {got!r}, expected {max(case)}")
