"""Answers to lesson 12 that the checks must tell apart."""

import copy
import itertools
import random

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from solutions import a12_pix2pixhd as lesson
from tests.answers.core import right, wrong


@right("one_hot")
def by_comparing(labels, classes):
    if not ((labels >= 0) & (labels < classes)).all():
        raise ValueError("not a class")
    return (labels[:, None] == torch.arange(classes, device=labels.device)[None, :, None, None]).float()


@right("one_hot")
def by_scattering(labels, classes):
    if labels.amin() < 0 or labels.amax() > classes - 1:
        raise ValueError(f"labels beyond 0 ... {classes - 1}")
    return torch.zeros(len(labels), classes, *labels.shape[1:], device=labels.device).scatter_(1, labels[:, None], 1.0)


@wrong("one_hot", message="the new axis stands second")
def with_classes_last(labels, classes):
    return lesson.one_hot(labels, classes).movedim(1, -1)


@wrong("one_hot", message="a reshape cannot move it there")
def with_classes_reshaped(labels, classes):
    return F.one_hot(labels, classes).reshape(len(labels), classes, *labels.shape[1:]).float()


@wrong("one_hot", message="the new axis stands second")
def along_the_batch(labels, classes):
    return lesson.one_hot(labels, classes).transpose(0, 1)


@wrong("one_hot", message="got int64, expected float32")
def left_whole(labels, classes):
    return lesson.one_hot(labels, classes).long()


@wrong("one_hot", message="a label of 5 among 5 classes")
def with_as_many_channels_as_labels_found(labels, classes):
    found = F.one_hot(labels.clamp(min=0)).movedim(-1, 1).float()
    return F.pad(found, (0, 0, 0, 0, 0, classes - found.shape[1])) if found.shape[1] <= classes else found


@wrong("one_hot", message="a label of -1 among 5 classes")
def without_looking_below(labels, classes):
    if labels.max() >= classes:
        raise ValueError("too large")
    return (labels[:, None] == torch.arange(classes, device=labels.device)[None, :, None, None]).float()


@wrong("one_hot", message="eight bits are too few")
def of_eight_bits(labels, classes):
    return lesson.one_hot(labels.to(torch.uint8).long(), classes)


@wrong("one_hot", message="off by 1")
def nothing_at_all(labels, classes):
    return 0 * lesson.one_hot(labels, classes)


@wrong("one_hot", message="ValueError: no such class")
def without_the_last_class(labels, classes):
    if labels.min() < 0 or labels.max() >= classes - 1:
        raise ValueError("no such class")
    return F.one_hot(labels, classes).movedim(-1, 1).float()


@wrong("one_hot", message="no label is passed over")
def with_a_label_for_nothing(labels, classes):
    known = labels.masked_fill(labels == 255, 0)
    return lesson.one_hot(known, classes) * (labels != 255)[:, None]


@wrong("one_hot", message="not how many different ones there are")
def with_room_for_all_kinds(labels, classes):
    found = set(labels.flatten().tolist())
    if min(found) < 0 or len(found) > classes:
        raise ValueError("more kinds of labels than classes")
    return torch.stack([labels == k for k in range(classes)], dim=1).float()


@right("instance_edges")
def by_padding_with_the_border(instances):
    return edges_with(kept(instances), FOUR)


@right("instance_edges")
def by_numpy(instances):
    ids = instances.numpy()
    edges = np.zeros(ids.shape, bool)
    for axis in (1, 2):
        differs = np.diff(ids, axis=axis) != 0
        edges |= np.insert(differs, 0, False, axis=axis) | np.insert(differs, differs.shape[axis], False, axis=axis)
    return torch.from_numpy(edges[:, None]).float()


def edges_with(wide, around):
    """Edges from padded maps and the shifts that are looked at."""
    height, width = wide.shape[1] - 2, wide.shape[2] - 2
    middle = wide[:, 1:-1, 1:-1]
    others = [wide[:, 1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width] for dy, dx in around]
    return torch.stack([middle != other for other in others]).any(dim=0)[:, None].float()


FOUR = ((-1, 0), (1, 0), (0, -1), (0, 1))


def kept(instances):
    """Padded by the border itself."""
    rows, columns = (torch.arange(-1, side + 1).clamp(0, side - 1) for side in instances.shape[1:])
    return instances[:, rows[:, None], columns]


@wrong("instance_edges", message="torch.roll brings the other end of the picture round")
def rolled(instances):
    turned = [instances.roll(shift, axis) for axis in (1, 2) for shift in (1, -1)]
    return torch.stack([instances != other for other in turned]).any(dim=0)[:, None].float()


@wrong("instance_edges", message="zeros around it are neighbours that do not exist")
def padded_with_zeros(instances):
    return edges_with(F.pad(instances, [1] * 4), FOUR)


@wrong("instance_edges", message="-1 can be an instance too")
def with_minus_one_for_no_neighbour(instances):
    wide = F.pad(instances, [1] * 4, value=-1)
    turned = [wide.roll(shift, axis) for axis in (1, 2) for shift in (1, -1)]
    return torch.stack([(wide != other) & (other != -1) for other in turned]).any(dim=0)[:, None, 1:-1, 1:-1].float()


@wrong("instance_edges", message="got bool, expected float32")
def as_truth_values(instances):
    return lesson.instance_edges(instances).bool()


@wrong("instance_edges", message="pictures one pixel wide have borders too")
def of_wide_pictures_only(instances):
    return lesson.instance_edges(instances) * (min(instances.shape[1:]) > 1)


@wrong("instance_edges", message="both sides of a border are marked")
def one_side_only(instances):
    return edges_with(kept(instances), ((-1, 0), (0, -1)))


@wrong("instance_edges", message="corners do not count")
def with_eight_neighbours(instances):
    return edges_with(kept(instances), [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)])


@wrong("instance_edges", message="all four neighbours")
def across_only(instances):
    return edges_with(kept(instances), ((0, -1), (0, 1)))


@wrong("instance_edges", message="as floats, large numbers become equal")
def on_float_numbers(instances):
    return lesson.instance_edges(instances.float())


@wrong("instance_edges", message="each picture of a batch for itself")
def of_the_first_picture(instances):
    return lesson.instance_edges(instances[:1]).expand(len(instances), -1, -1, -1)


@wrong("instance_edges", message="not neighbours with each other")
def of_opposite_neighbours(instances):
    wide = kept(instances)
    rows, columns = wide[:, :, 1:-1], wide[:, 1:-1]
    return ((rows[:, 2:] != rows[:, :-2]) | (columns[:, :, 2:] != columns[:, :, :-2]))[:, None].float()


@wrong("instance_edges", message="nor with their mean")
def of_second_differences(instances):
    wide = kept(instances)
    rows, columns = wide[:, :, 1:-1], wide[:, 1:-1]
    return ((rows.diff(n=2, dim=1) != 0) | (columns.diff(n=2, dim=2) != 0))[:, None].float()


@wrong("instance_edges", message="the first of 5 rows")
def without_the_last_row_but_one(instances):
    edges = lesson.instance_edges(instances)
    edges[:, :, -2] = lesson.instance_edges(instances[:, :-1])[:, :, -1]
    return edges


@wrong("instance_edges", message="got shape (1, 7, 9), expected (1, 1, 7, 9)")
def without_a_channel(instances):
    return lesson.instance_edges(instances)[:, 0]


@wrong("instance_edges", message="a square of 2 x 2")
def everywhere(instances):
    return torch.ones_like(lesson.instance_edges(instances))


