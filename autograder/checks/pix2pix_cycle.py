"""Checks of lesson 12: CycleGAN's parts. Oracles: maps with known inverses, pictures with numbers on them."""

from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F

from autograder.checks.compare import agree, array, has_shape, same, unexpected, within
from autograder.checks.core import Exercise, Failure
from autograder.checks.pix2pix_tiny import normal
from autograder.checks.student import load, other_seed, there, vjp, weight_vjp

cycle_losses = Exercise("cycle_losses")
ImagePool = Exercise("ImagePool")
TINY = "autograder.checks.pix2pix_tiny"


def mapping(student, matrix, shift):
    """A map of colours on the student's side: colour -> matrix colour + shift."""
    network = there(student, "torch.nn:Conv2d")(3, 3, 1)
    load(network, {"weight": matrix[:, :, None, None], "bias": shift})
    return network


def pair(losses, case):
    """Both losses."""
    if not isinstance(losses, list | tuple) or len(losses) != 2:
        raise unexpected(losses, "(cycle, identity)", case, "two losses, without weights")
    return losses


def inverses(seed):
    """A random map of colours far from singular, and its inverse."""
    matrix, shift = torch.eye(3) + 0.3 * torch.tanh(normal(seed, 3, 3)), normal(seed + 1, 3)
    back = torch.linalg.inv(matrix)
    return (matrix, shift), (back, -back @ shift)


def applied(x, there_to):
    """The map, here."""
    return F.conv2d(x, there_to[0][:, :, None, None], there_to[1])


def expected_losses(to_y, to_x, x, y):
    """Eq. (12.13)."""
    g, f = (lambda z: applied(z, to_y)), (lambda z: applied(z, to_x))
    cycle = (f(g(x)) - x).abs().mean() + (g(f(y)) - y).abs().mean()
    return cycle, (g(y) - y).abs().mean() + (f(x) - x).abs().mean()


@cycle_losses.check(points=1)
def maps_that_undo_each_other_pay_for_identity_only(student, seed):
    """A random map of colours and its inverse: no cycle loss, and a known identity loss."""
    to_y, to_x = inverses(seed)
    x, y = normal(seed + 2, 2, 3, 4, 5), normal(seed + 3, 2, 3, 4, 5) + 1
    case = "a map of colours and its inverse"
    cycle, identity = pair(student(mapping(student, *to_y), mapping(student, *to_x), x, y), case)
    hint = "there and back again: to_x(to_y(x)) against x, to_y(to_x(y)) against y; the cycle loss comes first"
    agree(cycle, 0.0, f"{case}: cycle loss", hint, 1e-4)
    expected = float(expected_losses(to_y, to_x, x, y)[1])
    hint = "to_y gets what is in Y already, y, and should leave it; to_x gets x; absolute values, no squares"
    agree(identity, expected, f"{case}: identity loss", hint, 1e-4 * expected)


@cycle_losses.check(points=1)
def doing_nothing_costs_nothing(student, seed):
    """Two identities; then one of them drops half the values, which it does in training mode only, and each is off by its own size."""
    identity, joined, dropout = (there(student, f"torch.nn:{kind}") for kind in ("Identity", "Sequential", "Dropout"))
    stay, half = identity(), joined(dropout(0.5), dropout(0.5).eval())  # of half, only the first part does something
    look, x, y = there(student, f"{TINY}:condition_of"), normal(seed, 2, 3, 4, 4), normal(seed + 1, 2, 3, 4, 4)
    for name, loss in zip(("cycle", "identity"), pair(student(stay, stay, x, y), "two identities"), strict=True):
        agree(loss, 0.0, f"two identities: {name} loss", "differences to what went in", 1e-6)
    of_x, of_y = (float(picture.abs().mean()) for picture in (x, y))
    hint = "both generators work in the modes in which they come, part by part, and are left in them: no train() or eval() in here"
    for generators, case, price in (((half, stay), "dropout for to_y", of_y), ((stay, half), "dropout for to_x", of_x)):
        losses = pair(student(*generators, x, y), case)
        for name, loss, expected in zip(("cycle", "identity"), losses, (of_x + of_y, price), strict=True):
            agree(loss, expected, f"{case}: {name} loss", hint, 1e-5)
        same(look(half)["mode"], [True, True, False], f"{case}: modes of its parts, before and after", hint)


