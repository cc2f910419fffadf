"""What processes keep of samples and rota for some seconds is nobody's here: each test reads its own."""

from collections.abc import Iterator

import pytest

from routing_rules.selectors.rota_gaps import forget_rota
from routing_rules.selectors.rule_facts import forget_samples


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    forget_samples(), forget_rota()
    yield
    forget_samples(), forget_rota()
