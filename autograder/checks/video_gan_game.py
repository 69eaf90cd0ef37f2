"""Checks of lesson 6 on the game and on MoCoGAN's two judges. Oracles: numpy's logarithms, torch's Adam, and networks of a few weights."""

import itertools
import math

import numpy as np
import torch
from torch.nn import functional as F

from autograder.checks.compare import agree, raises, same, within
from autograder.checks.core import Exercise, Failure
from autograder.checks.student import load, other_seed, state, there, vjp, weight_vjp
from autograder.checks.video_gan_tiny import TinyDiscriminator, TinyGenerator, compare_gradients, likeliest, normal, parameters, twins
from data_scripts.moving_squares import moving_squares

discriminator_loss = Exercise("discriminator_loss")
discriminator_turn = Exercise("discriminator_turn")
reconstruct = Exercise("reconstruct")
two_judges = Exercise("two_judges")

TINY = "autograder.checks.video_gan_tiny"
KINDS = ("non-saturating", "hinge")
MODES = ("training", "evaluation")


def expected_losses(real, fake, kind):
    """Both losses from logarithms and maxima, in float64 numpy; logits must be moderate."""
    real, fake = (np.asarray(value, dtype=np.float64) for value in (real, fake))
    if kind == "hinge":
        return np.maximum(0, 1 - real).mean() + np.maximum(0, 1 + fake).mean(), -fake.mean()
    probability = [1 / (1 + np.exp(-logits)) for logits in (real, fake)]
    return -np.log(probability[0]).mean() - np.log(1 - probability[1]).mean(), -np.log(probability[1]).mean()


@discriminator_loss.check(points=1)
def an_undecided_discriminator_pays_a_known_price(discriminator, generator, seed):
    """At logits of 0: 2 ln 2 and ln 2, or 2 and 0."""
    for kind, first, second in [("non-saturating", 2 * math.log(2), math.log(2)), ("hinge", 2.0, 0.0)]:
        agree(
            discriminator(torch.zeros(4), torch.zeros(4), kind),
            first,
            f"{kind}, discriminator, all logits 0",
            "the two means are added, not averaged",
            1e-5,
        )
        agree(
            generator(torch.zeros(4), kind),
            second,
            f"{kind}, generator, all logits 0",
            "the generator has one term, -log sigmoid(g) or -g, without a margin",
            1e-5,
        )


@discriminator_loss.check(points=2)
def equals_the_formulas_on_random_logits(discriminator, generator, seed):
    """Batches of unequal size, any shape."""
    for kind in KINDS:
        for shapes in [((3,), (5,)), ((2, 3), (4, 3))]:
            real, fake = 2 * normal(seed, *shapes[0]) + 1, 2 * normal(seed + 1, *shapes[1])
            first, second = expected_losses(real, fake, kind)
            hint = "real clips should score high and generated ones low; each half is a mean of its own; the hinge ends at 0"
            agree(discriminator(real, fake, kind), first, f"{kind}, discriminator, logits of shape {shapes}", hint, 1e-4)
            agree(
                generator(fake, kind),
                second,
                f"{kind}, generator, logits of shape {shapes[1]}",
                "the generator wants its clips to score high, by -log sigmoid(g) or -g: one mean over all their logits",
                1e-4,
            )


@discriminator_loss.check(points=1)
def stays_finite_at_large_logits(discriminator, generator, seed):
    """Logits of 200 in the wrong direction cost 200 each, in the right direction nothing."""
    wrong, right = torch.full((3,), -200.0), torch.full((3,), 200.0)
    hint = "if moderate logits are right: log(sigmoid(x)) underflows, and a cut logit has no slope: use softplus or logsigmoid"
    agree(discriminator(wrong, right, "non-saturating"), 400.0, "real at -200, generated at 200", hint, 1e-3)
    agree(discriminator(right, wrong, "non-saturating"), 0.0, "real at 200, generated at -200", hint, 1e-3)
    agree(generator(wrong, "non-saturating"), 200.0, "generator at -200", hint, 1e-3)
    agree(discriminator(right, wrong, "hinge"), 0.0, "hinge, real at 200, generated at -200", "the hinge ends at 0", 1e-3)


