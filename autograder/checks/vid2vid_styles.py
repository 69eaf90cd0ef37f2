"""Checks of lesson 13: styles. Oracles: pictures of flat colours, means region by region in numpy."""

import numpy as np
import torch

from autograder.checks.compare import agree, has_shape
from autograder.checks.core import Exercise, Failure
from autograder.checks.flow_oracles import normal
from autograder.checks.student import vjp

paint_style = Exercise("paint_style")

CLOSE = 1e-4


def maps(seed, most, *shape):
    """Random labels below `most`."""
    return torch.randint(0, most, shape, generator=torch.Generator().manual_seed(seed))


def painted(image, regions, onto):
    """Eq. (13.11), pixel by pixel."""
    image, regions, onto = image.double().numpy(), regions.numpy(), onto.numpy()
    result = np.zeros((len(image), 3, *onto.shape[1:]))
    for b, y, x in np.ndindex(onto.shape):
        inside = regions[b] == onto[b, y, x]
        if inside.any():
            result[b, :, y, x] = image[b][:, inside].mean(axis=1)
    return result


@paint_style.check(points=1)
def paints_the_colours_of_another_picture(student, seed):
    """A red left and a blue right half, painted on an upper and a lower half of another size."""
    regions = (torch.arange(8) >= 4).long().expand(1, 5, 8)
    image = torch.where(regions[:, None] == 0, torch.tensor([1.0, -1, -1])[:, None, None], torch.tensor([-1.0, -1, 1])[:, None, None])
    onto = (torch.arange(6) >= 3).long()[:, None].expand(1, 6, 4)
    got = student(image, regions, onto)
    has_shape(got, (1, 3, 6, 4), "an upper and a lower half", "the result has the size of `onto`")
    hint = "colours are looked up by the regions of `onto`, 0 like any other; each channel's own mean, divided by the region's pixels"
    agree(got, painted(image, regions, onto), "an upper and a lower half", hint, CLOSE)


@paint_style.check(points=2)
def takes_means_over_regions(student, seed):
    """Random pictures, zeros among them, and regions, one of a single pixel; each picture of the batch has its own style."""
    image, regions, onto = normal(seed, 3, 3, 6, 7), maps(seed + 1, 5, 3, 6, 7), maps(seed + 2, 6, 3, 4, 9)
    regions[:, 2, 3] = 5
    hint = "the mean over the pixels of the region, not of all pixels; every picture of the batch has its own colours"
    agree(student(image, regions, onto), painted(image, regions, onto), "random pictures and regions", hint, CLOSE)
    image[:, :, 4:] = image[:, 1, :2] = 0
    hint = "0 is a colour like any other: a pixel belongs to a region by its number alone"
    agree(student(image, regions, onto), painted(image, regions, onto), "pictures that are 0 in part", hint, CLOSE)


@paint_style.check(points=1)
def leaves_unknown_regions_grey(student, seed):
    """Regions that the picture does not have are 0, also where their number is larger than all in the picture."""
    image, regions = 2 + normal(seed, 2, 3, 4, 5), 2 * maps(seed + 1, 2, 2, 4, 5)
    hints = {
        1: "0 / 0: no pixels, no colour, 0",
        12: "region 12 is not in the picture, nor any as large: numbers go up to the largest of *both* maps",
    }
    for unknown, hint in hints.items():
        onto = maps(seed + 2, 3, 2, 4, 5)
        onto[onto == 1] = unknown
        onto[:, 0, 0] = unknown
        case = f"regions 0 and 2 are in the picture, {unknown} is not"
        agree(student(image, regions, onto), painted(image, regions, onto), case, hint, CLOSE)
    few = maps(seed + 3, 2, 1, 4, 5)
    many = few.clone()
    many[:, -1] = 12
    hint = "the picture may have regions that are not painted"
    agree(student(image[:1], many, few), painted(image[:1], many, few), "region 12 is not painted", hint, CLOSE)
    agree(student(image[:1], many, many), painted(image[:1], many, many), "region 12 is painted", "there is no largest number", CLOSE)
    names = torch.tensor([3, 259, 44, 300, 515])
    regions, onto = names[maps(seed + 1, 4, 2, 4, 5)], names[maps(seed + 2, 5, 2, 4, 5)]
    hint = "a byte ends at 255, and 259 would be 3 in it: leave the numbers of the regions as they are"
    agree(student(image, regions, onto), painted(image, regions, onto), "regions of 3, 44, 259 and 300, onto 515 as well", hint, CLOSE)
    image, first = normal(seed, 3, 3, 6, 7), torch.arange(3)[:, None, None]
    regions, onto = maps(seed + 1, 3, 3, 6, 7) + 2 * first, maps(seed + 2, 5, 3, 4, 9) + first
    case = "three pictures of regions 0 to 2, 2 to 4 and 4 to 6, painted on 0 to 4, 1 to 5 and 2 to 6"
    hint = "every picture has regions of its own, and so has every map: what this picture lacks is 0, whatever the others of the batch have"
    agree(student(image, regions, onto), painted(image, regions, onto), case, hint, CLOSE)


@paint_style.check(points=1)
def lets_the_style_learn(student, seed):
    """The gradient to the picture: each pixel's share of its region, times the area that is painted."""
    image, regions, onto = normal(seed, 1, 3, 4, 5), maps(seed + 1, 3, 1, 4, 5), maps(seed + 2, 3, 1, 4, 5)
    got = vjp(student, (image, regions, onto), torch.ones(1, 3, 4, 5))[0]
    if got is None:
        raise Failure("no gradient arrives at the picture", "an encoder may stand before it: stay in torch, detach nothing")
    areas = [[float((part == k).sum()) for k in range(3)] for part in (onto, regions)]
    share = torch.tensor([there / max(here, 1) for there, here in zip(*areas, strict=True)])
    agree(got, share[regions][:, None].expand(1, 3, 4, 5), "gradient of the sum of all colours", "nothing is detached", CLOSE)