@cycle_losses.check(points=1)
def equal_the_formula_for_maps_that_do_not_fit(student, seed):
    """Two random maps: both directions of both losses, means of absolute values; x and y of different sizes."""
    to_y, to_x = inverses(seed)[0], inverses(seed + 7)[0]
    x, y = normal(seed + 2, 2, 3, 4, 5), normal(seed + 3, 1, 3, 6, 3) + 1
    got = pair(student(mapping(student, *to_y), mapping(student, *to_x), x, y), "two random maps")
    hint = "x goes first through to_y, y through to_x; both directions are added up; means of absolute values, no squares, no weights"
    for name, loss, expected in zip(("cycle", "identity"), got, expected_losses(to_y, to_x, x, y), strict=True):
        agree(loss, float(expected), f"two random maps: {name} loss", hint, 1e-4 * float(expected))


@cycle_losses.check(points=1)
def teach_both_generators(student, seed):
    """The gradients at the weights of both, from both losses, are those of the formula; and go through both to the pictures."""
    maps = inverses(seed)[0], inverses(seed + 7)[0]
    networks = [mapping(student, *one) for one in maps]
    x, y = normal(seed + 2, 2, 3, 4, 5), normal(seed + 3, 2, 3, 4, 5)
    for which, name in enumerate(("cycle", "identity")):
        leaves = [(matrix.clone().requires_grad_(), shift.clone().requires_grad_()) for matrix, shift in maps]
        loss = expected_losses(*leaves, x, y)[which]
        pulls = [torch.tensor(float(which == k)) for k in range(2)]
        for place, network in enumerate(networks):
            expected = torch.autograd.grad(loss, leaves[place][0], retain_graph=True)[0]
            gradient = weight_vjp(student, network, (*networks, x, y), pulls)["weight"]
            case = f"{name} loss, gradient at {('to_y', 'to_x')[place]}"
            if gradient is None:
                raise Failure(f"{case}: none arrives", "no detach between the two maps, and no no_grad")
            agree(gradient[:, :, 0, 0], expected, case, "both generators learn from both directions: no detach between the two maps", 1e-4)
    if vjp(student, (*networks, x, y), [torch.tensor(1.0), torch.tensor(0.0)])[2] is None:
        raise Failure("cycle loss: no gradient arrives at x", "return tensors with their graph")


def numbered(numbers):
    """Pictures (B, 1, 2, 2) with their number in the first pixel, and tenths more in the others."""
    return torch.tensor(numbers, dtype=torch.float32)[:, None, None, None] + torch.tensor([[0.0, 0.1], [0.2, 0.3]])


def read(pool, numbers, case):
    """The numbers on the pictures that a pool hands on for new ones."""
    came = array(pool(numbered(numbers)), case)
    has_shape(came, (len(numbers), 1, 2, 2), case, "one picture out for each that comes")
    found = np.rint(came[:, 0, 0, 0])
    hint = "whole pictures are handed on as they came, not mixed, and not rounded to fewer bits"
    agree(came, numbered(found), case, hint, 0.0)
    return [int(number) for number in found]


@ImagePool.check(points=1)
def hands_on_what_comes_while_it_fills(student, seed):
    """The first pictures pass as they are, in order; a pool of size 0 always does so."""
    pool, none = student(6), student(0)
    for numbers in ([0, 1, 2, 3], [4, 5]):
        hint = "while it is not full, a picture is kept and handed on"
        same(read(pool, numbers, "a pool of 6 that fills"), numbers, "a pool of 6 that fills", hint)
    for numbers in ([0, 1], [2, 3], [4, 5], [6, 7]):
        hint = "nothing is kept, so the new picture is handed on"
        same(read(none, numbers, "a pool of size 0"), numbers, "a pool of size 0", hint)


@ImagePool.check(points=2)
def never_hands_out_what_it_cannot_have(student, seed):
    """Each picture handed out is the new one, or one that is in the pool; then it is there no more, and the new one is."""
    size, kept, swaps = 5, [], 0
    pool = student(size)
    for start in range(0, 126, 3):  # it is full in the middle of the second batch
        numbers = [start, start + 1, start + 2]
        for new, came in zip(numbers, read(pool, numbers, "a pool of 5"), strict=True):
            if len(kept) < size:
                same(came, new, f"a pool of 5 that holds {kept}: picture handed on", "while it is not full, a new picture is handed on")
                kept.append(new)
            elif came != new:
                swaps += 1
                if came not in kept:
                    raise Failure(
                        f"a full pool of 5 handed out picture {came} for picture {new}, but should hold {sorted(kept)}",
                        "an old picture that is handed out makes place for the new one; a new one that is handed on is not kept; "
                        "never more than its size is held, whatever the batch",
                    )
                kept[kept.index(came)] = new
    within(swaps, 20, 100, "old pictures among 121 from a full pool", "half the time an old one")