@right("instance_average")
def by_loops(features, instances):
    pictures = []
    for picture, ids in zip(features, instances, strict=True):
        out = torch.zeros_like(picture)
        for one in ids.unique():
            inside = (ids == one).float()
            out = out + inside * ((picture * inside).sum(dim=(1, 2)) / inside.sum())[:, None, None]
        pictures.append(out)
    return torch.stack(pictures)


@right("instance_average")
def by_matrices(features, instances):
    flat = instances.flatten(1)
    alike = (flat[:, :, None] == flat[:, None, :]).float()
    alike = alike / alike.sum(dim=2, keepdim=True)
    return torch.einsum("bpq,bcq->bcp", alike, features.flatten(2)).view_as(features)


@wrong("instance_average", message="divide by the number of pixels")
def summed(features, instances):
    flat = instances.flatten(1)
    alike = (flat[:, :, None] == flat[:, None, :]).float()
    return torch.einsum("bpq,bcq->bcp", alike, features.flatten(2)).view_as(features)


@wrong("instance_average", message="each picture has its own instance 37")
def over_the_whole_batch(features, instances):
    out = torch.zeros_like(features)
    for one in instances.unique():
        inside = (instances == one)[:, None].float()
        out = out + inside * (features * inside).sum(dim=(0, 2, 3), keepdim=True) / inside.sum()
    return out


@wrong("instance_average", message="each picture has its own instance 1000")
def with_an_offset_of_1000_a_picture(features, instances):
    ids = instances + 1000 * torch.arange(len(instances), device=instances.device)[:, None, None]
    column = lesson.instance_average(torch.cat([*features], dim=1)[None], torch.cat([*ids])[None])  # pictures one below the other
    return torch.stack(column[0].split(features.shape[2], dim=1))


@wrong("instance_average", message="number the instances without gaps before you tell the pictures apart")
def with_numbers_that_run_over(features, instances):
    ids, owner = (instances * len(instances) + torch.arange(len(instances), device=instances.device)[:, None, None]).unique(
        return_inverse=True
    )
    pixels = features.movedim(1, -1).flatten(0, 2)
    sums = pixels.new_zeros(len(ids), pixels.shape[1]).index_add(0, owner.flatten(), pixels)
    return (sums / owner.flatten().bincount()[:, None])[owner].movedim(-1, 1)


@wrong("instance_average", message="they must not pass through a float")
def of_float_numbers(features, instances):
    return lesson.instance_average(features, instances.float().long())


@wrong("instance_average", message="they must not pass through a float")
def of_numbers_in_doubles(features, instances):
    return lesson.instance_average(features, instances.double().long())


@wrong("instance_average", message="no two numbers become one")
def of_numbers_in_eight_bits(features, instances):
    return lesson.instance_average(features, instances.byte().long())


@wrong("instance_average", message="no two numbers become one")
def of_numbers_in_32_bits(features, instances):
    return lesson.instance_average(features, instances.int().long())


@wrong("instance_average", message="0 is an instance like the others")
def without_the_background(features, instances):
    return lesson.instance_average(features, instances) * (instances > 0)[:, None]


@wrong("instance_average", message="each channel its own mean")
def over_all_channels(features, instances):
    return lesson.instance_average(features, instances).mean(dim=1, keepdim=True).expand_as(features)


@wrong("instance_average", message="no gradient arrives at the features")
def detached(features, instances):
    return lesson.instance_average(features.detach(), instances)


@wrong("instance_average", message="expected 3")
def over_the_picture(features, instances):
    return features.mean(dim=(2, 3), keepdim=True).expand_as(features)


@wrong("instance_average", message="features 1 2 3")
def features_as_they_are(features, instances):
    return features.clone()


def unet(enlarge=None, join=None, final=None, name="Variant"):
    """A U-Net whose path differs in one place."""
    enlarge = enlarge or (lambda x, skip: F.interpolate(x, size=skip.shape[-2:], mode="nearest"))
    join = join or (lambda x, skip: torch.cat([x, skip], dim=1))

    class Variant(lesson.UNet):
        def forward(self, condition):
            levels = []
            for encoder in self.encoders:
                condition = encoder(condition)
                levels.append(condition)
            out = levels.pop()
            for decoder in self.decoders:
                skip = levels.pop()
                out = decoder(join(enlarge(out, skip), skip))
            return self.last(out) if final is None else final(self.last(out))

    Variant.__name__ = Variant.__qualname__ = name
    Variant.__module__ = __name__
    return Variant


