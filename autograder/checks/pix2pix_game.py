"""Checks of lesson 12: the game and the clip. Oracles: tiny networks known here, differences of losses, frames made one by one."""

import torch
import torch.nn.functional as F

from autograder.checks.compare import agree, array, differ, has_shape, same, within
from autograder.checks.core import Exercise, Failure
from autograder.checks.pix2pix_tiny import TinyCritics, TinyEye, TinyPainter, normal, whole
from autograder.checks.student import load, other_seed, state, there, vjp, weight_vjp

turns = Exercise("turns")
frame_by_frame = Exercise("frame_by_frame")
TINY = "autograder.checks.pix2pix_tiny"


def players(student, seed):
    """Tiny painter, critics and eye, there and here, with a batch of conditions and pictures."""
    kinds = {"TinyPainter": TinyPainter, "TinyCritics": TinyCritics, "TinyEye": TinyEye}
    far = [there(student, f"{TINY}:{name}")(other_seed(seed + k)) for k, name in enumerate(kinds)]
    near = [kind(other_seed(seed + k)) for k, kind in enumerate(kinds.values())]
    condition = F.one_hot(whole(seed, 4, 2, 8, 8), 4).movedim(-1, 1).float()
    return far, near, condition, torch.tanh(normal(seed + 5, 2, 3, 8, 8))


def critics_loss(painter, critics, condition, image, joined=torch.cat):
    """Eq. (12.11), left."""
    made = painter(condition).detach()
    on_real, on_made = critics(joined([condition, image], 1)), critics(joined([condition, made], 1))
    return sum(((r[-1] - 1) ** 2).mean() + (m[-1] ** 2).mean() for r, m in zip(on_real, on_made, strict=True)) / 2


def painters_loss(painter, critics, eye, condition, image, weights=(1.0, 10.0, 10.0)):
    """Eq. (12.11), right."""
    made = painter(condition)
    on_real, on_made = critics(torch.cat([condition, image], 1)), critics(torch.cat([condition, made], 1))
    fooled = sum(((m[-1] - 1) ** 2).mean() for m in on_made)
    pairs = [(r, m) for seen, drawn in zip(on_real, on_made, strict=True) for r, m in zip(seen[:-1], drawn[:-1], strict=True)]
    alike = 4 / len(pairs) * sum((r.detach() - m).abs().mean() for r, m in pairs)
    return weights[0] * fooled + weights[1] * alike + weights[2] * eye(made, image)


@turns.check(points=1)
def the_critics_see_the_condition_and_then_the_picture(discriminator_turn, generator_turn, seed):
    """The critics' loss from tiny networks; other labels for the same pictures must change it."""
    (painter, critics, _), (own_painter, own_critics, _), condition, image = players(discriminator_turn, seed)
    blind = there(discriminator_turn, f"{TINY}:TinyPainter")(other_seed(seed))
    load(blind, {name: 0 * value for name, value in state(blind).items()})
    told, other = (discriminator_turn(blind, critics, labels, image) for labels in (condition, condition.flip(1)))
    hint = "the critics must see the condition above the picture, or any fine street will do for any labels"
    differ(other, told, "swapping labels did not change the score", hint)
    got = discriminator_turn(painter, critics, condition, image)
    hint = "torch.cat([condition, picture], dim=1), the same way for both; real pictures are to score 1, made ones 0; no turn takes a step"
    agree(got, critics_loss(own_painter, own_critics, condition, image).detach(), "discriminator_turn, tiny networks", hint, 1e-4)


LEFT = {
    "mode": "train() and eval() are the loop's",
    "requires_grad": "who is frozen for a turn must learn again in the next",
    "gradients": "a turn returns a loss: the loop clears gradients, goes backward and steps",
}


