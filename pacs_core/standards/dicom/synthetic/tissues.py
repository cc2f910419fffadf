"""How each tissue looks to each modality: HU, relative MR signal (T1, T2), SUV, and density on a radiograph."""

from typing import NamedTuple


class Tissue(NamedTuple):
    """`density` is the contrast to soft tissue per unit of thickness on a radiograph."""

    hounsfield: float
    t1: float
    t2: float
    suv: float
    density: float


TISSUES: dict[str, Tissue] = {
    "air": Tissue(-1000, 0, 0, 0.0, 0.0),
    "soft": Tissue(45, 300, 220, 0.7, 1.0),
    "skin": Tissue(10, 420, 260, 0.5, 1.0),
    "fat": Tissue(-95, 820, 640, 0.3, 0.85),
    "muscle": Tissue(55, 340, 200, 0.7, 1.0),
    "bone": Tissue(950, 60, 40, 0.8, 1.3),
    "marrow": Tissue(250, 620, 430, 1.2, 0.6),
    "grey_matter": Tissue(40, 430, 560, 7.5, 0.0),
    "white_matter": Tissue(29, 610, 400, 2.8, 0.0),
    "fluid": Tissue(6, 130, 980, 0.4, 0.0),
    "lung": Tissue(-840, 30, 40, 0.4, -0.78),
    "vessel": Tissue(70, 150, 160, 1.5, 0.15),
    "contrast": Tissue(260, 180, 140, 1.5, 0.2),
    "heart": Tissue(55, 330, 290, 3.4, 0.55),
    "liver": Tissue(62, 480, 260, 2.2, 0.15),
    "spleen": Tissue(52, 330, 430, 1.7, 0.1),
    "kidney": Tissue(38, 320, 560, 4.5, 0.1),
    "gas": Tissue(-720, 10, 10, 0.3, -0.4),
    "cartilage": Tissue(110, 390, 330, 0.8, 0.2),
    "lesion": Tissue(72, 260, 820, 9.0, 0.35),
    "bladder": Tissue(8, 140, 960, 12.0, 0.05),
}