def by_index(x, skip):
    """Nearest neighbour by hand."""
    rows, columns = (torch.arange(n) * m // n for n, m in zip(skip.shape[2:], x.shape[2:], strict=True))
    return x[:, :, rows[:, None], columns]


ByIndex = right("UNet")(unet(by_index, name="ByIndex"))


@right("UNet")
class WrittenOut(lesson.UNet):
    def forward(self, condition):
        full = self.encoders[0](condition)
        half = self.encoders[1](full)
        quarter = self.encoders[2](half)
        half = self.decoders[0](torch.cat((F.interpolate(quarter, half.shape[2:]), half), 1))
        return self.last(self.decoders[1](torch.cat((F.interpolate(half, full.shape[2:]), full), 1)))


WithoutSkips = wrong("UNet", message="the enlarged comes first")(
    unet(join=lambda x, skip: torch.cat([x, 0 * skip], 1), name="WithoutSkips")
)
SkipsFirst = wrong("UNet", message="the enlarged comes first in the channels")(
    unet(join=lambda x, skip: torch.cat([skip, x], 1), name="SkipsFirst")
)
ByAFactor = wrong("UNet", message="Sizes of tensors must match")(unet(lambda x, skip: F.interpolate(x, scale_factor=2), name="ByAFactor"))
Bilinear = wrong("UNet", message="random weights, 16 x 24: off by")(
    unet(lambda x, skip: F.interpolate(x, skip.shape[-2:], mode="bilinear"), name="Bilinear")
)
WithTanh = wrong("UNet", message="no tanh inside")(unet(final=torch.tanh, name="WithTanh"))
DetachedBelow = wrong("UNet", message="no gradient arrives at encoders.1")(
    unet(lambda x, skip: F.interpolate(x.detach(), skip.shape[-2:]), name="DetachedBelow")
)
SkipDetached = wrong("UNet", message="through the skips as well")(
    unet(join=lambda x, skip: torch.cat([x, skip.detach() if skip.shape[1] == 8 else skip], 1), name="SkipDetached")
)
Zeros = wrong("UNet", message="random weights")(unet(final=lambda x: 0 * x, name="Zeros"))


@wrong("UNet", message="the condition is not added to the picture")
class PaintsTheDifference(lesson.UNet):
    def forward(self, condition):
        out = super().forward(condition)
        return condition + out if self.last.out_channels == condition.shape[1] else out


@wrong("UNet", message="no gradient arrives at the condition")
class ConditionDetached(lesson.UNet):
    def forward(self, condition):
        return super().forward(condition.detach())


@wrong("UNet", message="evaluation mode: off by")
class BoundedInEvaluation(lesson.UNet):
    def forward(self, condition):
        return super().forward(condition) if self.training else super().forward(condition).clamp(-1, 1)


def critic(kernel=4, padding=2, slope=0.2, cap=8, last_stride=1, final=None, before=False, norm=False, inner_first=True):
    """A patch discriminator that differs in one place."""

    class Variant(nn.Module):
        def __init__(self, channels, width, layers=3):
            super().__init__()
            widths = [channels] + [width * min(2**k, cap) for k in range(layers + 1)]
            strides = [2] * layers + [last_stride]
            self.inner = nn.ModuleList(nn.Conv2d(widths[k], widths[k + 1], kernel, strides[k], padding) for k in range(layers + 1))
            self.scores = nn.Conv2d(widths[-1], 1, kernel, 1, padding)

        def forward(self, picture):
            found = []
            for place, layer in enumerate(self.inner):
                picture = layer(picture)
                if before:
                    found.append(picture)
                if norm and place:
                    picture = F.instance_norm(picture)
                picture = F.leaky_relu(picture, slope)
                if not before:
                    found.append(picture)
            scores = self.scores(picture)
            return [*found, scores if final is None else final(scores)]

    return Variant


def named(kind, name):
    """A class under a name of this module."""
    kind.__name__ = kind.__qualname__ = name
    kind.__module__ = __name__
    return kind


@right("PatchDiscriminator")
class AsOneSequence(nn.Module):
    def __init__(self, channels, width, layers=3):
        super().__init__()
        parts, before = [], channels
        for k in range(layers + 1):
            after = min(width * 2**k, 8 * width)
            parts.append(nn.Sequential(nn.Conv2d(before, after, 4, 2 if k < layers else 1, 2), nn.LeakyReLU(0.2, inplace=True)))
            before = after
        self.parts = nn.Sequential(*parts, nn.Conv2d(before, 1, 4, 1, 2))

    def forward(self, picture):
        found = []
        for part in self.parts:
            picture = part(picture)
            found.append(picture)
        return found


Spelt = right("PatchDiscriminator")(named(critic(), "Spelt"))


@wrong("PatchDiscriminator", message="return every layer's output")
class ReturnsScoresOnly(lesson.PatchDiscriminator):
    def forward(self, picture):
        return super().forward(picture)[-1]


@wrong("PatchDiscriminator", message="got 4, expected 5")
class WithoutTheLayerOfStrideOne(lesson.PatchDiscriminator):
    def forward(self, picture):
        found = super().forward(picture)
        return [*found[:-2], found[-1]]


@wrong("PatchDiscriminator", message="got 6, expected 5")
class WithThePictureAmongTheFeatures(lesson.PatchDiscriminator):
    def forward(self, picture):
        return [picture, *super().forward(picture)]


@wrong("PatchDiscriminator", message="got shape (2, 1, 9, 11), expected (2, 4, 25, 33)")
class ScoresFirst(lesson.PatchDiscriminator):
    def forward(self, picture):
        return super().forward(picture)[::-1]


OfThreeByThree = wrong("PatchDiscriminator", message="kernel 4, padding 2")(named(critic(3, 1), "OfThreeByThree"))
OfSixBySix = wrong("PatchDiscriminator", message="expected 16 x 16")(named(critic(6, 3), "OfSixBySix"))
PaddedByOne = wrong("PatchDiscriminator", message="kernel 4, padding 2")(named(critic(padding=1), "PaddedByOne"))
AllStrides = wrong("PatchDiscriminator", message="the last two convolutions have stride 1")(named(critic(last_stride=2), "AllStrides"))
WithoutACap = wrong("PatchDiscriminator", message="widths double up to 8 times")(named(critic(cap=99), "WithoutACap"))
WithSigmoid = wrong("PatchDiscriminator", message="the scores are raw")(named(critic(final=torch.sigmoid), "WithSigmoid"))
BeforeTheReLU = wrong("PatchDiscriminator", message="after the leaky ReLU")(named(critic(before=True), "BeforeTheReLU"))
OtherSlope = wrong("PatchDiscriminator", message="of slope 0.2")(named(critic(slope=0.01), "OtherSlope"))
WithInstanceNorm = wrong("PatchDiscriminator", message="a norm over the picture would see all of it")(
    named(critic(norm=True), "WithInstanceNorm")
)


@right("PatchDiscriminator")
class ScoresMadeFirst(nn.Module):
    def __init__(self, channels, width, layers=3):
        super().__init__()
        widths = [channels] + [width * min(2**k, 8) for k in range(layers + 1)]
        self.scores = nn.Conv2d(widths[-1], 1, 4, padding=2)
        for k in reversed(range(layers + 1)):
            self.add_module(f"layer{k}", nn.Sequential(nn.Conv2d(widths[k], widths[k + 1], 4, 1 + (k < layers), 2), nn.LeakyReLU(0.2)))

    def forward(self, picture):
        found = []
        for k in range(len(self._modules) - 1):
            picture = self.get_submodule(f"layer{k}")(picture)
            found.append(picture)
        return found + [self.scores(picture)]


@wrong("PatchDiscriminator", message="output 1 of 3: no gradient arrives at the picture")
class FeaturesDetached(lesson.PatchDiscriminator):
    def forward(self, picture):
        *features, scores = super().forward(picture)
        return [*(tensor.detach() for tensor in features), scores]


@wrong("PatchDiscriminator", message="evaluation mode: number of outputs: got 1")
class ScoresOnlyInEvaluation(lesson.PatchDiscriminator):
    def forward(self, picture):
        return super().forward(picture)[0 if self.training else -1 :]


@wrong("PatchDiscriminator", message="all in an nn.ModuleList or registered otherwise")
class LayersInAPlainList(lesson.PatchDiscriminator):
    def __init__(self, channels, width, layers=3):
        super().__init__(channels, width, layers)
        plain = list(self.inner)
        del self.inner
        self.inner = plain


def pyramid(shrink=None, shared=False, order=1, pooled_first=False, restart=False):
    """Several critics that differ in one place."""
    shrink = shrink or (lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False))

    class Variant(nn.Module):
        def __init__(self, channels, width, layers=3, scales=2):
            super().__init__()
            self.scales = scales
            self.critics = nn.ModuleList(lesson.PatchDiscriminator(channels, width, layers) for _ in range(1 if shared else scales))

        def forward(self, picture):
            found, x = [], shrink(picture) if pooled_first else picture
            for scale in range(self.scales):
                found.append(self.critics[0 if shared else scale](x))
                x = shrink(picture) if restart else shrink(x)
            return found[::order]

    return Variant


ByDivision = right("MultiscaleDiscriminator")(
    named(pyramid(lambda x: F.avg_pool2d(x, 3, 2, 1) / F.avg_pool2d(torch.ones_like(x), 3, 2, 1)), "ByDivision")
)


@right("MultiscaleDiscriminator")
class PyramidFirst(nn.Module):
    def __init__(self, channels, width, layers=3, scales=2):
        super().__init__()
        self.pool = nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)
        for k in range(scales):
            self.add_module(f"scale{k}", lesson.PatchDiscriminator(channels, width, layers))

    def forward(self, picture):
        critics = [module for name, module in self.named_children() if name != "pool"]
        pictures = [picture]
        while len(pictures) < len(critics):
            pictures.append(self.pool(pictures[-1]))
        return [critic(one) for critic, one in zip(critics, pictures, strict=True)]


@right("MultiscaleDiscriminator")
class NamedFromTheCoarsest(nn.Module):
    def __init__(self, channels, width, layers=3, scales=2):
        super().__init__()
        self.coarsest_first = nn.ModuleList(lesson.PatchDiscriminator(channels, width, layers) for _ in range(scales))

    def forward(self, picture):
        found = []
        for critic in reversed(self.coarsest_first):
            found.append(critic(picture))
            picture = F.avg_pool2d(picture, 3, 2, 1, count_include_pad=False)
        return found