@turns.check(points=1)
def a_turn_leaves_both_players_as_it_found_them(discriminator_turn, generator_turn, seed):
    """Mode, requires_grad and gradients of painter and critics survive both turns, and the painter is asked once in each.

    First in training mode, after a backward pass; then in evaluation mode, without gradients and with every second weight frozen;
    then in training mode with one part in evaluation mode.
    """
    look = there(generator_turn, f"{TINY}:condition_of")
    for put, words in (
        ("with_gradients", "in training"),
        ("resting", "in evaluation, half of the weights frozen"),
        ("half_resting", "in training, but for a part in evaluation"),
    ):
        (painter, critics, eye), _, condition, image = players(generator_turn, seed)
        put = there(generator_turn, f"{TINY}:{put}")
        put(critics)
        for turn, inputs in ((discriminator_turn, (condition, image)), (generator_turn, (eye, condition, image))):
            counted = put(there(turn, "torch.nn:Sequential")(painter, there(turn, "torch.nn:BatchNorm2d")(3)))
            before = look(counted), look(critics)
            turn(counted, critics, *inputs)
            name = "discriminator_turn" if turn is discriminator_turn else "generator_turn"
            for who, old, new in zip(("generator", "discriminator"), before, (look(counted), look(critics)), strict=True):
                for what, came in new.items():
                    same(came, old[what], f"{name}, players {words}: {what} of the {who}, before and after", LEFT[what])
            if words == "in training":
                asked = int(state(counted)["1.num_batches_tracked"])
                hint = "one made picture for all terms, made in the mode in which the generator came"
                same(asked, 1, f"{name}: times that the generator was asked in training mode", hint)


@turns.check(points=1)
def the_painter_learns_nothing_in_the_critics_turn(discriminator_turn, generator_turn, seed):
    """No gradient reaches the painter; the critics' is that of the formula."""
    (painter, critics, _), (own_painter, own_critics, _), condition, image = players(discriminator_turn, seed)
    inputs = (painter, critics, condition, image)
    for name, gradient in weight_vjp(discriminator_turn, painter, inputs, torch.tensor(1.0)).items():
        if gradient is not None and gradient.abs().max() > 0:
            raise Failure(
                f"the generator received a gradient from the discriminator's turn ({name}, up to {float(gradient.abs().max()):.3g})",
                "in this turn its picture is a mere picture: detach it",
            )
    expected = torch.autograd.grad(critics_loss(own_painter, own_critics, condition, image), list(own_critics.parameters()))
    for (name, gradient), right in zip(weight_vjp(discriminator_turn, critics, inputs, torch.tensor(1.0)).items(), expected, strict=True):
        if gradient is None:
            raise Failure(
                f"discriminator_turn: no gradient arrives at {name} of the critics", "they learn from both halves: detach the picture only"
            )
        agree(gradient, right, f"discriminator_turn, gradient at {name} of the critics", "both halves teach them", 1e-4)


@turns.check(points=2)
def the_painter_pays_for_three_things(discriminator_turn, generator_turn, seed):
    """The painter's loss from tiny networks; if it is off, which of the three terms is missing."""
    (painter, critics, eye), near, condition, image = players(generator_turn, seed)
    got = array(generator_turn(painter, critics, eye, condition, image), "generator_turn")
    expected = painters_loss(*near, condition, image).item()
    known = {
        "the GAN loss is missing": (0, 10, 10),
        "feature matching is missing, or compares the made picture with itself": (1, 0, 10),
        "the perceptual loss is missing": (1, 10, 0),
        "feature matching needs its weight of 10": (1, 1, 10),
        "the perceptual loss needs its weight of 10": (1, 10, 1),
        "both likenesses need their weight of 10": (1, 1, 1),
    }
    values = {words: painters_loss(*near, condition, image, weights).item() for words, weights in known.items()}
    hint = next(
        (words for words, value in values.items() if abs(float(got.mean()) - value) < 1e-4),
        "the painter is to get a 1 for its own picture; the critics see the condition, then a picture; pictures stay in [-1, 1]",
    )
    agree(got, expected, "generator_turn, tiny networks", hint, 1e-4 * expected)


