"""What a network has, as far as rules may name it: people, groups, nodes, and the values its facts take."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class NamedReader:
    """An active radiologist, as rules name one by mail address."""

    name: str
    subspecialties: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Network:
    """`readers` by mail address; `people` the addresses of everybody who may be told; `groups` by name.

    `values` are the plain values of facts of which the network has a complete list: hospital, contract, procedure.
    """

    readers: Mapping[str, NamedReader] = field(default_factory=dict)
    people: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    nodes: frozenset[str] = frozenset()
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def name_of(self, email: str) -> str:
        return self.readers[email].name if email in self.readers else email