CountsThePadding = wrong("MultiscaleDiscriminator", message="a dark rim")(
    named(pyramid(lambda x: F.avg_pool2d(x, 3, 2, 1)), "CountsThePadding")
)
EveryOther = wrong("MultiscaleDiscriminator", message="every other pixel was taken")(
    named(pyramid(lambda x: x[:, :, ::2, ::2]), "EveryOther")
)
TwoByTwo = wrong("MultiscaleDiscriminator", message="2 x 2 pixels were averaged")(
    named(pyramid(lambda x: F.avg_pool2d(x, 2, ceil_mode=True, count_include_pad=False)), "TwoByTwo")
)
CoarsestFirst = wrong("MultiscaleDiscriminator", message="the finest scale comes first")(named(pyramid(order=-1), "CoarsestFirst"))
OneForAll = wrong("MultiscaleDiscriminator", message="each scale has a discriminator of its own")(named(pyramid(shared=True), "OneForAll"))
NotShrunk = wrong("MultiscaleDiscriminator", message="at half the size")(named(pyramid(lambda x: x), "NotShrunk"))
ShrunkOnce = wrong("MultiscaleDiscriminator", message="at half the size")(named(pyramid(restart=True), "ShrunkOnce"))
ShrunkAtOnce = wrong("MultiscaleDiscriminator", message="sees the picture as it is")(named(pyramid(pooled_first=True), "ShrunkAtOnce"))


@wrong("MultiscaleDiscriminator", message="scale 2 scores with weights of scale 0")
class ThirdLikeTheFirst(lesson.MultiscaleDiscriminator):
    def __init__(self, channels, width, layers=3, scales=2):
        super().__init__(channels, width, layers, scales)
        self.order = [place % 2 for place in range(scales)]

    def forward(self, picture):
        found = []
        for place in self.order:
            found.append(self.critics[place](picture))
            picture = F.avg_pool2d(picture, 3, 2, 1, count_include_pad=False)
        return found


@wrong("MultiscaleDiscriminator", message="scale 1, output 0: no gradient arrives at the picture")
class CoarseFeaturesDetached(lesson.MultiscaleDiscriminator):
    def forward(self, picture):
        finest, *coarse = super().forward(picture)
        return [finest, *([*(tensor.detach() for tensor in scale[:-1]), scale[-1]] for scale in coarse)]


@wrong("MultiscaleDiscriminator", message="scale 1 begins with the weights of scale 0")
class OfCopies(lesson.MultiscaleDiscriminator):
    def __init__(self, channels, width, layers=3, scales=2):
        super().__init__(channels, width, layers, scales)
        self.critics = nn.ModuleList(copy.deepcopy(self.critics[0]) for _ in range(scales))


@wrong("MultiscaleDiscriminator", message="the same architecture at every scale")
class NarrowerBelow(lesson.MultiscaleDiscriminator):
    def __init__(self, channels, width, layers=3, scales=2):
        super().__init__(channels, width, layers, scales)
        self.critics = nn.ModuleList(lesson.PatchDiscriminator(channels, max(1, width >> scale), layers) for scale in range(scales))


@wrong("MultiscaleDiscriminator", message="expected a list of lists")
class OneLongList(lesson.MultiscaleDiscriminator):
    def forward(self, picture):
        return [tensor for scale in super().forward(picture) for tensor in scale]


@wrong("MultiscaleDiscriminator", message="no gradient arrives at the picture")
class Detached(lesson.MultiscaleDiscriminator):
    def forward(self, picture):
        return super().forward(picture.detach())


def scores(outputs):
    return [scale[-1] for scale in outputs]


@right("gan_losses", name="discriminator_loss")
def by_mse(real, fake):
    return sum(
        0.5 * (F.mse_loss(r, torch.ones_like(r)) + F.mse_loss(f, torch.zeros_like(f)))
        for r, f in zip(scores(real), scores(fake), strict=True)
    )


@right("gan_losses", name="generator_loss")
def by_mse_to_one(fake):
    return torch.stack([F.mse_loss(f, torch.ones_like(f)) for f in scores(fake)]).sum()


def discriminator_with(on_real=lambda r: (r - 1) ** 2, on_made=lambda m: m**2, share=0.5, over=sum, pick=-1):
    def answer(real, fake):
        return share * over([on_real(r[pick]).mean() + on_made(f[pick]).mean() for r, f in zip(real, fake, strict=True)])

    return answer


def average(terms):
    return sum(terms) / len(terms)


@wrong("gan_losses", message="half of", name="discriminator_loss")
def without_the_half(real, fake):
    return discriminator_with(share=1.0)(real, fake)


@wrong("gan_losses", message="added up, not averaged", name="discriminator_loss")
def averaged_over_scales(real, fake):
    return discriminator_with(over=average)(real, fake)


@wrong("gan_losses", message="discriminator, real scores [1, 1], made [0, 0]", name="discriminator_loss")
def the_wrong_way_round(real, fake):
    return discriminator_with()(fake, real)


@wrong("gan_losses", message="a sigmoid would move the scores", name="discriminator_loss")
def with_a_sigmoid(real, fake):
    return discriminator_with(lambda r: (r.sigmoid() - 1) ** 2, lambda m: m.sigmoid() ** 2)(real, fake)


@wrong("gan_losses", message="only the last output counts", name="discriminator_loss")
def on_the_first_output(real, fake):
    return discriminator_with(pick=0)(real, fake)


@wrong("gan_losses", message="expected", name="discriminator_loss")
def with_a_hinge(real, fake):
    return discriminator_with(lambda r: F.relu(1 - r), lambda m: F.relu(1 + m))(real, fake)


@wrong("gan_losses", message="finest scale first", name="discriminator_loss")
def of_the_first_scale(real, fake):
    return discriminator_with()(real[:1], fake[:1])


@wrong("gan_losses", message="scales have different numbers of scores", name="discriminator_loss")
def over_all_scores_at_once(real, fake):
    r, f = (torch.cat([s.flatten() for s in scores(outputs)]) for outputs in (real, fake))
    return len(real) * ((r - 1).square().mean() + f.square().mean()) / 2


@wrong("gan_losses", message="they need not be equally many", name="discriminator_loss")
def over_real_and_made_at_once(real, fake):
    return sum(torch.cat([r - 1, f]).square().mean() for r, f in zip(scores(real), scores(fake), strict=True))


@wrong("gan_losses", message="no gradient arrives", name="discriminator_loss")
def as_a_number(real, fake):
    return torch.tensor(discriminator_with()(real, fake).item())


@wrong("gan_losses", message="no gradient arrives", name="generator_loss")
def of_detached_scores(fake):
    return lesson.generator_loss([[scale[-1].detach()] for scale in fake])


@wrong("gan_losses", message="discriminator, by real scores of scale 1", name="discriminator_loss")
def taught_by_the_finest_scale(real, fake):
    real, fake = ([outputs[0], *([scale[-1].detach()] for scale in outputs[1:])] for outputs in (real, fake))
    return lesson.discriminator_loss(real, fake)


@wrong("gan_losses", message="generator, by made scores of scale 1", name="generator_loss")
def with_the_coarse_scales_for_show(fake):
    coarse = lesson.generator_loss(fake[1:]) if fake[1:] else torch.zeros(())
    return lesson.generator_loss(fake[:1]) + coarse.detach()


@wrong("gan_losses", message="the painter wants a 1", name="generator_loss")
def wanting_zeros(fake):
    return sum(score.square().mean() for score in scores(fake))


@wrong("gan_losses", message="without the half", name="generator_loss")
def with_a_half(fake):
    return lesson.generator_loss(fake) / 2


@wrong("gan_losses", message="the painter wants a 1", name="generator_loss")
def minus_the_score(fake):
    return -sum(score.mean() for score in scores(fake))


@wrong("gan_losses", message="added up over scales", name="generator_loss")
def averaged_for_the_painter(fake):
    return lesson.generator_loss(fake) / len(fake)


@right("feature_matching")
def with_the_published_factors(real, fake):
    loss = 0
    for seen, made in zip(real, fake, strict=True):
        for target, features in zip(seen[:-1], made[:-1], strict=True):
            loss = loss + 4 / (len(seen) - 1) / len(real) * F.l1_loss(features, target.detach())
    return loss