@turns.check(points=1)
def all_three_reach_the_painter(discriminator_turn, generator_turn, seed):
    """The gradient at the painter's weights is that of the formula."""
    (painter, critics, eye), near, condition, image = players(generator_turn, seed)
    expected = torch.autograd.grad(painters_loss(*near, condition, image), list(near[0].parameters()))
    got = weight_vjp(generator_turn, painter, (painter, critics, eye, condition, image), torch.tensor(1.0))
    for (name, gradient), right in zip(got.items(), expected, strict=True):
        if gradient is None:
            raise Failure(
                f"generator_turn: no gradient arrives at {name} of the generator",
                "in its own turn the made picture is neither detached nor made under no_grad",
            )
        hint = "every term is computed from the same made picture, with its graph; no no_grad around the critics"
        agree(gradient, right, f"generator_turn, gradient at {name} of the generator", hint, 1e-3 * float(right.abs().max()))


@turns.check(points=1)
def a_turn_changes_nobodys_weights(discriminator_turn, generator_turn, seed):
    """Losses are computed, no step is taken: that is the training loop's."""
    (painter, critics, eye), _, condition, image = players(generator_turn, seed)
    before = [state(painter), state(critics)]
    discriminator_turn(painter, critics, condition, image)
    generator_turn(painter, critics, eye, condition, image)
    for name, module, tensors in (("generator", painter, before[0]), ("discriminator", critics, before[1])):
        for key, value in state(module).items():
            agree(value, tensors[key], f"{key} of the {name}, before and after both turns", "return the loss; the loop steps", 0.0)


def flat_pictures(condition):
    """Pictures of one colour a class."""
    palette = torch.tensor([[0.6, -0.6, 0.0], [-0.6, 0.6, 0.3], [0.0, -0.3, 0.6], [0.5, 0.5, 0.5]])
    return torch.einsum("bkhw,kc->bchw", condition, palette)


def left_by_the_formulas(seed, generator_turn):
    """Share of the painter's error that forty plain gradient steps of each player leave, with the losses written here."""
    _, (painter, critics, eye), condition, _ = players(generator_turn, seed)
    image = flat_pictures(condition)
    before = (painter(condition) - image).abs().mean()
    for _ in range(40):
        step(critics, critics_loss(painter, critics, condition, image))
        step(painter, painters_loss(painter, critics, eye, condition, image))
    return ((painter(condition) - image).abs().mean() / before).item()


def step(module, loss):
    """One plain gradient step, in place."""
    weights = list(module.parameters())
    for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        weight.data -= 0.02 * gradient


def left_of_error(discriminator_turn, generator_turn, seed):
    """The same game with the student's losses."""
    (painter, critics, eye), _, condition, _ = players(generator_turn, seed)
    image = flat_pictures(condition)
    before = (painter(condition) - image).abs().mean()
    for _ in range(40):
        for turn, module, inputs in (
            (discriminator_turn, critics, (painter, critics, condition, image)),
            (generator_turn, painter, (painter, critics, eye, condition, image)),
        ):
            gradients = weight_vjp(turn, module, inputs, torch.tensor(1.0))
            load(
                module, {name: value - 0.02 * (0 if gradients[name] is None else gradients[name]) for name, value in state(module).items()}
            )
    return ((painter(condition) - image).abs().mean() / before).item()


@turns.check(points=1)
def the_game_learns_a_palette(discriminator_turn, generator_turn, seed):
    """Forty turns of each must halve the error, from a start from which the formulas leave a third."""
    start = next(start for start in range(seed, seed + 50_000, 1000) if left_by_the_formulas(start, generator_turn) < 0.35)
    left = left_of_error(discriminator_turn, generator_turn, start)
    within(left, 0, 0.5, "error after 40 turns of each, of the error before", "do both turns teach, in the right direction?")


