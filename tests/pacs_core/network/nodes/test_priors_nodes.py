"""A node that sends priors only: set by the command, the API's service, left as it is by everything else."""

import pytest
from django.core.management import CommandError, call_command

from pacs_core.network.models import Node
from pacs_core.network.nodes.services import save_node
from tests.story import in_hospital, make_hospital

pytestmark = pytest.mark.django_db


def sends_priors() -> bool:
    return Node.objects.get(ae_title="NORTH_PACS").sends_priors


def test_command_sets_it_and_takes_it_back() -> None:
    make_hospital("NORTH")
    call_command("add_node", "NORTH", "NORTH_PACS")
    assert not sends_priors()
    call_command("add_node", "NORTH", "NORTH_PACS", "--priors-only")
    assert sends_priors()
    call_command("add_node", "NORTH", "NORTH_PACS", "--host", "10.0.0.5")
    assert sends_priors()
    call_command("add_node", "NORTH", "NORTH_PACS", "--not-priors-only")
    assert not sends_priors()
    with pytest.raises(CommandError, match="contradict"):
        call_command("add_node", "NORTH", "NORTH_PACS", "--priors-only", "--not-priors-only")


def test_service_changes_only_what_it_is_told() -> None:
    hospital = make_hospital("NORTH")
    with in_hospital(hospital):
        save_node(hospital_id=hospital.pk, ae_title="NORTH_PACS", sends_priors=True)
        save_node(hospital_id=hospital.pk, ae_title="NORTH_PACS", may_find=True)
    assert sends_priors()
