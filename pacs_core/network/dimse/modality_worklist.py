"""C-FIND of the Modality Worklist (PS3.4 K): reads the keys, asks the floor of orders, answers what was asked for."""

from collections.abc import Iterator

from pydicom.datadict import keyword_for_tag
from pydicom.dataset import Dataset
from pynetdicom.events import Event

from pacs_core import flow
from pacs_core.access.scopes import hospital_scope, open_scope
from pacs_core.network.dimse.admission import Caller
from pacs_core.network.dimse.answers import MOST_ANSWERS, Found, add_empty, character_set_for
from pacs_core.network.dimse.identifier import IdentifierRefused, character_set_of, values_of

# Deeper than any key of PS3.4 table K.6-1; what a stranger nests deeper is not matched.
DEEPEST = 3
_ABOUT_THE_QUERY = frozenset({"SpecificCharacterSet", "TimezoneOffsetFromUTC"})


def search_worklist(event: Event, sop_class_uid: str, caller: Caller) -> Found:
    """Return what of the asked-for attributes each scheduled step has; raises IdentifierRefused or MatchRefused."""
    identifier = event.identifier
    keys = dict(_keys_of(identifier))
    with open_scope(hospital_scope(process="dimse", hospital_id=caller.hospital_id)):
        steps, ignored = flow.resolve("scheduled_steps")(
            keys, hospital_id=caller.hospital_id, calling_ae_title=caller.ae_title, limit=MOST_ANSWERS + 1
        )
    asked_set = character_set_of(identifier)
    return Found(steps, has_ignored_keys=bool(ignored), written=lambda step: _answer(step, identifier, asked_set))


def _keys_of(identifier: Dataset, path: str = "", depth: int = 1) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the keys with values; those of a sequence's item by their path: ScheduledProcedureStepSequence.Modality."""
    for element in identifier:
        keyword = keyword_for_tag(element.tag)
        if element.VR == "SQ":
            if keyword and len(element.value or ()) > 1:
                raise IdentifierRefused(keyword, "has several items, a sequence to match has one")
            if element.value and depth < DEEPEST:
                yield from _keys_of(element.value[0], f"{path}{keyword}.", depth + 1)
        elif keyword not in _ABOUT_THE_QUERY and (values := values_of(element)):
            yield f"{path}{keyword or element.tag}", values


def _answer(step: Dataset, identifier: Dataset, asked_set: tuple[str, ...]) -> Dataset:
    answer = _asked_of(step, identifier)
    answer.SpecificCharacterSet = character_set_for(answer, asked_set)
    return answer


def _asked_of(step: Dataset, asked: Dataset) -> Dataset:
    """Return the asked-for attributes and no more, in sequences too; an empty sequence asks for all of it."""
    answer = Dataset()
    for element in asked:
        if element.tag.element == 0 or keyword_for_tag(element.tag) in _ABOUT_THE_QUERY:
            continue
        if element.tag not in step:
            add_empty(answer, element.tag)
        elif element.VR == "SQ" and element.value and len(element.value[0]):
            item_asked = element.value[0]
            answer.add_new(element.tag, "SQ", [_asked_of(item, item_asked) for item in step[element.tag].value])
        else:
            answer.add(step[element.tag])
    return answer
