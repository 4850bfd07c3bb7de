"""Muscle made of scatterers: skin, fat, aponeuroses, fascicles between perimysial septa, vessels, bone and its shadow.

Diffuse tissue is many weak scatterers of random phase, which image as speckle. Septa, fasciae and bone are smooth
surfaces: rows of scatterers of slowly changing phase, which image as the continuous bright lines seen in muscle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fasciscan.simulate.displacement import MARGIN_MM
from fasciscan.simulate.motions import FWHM_TO_SD, Pulsation
from fasciscan.simulate.scene import Phantom, Scene
from fasciscan.simulate.vessels import vessel_of

SCATTERERS_PER_CELL = 8
"""Per resolution cell; from about 10 on speckle is fully developed (Wagner 1983), and 8 look the same."""
ELEVATION_MM = 1.2
"""Thickness of the scan plane at half height; 1-2 mm for linear probes of 6-15 MHz."""
LINE_STEP_MM = 0.1
"""Spacing of scatterers on a surface; a quarter of the narrowest beam, so that they image as one line."""
PHASE_WALK_MM = 1.2
"""Length over which a surface's phase turns by one radian: roughness that makes septa vary in brightness."""
MOTTLE_MM, MOTTLE_DB = 2.0, 2.5
"""Size and standard deviation of echo-level differences between fascicles."""
STRIA_LENGTH_MM = (1.5, 9.0)
STRIA_LEVEL_DB = 5.5
"""Standard deviation of the level between septa."""
STRIA_ANGLE_DEG = 2.5
SKIN_DB = -26.0
FASCIA_LEAVES_MM = (0.0, 0.3, 0.55)
"""Depths of the leaves that make one aponeurosis."""
FASCIA_WAVES_MM = ((0.25, 31.0), (0.12, 13.0))
"""Heights and lengths of its undulations."""
FAT_SEPTA = 4
FAT_SEPTUM_DB = -17.0
DEEP_MUSCLE_DB = -3.0
"""Second muscle against the first."""
ROUGHNESS_MM, ROUGHNESS_DB = (2.3, 5.1, 16.7), 2.0
"""Lengths and height of the changes of brightness along fasciae."""
CLUMP_JITTER = 0.4
"""Softness of the clumps' borders, in clumps."""
SHADOW_DB = -45.0
BONE_DB = 0.0
LUMEN_DB = -30.0
"""Blood against muscle."""
BONE_RADIUS_MM = 200.0
"""Curvature of a shaft seen along its length."""


@dataclass(frozen=True, slots=True)
class Scatterers:
    """Points that reflect, at rest. All arrays are (n,), in order of depth so that imaging walks through memory."""

    x_mm: NDArray[np.float32]
    y_mm: NDArray[np.float32]
    z_mm: NDArray[np.float32]
    """Elevation from the scan plane."""
    amplitude: NDArray[np.complex64]
    """Strength and phase at rest. 1 stands for the brightest grey, both for diffuse tissue and for surfaces."""


def build_phantom(scene: Scene, generator: np.random.Generator) -> Scatterers:
    """Fill a scene's tissue with scatterers.

    Parameters
    ----------
    scene
        A scene with a :class:`Phantom`; its pulsations get a vessel each.
    generator
        Source of randomness.

    Returns
    -------
    Scatterers
        Over the image and a margin around it.
    """
    assert isinstance(scene.tissue, Phantom)
    return _Builder(scene, scene.tissue, generator).build()


