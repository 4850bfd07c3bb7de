"""Clips with known truth: tissue that is moved and then imaged, twitches, look-alikes, scanner and codec."""

from fasciscan.simulate.batch import make_clips
from fasciscan.simulate.displacement import displacement
from fasciscan.simulate.geometry import Layers
from fasciscan.simulate.mimics import LookAlike
from fasciscan.simulate.motions import Breathing, Contraction, Pulsation, Tremor, Twitch
from fasciscan.simulate.presets import PRESETS, TEXTURE_PRESETS, random_scene
from fasciscan.simulate.probe import Drift, ProbeMotion
from fasciscan.simulate.render import render
from fasciscan.simulate.scene import Machine, Phantom, Scene, Screen, Texture
from fasciscan.simulate.truth import TrueEvent, Truth, read_truth, tell_truth
from fasciscan.simulate.write import write_clip

__all__ = [
    "PRESETS",
    "TEXTURE_PRESETS",
    "Breathing",
    "Contraction",
    "Drift",
    "Layers",
    "LookAlike",
    "Machine",
    "Phantom",
    "ProbeMotion",
    "Pulsation",
    "Scene",
    "Screen",
    "Texture",
    "Tremor",
    "TrueEvent",
    "Truth",
    "Twitch",
    "displacement",
    "make_clips",
    "random_scene",
    "read_truth",
    "render",
    "tell_truth",
    "write_clip",
]