@discriminator_loss.check(points=2)
def has_the_slopes_that_it_should(discriminator, generator, seed):
    """The generator's slope is largest where it loses; the hinge has none where the discriminator is right by more than 1."""
    real, fake = torch.tensor([-3.0, 0.5, 4.0]), torch.tensor([-8.0, -0.5, 0.0, 5.0])
    slopes = {
        "non-saturating": (-torch.sigmoid(-real) / 3, torch.sigmoid(fake) / 4, -torch.sigmoid(-fake) / 4),
        "hinge": (torch.tensor([-1.0, -1, 0]) / 3, torch.tensor([0.0, 1, 1, 1]) / 4, torch.full((4,), -0.25)),
    }
    for kind, (by_real, by_fake, by_own) in slopes.items():
        got = (*vjp(discriminator, (real, fake, kind), torch.tensor(1.0))[:2], *vjp(generator, (fake, kind), torch.tensor(1.0))[:1])
        for gradient, expected, name in zip(
            got, (by_real, by_fake, by_own), ("real logits", "generated logits", "the generator's logits"), strict=True
        ):
            if gradient is None:
                raise Failure(f"{kind}, slope by {name}: no gradient arrives", "the loss must be a tensor made of the logits")
            climbs = "the generator climbs g itself: -E[g] has the same slope everywhere"
            if kind == "non-saturating":
                climbs = "a saturating loss has no slope where the generator loses: climb log sigmoid(g)"
            hint = climbs if name.startswith("the") else "check sign and weight of each half: it is a mean of its own"
            agree(gradient, expected, f"{kind}, slope by {name}", hint, 1e-5)


@discriminator_loss.check(points=1)
def refuses_other_kinds(discriminator, generator, seed):
    """There are two."""
    for kind in ("wasserstein", "Hinge", "hinges", "saturating", ""):
        raises(ValueError, lambda kind=kind: discriminator(torch.zeros(2), torch.zeros(2), kind), f"discriminator, kind {kind!r}")
        raises(ValueError, lambda kind=kind: generator(torch.zeros(2), kind), f"generator, kind {kind!r}")


def tiny_game(student, seed, mode="training"):
    """The same two tiny networks there and here, a batch of real clips, and noise for another of generated ones."""
    networks = (twins(student, kind, mode, other_seed(seed)) for kind in (TinyGenerator, TinyDiscriminator))
    return *networks, normal(seed + 1, 5, 3, 2, 2, 2) + 0.5, normal(seed + 2, 5, 4)


def plain_loss(logits_real, logits_fake, kind):
    """Discriminator's loss, written without the student's."""
    if kind == "hinge":
        return (1 - logits_real).clamp(min=0).mean() + (1 + logits_fake).clamp(min=0).mean()
    return -F.logsigmoid(logits_real).mean() - F.logsigmoid(-logits_fake).mean()


def plain_price(logits, kind):
    """Generator's loss, written without the student's."""
    return -logits.mean() if kind == "hinge" else -F.logsigmoid(logits).mean()


def leaving_no_trace(turn, inputs, calls, case):
    """The loss, if the call changed nothing about the networks, frozen in part; `calls`: name, network and how often it may be called."""
    condition = there(turn, f"{TINY}:condition")
    for _, network, _ in calls:
        network.norm.requires_grad_(False)
    before = [(condition(network), network.calls) for _, network, _ in calls]
    got = turn(*inputs)
    for (name, network, times), (old, counted) in zip(calls, before, strict=True):
        for what, value in condition(network).items():
            if value != old[what]:
                hint = "a turn returns a loss: backward, steps, modes and flags are the training loop's"
                raise Failure(f"{case}: {what} of the {name}: was {old[what]}, is {value}", hint)
        same(
            network.calls - counted,
            times,
            f"{case}: calls of the {name}",
            "one call for each batch: joined batches share their statistics, further calls update them",
        )
        network.norm.requires_grad_(True)
    return got


