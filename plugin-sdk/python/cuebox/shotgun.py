"""The connection to the site.

The methods are those of `shotgun_api3.Shotgun`, with its arguments and answers, so that what was learned there holds here.
"""

from __future__ import annotations

from typing import Any, Sequence

from wit_world.imports import cuebox_plugin_shotgun_0_1_0 as wire
from wit_world.imports import cuebox_plugin_types_0_1_0 as types

from . import filters as wire_filters
from .errors import Error, ask
from .values import Entity, dumps, loads

Row = dict[str, Any]
Filters = Sequence[Any] | dict[str, Any]

#: Rows of a page where none is given.
PAGE_ROWS = 500

_BATCH_KEYS = {
    "create": ("entity_type", "data", "return_fields"),
    "update": ("entity_type", "entity_id", "data", "multi_entity_update_modes"),
    "delete": ("entity_type", "entity_id"),
}
_REQUIRED = {"create": ("data",), "update": ("entity_id", "data"), "delete": ("entity_id",)}


class Shotgun:
    """The connection to the site, signed in as the script user that the operator chose for this plugin.

    It works while the host is inside `register`, where it only reads, and inside a callback. Writes carry the event's
    `session_uuid`, so that the page of the user behind the event refreshes."""

    def find(
        self,
        entity_type: str,
        filters: Filters,
        fields: Sequence[str] | None = None,
        order: Sequence[dict[str, str]] | None = None,
        filter_operator: str | None = None,
        limit: int = 0,
        retired_only: bool = False,
        page: int = 0,
        include_archived_projects: bool = True,
        additional_filter_presets: Sequence[dict[str, Any]] | None = None,
    ) -> list[Row]:
        """Reads entities, all of them unless there is a `limit`."""
        if not isinstance(limit, int) or limit < 0:
            raise ValueError("limit parameter must be a positive integer")
        if not isinstance(page, int) or page < 0:
            raise ValueError("page parameter must be a positive integer")
        if additional_filter_presets:
            return self._find_with_presets(locals())
        query = wire.Query(
            entity_type=entity_type,
            filters=dumps(wire_filters.grouped(filters, filter_operator)),
            fields=_names(fields),
            order=[_sort(sort) for sort in order or ()],
            limit=limit or (PAGE_ROWS if page else None),
            page=page or None,
            retired_only=bool(retired_only),
            include_archived_projects=include_archived_projects is not False,
        )
        return loads(ask(wire.find, query))

    def find_one(
        self,
        entity_type: str,
        filters: Filters,
        fields: Sequence[str] | None = None,
        order: Sequence[dict[str, str]] | None = None,
        filter_operator: str | None = None,
        retired_only: bool = False,
        include_archived_projects: bool = True,
        additional_filter_presets: Sequence[dict[str, Any]] | None = None,
    ) -> Row | None:
        """Reads the first entity that `find` would, if there is one."""
        rows = self.find(
            entity_type,
            filters,
            fields,
            order,
            filter_operator,
            1,
            retired_only,
            include_archived_projects=include_archived_projects,
            additional_filter_presets=additional_filter_presets,
        )
        return rows[0] if rows else None

    def summarize(
        self,
        entity_type: str,
        filters: Filters,
        summary_fields: Sequence[dict[str, str]],
        filter_operator: str | None = None,
        grouping: Sequence[dict[str, str]] | None = None,
        include_archived_projects: bool = True,
    ) -> dict[str, Any]:
        """Counts and sums: `{"summaries": {...}, "groups": [...]}`."""
        if grouping is not None and not isinstance(grouping, list):
            raise ValueError("summarize() 'grouping' parameter must be a list or None")
        if include_archived_projects is False:
            params = {
                "type": entity_type,
                "summaries": summary_fields,
                "filters": wire_filters.translated(filters, filter_operator),
                "include_archived_projects": False,
            }
            return self.call("summarize", params if grouping is None else {**params, "grouping": grouping})
        asked = dumps(wire_filters.grouped(filters, filter_operator))
        grouped = None if grouping is None else dumps(grouping)
        return loads(ask(wire.summarize, entity_type, asked, dumps(summary_fields), grouped))

    def create(self, entity_type: str, data: dict[str, Any], return_fields: Sequence[str] | None = None) -> Row:
        """Creates an entity; answers it with the fields that were set and `return_fields`."""
        return loads(ask(wire.create, entity_type, dumps(data), _names(return_fields)))

    def update(
        self,
        entity_type: str,
        entity_id: int,
        data: dict[str, Any],
        multi_entity_update_modes: dict[str, str] | None = None,
    ) -> Row:
        """Sets fields; answers the entity with the fields that were set."""
        modes = dumps(multi_entity_update_modes) if multi_entity_update_modes else None
        return loads(ask(wire.update, entity_type, _number(entity_id), dumps(data), modes))

    def delete(self, entity_type: str, entity_id: int) -> bool:
        """Moves to the trash. False if it is there already."""
        return ask(wire.delete, entity_type, _number(entity_id))

    def revive(self, entity_type: str, entity_id: int) -> bool:
        """Takes out of the trash. False if it was not there."""
        return ask(wire.revive, entity_type, _number(entity_id))

    def batch(self, requests: list[dict[str, Any]]) -> list[Any]:
        """Makes several writes, all or none; their answers in the same order. An empty batch is not sent."""
        if not isinstance(requests, list):
            raise Error(f"batch() expects a list.  Instead was sent a {type(requests)}")
        if not requests:
            return []
        return loads(ask(wire.batch, dumps([_batch_request(request) for request in requests])))

    def schema_entity_read(self, project_entity: Entity | None = None) -> dict[str, Any]:
        """The entity types that are in use, with their display names."""
        return self._schema(None, None, project_entity)

    def schema_read(self, project_entity: Entity | None = None) -> dict[str, Any]:
        """The fields of all entity types."""
        return self.call("schema_read", {"project": project_entity} if project_entity else None)

    def schema_field_read(
        self, entity_type: str, field_name: str | None = None, project_entity: Entity | None = None
    ) -> dict[str, Any]:
        """The fields of a type, or one of them. A field that is not there is a fault of the site."""
        return self._schema(entity_type, field_name or None, project_entity)

    def upload_content(
        self, entity_type: str, entity_id: int, file_name: str, content: bytes, field_name: str | None = None
    ) -> int:
        """Uploads a file to a field (`image` for the thumbnail), or to the entity as a whole; the id of the Attachment."""
        entity = types.EntityRef(entity_type, _number(entity_id), None)
        return ask(wire.upload, entity, field_name, file_name, bytes(content))

    def download_attachment(self, attachment: dict[str, Any] | int) -> bytes:
        """Downloads the file behind the value of a url field, as `find` returned it, or behind an Attachment, by its id."""
        link = {"type": "Attachment", "id": attachment} if isinstance(attachment, int) else attachment
        return ask(wire.download, dumps(link))

    def call(self, method: str, params: Any = None) -> Any:
        """Calls any other method of the site's API by its wire name: `followers`, `note_thread_contents`. Counts as a write,
        unless the host knows that it reads."""
        return loads(ask(wire.call, method, dumps(params)))

    def _schema(self, entity_type: str | None, field: str | None, project: Entity | None) -> dict[str, Any]:
        link = types.EntityRef(project["type"], project["id"], None) if project else None
        return loads(ask(wire.schema_read, entity_type, field, link))

    def _find_with_presets(self, given: dict[str, Any]) -> list[Row]:
        """Presets are no part of the contract; the method itself takes them, a page at a time."""
        page, limit = given["page"] or 1, given["limit"]
        rows: list[Row] = []
        while True:
            params = {
                "type": given["entity_type"],
                "return_fields": _names(given["fields"]) or ["id"],
                "filters": wire_filters.translated(given["filters"], given["filter_operator"]),
                "return_only": "retired" if given["retired_only"] else "active",
                "paging": {"entities_per_page": min(limit or PAGE_ROWS, PAGE_ROWS), "current_page": page},
                "additional_filter_presets": given["additional_filter_presets"],
                "return_paging_info": False,
                "api_return_image_urls": True,
            }
            if given["include_archived_projects"] is False:
                params["include_archived_projects"] = False
            if given["order"]:
                sorts = [_sort(sort) for sort in given["order"]]
                params["sorts"] = [
                    {"field_name": sort.field, "direction": "desc" if sort.descending else "asc"} for sort in sorts
                ]
            found = self.call("read", params).get("entities", [])
            rows += found
            if given["page"] or len(found) < params["paging"]["entities_per_page"]:
                return rows
            if limit and len(rows) >= limit:
                return rows[:limit]
            page += 1


def _names(fields: Sequence[str] | None) -> list[str]:
    return [fields] if isinstance(fields, str) else list(fields or ())


def _number(entity_id: Any) -> int:
    """The id as a number. The site takes a text of digits as well, and so do plugins that were written for it."""
    return int(entity_id)


def _sort(sort: dict[str, str]) -> wire.Sort:
    """`column` is what `field_name` was once called."""
    field = sort["column"] if "column" in sort else sort["field_name"]
    return wire.Sort(field, sort.get("direction", "asc") == "desc")


def _batch_request(request: dict[str, Any]) -> dict[str, Any]:
    """A request with the keys that its kind has; others are left out, as the site's own client does."""
    missing = [key for key in ("request_type", "entity_type") if key not in request]
    kind = request.get("request_type")
    if not missing:
        if kind not in _BATCH_KEYS:
            raise Error(f"Invalid request_type '{kind}' for batch")
        missing = [key for key in _REQUIRED[kind] if key not in request]
    if missing:
        raise Error(f"Batched {kind or ''} request missing required key: {', '.join(missing)}.")
    return {"request_type": kind, **{key: request[key] for key in _BATCH_KEYS[kind] if request.get(key) is not None}}
