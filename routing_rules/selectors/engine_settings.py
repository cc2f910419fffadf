"""The weights in force, the named presets, and the dials by which a network moves between them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from routing_rules.engine.weights import LEANINGS, EngineWeights
from routing_rules.models import NetworkSettings

OWN = "own"


@dataclass(frozen=True)
class Dial:
    """A weight that people turn: its field of EngineWeights, its words, and what more or less of it does."""

    name: str
    label: Promise
    explanation: Promise

    @property
    def default(self) -> float:
        return getattr(EngineWeights(), self.name)


@dataclass(frozen=True)
class Preset:
    """Weights that belong together; `weights` holds what differs from the engine's defaults."""

    name: str
    label: Promise | str
    explanation: Promise | str
    weights: Mapping[str, float]


# What the network wants; the other weights say how the engine gets it, and were chosen together with these.
DIALS = (
    Dial(
        "mismatch",
        _("Subspecialty"),
        _("A study read outside its subspecialty, in weighted late minutes. More: it waits longer for its specialist."),
    ),
    Dial(
        "fairness",
        _("Fair share"),
        _("More: who has read less relative value gets the next study, even if somebody else would be quicker."),
    ),
    Dial(
        "stability",
        _("Steady lists"),
        _("How much better another reader has to be before a study changes lists. More: lists change less."),
    ),
)
_WORDS = {
    "balanced": (_("Balanced"), _("The engine's default, chosen on many simulated days: see the benchmark.")),
    "specialist": (_("Specialists"), _("More studies with their specialist; some wait longer for one.")),
    "even": (_("Even shares"), _("Relative value spreads more evenly over a shift and over four weeks.")),
}


def presets() -> tuple[Preset, ...]:
    """Return the engine's leanings by name, with what each changes of the defaults."""
    usual = asdict(EngineWeights())
    return tuple(
        Preset(
            name,
            *_WORDS.get(name, (name.capitalize(), "")),
            {key: value for key, value in asdict(leaning).items() if value != usual[key]},
        )
        for name, leaning in LEANINGS.items()
    )


def network_weights() -> dict[str, float]:
    """Return every weight in force, those that the network has not changed too."""
    row = settings_row()
    return asdict(EngineWeights()) | (known(row.weights) if row else {})


def known(weights: Mapping[str, float]) -> dict[str, float]:
    """Return the weights that this version of the engine has."""
    names = {one.name for one in fields(EngineWeights)}
    return {name: value for name, value in weights.items() if name in names}


def settings_row() -> NetworkSettings | None:
    """Return the network's changes with who made them, None while there are none."""
    return NetworkSettings.objects.select_related("changed_by").filter(pk=1).first()


def weights_of(preset: str) -> dict[str, float]:
    """Return what a preset changes of the defaults."""
    return dict(next(one.weights for one in presets() if one.name == preset))


def chosen_preset(weights: Mapping[str, float]) -> str:
    """Return the preset whose weights these are, "own" for none."""
    defaults = asdict(EngineWeights())
    return next((one.name for one in presets() if {**defaults, **one.weights} == dict(weights)), OWN)