@right("feature_matching")
def as_a_mean_of_means(real, fake):
    with torch.no_grad():
        targets = [target.clone() for seen in real for target in seen[:-1]]
    made = [features for drawn in fake for features in drawn[:-1]]
    return 4 * torch.stack([(features - target).abs().mean() for features, target in zip(made, targets, strict=True)]).mean()


def matching(distance=lambda r, m: (r.detach() - m).abs().mean(), last=-1, factor=lambda n, scales: 4 / n / scales):
    def answer(real, fake):
        loss = 0
        for seen, made in zip(real, fake, strict=True):
            for r, m in zip(seen[:last], made[:last], strict=True):
                loss = loss + factor(len(seen) - 1, len(real)) * distance(r, m)
        return loss

    return answer


@wrong("feature_matching", message="a gradient arrives at the real features")
def with_the_real_side_attached(real, fake):
    return matching(lambda r, m: (r - m).abs().mean())(real, fake)


@wrong("feature_matching", message="no gradient arrives at the made features")
def with_the_made_side_detached(real, fake):
    return matching(lambda r, m: (r - m.detach()).abs().mean())(real, fake)


@wrong("feature_matching", message="no gradient arrives at the made features of layer 0, scale 1")
def taught_by_the_finest_critic(real, fake):
    return lesson.feature_matching(real, [fake[0], *([tensor.detach() for tensor in scale] for scale in fake[1:])])


@wrong("feature_matching", message="a list that was given was changed")
def detaching_in_the_callers_lists(real, fake):
    for scale in real:
        scale[:] = [tensor.detach() for tensor in scale]
    return matching()(real, fake)


@wrong("feature_matching", message="a tensor that was given has lost its graph")
def detaching_in_place(real, fake):
    return matching(lambda r, m: (r.detach_() - m).abs().mean())(real, fake)


@wrong("feature_matching", message="the last output of each scale are the scores")
def with_the_scores(real, fake):
    return matching(last=None, factor=lambda n, scales: 4 / (n + 1) / scales)(real, fake)


@wrong("feature_matching", message="n + 1 features each")
def with_the_lambda(real, fake):
    return 10 * matching()(real, fake)


@wrong("feature_matching", message="a gap of 1 in everything")
def summed_over_scales(real, fake):
    return matching(factor=lambda n, scales: 4 / n)(real, fake)


@wrong("feature_matching", message="a gap of 1 in everything, 3 scales, 1 layers")
def with_the_factor_of_three_layers(real, fake):
    return matching(factor=lambda n, scales: 1 / scales)(real, fake)


@wrong("feature_matching", message="no squares")
def of_squares(real, fake):
    return matching(lambda r, m: (r.detach() - m).square().mean())(real, fake)


@wrong("feature_matching", message="a gap of 1 in everything")
def summed_over_values(real, fake):
    return matching(lambda r, m: (r.detach() - m).abs().sum() / len(r))(real, fake)


@wrong("feature_matching", message="large layers weigh no more")
def over_all_values_at_once(real, fake):
    seen, made = (torch.cat([tensor.flatten() for scale in outputs for tensor in scale[:-1]]) for outputs in (real, fake))
    return 4 * (seen.detach() - made).abs().mean()


@wrong("feature_matching", message="the first features count like the others")
def of_the_deepest_only(real, fake):
    return 4 * sum((seen[-2].detach() - made[-2]).abs().mean() for seen, made in zip(real, fake, strict=True)) / len(real)


@wrong("feature_matching", message="a gap of 1 in everything")
def always_zero(real, fake):
    return 0 * matching()(real, fake)


def eye(weights=lesson.WEIGHTS, frozen=True, evaluated=True, target=True, distance=None, chained=True, guard=False):
    """A perceptual loss that differs in one place."""
    distance = distance or (lambda a, b: (a - b).abs().mean())

    class Variant(nn.Module):
        def __init__(self, stages):
            super().__init__()
            self.stages = nn.ModuleList(stages)
            if frozen:
                self.stages.requires_grad_(False)
            if evaluated:
                self.stages.eval()

        def forward(self, made, real):
            if target:
                real = real.detach()
            if guard:
                made = made.detach()
            loss = 0
            for weight, stage in zip(weights, self.stages, strict=True):
                made, real = stage(made), stage(real)
                loss = loss + weight * distance(made, real)
            return loss

    return Variant


FromAList = right("PerceptualLoss")(named(eye(weights=[1.0 / 32, 1.0 / 16, 1.0 / 8, 1.0 / 4, 1.0]), "FromAList"))


@right("PerceptualLoss")
class TargetFirst(nn.Module):
    def __init__(self, stages):
        super().__init__()
        self.eyes = nn.Sequential(*stages)
        for module in self.eyes.modules():
            module.training = False
        for weight in self.eyes.parameters():
            weight.requires_grad = False

    def forward(self, made, real):
        targets = []
        with torch.no_grad():
            for stage in self.eyes:
                real = stage(real)
                targets.append(real)
        terms = []
        for stage, target in zip(self.eyes, targets, strict=True):
            made = stage(made)
            terms.append(F.l1_loss(made, target))
        return sum(weight * term for weight, term in zip((0.03125, 0.0625, 0.125, 0.25, 1), terms, strict=True))


WeightsTurned = wrong("PerceptualLoss", message="the deepest weighs most")(named(eye(weights=lesson.WEIGHTS[::-1]), "WeightsTurned"))
WithoutWeights = wrong("PerceptualLoss", message="weights 1/32, 1/16")(named(eye(weights=(1,) * 5), "WithoutWeights"))
HalvesThroughout = wrong("PerceptualLoss", message="weights 1/32, 1/16")(
    named(eye(weights=(1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)), "HalvesThroughout")
)
OfSquares = wrong("PerceptualLoss", message="absolute values")(named(eye(distance=lambda a, b: (a - b).square().mean()), "OfSquares"))
InTrainingMode = wrong("PerceptualLoss", message="dropout drops and batch norm learns in training mode")(
    named(eye(evaluated=False), "InTrainingMode")
)
NotFrozen = wrong("PerceptualLoss", message="weights and biases of stage 0 of the eye ask for a gradient")(
    named(eye(frozen=False), "NotFrozen")
)
TargetAttached = wrong("PerceptualLoss", message="a gradient arrives at the real picture")(named(eye(target=False), "TargetAttached"))
Blindfolded = wrong("PerceptualLoss", message="no gradient arrives at the made picture")(named(eye(guard=True), "Blindfolded"))


@wrong("PerceptualLoss", message="networks in a plain list do not")
class InAPlainList(lesson.PerceptualLoss):
    def __init__(self, stages):
        super().__init__(stages)
        stages = list(self.stages)
        del self.stages
        self.stages = stages


@wrong("PerceptualLoss", message="the eye is in training mode after it was made")
class EvaluatedInForward(eye(evaluated=False)):
    def forward(self, made, real):
        self.stages.eval()
        return super().forward(made, real)


@wrong("PerceptualLoss", message="2 of 2 weights and biases of stage 1 of the eye")
class FrozenAtTheTop(eye(frozen=False)):
    def __init__(self, stages):
        super().__init__(stages)
        for stage in self.stages:
            for weight in stage.parameters(recurse=False):
                weight.requires_grad = False


@wrong("PerceptualLoss", message="1 of 2 weights and biases of stage 0")
class WithFreeBiases(eye(frozen=False)):
    def __init__(self, stages):
        super().__init__(stages)
        for name, weight in self.named_parameters():
            weight.requires_grad = name.endswith("bias")


