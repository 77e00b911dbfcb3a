"""Parsing request bodies: strict JSON into attrs classes; a refusal names the field.

A sentence never quotes what was sent. It names an unknown field only where the name is a plain word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, TypeVar, get_args, get_origin

from attrs import fields_dict
from cattrs import ClassValidationError, Converter
from cattrs.errors import ForbiddenExtraKeysError

from adapters.http.errors import InvalidRequest, RequestTooLarge, UnsupportedMediaType
from adapters.http.field_types import MOST_ENTRIES
from adapters.strict_json import load_object
from domain.errors import InvalidValue

LARGEST = 64 * 1024
"""Bytes a request body may have."""

_LONGEST_TEXT = 5000
_LARGEST_NUMBER = 2**53 - 1  # beyond it a browser no longer counts one by one
_MOST_SENTENCES = 5
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]{0,39}")
_KINDS: dict[type, str] = {str: "text", int: "a whole number", bool: "true or false"}

T = TypeVar("T")


def read_body(raw: bytes, headers: Mapping[str, str], kind: type[T]) -> T:
    """The request's body as ``kind``.

    Raises:
        UnsupportedMediaType, RequestTooLarge: before the body is parsed.
        InvalidRequest: it is not strict JSON with exactly the fields of ``kind``.
    """
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType
    if len(raw) > LARGEST:
        raise RequestTooLarge
    try:
        return _converter().structure(load_object(raw, unique_names=True), kind)
    except ClassValidationError as error:
        raise InvalidRequest(" ".join(_sentences(error, kind)[:_MOST_SENTENCES])) from None
    except ValueError:
        raise InvalidRequest("The body is not a valid JSON object.") from None


def _sentences(error: ClassValidationError, kind: type) -> list[str]:
    of_fields, of_all = error.group_exceptions()
    sentences = [f"{fields_dict(kind)[note.name].alias} {_predicate(wrong)}." for wrong, note in of_fields]
    for wrong in of_all:
        if isinstance(wrong, ForbiddenExtraKeysError):
            sentences += [_unknown(name) for name in sorted(wrong.extra_fields)]
        else:
            sentences.append(str(wrong) if isinstance(wrong, InvalidValue) else InvalidRequest.sentence)
    return sentences


def _predicate(wrong: Exception) -> str:
    if isinstance(wrong, InvalidValue):
        return str(wrong)
    return "is missing" if isinstance(wrong, KeyError) else "is not valid"


def _unknown(name: str) -> str:
    return f"{name} is not a known field." if _WORD.fullmatch(name) else "One of the fields is not known."


def _converter() -> Converter:
    if not _CONVERTERS:
        converter = Converter(forbid_extra_keys=True, use_alias=True)
        for kind in _KINDS:
            converter.register_structure_hook(kind, _exactly)
        converter.register_structure_hook(Decimal, _number)
        converter.register_structure_hook_func(_is_list, lambda value, kind: _list(value, kind, converter))
        _CONVERTERS.append(converter)
    return _CONVERTERS[0]


_CONVERTERS: list[Converter] = []


def _is_list(kind: object) -> bool:
    return get_origin(kind) is list


def _exactly(value: object, kind: type[T]) -> T:
    if type(value) is not kind:
        raise InvalidValue(f"is not {_KINDS[kind]}")
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        raise InvalidValue("is too long")
    if isinstance(value, int) and abs(value) > _LARGEST_NUMBER:
        raise InvalidValue("is too large a number")
    return value


def _number(value: object, _kind: type[Decimal]) -> Decimal:
    if type(value) is int:
        return Decimal(_exactly(value, int))
    if not isinstance(value, Decimal):
        raise InvalidValue("is not a number")
    return value


def _list(value: object, kind: Any, converter: Converter) -> list[Any]:  # noqa: ANN401 - list[T] as it is annotated
    [entry_kind] = get_args(kind)
    of_texts = entry_kind is str or get_origin(entry_kind) is Annotated  # texts of a form that is checked elsewhere
    if not isinstance(value, list) or (of_texts and not all(type(entry) is str for entry in value)):
        raise InvalidValue(f"is not a list{' of texts' if of_texts else ''}")
    if len(value) > MOST_ENTRIES:
        raise InvalidValue("has too many entries")
    return value if of_texts else [converter.structure(entry, entry_kind) for entry in value]
