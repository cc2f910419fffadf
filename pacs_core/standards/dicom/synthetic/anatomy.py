"""Body parts as nested ellipsoids, painted in order.

x runs to the patient's left, y to the back, z to the head, each from -1 to 1.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Ellipsoid:
    """`texture` scales the tissue's own unevenness."""

    tissue: str
    x: float
    y: float
    z: float
    a: float
    b: float
    c: float
    angle: float = 0.0
    texture: float = 1.0


FIELD_OF_VIEW_MM = {"HEAD": 240.0, "CHEST": 400.0, "ABDOMEN": 400.0, "KNEE": 180.0}
EXTENT_MM = {"HEAD": 150.0, "CHEST": 300.0, "ABDOMEN": 300.0, "KNEE": 140.0}
_ALIASES = {
    "BRAIN": "HEAD",
    "SKULL": "HEAD",
    "NECK": "HEAD",
    "SINUS": "HEAD",
    "LUNG": "CHEST",
    "THORAX": "CHEST",
    "HEART": "CHEST",
    "TSPINE": "CHEST",
    "WHOLEBODY": "CHEST",
    "SHOULDER": "CHEST",
    "ANKLE": "KNEE",
    "WRIST": "KNEE",
    "ELBOW": "KNEE",
    "FOOT": "KNEE",
    "HAND": "KNEE",
    "LEG": "KNEE",
    "EXTREMITY": "KNEE",
}


def region_of(body_part: str) -> str:
    """Return HEAD, CHEST, ABDOMEN or KNEE, whichever stands for the body part."""
    name = body_part.upper().replace(" ", "")
    name = _ALIASES.get(name, name)
    return name if name in FIELD_OF_VIEW_MM else "ABDOMEN"


def anatomy_of(region: str, rng: np.random.Generator, laterality: str = "") -> list[Ellipsoid]:
    """Return the region's ellipsoids with small differences between patients and one lesion on the side asked for."""
    builders = {"HEAD": _head, "CHEST": _chest, "ABDOMEN": _abdomen, "KNEE": _knee}
    side = {"L": 1.0, "R": -1.0}.get(laterality) or float(rng.choice((-1.0, 1.0)))
    size = 1 + rng.uniform(-0.05, 0.03)
    shapes = builders[region](rng, side)
    return [
        Ellipsoid(s.tissue, s.x * size, s.y * size, s.z, s.a * size, s.b * size, s.c, s.angle, s.texture)
        for s in shapes
    ]


def _pair(tissue: str, x: float, y: float, z: float, a: float, b: float, c: float, angle: float = 0) -> list[Ellipsoid]:
    return [Ellipsoid(tissue, x, y, z, a, b, c, angle), Ellipsoid(tissue, -x, y, z, a, b, c, -angle)]


def _head(rng: np.random.Generator, side: float) -> list[Ellipsoid]:
    ventricle = rng.uniform(0.9, 1.3)
    lesion = rng.uniform(0.06, 0.12)
    return [
        Ellipsoid("skin", 0, 0, -0.2, 0.68, 0.86, 1.25),
        Ellipsoid("fat", 0, 0, -0.2, 0.665, 0.845, 1.23),
        Ellipsoid("bone", 0, 0, -0.2, 0.64, 0.82, 1.2, texture=2),
        Ellipsoid("fluid", 0, 0, -0.2, 0.585, 0.765, 1.13),
        Ellipsoid("grey_matter", 0, 0, -0.2, 0.565, 0.745, 1.1, texture=1.5),
        *_pair("white_matter", 0.27, 0, 0.0, 0.21, 0.56, 0.8),
        *_pair("grey_matter", 0.5, 0.02, 0.0, 0.055, 0.22, 0.4),
        *_pair("grey_matter", 0.17, -0.02, 0.0, 0.07, 0.13, 0.25, 0.2),
        *_pair("fluid", 0.085, -0.2, 0.1, 0.045 * ventricle, 0.17, 0.33, -0.28),
        *_pair("fluid", 0.13, 0.24, 0.05, 0.05 * ventricle, 0.15, 0.28, 0.35),
        Ellipsoid("fluid", 0, 0.02, -0.05, 0.014, 0.09, 0.22),
        Ellipsoid("soft", 0, -0.45, 0.3, 0.008, 0.28, 0.9),
        Ellipsoid("soft", 0, 0.5, 0.3, 0.008, 0.24, 0.9),
        *_pair("fluid", 0.27, -0.68, -0.78, 0.13, 0.13, 0.18),
        Ellipsoid("gas", 0, -0.68, -0.85, 0.09, 0.14, 0.25),
        Ellipsoid("bone", 0, 0.1, -0.95, 0.3, 0.12, 0.15, texture=2),
        Ellipsoid("lesion", 0.3 * side, rng.uniform(-0.25, 0.3), rng.uniform(0.05, 0.4), lesion, lesion * 1.2, 0.2),
    ]