@wrong("PerceptualLoss", message="evaluation mode in all that is in its stages")
class EvaluatedAtTheTop(eye(evaluated=False)):
    def __init__(self, stages):
        super().__init__(stages)
        for stage in self.stages:
            stage.training = False


@wrong("PerceptualLoss", message="as soon as they come")
class FrozenInForward(eye(frozen=False)):
    def forward(self, made, real):
        self.stages.requires_grad_(False)
        return super().forward(made, real)


@wrong("PerceptualLoss", message="got")
class EachFromThePicture(nn.Module):
    def __init__(self, stages):
        super().__init__()
        self.stages = nn.ModuleList(stages).eval().requires_grad_(False)

    def forward(self, made, real):
        return (self.stages[0](made) - self.stages[0](real.detach())).abs().mean()


@right("turns", name="discriminator_turn")
def under_no_grad(generator, discriminator, condition, image):
    with torch.no_grad():
        made = generator(condition)
    seen, drawn = (discriminator(torch.cat((condition, picture), 1)) for picture in (image, made))
    return lesson.discriminator_loss(seen, drawn)


@right("turns", name="generator_turn")
def with_targets_under_no_grad(generator, discriminator, perceptual, condition, image):
    with torch.no_grad():
        on_real = discriminator(torch.cat([condition, image], 1))
    made = generator(condition)
    on_made = discriminator(torch.cat([condition, made], 1))
    return 10 * perceptual(made, image) + lesson.generator_loss(on_made) + 10 * lesson.feature_matching(on_real, on_made)


def critics_turn(detach=True, join=lambda s, x: torch.cat([s, x], 1), loss=lesson.discriminator_loss):
    def answer(generator, discriminator, condition, image):
        made = generator(condition)
        made = made.detach() if detach else made
        return loss(discriminator(join(condition, image)), discriminator(join(condition, made)))

    return answer


@wrong("turns", message="the generator received a gradient from the discriminator's turn", name="discriminator_turn")
def with_the_picture_attached(generator, discriminator, condition, image):
    return critics_turn(detach=False)(generator, discriminator, condition, image)


@wrong("turns", message="swapping labels did not change the score", name="discriminator_turn")
def blind_to_the_condition(generator, discriminator, condition, image):
    return critics_turn(join=lambda s, x: torch.cat([0 * s, x], 1))(generator, discriminator, condition, image)


@wrong("turns", message="torch.cat([condition, picture], dim=1)", name="discriminator_turn")
def with_the_picture_first(generator, discriminator, condition, image):
    return critics_turn(join=lambda s, x: torch.cat([x, s], 1))(generator, discriminator, condition, image)


@wrong("turns", message="real pictures are to score 1", name="discriminator_turn")
def with_real_and_made_exchanged(generator, discriminator, condition, image):
    return critics_turn(loss=lambda r, f: lesson.discriminator_loss(f, r))(generator, discriminator, condition, image)


@wrong("turns", message="no gradient arrives at scales", name="discriminator_turn")
def with_the_critics_detached(generator, discriminator, condition, image):
    with torch.no_grad():
        return lesson.discriminator_turn(generator, discriminator, condition, image)


@wrong("turns", message="before and after both turns", name="discriminator_turn")
def with_a_step_taken(generator, discriminator, condition, image):
    loss = lesson.discriminator_turn(generator, discriminator, condition, image)
    with torch.no_grad():
        for weight in discriminator.parameters():
            weight += 1e-3
    return loss


@wrong("turns", message="mode of the generator", name="discriminator_turn")
def with_the_generator_left_in_eval_mode(generator, discriminator, condition, image):
    return lesson.discriminator_turn(generator.eval(), discriminator, condition, image)


@wrong("turns", message="half of the weights frozen: requires_grad of the generator", name="discriminator_turn")
def with_the_generator_thawed(generator, discriminator, condition, image):
    loss = lesson.discriminator_turn(generator.requires_grad_(False), discriminator, condition, image)
    generator.requires_grad_(True)
    return loss


@wrong("turns", message="half of the weights frozen: mode of the discriminator", name="discriminator_turn")
def with_the_critics_set_to_train(generator, discriminator, condition, image):
    return lesson.discriminator_turn(generator, discriminator.train(), condition, image)


@wrong("turns", message="half of the weights frozen: gradients of the discriminator", name="discriminator_turn")
def with_gradients_of_zero_for_none(generator, discriminator, condition, image):
    for weight in discriminator.parameters():
        weight.grad = torch.zeros_like(weight) if weight.grad is None else weight.grad
    return lesson.discriminator_turn(generator, discriminator, condition, image)


@right("turns", name="discriminator_turn")
def with_the_generator_frozen_for_the_turn(generator, discriminator, condition, image):
    learning = [weight for weight in generator.parameters() if weight.requires_grad]
    for weight in learning:
        weight.requires_grad = False
    loss = critics_turn(detach=False)(generator, discriminator, condition, image)
    for weight in learning:
        weight.requires_grad = True
    return loss


@wrong("turns", message="the loop clears gradients, goes backward and steps", name="discriminator_turn")
def going_backward_inside(generator, discriminator, condition, image):
    loss = lesson.discriminator_turn(generator, discriminator, condition, image)
    loss.backward()
    return loss


def painters_turn(gan=1, alike=10, look=10, made_for=lambda made: made, target=lambda image, made: image):
    def answer(generator, discriminator, perceptual, condition, image):
        made = generator(condition)
        on_made = discriminator(torch.cat([condition, made_for(made)], 1))
        on_real = discriminator(torch.cat([condition, target(image, made)], 1))
        return gan * lesson.generator_loss(on_made) + alike * lesson.feature_matching(on_real, on_made) + look * perceptual(made, image)

    return answer


@wrong("turns", message="feature matching needs its weight of 10", name="generator_turn")
def without_the_weight_of_matching(generator, discriminator, perceptual, condition, image):
    return painters_turn(alike=1)(generator, discriminator, perceptual, condition, image)


@wrong("turns", message="the perceptual loss is missing", name="generator_turn")
def without_the_eye(generator, discriminator, perceptual, condition, image):
    return painters_turn(look=0)(generator, discriminator, perceptual, condition, image)


@wrong("turns", message="feature matching is missing", name="generator_turn")
def without_matching(generator, discriminator, perceptual, condition, image):
    return painters_turn(alike=0)(generator, discriminator, perceptual, condition, image)


@wrong("turns", message="the GAN loss is missing", name="generator_turn")
def without_the_game(generator, discriminator, perceptual, condition, image):
    return painters_turn(gan=0)(generator, discriminator, perceptual, condition, image)


@wrong("turns", message="gradient at layer.weight of the generator", name="generator_turn")
def detached_before_the_critics(generator, discriminator, perceptual, condition, image):
    return painters_turn(made_for=torch.Tensor.detach)(generator, discriminator, perceptual, condition, image)


@wrong("turns", message="no gradient arrives at layer.weight of the generator", name="generator_turn")
def made_under_no_grad(generator, discriminator, perceptual, condition, image):
    with torch.no_grad():
        return lesson.generator_turn(generator, discriminator, perceptual, condition, image)


@wrong("turns", message="generator_turn, tiny networks", name="generator_turn")
def matched_with_itself(generator, discriminator, perceptual, condition, image):
    return painters_turn(target=lambda image, made: made)(generator, discriminator, perceptual, condition, image)


@wrong("turns", message="generator_turn, tiny networks", name="generator_turn")
def with_pictures_in_zero_to_one(generator, discriminator, perceptual, condition, image):
    return lesson.generator_turn(generator, discriminator, perceptual, condition, (image + 1) / 2)


@wrong("turns", message="who is frozen for a turn must learn again", name="generator_turn")
def with_the_critics_frozen_for_good(generator, discriminator, perceptual, condition, image):
    return lesson.generator_turn(generator, discriminator.requires_grad_(False), perceptual, condition, image)


