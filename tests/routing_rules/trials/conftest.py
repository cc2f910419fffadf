"""One hospital under rules that give every reader everything."""

import pytest

from hospitals.models import Hospital
from routing_rules.services.rule_sets import publish_rule_set
from tests.routing_rules.trials.arrange import ANY_READER
from tests.story import make_hospital, see_all


@pytest.fixture
def north(db: None) -> Hospital:
    north = make_hospital("NORTH")
    with see_all():
        publish_rule_set(rules=ANY_READER)
    return north