@frame_by_frame.check(points=1)
def brings_pictures_to_zero_and_one(student, seed):
    """Through a layer that is known, clips of one frame and of several; and through a generator that hands on what it is given."""
    for frames, channels in ((1, 4), (5, 4), (2, 1)):
        painter, own = there(student, f"{TINY}:TinyPainter")(other_seed(seed), channels), TinyPainter(other_seed(seed), channels)
        clip = normal(seed, frames, channels, 5, 7)
        clip[-1] = clip[0].flip(-1)
        got = student(painter, clip)
        has_shape(got, (frames, 3, 5, 7), f"{frames} frames", "(T, 3, H, W), the frames in their order")
        agree(
            got,
            (own(clip).detach() + 1) / 2,
            f"{frames} frames of {channels} channels",
            "each frame of its own condition alone, in order; pictures are in [-1, 1], the clip in [0, 1]: (x + 1) / 2",
            1e-5,
        )
    clip = normal(seed, 2, 3, 5, 7).tanh()
    got = student(there(student, "torch.nn:Identity")(), clip)
    hint = "what the generator returns may be the clip itself: make new tensors of it, nothing in place"
    agree(got, (clip + 1) / 2, "a generator that hands on what it is given", hint, 1e-5)


@frame_by_frame.check(points=1)
def makes_each_frame_alone(student, seed):
    """With a generator that normalises over its batch, frames must come out as if there were no others; in any order and mode.

    With one that draws noise, no two are alike.
    """
    kinds = ("Sequential", "BatchNorm2d", "Tanh")
    joined, normalised, bounded = (there(student, f"torch.nn:{kind}") for kind in kinds)
    norm, settled = (joined(normalised(3), bounded()) for _ in range(2))
    clip = normal(seed, 4, 3, 6, 5) * torch.tensor([0.5, 1.0, 2.0, 4.0])[:, None, None, None]
    alone = (F.instance_norm(clip).tanh() + 1) / 2
    hint = "one frame a call, as a batch of one, in the generator's own mode: in a batch of all frames, a frame depends on the others"
    agree(student(norm, clip), alone, "a generator that normalises over its batch", hint, 1e-4)
    expected = (clip.tanh() + 1) / 2  # until it has learned, it takes a mean of 0 and a variance of 1
    agree(student(settled.eval(), clip), expected, "such a generator in evaluation mode", hint, 1e-4)
    order = [2, 0, 3, 1]
    agree(
        student(norm, clip[order]), alone[order], "the same frames in another order", "each frame depends on its own condition only", 1e-4
    )
    noisy, still = there(student, "torch.nn:Dropout")(0.5), torch.full((2, 3, 6, 5), 0.5)
    first, second = student(noisy, still), student(noisy, still)
    hint = "a generator that draws noise draws it anew for each frame and in each call: set no seed, and keep no frame for another"
    differ(first[1], first[0], "a generator that draws noise, a condition twice: its two frames", hint)
    differ(second, first, "a generator that draws noise, a clip twice: its frames", hint)


@frame_by_frame.check(points=1)
def keeps_no_graph(student, seed):
    """No gradient is kept: a long clip would fill the memory with graphs. The generator is left as it came, each part in its mode."""
    look = there(student, f"{TINY}:condition_of")
    for put, words in (("resting", "in evaluation"), ("half_resting", "in training, but for a part in evaluation")):
        painter = there(student, f"{TINY}:{put}")(there(student, f"{TINY}:TinyPainter")(other_seed(seed)))
        clip, before = normal(seed, 3, 4, 4, 4), look(painter)
        student(painter, clip)  # a call that leaves gradients off is told so, before anything here needs them
        by_clip = vjp(student, (painter, clip), torch.ones(3, 3, 4, 4))[1]
        by_weights = weight_vjp(student, painter, (painter, clip), torch.ones(3, 3, 4, 4))
        if by_clip is not None or any(gradient is not None for gradient in by_weights.values()):
            raise Failure("a gradient leads back from the clip, expected none", "with torch.no_grad()")
        hint = "leave the generator as it came, each part in its mode and with what is frozen and what learns: torch.no_grad() will do"
        for what, came in look(painter).items():
            same(came, before[what], f"a generator {words}: {what} of the generator, before and after its clip was made", hint)