@ImagePool.check(points=1)
def tosses_a_fair_coin_and_chooses_at_random(student, seed):
    """Of 10000 pictures half are exchanged, in every batch some, and all places of the pool have their turn, in no order.

    A fair pool passes each bound but once in a million times: five standard deviations of a share are 0.025 here, and 0.031 of a place.
    """
    pool, places = student(4), [0, 1, 2, 3]
    read(pool, places, "a pool of 4")
    used, mixed = [], 0
    for start in range(4, 10004, 20):
        numbers = list(range(start, start + 20))
        handed = read(pool, numbers, "a full pool of 4")
        mixed += 0 < sum(came == new for new, came in zip(numbers, handed, strict=True)) < 20
        for new, came in zip(numbers, handed, strict=True):
            if came != new and came in places:
                used.append(places.index(came))
                places[used[-1]] = new
    hint = "a fair coin for each picture, not for each batch"
    within(mixed / 500, 0.99, 1, "share of batches of 20 in which some are exchanged and some are not", hint)
    within(len(used) / 10000, 0.475, 0.525, "share of exchanged pictures", hint)
    hint = "the old picture is chosen at random, not the oldest or the newest"
    for place in range(4):
        within(used.count(place) / len(used), 0.219, 0.281, f"share of exchanges at place {place} of 4", hint)
    again = sum(before == after for before, after in pairwise(used))
    within(again / len(used), 0.219, 0.281, "share of exchanges at the place of the one before", hint)


@ImagePool.check(points=1)
def is_random_by_torchs_generator(student, seed):
    """The same after the same seed, and other pictures after another."""
    runs = []
    for start in (seed, seed, seed + 1):
        there(student, "torch:manual_seed")(other_seed(start))
        pool = student(3)
        runs.append([number for first in range(0, 60, 3) for number in read(pool, [first, first + 1, first + 2], "a pool of 3")])
    same(runs[1], runs[0], "the same pictures twice, after torch.manual_seed", "torch.rand and torch.randint, not `random` nor numpy")
    if runs[2] == runs[0]:
        hint = "torch.rand and torch.randint by the global generator: no generator of its own, and no seed set in here"
        raise Failure("the same pictures after two different seeds: the same was handed on, expected other old ones", hint)


@ImagePool.check(points=1)
def is_full_at_its_size(student, seed):
    """Of 60 pools of one, and as many of two, each shown one picture more in the same batch, about half hand out an old one."""
    for size in (1, 2):
        old = 0
        for _ in range(60):
            pool = student(size)
            old += read(pool, list(range(size + 1)), f"a pool of {size}")[-1] != size
        hint = "full is full, also in the middle of a batch: then each picture gets a coin of its own, tossed by torch's global generator"
        within(old, 12, 48, f"old pictures from 60 pools of size {size}, each shown one picture more in one batch", hint)


@ImagePool.check(points=1)
def keeps_pictures_not_graphs(student, seed):
    """No gradient leads back through the pool, and what it keeps is its own: neither what came nor what it handed on."""
    pool = student(3)
    gradient = vjp(pool, (normal(seed, 3, 1, 2, 2),), torch.ones(3, 1, 2, 2))[0]
    if gradient is not None:
        raise Failure("a gradient leads back through the pool", "kept pictures would keep the whole graph that made them: detach")
    came = there(student, f"{TINY}:handed_on")(student(2), 40)
    if bool((came < 0).any()):
        hint = "keep a copy, `.clone()`: who gets a picture may write into it"
        raise Failure("an old picture shows what was written into it after it had been handed on, expected it as it came", hint)
    hint = "keep a copy, `.clone()`: who hands over pictures may write the next ones into the same tensor"
    old = int((came != torch.arange(40)).sum())
    within(old, 6, 38, "old pictures among 40 that came in one tensor, written anew for each", hint)
    gradient = vjp(student(0), (normal(seed, 3, 1, 2, 2),), torch.ones(3, 1, 2, 2))[0]
    if gradient is not None:
        raise Failure("a gradient leads back through a pool of size 0", "handed on without gradient, whatever the size")
