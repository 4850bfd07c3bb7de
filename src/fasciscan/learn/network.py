"""The network: a small CNN that sees the motion around a candidate and says what it is and where it started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from fasciscan.twitch import Kind
from fasciscan.twitch.judge.glance import LIMIT_SD
from fasciscan.twitch.judge.measures import MEASURES
from fasciscan.twitch.judge.patches import CELLS, MOVING, STEPS, STILL, SURROUNDINGS

LOG_SD_BOUNDS = (-2.3, 2.3)
"""Of the epicentre, ln mm: 0.1 to 10 mm."""
PARTS = {
    "flow": ("velocity x", "velocity y", "excursion x", "excursion y"),
    "short distance": ("velocity x", "velocity y"),
    "long distance": ("excursion x", "excursion y"),
    "difference": ("change", "field change", "place change"),
    "confidence": ("confidence", "noise", "place confidence", "error"),
    "surroundings": SURROUNDINGS,
    "measures": MEASURES,
}
"""What can be withheld from the network, with the channels it is made of, to see what each is worth."""


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Sizes of the network."""

    wide: int = 32
    """Channels at the grid's own resolution."""
    middle: int = 48
    """At half of it."""
    deep: int = 64
    """At a quarter of it."""
    long: int = 32
    """Of the surroundings."""
    told: int = 32
    """Of the measures."""
    joined: int = 96
    dropout: float = 0.2
    without: tuple[str, ...] = ()
    """Names of :data:`PARTS` that read as zero."""


class Output(NamedTuple):
    """What the network says of n candidates."""

    logits: Tensor
    """(n, 6), in the order of :class:`fasciscan.twitch.Kind`."""
    shift_mm: Tensor
    """(n, 2) from the candidate's cell to the epicentre, (x, y)."""
    log_sd: Tensor
    """(n,) natural logarithm of the standard deviation of each coordinate in mm."""


class TwitchNet(nn.Module):
    """Time as channels, so that one cheap convolution sees the whole course of a motion at once.

    Parameters
    ----------
    config
        Sizes.
    measures_mean, measures_sd
        (25,) of the training examples, to standardise the measures by.
    """

    def __init__(self, config: NetworkConfig, measures_mean: Tensor, measures_sd: Tensor):
        super().__init__()
        self.config = config
        self.register_buffer("measures_mean", measures_mean)
        self.register_buffer("measures_sd", measures_sd)
        withheld = {channel for part in config.without for channel in PARTS[part]}
        for name, channels in _channels().items():
            seen = torch.tensor([float(channel not in withheld) for channel in channels])
            self.register_buffer(f"sees_{name}", seen, persistent=False)
        wide, middle, deep = config.wide, config.middle, config.deep
        self.fine = nn.Sequential(*_convolve(len(MOVING) * STEPS + len(STILL), wide, 1), *_convolve(wide, wide, 3))
        self.coarse = nn.Sequential(*_convolve(wide, middle, 3, stride=2), *_convolve(middle, middle, 3))
        self.coarser = nn.Sequential(*_convolve(middle, deep, 3, stride=2), *_convolve(deep, deep, 3))
        self.heat = nn.Conv2d(middle, 1, 1)
        self.around = nn.Sequential(
            *_convolve_time(len(SURROUNDINGS), config.long // 2, 7),
            *_convolve_time(config.long // 2, config.long, 5),
            *_convolve_time(config.long, config.long, 5),
        )
        self.told = nn.Sequential(
            nn.Linear(len(MEASURES), config.told), nn.ReLU(), nn.Linear(config.told, config.told), nn.ReLU()
        )
        pooled = 2 * deep + 2 * config.long + config.told
        self.join = nn.Sequential(nn.Dropout(config.dropout), nn.Linear(pooled, config.joined), nn.ReLU())
        self.kind = nn.Linear(config.joined, len(Kind))
        self.place = nn.Linear(config.joined, 3)

    def forward(self, moving: Tensor, still: Tensor, surroundings: Tensor, measures: Tensor) -> Output:
        """Judge candidates; the arguments are the fields of :class:`fasciscan.twitch.judge.patches.Patches`."""
        moving = moving * self.get_buffer("sees_moving")[:, None, None, None]
        still = still * self.get_buffer("sees_still")[:, None, None]
        fine = self.fine(torch.cat([moving.flatten(1, 2), still], dim=1))
        coarse = self.coarse(fine)
        coarser = self.coarser(coarse)
        around = self.around(surroundings * self.get_buffer("sees_surroundings")[:, None])
        standard = (measures - self.get_buffer("measures_mean")) / self.get_buffer("measures_sd")
        told = self.told(standard.clamp(-LIMIT_SD, LIMIT_SD) * self.get_buffer("sees_measures"))
        middle = coarser[:, :, coarser.shape[2] // 2, coarser.shape[3] // 2]
        pooled = [coarser.mean(dim=(2, 3)), middle, around.mean(dim=2), around.amax(dim=2), told]
        joined = self.join(torch.cat(pooled, dim=1))
        place = self.place(joined)
        return Output(self.kind(joined), self._weigh(coarse) + place[:, :2], place[:, 2].clamp(*LOG_SD_BOUNDS))

    def _weigh(self, coarse: Tensor) -> Tensor:
        """Mean place of the heat over the patch, (n, 2) in cells of about 1 mm from the middle."""
        heat = self.heat(coarse)
        side = heat.shape[-1]
        at = torch.linspace(-(CELLS // 2), CELLS // 2, side, device=heat.device)
        share = heat.flatten(1).softmax(dim=1).view(-1, side, side)
        return torch.stack([share.sum(dim=1) @ at, share.sum(dim=2) @ at], dim=1)


def count_weights(network: nn.Module) -> int:
    """Count what is learnt."""
    return sum(weight.numel() for weight in network.parameters())


def _channels() -> dict[str, tuple[str, ...]]:
    return {"moving": MOVING, "still": STILL, "surroundings": SURROUNDINGS, "measures": MEASURES}


def _convolve(inputs: int, outputs: int, size: int, stride: int = 1) -> list[nn.Module]:
    return [
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    ]


def _convolve_time(inputs: int, outputs: int, size: int) -> list[nn.Module]:
    return [nn.Conv1d(inputs, outputs, size, 2, size // 2, bias=False), nn.BatchNorm1d(outputs), nn.ReLU()]