@wrong("turns", message="gradients of the discriminator, before and after", name="generator_turn")
def with_the_critics_gradients_cleared(generator, discriminator, perceptual, condition, image):
    discriminator.zero_grad()
    return lesson.generator_turn(generator, discriminator, perceptual, condition, image)


@wrong("turns", message="in the mode in which the generator came", name="generator_turn")
def painting_in_evaluation_mode(generator, discriminator, perceptual, condition, image):
    training = generator.training
    loss = lesson.generator_turn(generator.eval(), discriminator, perceptual, condition, image)
    generator.train(training)
    return loss


@wrong("turns", message="times that the generator was asked in training mode: got 2", name="generator_turn")
def asking_the_generator_twice(generator, discriminator, perceptual, condition, image):
    return painters_turn(look=0)(generator, discriminator, perceptual, condition, image) + 10 * perceptual(generator(condition), image)


@wrong("turns", message="but for a part in evaluation: mode of the generator", name="discriminator_turn")
def with_all_parts_set_to_the_mode_of_the_whole(generator, discriminator, condition, image):
    loss = lesson.discriminator_turn(generator, discriminator, condition, image)
    generator.train(generator.training)
    return loss


@right("frame_by_frame")
def into_a_tensor(generator, clip):
    with torch.no_grad():
        out = None
        for t in range(len(clip)):
            frame = generator(clip[t : t + 1])
            out = frame.new_empty(len(clip), *frame.shape[1:]) if out is None else out
            out[t] = frame[0] * 0.5 + 0.5
    return out


@right("frame_by_frame")
@torch.no_grad()
def by_splitting(generator, clip):
    return torch.cat([generator(frame).add(1).div(2) for frame in clip.split(1)])


@wrong("frame_by_frame", message="in a batch of all frames")
def all_at_once(generator, clip):
    with torch.no_grad():
        return (generator(clip) + 1) / 2


@wrong("frame_by_frame", message="the clip in [0, 1]")
def left_in_minus_one_to_one(generator, clip):
    return 2 * lesson.frame_by_frame(generator, clip) - 1


@wrong("frame_by_frame", message="a gradient leads back from the clip")
def with_the_graph(generator, clip):
    return (torch.cat([generator(frame[None]) for frame in clip]) + 1) / 2


@wrong("frame_by_frame", message="the frames in their order")
def stacked_with_an_extra_axis(generator, clip):
    with torch.no_grad():
        return (torch.stack([generator(frame[None]) for frame in clip]) + 1) / 2


@wrong("frame_by_frame", message="5 frames of 4 channels: off by")
def the_first_frame_again_and_again(generator, clip):
    return lesson.frame_by_frame(generator, clip[:1]).expand(len(clip), -1, -1, -1)


@wrong("frame_by_frame", message="5 frames of 4 channels: off by")
def backwards(generator, clip):
    return lesson.frame_by_frame(generator, clip).flip(0)


@wrong("frame_by_frame", message="5 frames of 4 channels: off by")
def smoothed_over_time(generator, clip):
    frames = lesson.frame_by_frame(generator, clip)
    return torch.cat([frames[:1], (frames[1:] + frames[:-1]) / 2])


@wrong("frame_by_frame", message="requires_grad of the generator, before and after its clip was made")
def with_the_generator_frozen(generator, clip):
    return lesson.frame_by_frame(generator.requires_grad_(False), clip)


@wrong("frame_by_frame", message="such a generator in evaluation mode")
def in_training_mode(generator, clip):
    training = generator.training
    made = lesson.frame_by_frame(generator.train(), clip)
    generator.train(training)
    return made


@wrong("frame_by_frame", message="mode of the generator, before and after its clip was made")
def with_the_generator_left_in_training_mode(generator, clip):
    made = lesson.frame_by_frame(generator, clip)
    generator.train()
    return made


@wrong("frame_by_frame", message="a generator in training, but for a part in evaluation: mode")
def with_all_parts_in_one_mode(generator, clip):
    return lesson.frame_by_frame(generator.train(generator.training), clip)


@wrong("frame_by_frame", message="clip was changed in place")
def brought_to_zero_and_one_in_place(generator, clip):
    with torch.no_grad():
        return torch.cat([generator(frame[None]).mul_(0.5).add_(0.5) for frame in clip])


@wrong("frame_by_frame", message="its two frames: nothing changed")
def with_the_same_noise_in_each_frame(generator, clip):
    state, frames = torch.get_rng_state(), []
    for frame in clip.split(1):
        torch.set_rng_state(state)
        frames.append(lesson.frame_by_frame(generator, frame))
    return torch.cat(frames)


@wrong("frame_by_frame", message="a clip twice: its frames: nothing changed")
def with_a_seed_of_its_own(generator, clip):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(len(clip))
        return lesson.frame_by_frame(generator, clip)


@wrong("frame_by_frame", message="manual_seed")
def with_torch_seeded_for_all_that_follows(generator, clip):
    torch.manual_seed(len(clip))
    return lesson.frame_by_frame(generator, clip)


@wrong("frame_by_frame", message="leave the setting as it was")
def with_gradients_off_for_good(generator, clip):
    torch.set_grad_enabled(False)
    return lesson.frame_by_frame(generator, clip)


def cycles(first=lambda g, f, x: f(g(x)), distance=lambda a, b: (a - b).abs().mean(), both=True, swap_identity=False, turned=False):
    def answer(to_y, to_x, x, y):
        cycle = distance(first(to_y, to_x, x), x) + (distance(first(to_x, to_y, y), y) if both else 0)
        identity = distance(to_y(x), x) + distance(to_x(y), y) if swap_identity else distance(to_y(y), y) + distance(to_x(x), x)
        return (identity, cycle) if turned else (cycle, identity)

    return answer


@right("cycle_losses")
def by_l1_loss(to_y, to_x, x, y):
    there, back = to_y(x), to_x(y)
    return F.l1_loss(to_x(there), x) + F.l1_loss(to_y(back), y), F.l1_loss(to_x(x), x) + F.l1_loss(to_y(y), y)


@right("cycle_losses")
def one_heap_at_a_time(to_y, to_x, x, y):
    losses = x.new_zeros(2)
    for into, back, picture in ((to_y, to_x, x), (to_x, to_y, y)):
        losses = losses + torch.stack([(back(into(picture)) - picture).abs().mean(), (back(picture) - picture).abs().mean()])
    return losses[0], losses[1]


@wrong("cycle_losses", message="to_y gets what is in Y already")
def identity_of_the_wrong_heap(to_y, to_x, x, y):
    return cycles(swap_identity=True)(to_y, to_x, x, y)


@wrong("cycle_losses", message="two random maps: cycle loss")
def one_way_only(to_y, to_x, x, y):
    return cycles(both=False)(to_y, to_x, x, y)


@wrong("cycle_losses", message="two random maps: cycle loss")
def back_before_there(to_y, to_x, x, y):
    return cycles(first=lambda g, f, x: g(f(x)))(to_y, to_x, x, y)


@wrong("cycle_losses", message="no squares")
def of_squared_differences(to_y, to_x, x, y):
    return cycles(distance=lambda a, b: (a - b).square().mean())(to_y, to_x, x, y)


@wrong("cycle_losses", message="cycle loss")
def in_the_other_order(to_y, to_x, x, y):
    return cycles(turned=True)(to_y, to_x, x, y)


@wrong("cycle_losses", message="no detach between the two maps")
def detached_between(to_y, to_x, x, y):
    return cycles(first=lambda g, f, x: f(g(x).detach()))(to_y, to_x, x, y)