def _chest(rng: np.random.Generator, side: float) -> list[Ellipsoid]:
    shapes = [
        Ellipsoid("skin", 0, 0, 0, 0.88, 0.62, 3),
        Ellipsoid("fat", 0, 0, 0, 0.87, 0.61, 3),
        Ellipsoid("muscle", 0, 0.01, 0, 0.8, 0.54, 2.8),
    ]
    for number in range(14):
        angle = 2 * np.pi * number / 14 + 0.22
        shapes.append(
            Ellipsoid("bone", 0.72 * np.cos(angle), 0.02 + 0.47 * np.sin(angle), 0, 0.075, 0.03, 2.5, angle + 1.57)
        )
    shapes += [
        Ellipsoid("lung", 0.36, 0.02, -0.05, 0.31, 0.41, 1.05, 0.06, 3),
        Ellipsoid("lung", -0.36, 0.02, -0.05, 0.33, 0.42, 1.05, -0.06, 3),
    ]
    for _ in range(26):
        x, y = rng.choice((-1, 1)) * rng.uniform(0.16, 0.55), rng.uniform(-0.25, 0.3)
        r = rng.uniform(0.008, 0.022)
        shapes.append(Ellipsoid("vessel", x, y, rng.uniform(-0.8, 0.8), r, r, rng.uniform(0.15, 0.5)))
    nodule = rng.uniform(0.03, 0.06)
    return [
        *shapes,
        Ellipsoid("soft", 0, 0.0, 0.2, 0.14, 0.3, 1.6),
        Ellipsoid("heart", 0.13, -0.12, -0.35, 0.27, 0.24, 0.5, 0.5),
        Ellipsoid("contrast", 0.1, -0.1, -0.3, 0.11, 0.12, 0.3, 0.5),
        Ellipsoid("contrast", 0.12, 0.2, -0.2, 0.065, 0.065, 1.8),
        Ellipsoid("contrast", -0.05, -0.16, 0.5, 0.075, 0.075, 0.5),
        Ellipsoid("gas", 0, 0.05, 0.7, 0.045, 0.045, 0.8),
        Ellipsoid("bone", 0, 0.36, 0, 0.12, 0.105, 2.5, texture=2),
        Ellipsoid("marrow", 0, 0.355, 0, 0.1, 0.085, 2.5, texture=2),
        Ellipsoid("bone", 0, 0.5, 0, 0.03, 0.075, 2.5),
        Ellipsoid("fluid", 0, 0.45, 0, 0.04, 0.03, 2.5),
        Ellipsoid("bone", 0, -0.47, 0, 0.07, 0.03, 1.2),
        Ellipsoid("liver", -0.36, 0.02, -1.15, 0.36, 0.42, 0.5),
        Ellipsoid("lesion", 0.38 * side, rng.uniform(-0.2, 0.25), rng.uniform(-0.1, 0.5), nodule, nodule, 0.09),
    ]


