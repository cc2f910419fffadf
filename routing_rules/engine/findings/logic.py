"""Whether some examination can satisfy conditions: a search over the worlds of their facts."""

from collections.abc import Mapping, Sequence
from typing import Any

from routing_rules.engine.conditions import Condition
from routing_rules.engine.findings.worlds import Worlds

# A condition and the truth that is wanted of it.
Wish = tuple[Condition, bool]
# So many steps of search at most; what is not settled by then counts as possible, and no finding follows.
STEPS = 200


def can_all_be(wishes: Sequence[Wish], worlds: Worlds | None = None, *, steps: int = STEPS) -> bool:
    """Say whether one examination may grant all wishes; False is certain, True also means "not settled".

    `worlds` of a larger set of conditions may be given, to be made only once.
    """
    known = worlds or Worlds([condition for condition, _truth in wishes])
    return _Search(known, steps).run(dict(known.everything), list(wishes))


class _Search:
    def __init__(self, worlds: Worlds, steps: int) -> None:
        self.worlds, self.steps = worlds, steps

    def run(self, left: dict[Any, int], wishes: list[Wish]) -> bool:
        """Narrow the worlds that are left down until every wish is granted or one cannot be."""
        self.steps -= 1
        if self.steps < 0:
            return True
        open_wishes = []
        for condition, truth in wishes:
            answer = self.truth(condition, left)
            if answer is None:
                open_wishes.append((condition, truth))
            elif answer is not truth:
                return False
        if not open_wishes:
            return True
        variable, mask = self.undecided(open_wishes[0][0], left)
        halves = (left[variable] & mask, left[variable] & ~mask)
        return any(self.run(left | {variable: half}, open_wishes) for half in halves if half)

    def truth(self, condition: Condition, left: Mapping[Any, int]) -> bool | None:
        """Return what the condition is in all worlds that are left, None where they differ."""
        if not condition:
            return True
        if "not" in condition:
            answer = self.truth(condition["not"], left)
            return None if answer is None else not answer
        for key, decides in (("all", False), ("any", True)):
            if key in condition:
                answers = [self.truth(part, left) for part in condition[key]]
                return decides if decides in answers else None if None in answers else not decides
        variable, mask = self.worlds.place(condition)
        inside, outside = left[variable] & mask, left[variable] & ~mask
        return None if inside and outside else bool(inside)

    def undecided(self, condition: Condition, left: Mapping[Any, int]) -> tuple[Any, int]:
        """Return a comparison on which the worlds that are left still differ."""
        if "fact" in condition:
            return self.worlds.place(condition)
        parts = [condition["not"]] if "not" in condition else condition.get("all") or condition["any"]
        return next(self.undecided(part, left) for part in parts if self.truth(part, left) is None)