@wrong("cycle_losses", message="two random maps: cycle loss")
def with_the_weight(to_y, to_x, x, y):
    cycle, identity = lesson.cycle_losses(to_y, to_x, x, y)
    return 10 * cycle, identity


@wrong("cycle_losses", message="dropout for to_y: identity loss")
def with_the_identity_in_evaluation_mode(to_y, to_x, x, y):
    cycle, _ = lesson.cycle_losses(to_y, to_x, x, y)
    modes = to_y.training, to_x.training
    _, identity = lesson.cycle_losses(to_y.eval(), to_x.eval(), x, y)
    to_y.train(modes[0])
    to_x.train(modes[1])
    return cycle, identity


@wrong("cycle_losses", message="dropout for to_y: cycle loss")
def in_training_mode_always(to_y, to_x, x, y):
    return lesson.cycle_losses(to_y.train(), to_x.train(), x, y)


@wrong("cycle_losses", message="modes of its parts, before and after")
def with_the_generators_left_in_evaluation_mode(to_y, to_x, x, y):
    losses = lesson.cycle_losses(to_y, to_x, x, y)
    to_y.eval()
    to_x.eval()
    return losses


@wrong("cycle_losses", message="expected (cycle, identity)")
def added_up(to_y, to_x, x, y):
    return sum(lesson.cycle_losses(to_y, to_x, x, y))


@wrong("cycle_losses", message="there and back again")
def compared_with_the_other_heap(to_y, to_x, x, y):
    cycle = (to_x(to_y(x))[:1] - y[:1].mean()).abs().mean() + (to_y(to_x(y))[:1] - x[:1].mean()).abs().mean()
    return cycle, lesson.cycle_losses(to_y, to_x, x, y)[1]


@right("ImagePool")
class WithAStack:
    def __init__(self, size):
        self.size, self.filled, self.stack = size, 0, None

    def __call__(self, images):
        images = images.detach().clone()
        if self.size == 0:
            return images
        if self.stack is None:
            self.stack = images.new_zeros(self.size, *images.shape[1:])
        for k in range(len(images)):
            if self.filled < self.size:
                self.stack[self.filled] = images[k]
                self.filled += 1
            elif torch.rand(1).item() > 0.5:
                place = torch.randint(0, self.size, (1,)).item()
                old = self.stack[place].clone()
                self.stack[place] = images[k]
                images[k] = old
        return images


@right("ImagePool")
class WithOneDraw:
    def __init__(self, size):
        self.size, self.kept = size, []

    def __call__(self, images):
        out = []
        for image in images.detach().clone():
            place = int(torch.randint(2 * self.size, ())) if self.size else 0
            if len(self.kept) < self.size:
                self.kept.append(image)
                out.append(image)
            elif place < self.size:
                out.append(self.kept[place])
                self.kept[place] = image
            else:
                out.append(image)
        return torch.stack(out)


def anywhere(size):
    """A place of the pool."""
    return int(torch.randint(size, ()))


def pool(coin=0.5, choose=anywhere, fill=True, replace=True, keep=False, detach=True, copies=True, per_batch=False):
    """A pool that differs in one place."""

    class Variant:
        def __init__(self, size):
            self.size, self.kept = size, []

        def __call__(self, images):
            out, toss = [], float(torch.rand(()))
            images = images.detach() if detach else images
            for image in images.clone() if copies else images:
                toss = toss if per_batch else float(torch.rand(()))
                if len(self.kept) < self.size:
                    self.kept.append(image)
                    out.append(image if fill else self.kept[0])
                elif self.size and toss < coin:
                    place = choose(self.size)
                    out.append(self.kept[place])
                    if replace:
                        self.kept[place] = image
                else:
                    if keep and self.size:
                        self.kept[choose(self.size)] = image
                    out.append(image)
            return torch.stack(out)

    return Variant


NeverExchanges = wrong("ImagePool", message="half the time an old one")(named(pool(coin=0), "NeverExchanges"))
AlwaysExchanges = wrong("ImagePool", message="half the time an old one")(named(pool(coin=2), "AlwaysExchanges"))
KeepsOldOnes = wrong("ImagePool", message="makes place for the new one")(named(pool(replace=False), "KeepsOldOnes"))
KeepsAllNewOnes = wrong("ImagePool", message="a new one that is handed on is not kept")(named(pool(keep=True), "KeepsAllNewOnes"))
AlwaysTheFirst = wrong("ImagePool", message="not the oldest or the newest")(named(pool(choose=lambda size: 0), "AlwaysTheFirst"))
COUNTER = itertools.count()
InTurn = wrong("ImagePool", message="not the oldest or the newest")(named(pool(choose=lambda size: next(COUNTER) % size), "InTurn"))
ByPythonsRandom = wrong("ImagePool", message="torch.rand and torch.randint, not `random` nor numpy")(
    named(pool(choose=random.randrange), "ByPythonsRandom")
)
OneCoinABatch = wrong("ImagePool", message="in which some are exchanged and some are not")(named(pool(per_batch=True), "OneCoinABatch"))
KeepsViews = wrong("ImagePool", message="keep a copy, `.clone()`")(named(pool(copies=False), "KeepsViews"))
FillsWithTheFirst = wrong("ImagePool", message="a picture is kept and handed on")(named(pool(fill=False), "FillsWithTheFirst"))
WithGraphs = wrong("ImagePool", message="kept pictures would keep the whole graph")(named(pool(detach=False), "WithGraphs"))
NotQuiteHalf = wrong("ImagePool", message="share of exchanged pictures: got 0.4")(named(pool(coin=0.45), "NotQuiteHalf"))
NearlyAlways = wrong("ImagePool", message="share of exchanged pictures")(named(pool(coin=0.7), "NearlyAlways"))


@wrong("ImagePool", message="full is full")
class KeepsOneMore(lesson.ImagePool):
    def __init__(self, size):
        super().__init__(size + (size > 0))


@wrong("ImagePool", message="not rounded to fewer bits")
class KeepsHalves(lesson.ImagePool):
    def __call__(self, images):
        return super().__call__(images.half()).float()


@wrong("ImagePool", message="a tensor that was given has lost its graph")
class DetachesTheCallers(lesson.ImagePool):
    def __call__(self, images):
        return super().__call__(images.detach_())


@wrong("ImagePool", message="also in the middle of a batch")
class FullFromTheNextBatchOn(lesson.ImagePool):
    def __call__(self, images):
        room = self.size - len(self.kept)
        if room > 0:
            self.kept += [image.detach().clone() for image in images[:room]]
            return images.detach().clone()
        return super().__call__(images)


@wrong("ImagePool", message="it had been handed on")
class SharesWhatItHandsOn(lesson.ImagePool):
    def __call__(self, images):
        if len(self.kept) < self.size:
            images = images.detach().clone()
            self.kept += images.unbind()
            return images
        return super().__call__(images)


@wrong("ImagePool", message="no generator of its own")
class WithAGeneratorOfItsOwn(lesson.ImagePool):
    def __call__(self, images):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(images.sum()))
            return super().__call__(images)


@wrong("ImagePool", message="a pool of size 0")
class NeedsASize(lesson.ImagePool):
    def __call__(self, images):
        return super().__call__(images) if self.size else 0 * images


@wrong("ImagePool", message="a gradient leads back through a pool of size 0")
class AttachedIfEmpty(lesson.ImagePool):
    def __call__(self, images):
        return super().__call__(images) if self.size else images


@wrong("ImagePool", message="not mixed")
class Mixes(lesson.ImagePool):
    def __call__(self, images):
        handed = super().__call__(images)
        return torch.cat([handed[..., :1], images[..., 1:]], dim=-1)
