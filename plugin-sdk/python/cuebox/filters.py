"""Conditions in the form in which the site takes them, for the calls that reach it as they are."""

from __future__ import annotations

from typing import Any

from .errors import Error

_OPERATORS = {"all": "and", "and": "and", "any": "or", "or": "or"}


def grouped(filters: Any, operator: str | None) -> Any:
    """Filters as the host takes them, with the operator between those of the list if one is given."""
    if isinstance(filters, (list, tuple)):
        return {"filter_operator": operator, "filters": filters} if operator else list(filters)
    if operator:
        raise Error(
            "Deprecated: Use of filter_operator for find() is not valid any more. See the documentation on find()"
        )
    return filters


def translated(filters: Any, operator: str | None) -> Any:
    """Filters in the form of the site's own wire. An object is taken to be in it."""
    given = grouped(filters, operator)
    if isinstance(given, dict) and "logical_operator" in given:
        return given
    return _group(given if isinstance(given, dict) else {"filter_operator": "all", "filters": given})


def _group(group: dict[str, Any]) -> dict[str, Any]:
    operator = group.get("filter_operator")
    if operator not in _OPERATORS:
        raise Error(f"Invalid filter_operator {operator}")
    return {"logical_operator": _OPERATORS[operator], "conditions": [_one(one) for one in group["filters"]]}


def _one(condition: Any) -> dict[str, Any]:
    if isinstance(condition, dict):
        return _group(condition)
    if not isinstance(condition, (list, tuple)):
        raise Error(f"Invalid filters, expected a list, tuple or dict, got {condition}")
    path, relation, *values = condition
    if len(values) == 1 and isinstance(values[0], (list, tuple)):
        values = list(values[0])
    return {"path": path, "relation": relation, "values": values}