@discriminator_turn.check(points=2)
def scores_real_and_generated_clips_apart(turn, others_turn, seed):
    """The discriminator's loss, with batch norm over the real clips alone and over the generated ones alone, or in evaluation."""
    for kind, mode in itertools.product(KINDS, MODES):
        (generator, own_generator), (discriminator, own), real, noise = tiny_game(turn, seed, mode)
        other = KINDS[kind == KINDS[0]]
        fake = own_generator(noise)[0].detach()
        got, expected = turn(generator, discriminator, real, noise, kind), plain_loss(own(real), own(fake), kind)
        mistakes = [
            (
                "real and generated clips change places: the first argument of the loss is of real clips",
                plain_loss(own(fake), own(real), kind),
            ),
            (f"this is the {other} loss: hand `kind` on", plain_loss(own(real), own(fake), other)),
            (
                "two calls, one for real and one for generated clips: joined in one batch they share the statistics of batch norm",
                plain_loss(*own(torch.cat([real, fake])).chunk(2), kind),
            ),
        ]
        hint = likeliest(got, mistakes, "the generated clips are those of the given noise, all of them, and the networks keep their mode")
        agree(got, expected, f"{kind}, discriminator's turn in {mode}", hint, 1e-4)


@discriminator_turn.check(points=1)
def the_generator_learns_nothing_in_the_discriminators_turn(turn, others_turn, seed):
    """No gradient reaches the generator's weights, and neither network is changed, whichever mode it is in."""
    for mode in MODES:
        (generator, _), (discriminator, _), real, noise = tiny_game(turn, seed, mode)
        inputs = generator, discriminator, real, noise, "hinge"
        calls = [("generator", generator, 1), ("discriminator", discriminator, 2)]
        leaving_no_trace(turn, inputs, calls, f"discriminator's turn in {mode}")
        hint = "in this turn its clips are data: detach, or no_grad"
        for name, gradient in weight_vjp(turn, generator, inputs, torch.tensor(1.0)).items():
            if gradient is not None:
                raise Failure(f"a gradient of size {float(gradient.abs().max()):.3g} reaches {name} of the generator", hint)


@discriminator_turn.check(points=1)
def the_discriminator_learns_in_its_turn(turn, others_turn, seed):
    """The gradient of its weights is that of the loss on both batches."""
    (generator, own_generator), (discriminator, own), real, noise = tiny_game(turn, seed)
    for kind in KINDS:
        loss = plain_loss(own(real), own(own_generator(noise)[0].detach()), kind)
        expected = torch.autograd.grad(loss, list(own.parameters()))
        got = weight_vjp(turn, discriminator, (generator, discriminator, real, noise, kind), torch.tensor(1.0))
        compare_gradients(got, expected, f"{kind}, discriminator's turn", "both batches pass their gradient to the discriminator")


@discriminator_turn.check(points=2)
def the_generator_learns_through_the_discriminator(turn, others_turn, seed):
    """Loss and gradient of the generator's turn, price of the mask included, with both kinds and in both modes."""
    for (sparsity, mode), kind in itertools.product([(0.0, "training"), (0.7, "evaluation")], KINDS):
        (generator, own_generator), (discriminator, own), _, noise = tiny_game(turn, seed, mode)
        clip, mask = own_generator(noise)
        judged, price = plain_price(own(clip), kind), mask.mean()
        loss = judged + sparsity * price
        case, inputs = f"{kind}, generator's turn in {mode}, sparsity {sparsity}", (generator, discriminator, noise, kind, sparsity)
        got = leaving_no_trace(others_turn, inputs, [("generator", generator, 1), ("discriminator", discriminator, 1)], case)
        other = KINDS[kind == KINDS[0]]
        mistakes = [
            (f"this is the {other} loss: hand `kind` on", plain_price(own(clip), other) + sparsity * price),
            ("Eq. (6.9): the price is on the mean of the mask, not of 1 - mask", judged + sparsity * (1 - price)),
            ("Eq. (6.9): the price is on the mean of the mask, not on its sum", judged + sparsity * mask.sum()),
            ("Eq. (6.9): lambda is the argument `sparsity`", judged + 0.1 * price),
            ("Eq. (6.9): the mask has its price with both kinds of loss", judged),
        ]
        hint = likeliest(got, mistakes, "Eq. (6.9), of the clips of the given noise, all of them; the networks keep their mode")
        agree(got, loss, case, hint, 1e-4)
        got = weight_vjp(others_turn, generator, inputs, torch.tensor(1.0))
        wanted = list(own_generator.parameters())[: None if sparsity else -2]  # the mask's own two come last
        got = dict(list(got.items())[: len(wanted)])
        compare_gradients(got, torch.autograd.grad(loss, wanted), case, "nothing on the way from the loss to the generator may be detached")


