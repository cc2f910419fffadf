"""The weights in force, the named presets, and the dials by which a network moves between them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from routing_rules.engine.weights import EngineWeights
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
    label: Promise
    explanation: Promise
    weights: Mapping[str, float]


DIALS = (
    Dial(
        "urgency",
        _("Deadlines"),
        _("More: what is close to its deadline goes first. Less: subspecialty and fairness count more."),
    ),
    Dial(
        "mismatch",
        _("Subspecialty"),
        _(
            "What a study read outside its subspecialty costs, in weighted late minutes. "
            "More: it waits longer for its specialist."
        ),
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
    Dial(
        "waiting_work",
        _("Routine work"),
        _("What it is worth to work ahead while there is time. More: routine studies wait less in quiet hours."),
    ),
)
PRESETS = (
    Preset("balanced", _("Balanced"), _("The engine's default, chosen on many simulated days: see the benchmark."), {}),
    Preset(
        "deadlines",
        _("Deadlines first"),
        _("Fewer late studies; a few more outside their subspecialty."),
        {"urgency": 8.0, "mismatch": 3.0},
    ),
    Preset(
        "subspecialty",
        _("Subspecialty first"),
        _("More studies with their specialist; some wait longer for one."),
        {"mismatch": 8.0},
    ),
    Preset(
        "fairness",
        _("Fair shares first"),
        _("Relative value spreads more evenly over a shift and over four weeks."),
        {"fairness": 4.5},
    ),
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


def preset_words() -> tuple[Preset, ...]:
    return PRESETS


def weights_of(preset: str) -> dict[str, float]:
    """Return what a preset changes of the defaults."""
    return dict(next(one.weights for one in PRESETS if one.name == preset))


def chosen_preset(weights: Mapping[str, float]) -> str:
    """Return the preset whose weights these are, "own" for none."""
    defaults = asdict(EngineWeights())
    return next((one.name for one in PRESETS if {**defaults, **one.weights} == dict(weights)), OWN)
