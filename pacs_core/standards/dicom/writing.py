"""Data sets from values of our own rows: identifiers whole, even where a sender made them longer than a VR allows."""

from collections.abc import Mapping
from typing import Any

from pydicom import config
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

# PS3.3 8.2: a code that names no scheme is a local one.
_LOCAL_SCHEME = "L"
# PS3.3 8.1: a longer code has an attribute of its own.
_LONGEST_CODE_VALUE = 16


def dataset_of(values: Mapping[str, Any]) -> Dataset:
    """Return a data set with these values by keyword; "" and None are empty values."""
    dataset = Dataset()
    for keyword, value in values.items():
        tag = tag_for_keyword(keyword)
        if tag is None:
            raise KeyError(keyword)
        dataset.add(DataElement(tag, dictionary_VR(tag), value, validation_mode=config.IGNORE))
    return dataset


def code_item(value: str, scheme: str, meaning: str) -> Dataset:
    """Return an item of a code sequence (PS3.3 8)."""
    keyword = "CodeValue" if len(value) <= _LONGEST_CODE_VALUE else "LongCodeValue"
    return dataset_of(
        {
            keyword: value,
            "CodingSchemeDesignator": scheme or _LOCAL_SCHEME,
            "CodeMeaning": (meaning or value)[:64],
        }
    )
