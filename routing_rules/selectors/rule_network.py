"""What the network has that rules may name: people, groups, nodes, codes; all of it, since rules are the network's."""

from collections import defaultdict

from django.db.models import F

from hospitals.models import Hospital, ReaderGroup, User
from pacs_core.network.models import Node
from routing_rules.engine.findings.network import NamedReader, Network
from routing_rules.engine.operators import plain
from routing_rules.models import Procedure


def network_of_rules() -> Network:
    """Return the names as they are now, in seven queries at most."""
    readers = User.objects.filter(role=User.Role.RADIOLOGIST, is_active=True).select_related("radiologist_profile")
    groups = defaultdict(set)
    members = ReaderGroup.objects.filter(members__isnull=False).annotate(member=F("members"))
    for user_id, name in members.values_list("member", "name"):
        groups[user_id].add(name)
    hospitals = list(Hospital.objects.filter(is_active=True).values_list("code", "contract"))
    return Network(
        readers={
            reader.email: NamedReader(
                reader.name,
                frozenset(getattr(getattr(reader, "radiologist_profile", None), "subspecialties", ())),
                frozenset(groups[reader.pk]),
            )
            for reader in readers
        },
        people=frozenset(User.objects.filter(is_active=True).values_list("email", flat=True)),
        groups=frozenset(ReaderGroup.objects.values_list("name", flat=True)),
        nodes=frozenset(Node.objects.values_list("ae_title", flat=True)),
        values={
            "hospital": frozenset(plain(code) for code, _contract in hospitals),
            "contract": frozenset(plain(contract) for _code, contract in hospitals if contract),
            "procedure": frozenset(map(plain, Procedure.objects.values_list("code", flat=True))),
            "prior_reader": frozenset(
                map(plain, User.objects.filter(role=User.Role.RADIOLOGIST).values_list("email", flat=True))
            ),
        },
    )


def names_of_people() -> dict[str, str]:
    """Return every active person's name by mail address, for sentences."""
    return dict(User.objects.filter(is_active=True).values_list("email", "name"))