FITS = [  # steps, price, mode, how far off the clips are at first, learning rate
    (0, 0.0, "training", 30, 0.1), (1, 0.0, "evaluation", 30, 0.1), (10, 0.0, "training", 1e-3, 0.1), (10, 0.0, "training", 1e-3, 1e-3),
    *((10, 20.0, mode, 30, 0.1) for mode in MODES),
]  # fmt: skip


@reconstruct.check(points=2)
def takes_the_steps_of_adam(student, generators, seed):
    """A tiny generator, in training or in evaluation, gets the weights that Adam gives it, in two calls, and is left as it came."""
    for steps, sparsity, mode, error, rate in FITS:
        pair = twins(student, TinyGenerator, mode, other_seed(seed))
        network, own = (twin.double() for twin in pair)  # in float64 rounding stays below 1e-12
        codes = normal(seed, 6, 4).double()
        clips = own(codes)[0].detach() + error * normal(seed + 1, 6, 3, 2, 2, 2)
        before = there(student, f"{TINY}:condition")(network)
        for call in ("", ", in a second call"):
            student(network, codes, clips, steps, sparsity, rate)
            optimiser = torch.optim.Adam(own.parameters(), rate, betas=(0.5, 0.999))
            for _ in range(steps):
                made, mask = own(codes)
                optimiser.zero_grad()
                (((made - clips) ** 2).mean() + sparsity * mask.abs().mean()).backward()
                optimiser.step()
            case = f"after {steps} steps of {rate} in {mode}, sparsity {sparsity}, clips {error} off at first{call}"
            for what, value in there(student, f"{TINY}:condition")(network).items():
                if "grad" not in what.split()[-1]:
                    same(value, before[what], f"{what} {case}", "leave the generator as it came: it may go on learning")
            hint = "clear old gradients before each backward; mean square plus the price of the mask, of all clips, in the mode it came in"
            if call:
                hint = "every call has an Adam of its own, whose means begin at 0: keep nothing from one to the next"
            elif sparsity:
                hint = "mean square plus the price of the mask: sparsity times its mean"
            elif steps > 1:
                hint = "one optimiser for all steps, of the given rate; beta1 is 0.5, beta2 0.999; "
                hint += "take every step, with fixed codes and the whole gradient of the mean square plus the price of the mask"
            for name, value in parameters(state(network)).items():
                if sparsity or not name.startswith("mask"):
                    agree(value, own.state_dict()[name], f"{name} {case}", hint, 1e-6)


@reconstruct.check(points=3)
def two_streams_learn_four_clips(student, generators, seed):
    """After 200 steps the error is at most 0.05 of the variance, with a mask below 0.6 on average."""
    clips = moving_squares(4, 8, 16, seed=seed)[0].cpu()
    codes, generator = normal(seed, 4, 16), generators(16, (32, 24))
    still = float(((clips - clips.mean(dim=2, keepdim=True)) ** 2).mean() / clips.var())
    student(generator, codes, clips, 200, 0.02, 0.01)
    made, mask = generator(codes)
    error = float(((made - clips) ** 2).mean() / clips.var())
    within(
        error,
        0,
        0.05,
        f"squared error over variance, four clips, 200 steps (the best still picture: {still:.2f})",
        "does it train every weight, on all clips, in every step?",
    )
    within(float(mask.mean()), 0, 0.6, "mean of the mask", "mean squared error, not its sum, plus the price of the mask")


