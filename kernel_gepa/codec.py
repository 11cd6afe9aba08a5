"""Records to JSON and back: every record of the house makes the round trip, and nothing else gets in.

Unknown keys are refused, so are NaN and infinity (JSON has neither), and a text where a number belongs. Each member
of a union carries the name of its class under "type".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, cast, get_origin

from cattrs import BaseValidationError, transform_error
from cattrs.preconf.json import JsonConverter, make_converter
from cattrs.strategies import configure_tagged_union

from kernel_gepa.domain.events import Event
from kernel_gepa.domain.task import Input
from kernel_gepa.domain.verdict import Verdict

T = TypeVar("T")


def pack(record: object) -> Any:
    """Plain JSON values. Members of a union that stand alone, such as events, need `pack_event`."""
    return _converter().unstructure(record)


def unpack(packed: object, kind: type[T]) -> T:
    """Raises ValueError that names what does not fit, and where."""
    return cast(T, _unpacked(packed, kind))


def pack_event(event: Event) -> dict[str, Any]:
    return cast(dict[str, Any], _converter().unstructure(event, unstructure_as=Event))


def unpack_event(packed: object) -> Event:
    return cast(Event, _unpacked(packed, Event))


def line(record: Mapping[str, object]) -> str:
    """One line of ASCII JSON, without its newline. Raises ValueError for NaN and infinity."""
    try:
        return json.dumps(record, allow_nan=False, separators=(",", ":"))
    except ValueError as error:
        raise ValueError(f"a {record.get('kind')!r} record holds a number that JSON has not: {error}") from error


def parsed(text: str) -> dict[str, Any]:
    """The record of one line. Raises ValueError for what is no JSON object."""
    record = json.loads(text, parse_constant=_refused_number)
    if not isinstance(record, dict):
        raise ValueError(f"expected an object, got {type(record).__name__}")  # noqa: TRY004  the caller's one except
    return record


def _refused_number(name: str) -> float:
    raise ValueError(f"{name} is not a number of JSON")


def _unpacked(packed: object, kind: Any) -> Any:
    try:
        return _converter().structure(packed, kind)
    except BaseValidationError as error:
        raise ValueError("; ".join(transform_error(error))) from error
    except (KeyError, TypeError, AttributeError) as error:  # an unknown tag of a union; a list where a record belongs
        raise ValueError(f"not a {getattr(kind, '__name__', kind)}: {error!r}") from error


@cache
def _converter() -> JsonConverter:
    converter = make_converter(forbid_extra_keys=True)
    for plain in (str, int, float, bool):
        converter.register_structure_hook(plain, _exactly(plain))
    converter.register_structure_hook(StrEnum, lambda value, kind: kind(value))  # not as the text that it also is
    # In a fixed order, so that every process writes the same line.
    converter.register_unstructure_hook_func(_is_frozenset, sorted)
    for union in (Verdict, Event, Input):
        configure_tagged_union(union, converter, tag_name="type")
    return converter


def _is_frozenset(kind: Any) -> bool:
    origin: object = get_origin(kind)
    return origin is frozenset


def _exactly(kind: type) -> Callable[[object, object], object]:
    """Without this, "1.5" is taken for a float and any object for its text. JSON writes whole floats as ints."""

    def checked(value: object, _: object) -> object:
        if kind is float and type(value) is int:
            return float(value)
        if type(value) is not kind:
            raise ValueError(f"expected {kind.__name__}, got {value!r}")
        return value

    return checked