def _abdomen(rng: np.random.Generator, side: float) -> list[Ellipsoid]:
    shapes = [
        Ellipsoid("skin", 0, 0, 0, 0.86, 0.62, 3),
        Ellipsoid("fat", 0, 0, 0, 0.85, 0.61, 3),
        Ellipsoid("muscle", 0, 0.02, 0, 0.72, 0.49, 2.8),
        Ellipsoid("fat", 0, -0.02, 0, 0.67, 0.43, 2.6),
        *_pair("muscle", 0.23, 0.38, 0, 0.15, 0.1, 2.5, 0.2),
        *_pair("muscle", 0.16, 0.22, -0.4, 0.075, 0.085, 1.2),
        Ellipsoid("liver", -0.34, -0.05, 0.45, 0.32, 0.34, 0.75, 0.25, 1.5),
        Ellipsoid("liver", -0.05, -0.2, 0.55, 0.26, 0.15, 0.45, -0.2, 1.5),
        Ellipsoid("spleen", 0.5, 0.12, 0.55, 0.13, 0.23, 0.4, -0.3),
        Ellipsoid("soft", 0.3, -0.2, 0.5, 0.19, 0.15, 0.4, 0.4),
        Ellipsoid("gas", 0.32, -0.26, 0.5, 0.12, 0.07, 0.3),
        Ellipsoid("fluid", -0.25, -0.22, 0.2, 0.07, 0.06, 0.15),
        *_pair("kidney", 0.34, 0.2, 0.05, 0.105, 0.135, 0.35, -0.4),
        *_pair("fat", 0.3, 0.19, 0.05, 0.04, 0.06, 0.16, -0.4),
    ]
    for _ in range(11):
        x, y, r = rng.uniform(-0.48, 0.48), rng.uniform(-0.34, 0.05), rng.uniform(0.05, 0.09)
        z = rng.uniform(-0.9, -0.1)
        shapes.append(Ellipsoid("soft", x, y, z, r, r * 0.85, 0.3))
        shapes.append(Ellipsoid("gas" if rng.random() < 0.4 else "fluid", x, y, z, r * 0.65, r * 0.5, 0.22))
    lesion = rng.uniform(0.05, 0.09)
    return [
        *shapes,
        Ellipsoid("bladder", 0, -0.12, -0.95, 0.2, 0.17, 0.2),
        Ellipsoid("contrast", 0.06, 0.13, 0, 0.055, 0.055, 2),
        Ellipsoid("vessel", -0.08, 0.12, 0, 0.06, 0.045, 2),
        Ellipsoid("bone", 0, 0.29, 0, 0.13, 0.11, 2.5, texture=2),
        Ellipsoid("marrow", 0, 0.285, 0, 0.11, 0.09, 2.5, texture=2),
        Ellipsoid("bone", 0, 0.45, 0, 0.03, 0.085, 2.5),
        Ellipsoid("fluid", 0, 0.39, 0, 0.045, 0.03, 2.5),
        Ellipsoid("lesion", 0.36 * side, rng.uniform(-0.1, 0.15), rng.uniform(0.1, 0.5), lesion, lesion, 0.14),
    ]


def _knee(rng: np.random.Generator, side: float) -> list[Ellipsoid]:
    lesion = rng.uniform(0.06, 0.09)
    return [
        Ellipsoid("skin", 0, 0, 0, 0.72, 0.76, 4),
        Ellipsoid("fat", 0, 0, 0, 0.7, 0.74, 4),
        *_pair("muscle", 0.3, 0.36, 0, 0.2, 0.22, 2.5, 0.3),
        Ellipsoid("muscle", 0, 0.45, 0.6, 0.25, 0.18, 1.2),
        *_pair("bone", 0.24, 0.02, 0.3, 0.25, 0.34, 0.42),
        *_pair("marrow", 0.24, 0.02, 0.3, 0.225, 0.31, 0.39),
        Ellipsoid("bone", 0, -0.05, 1.0, 0.24, 0.22, 0.8),
        Ellipsoid("marrow", 0, -0.05, 1.0, 0.19, 0.17, 0.8),
        *_pair("cartilage", 0.24, 0.02, -0.12, 0.22, 0.28, 0.05),
        Ellipsoid("bone", 0, 0.02, -0.75, 0.46, 0.33, 0.6),
        Ellipsoid("marrow", 0, 0.02, -0.75, 0.435, 0.305, 0.57, texture=2),
        Ellipsoid("bone", 0.48, 0.25, -0.9, 0.1, 0.1, 0.5),
        Ellipsoid("bone", 0, -0.55, 0.3, 0.22, 0.09, 0.25),
        Ellipsoid("marrow", 0, -0.55, 0.3, 0.19, 0.07, 0.22),
        Ellipsoid("fluid", 0, -0.42, 0.2, 0.26, 0.03, 0.35),
        Ellipsoid("lesion", 0.24 * side, rng.uniform(-0.1, 0.15), rng.uniform(0.2, 0.4), lesion, lesion, 0.15),
    ]