def tiny_judges(student, seed, batch=5, mode="training"):
    """Judges of images and of clips, the same there and here, real and generated clips of two frames, and a frame of each."""
    judges = [twins(student, TinyDiscriminator, mode, other_seed(seed + math.prod(shape)), shape) for shape in ((3, 2, 2), (3, 2, 2, 2))]
    real, fake = normal(seed + 1, batch, 3, 2, 2, 2) + 0.5, normal(seed + 2, batch, 3, 2, 2, 2) - 0.5
    places = torch.randperm(2 * batch, generator=torch.Generator().manual_seed(seed)).view(2, batch) % 2
    return *judges, real, fake, places


def frames_at(clips, places):
    """One frame of each clip, picked in a loop."""
    return torch.stack([clip[:, int(place)] for clip, place in zip(clips, places, strict=True)])


@two_judges.check(points=2)
def the_image_judge_sees_one_frame_of_each_clip(student, seed):
    """With a video judge of weight 0, a clip changes the loss only where its frame was drawn."""
    (image_judge, _), (video_judge, video), real, fake, places = tiny_judges(student, seed, 3, "evaluation")
    load(video_judge, {name: value * (0 if name.startswith("last") else 1) for name, value in video.state_dict().items()})
    before = float(student(image_judge, video_judge, real, fake, places, "non-saturating"))
    for number, name in enumerate(("real", "generated")):
        moved = np.zeros((3, 2))
        for clip, frame in np.ndindex(moved.shape):
            changed = [real.clone(), fake.clone()]
            changed[number][clip, 0, frame] += 1
            moved[clip, frame] = abs(float(student(image_judge, video_judge, *changed, places, "non-saturating")) - before) > 1e-6
        drawn = [[float(place == frame) for frame in range(2)] for place in places[number]]
        hint = "clip[k, :, frames[k]] for each clip k; the first row of frames is for real clips, the second for generated ones"
        if not moved.any():
            hint = "no frame of these clips counts: is the image judge's loss on them added?"
        agree(moved, drawn, f"{name} clips: (clip, frame) that the loss depends on, frames {places.tolist()}", hint)


@two_judges.check(points=2)
def both_judges_count_alike(student, seed):
    """The sum of both losses, each judge called for real and for generated ones apart, in both modes; also of one clip each."""
    for (mode, batch), kind in itertools.product([("evaluation", 5), ("training", 5), ("evaluation", 1)], KINDS):
        (image_judge, image), (video_judge, video), real, fake, places = tiny_judges(student, seed, batch, mode)
        still = plain_loss(image(frames_at(real, places[0])), image(frames_at(fake, places[1])), kind)
        moving = plain_loss(video(real), video(fake), kind)
        calls, case = [("image judge", image_judge, 2), ("video judge", video_judge, 2)], f"{kind}, {batch} clips in {mode}"
        got = leaving_no_trace(student, (image_judge, video_judge, real, fake, places, kind), calls, case)
        hint = f"the image judge's loss is {still.item():.4g}, the video judge's {moving.item():.4g}: add them, of kind {kind}, real first"
        agree(got, still + moving, f"{case}, frames {places.tolist()}", hint, 1e-4)


@two_judges.check(points=1)
def the_judges_learn_and_the_clips_do_not(student, seed):
    """Gradients of both judges' weights; none goes on to the generated clips."""
    (image_judge, image), (video_judge, video), real, fake, places = tiny_judges(student, seed)
    inputs, one = (image_judge, video_judge, real, fake, places, "non-saturating"), torch.tensor(1.0)
    still = plain_loss(image(frames_at(real, places[0])), image(frames_at(fake, places[1])), "non-saturating")
    moving = plain_loss(video(real), video(fake), "non-saturating")
    for judge, own, loss, name in ((image_judge, image, still, "image"), (video_judge, video, moving, "video")):
        expected = torch.autograd.grad(loss, list(own.parameters()))
        compare_gradients(weight_vjp(student, judge, inputs, one), expected, f"{name} judge", "both of its calls pass their gradient on")
    gradient = vjp(student, inputs, one)[3]
    if gradient is not None and (size := float(gradient.abs().max())) > 0:
        raise Failure(f"a gradient of size {size:.3g} reaches the generated clips", "they are data in this turn: detach them")
