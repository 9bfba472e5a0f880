"""Strict JSON (CJ-1 to CJ-14) and its canonical form (CJ-16 to CJ-19) of PROTOCOL.md, on top of Python's json module."""

import json

MAX_BYTES = 1_048_576
MAX_DEPTH = 64
MAX_INTEGER = 2**53 - 1


class Refused(Exception):
    """The text is not what the strict reader takes."""


def read(data):
    """The value of a JSON text, from its bytes."""
    if len(data) > MAX_BYTES:
        raise Refused("too many bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("not UTF-8") from error
    try:
        value = json.loads(text, object_pairs_hook=members, parse_int=integer, parse_float=no_number, parse_constant=no_number)
    except (ValueError, RecursionError) as error:
        raise Refused(str(error)) from error
    check(value, 1)
    return value


def members(pairs):
    names = dict(pairs)
    if len(names) != len(pairs):
        raise Refused("a name stands twice in an object")
    return names


def integer(digits):
    # The length first: Python would compute any number of digits.
    if digits == "-0" or len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        raise Refused("no integer of this protocol")
    return int(digits)


def no_number(digits):
    raise Refused(f"no integer: {digits}")


def check(value, depth):
    """What the json module lets through: nesting, and halves of surrogate pairs."""
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise Refused("half a surrogate pair") from error
    elif isinstance(value, (list, dict)):
        if depth > MAX_DEPTH:
            raise Refused("nested too deep")
        for item in value:
            check(item, depth + 1)
        if isinstance(value, dict):
            for item in value.values():
                check(item, depth + 1)


def utf16_order(name):
    """CJ-17: names are ordered by their UTF-16 code units, big-endian bytes in Python's terms."""
    return name.encode("utf-16-be")


def canonical(value):
    """The canonical text. Python escapes in strings exactly what CJ-18 wants if it may write all other characters as they are."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{canonical(name)}:{canonical(value[name])}" for name in sorted(value, key=utf16_order)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
