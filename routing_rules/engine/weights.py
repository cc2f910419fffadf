"""The weights of the assignment engine: what a late minute, a mismatch and an unfair share are worth to the network."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class EngineWeights:
    """Costs in weighted late minutes; chosen together on many generated days, see docs/decisions/0008.

    What the network wants:
    `mismatch`: a study with a subspecialty read by a non-specialist, under deep backlog dearer by the share
    `backlog_mismatch`. `fairness`: a relative value unit for a reader twice as far above the mean burden as usual;
    `fairness_prior_minutes`, see burden. Where readers are busy whatever they read, dearer by the share
    `busy_fairness`, and less what `displaced`, a share of the reading's time, would have brought with other work: an
    even share is then had by what is read. `stability`: by how much another reader must be better before an item
    leaves the list that it is on.

    How much reading now is worth:
    `urgency`, within `urgency_minutes` of the due instant. `patience`: a study that has used its whole service level,
    before that in proportion, so that nothing waits to the end for its specialist beside idle readers.
    `waiting_work`: an expected minute of waiting work done, more with each minute of backlog per reader up to
    `deep_backlog_from`; from there on `backlog_relief` for each study (by its lateness weight to the power
    `backlog_relief_exponent`) and `backlog_minutes`, a price of minutes, prefer short studies. `postponed_*`: how many
    minutes later a study is read that isn't read now.

    `last_chance`: of the lateness that threatens when those who may read a study leave; with `last_chance_minutes` of
    their time left, a third of the full threat.

    What readers' time costs: `minutes` in quiet hours; `start_delay` a minute until the reader is free; `longest_means`
    mean readings are the length up to which dear minutes keep nobody idle; `later_slot`: what the second slot counts.

    When the coming hours lack time (see outlook): `shortage_minutes` is the price of minutes, `shortage_relief` what it
    is worth to read early what is better not late.
    """

    mismatch: float = 4.8
    backlog_mismatch: float = 4.5
    fairness: float = 4.0
    busy_fairness: float = 0.4
    displaced: float = 0.6
    fairness_prior_minutes: float = 60.0
    stability: float = 0.5
    urgency: float = 14.0
    urgency_minutes: float = 60.0
    patience: float = 16.0
    waiting_work: float = 0.10
    waiting_work_per_backlog_minute: float = 0.3
    deep_backlog_from: float = 20.0
    backlog_relief: float = 0.3
    backlog_relief_exponent: float = 0.5
    backlog_minutes: float = 0.18
    postponed_minutes: float = 8.0
    postponed_per_backlog_minute: float = 0.5
    last_chance: float = 1.0
    last_chance_minutes: float = 40.0
    minutes: float = 0.04
    start_delay: float = 0.02
    longest_means: float = 5.0
    later_slot: float = 0.97
    shortage_minutes: float = 0.5
    shortage_relief: float = 1.5

    @classmethod
    def leaning(cls, *, match: float = 1.0, fairness: float = 1.0, stability: float = 1.0) -> "EngineWeights":
        """Return the default with what the network cares for made dearer: 2 counts it twice, 0.5 half.

        Less of each buys no punctuality worth having, see docs/decisions/0008; docs/benchmarks.md shows the frontier.
        """
        usual = cls()
        return replace(
            usual,
            mismatch=usual.mismatch * match,
            fairness=usual.fairness * fairness,
            stability=usual.stability * stability,
        )


# What a network may choose by name.
LEANINGS = {
    "balanced": EngineWeights.leaning(),
    "specialist": EngineWeights.leaning(match=2.0, fairness=0.7),
    "even": EngineWeights.leaning(match=0.8, fairness=2.0),
}