class _Builder:
    """Gathers the parts of a phantom; each part is a tuple of x, y, z and complex amplitude."""

    def __init__(self, scene: Scene, tissue: Phantom, rng: np.random.Generator):
        self.tissue = tissue
        self.rng = rng
        pulses = [motion for motion in scene.look_alikes if isinstance(motion, Pulsation) and motion.visible]
        self.vessels = [vessel_of(pulse, tissue.layers) for pulse in pulses]
        self.width, self.height = scene.beam_size_mm
        self.elevation_sd = ELEVATION_MM * FWHM_TO_SD
        self.wave_phases = rng.uniform(0, 2 * np.pi, 4)
        self.parts: list[tuple[NDArray, NDArray, NDArray, NDArray]] = []

    def build(self) -> Scatterers:
        self.add_diffuse()
        self.add_fat_septa()
        self.add_striae()
        self.add_fasciae()
        self.add_vessel_walls()
        if self.tissue.bone:
            self.add_bone()
        x, y, z, amplitude = (np.concatenate(column) for column in zip(*self.parts, strict=True))
        order = np.lexsort((x, np.floor(y / self.tissue.axial_mm)))
        return Scatterers(
            x[order].astype(np.float32),
            y[order].astype(np.float32),
            z[order].astype(np.float32),
            amplitude[order].astype(np.complex64),
        )

    def add_diffuse(self) -> None:
        """Speckle everywhere, at the level of the tissue it lies in."""
        tissue, rng = self.tissue, self.rng
        width, height = self.width + 2 * MARGIN_MM, self.height + 2 * MARGIN_MM
        cell = tissue.axial_mm * tissue.lateral_mm
        count = int(SCATTERERS_PER_CELL * width * height / cell)
        x = rng.uniform(-MARGIN_MM, self.width + MARGIN_MM, count)
        y = rng.uniform(-MARGIN_MM, self.height + MARGIN_MM, count)
        z = rng.uniform(-2.5, 2.5, count) * self.elevation_sd
        level = 10 ** (self.level_db(x, y) / 20)
        # Scaled so that the sum over a resolution cell has the level's power: density × energy of the point spread.
        in_plane = np.mean(np.exp(-((z / self.elevation_sd) ** 2)))
        spread = np.pi * tissue.axial_mm * tissue.lateral_mm * FWHM_TO_SD**2
        strength = 1 / np.sqrt(count / (width * height) * in_plane * spread)
        noise = rng.standard_normal((2, count)) / np.sqrt(2)
        self.parts.append((x, y, z, self.clumps(x, y) * level * strength * (noise[0] + 1j * noise[1])))

    def clumps(self, x: NDArray, y: NDArray) -> NDArray | float:
        """Return the strength of the clump each scatterer lies in, of mean power 1; 1 for even tissue."""
        imaging = self.tissue.imaging
        if imaging is None:
            return 1.0
        shape = [int((size + 2 * MARGIN_MM) / imaging.clump_mm) + 1 for size in (self.height, self.width)]
        power = self.rng.gamma(imaging.clump_shape, 1 / imaging.clump_shape, shape)
        # Jittered, or the clumps would show their lattice.
        jitter = self.rng.normal(0, CLUMP_JITTER, (2, len(x)))
        row, column = (
            np.clip((at + MARGIN_MM) / imaging.clump_mm + off, 0, most - 1).astype(int)
            for at, off, most in zip((y, x), jitter, shape, strict=True)
        )
        return np.sqrt(power[row, column])

    def level_db(self, x: NDArray, y: NDArray) -> NDArray:
        """Echo level of diffuse tissue."""
        tissue, layers = self.tissue, self.tissue.layers
        top = self.top_depth(x)
        bottom = self.bottom_depth(x)
        level = np.where(y < top, tissue.fat_db, tissue.muscle_db + self.mottle(x, y))
        level = np.where(y < layers.skin_mm, SKIN_DB, level)
        level = np.where(y > bottom, level + DEEP_MUSCLE_DB, level)
        if tissue.bone:
            level = np.where(y > self.bone_depth(x), SHADOW_DB + tissue.muscle_db, level)
        for vessel in self.vessels:
            level = np.where(vessel.holds(x, y), tissue.muscle_db + LUMEN_DB, level)
        return level

    def mottle(self, x: NDArray, y: NDArray) -> NDArray:
        """Smooth differences of level, drawn out along the fascicles."""
        from scipy.ndimage import gaussian_filter, map_coordinates  # here: 0.2 s to import

        step = MOTTLE_MM / 4
        shape = [int((size + 2 * MARGIN_MM) / step) + 2 for size in (self.height, self.width)]
        field = gaussian_filter(self.rng.standard_normal(shape), (2, 6))
        field *= MOTTLE_DB / field.std()
        sheared = y - np.tan(np.radians(self.tissue.pennation_deg)) * (x - self.width / 2)
        at = np.stack([(sheared + MARGIN_MM) / step, (x + MARGIN_MM) / step])
        return map_coordinates(field, at, order=1, mode="mirror")

    def add_striae(self) -> None:
        """Perimysial septa: short bright lines at the pennation angle, in the deep muscle at the opposite one."""
        tissue, rng = self.tissue, self.rng
        top = tissue.layers.muscle_top_mm
        area = (self.width + 2 * MARGIN_MM) * (self.height + MARGIN_MM - top)
        for _ in range(int(tissue.striae_per_cm2 * area / 100)):
            x = rng.uniform(-MARGIN_MM, self.width + MARGIN_MM)
            y = rng.uniform(top, self.height + MARGIN_MM)
            deep = y > self.bottom_depth(np.asarray(x))
            angle = tissue.pennation_deg * (-0.6 if deep else 1.0) + rng.normal(0, STRIA_ANGLE_DEG)
            length = np.exp(rng.uniform(*np.log(STRIA_LENGTH_MM)))
            level = tissue.stria_db + (DEEP_MUSCLE_DB if deep else 0.0) + rng.normal(0, STRIA_LEVEL_DB)
            along = np.arange(-length / 2, length / 2, LINE_STEP_MM)
            bow = rng.normal(0, 0.004) * (along**2 - length**2 / 12)
            px = x + along * np.cos(np.radians(angle))
            py = y + along * np.sin(np.radians(angle)) + bow
            fade = np.abs(np.cos(np.pi * along / length)) ** 0.7
            self.add_line(px, py, level, fade * self.roughness(px) * self.muscle_only(px, py, deep=bool(deep)))

    def muscle_only(self, x: NDArray, y: NDArray, *, deep: bool) -> NDArray:
        """1 where a septum may be, 0 in fat, beyond its muscle's fascia, in a vessel, and under bone."""
        bottom = self.bottom_depth(x)
        inside = (y > bottom) if deep else (y > self.top_depth(x)) & (y < bottom)
        for vessel in self.vessels:
            inside &= ~vessel.holds(x, y)
        if self.tissue.bone:
            inside &= y < self.bone_depth(x)
        return inside.astype(float)

    def add_fat_septa(self) -> None:
        """Fibrous strands in the fat, and the two faces of the skin."""
        layers, rng = self.tissue.layers, self.rng
        x = np.arange(-MARGIN_MM, self.width + MARGIN_MM, LINE_STEP_MM)
        for depth, level in ((0.25, -14.0), (0.4 * layers.skin_mm, -20.0), (layers.skin_mm, -12.0)):
            self.add_line(x, np.full_like(x, depth), level, self.roughness(x))
        thickness = layers.muscle_top_mm - layers.skin_mm
        for _ in range(FAT_SEPTA):
            start, length = rng.uniform(x[0], x[-1] - 10), rng.uniform(10, 35)
            px = x[(x >= start) & (x < start + length)]
            depth = layers.skin_mm + rng.uniform(0.25, 0.9) * thickness
            wave = rng.uniform(0.03, 0.12) * thickness * np.sin(2 * np.pi * px / rng.uniform(9, 25) + rng.uniform(0, 6))
            py = depth + self.tissue.slope * (px - self.width / 2) + wave
            self.add_line(
                px,
                py,
                FAT_SEPTUM_DB + rng.normal(0, 3),
                self.roughness(px) * np.sin(np.pi * (px - start) / length) ** 0.3,
            )

    def add_fasciae(self) -> None:
        """Superficial and deep aponeurosis, of several leaves each."""
        x = np.arange(-MARGIN_MM, self.width + MARGIN_MM, LINE_STEP_MM)
        for depth, loss in ((self.top_depth(x), 0.0), (self.bottom_depth(x), 4.0)):
            for leaf in FASCIA_LEAVES_MM:
                wander = 0.08 * np.sin(2 * np.pi * x / self.rng.uniform(5, 11) + self.rng.uniform(0, 6))
                level = self.tissue.fascia_db - loss - self.rng.uniform(0, 8)
                self.add_line(x, depth + leaf + wander, level, self.roughness(x))

    def add_vessel_walls(self) -> None:
        """Line the vessels."""
        for vessel in self.vessels:
            for wall in vessel.walls(LINE_STEP_MM):
                self.add_line(*wall)

    def add_bone(self) -> None:
        """Lay the surface of bone: the brightest line, thick with reverberation."""
        x = np.arange(-MARGIN_MM, self.width + MARGIN_MM, LINE_STEP_MM)
        for i, leaf in enumerate((0.0, 0.25, 0.5, 0.8)):
            self.add_line(x, self.bone_depth(x) + leaf, BONE_DB - 4.0 * i, self.roughness(x))

    def top_depth(self, x: NDArray) -> NDArray:
        """Depth of the superficial aponeurosis."""
        return self.fascia_depth(self.tissue.layers.muscle_top_mm, x, self.wave_phases[:2])

    def bottom_depth(self, x: NDArray) -> NDArray:
        """Depth of the deep aponeurosis."""
        return self.fascia_depth(self.tissue.layers.muscle_bottom_mm, x, self.wave_phases[2:])

    def fascia_depth(self, middle_mm: float, x: NDArray, phases: NDArray) -> NDArray:
        waves = np.zeros_like(x, dtype=float)
        for (height, length), phase in zip(FASCIA_WAVES_MM, phases, strict=True):
            waves += height * np.sin(2 * np.pi * x / length + phase)
        return middle_mm + self.tissue.slope * (x - self.width / 2) + waves

    def bone_depth(self, x: NDArray) -> NDArray:
        middle = self.width / 2
        return self.tissue.layers.bottom_mm - 1.0 + (x - middle) ** 2 / (2 * BONE_RADIUS_MM)

    def roughness(self, x: NDArray) -> NDArray:
        """Slow changes of brightness along a surface."""
        waves = np.sum([np.sin(2 * np.pi * x / length + self.rng.uniform(0, 6)) for length in ROUGHNESS_MM], axis=0)
        return 10 ** (ROUGHNESS_DB * waves / 20)

    def add_line(self, x: NDArray, y: NDArray, level_db: float, weight: NDArray) -> None:
        """Put a smooth surface of a level along a path; ``weight`` (n,) fades it."""
        walk = np.cumsum(self.rng.standard_normal(len(x))) * np.sqrt(LINE_STEP_MM / PHASE_WALK_MM)
        phase = walk + self.rng.uniform(0, 2 * np.pi)
        # A row of coherent scatterers adds up across the beam; this makes that sum the level at the pulse's peak.
        sd_y, sd_x = self.tissue.axial_mm * FWHM_TO_SD, self.tissue.lateral_mm * FWHM_TO_SD
        strength = LINE_STEP_MM / (np.sqrt(2 * np.pi) * sd_x)
        amplitude = 10 ** (level_db / 20) * strength * weight * np.exp(1j * phase)
        seen = weight > 0
        z = self.rng.normal(0, 0.1 * sd_y, len(x))
        self.parts.append((x[seen], y[seen], z[seen], amplitude[seen]))
