"""The weights of the assignment engine: what a late minute, a mismatch and an unfair share are worth to the network."""

from dataclasses import dataclass


@dataclass(frozen=True)
class EngineWeights:
    """Costs in weighted late minutes; tuned together on many generated days, see docs/decisions.

    `mismatch`: a study with a subspecialty read by a non-specialist. `fairness`: a relative value unit for a reader
    twice as far above the mean burden as usual. `urgency` and `urgency_minutes`: what reading a study soon is worth
    as its deadline comes near. `waiting_work`: an expected minute of waiting work done while there is time.
    `deep_backlog_from`: expected minutes waiting per
    reader from which `backlog_relief` and `backlog_minutes` prefer short studies.
    `minutes`: an expected minute of a reader. `shortage_*`: the same when the coming hours lack capacity.
    `stability`: by how much another reader must be better before an item leaves the list it is on.
    """

    mismatch: float = 4.2
    fairness: float = 2.2
    fairness_prior_minutes: float = 75.0
    urgency: float = 4.0
    urgency_minutes: float = 40.0
    waiting_work: float = 0.10
    waiting_work_per_backlog_minute: float = 0.3
    deep_backlog_from: float = 20.0
    backlog_relief: float = 0.3
    backlog_relief_exponent: float = 0.5
    backlog_minutes: float = 0.25
    longest_means: float = 5.0
    minutes: float = 0.04
    start_delay: float = 0.02
    postponed_minutes: float = 8.0
    postponed_per_backlog_minute: float = 0.5
    shortage_minutes: float = 0.5
    shortage_relief: float = 1.5
    shortage_mismatch: float = 0.5
    later_slot: float = 0.97
    stability: float = 0.5
