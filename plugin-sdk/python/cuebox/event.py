"""One event of the site's log, typed."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import json
from typing import Any

from wit_world.imports import cuebox_plugin_types_0_1_0 as wire

from .errors import Error
from .values import Entity, revived

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


class Change(enum.Enum):
    """What kind of change an event tells of, where it is not the change of a field."""

    CREATED = "created"
    #: Moved to the trash ("deleted" in the site's pages).
    RETIRED = "retired"
    REVIVED = "revived"
    #: Not the life of an entity: a login, a page setting, an event type of the studio's own.
    OTHER = "other"


@dataclasses.dataclass(frozen=True)
class AttributeChange:
    """What happened to one field of one entity."""

    #: The field's internal name: `sg_status_list`.
    field: str
    #: The site's name for the field's type: `status_list`, `multi_entity`. None where the site leaves it out.
    data_type: str | None
    #: Before and after. Both are None for a multi-entity field, whose change is in `added` and `removed`.
    old: Any
    new: Any
    added: list[Entity]
    removed: list[Entity]
    #: The change is part of the creation of the entity: the event of the creation itself came, or comes, too.
    in_create: bool
    #: A thumbnail's placeholder. A second event follows when the real picture is there.
    is_transient: bool
    #: Set on the mirror image of a change: the id of the event on the other side of the link.
    mirror_of: int | None


@dataclasses.dataclass(frozen=True)
class Event:
    """One EventLogEntry of the site."""

    #: The site's number of the entry. Ids have gaps, and a lower id can appear after a higher one.
    id: int
    #: `Application_EntityType_Action`: `Shotgun_Task_Change`.
    event_type: str
    #: The field that changed; None for events that are not the change of a field.
    attribute_name: str | None
    #: The entity it happened to. Has no name once that entity is in the trash.
    entity: Entity | None
    project: Entity | None
    #: Who did it, as the site shows it.
    user: Entity | None
    #: The script user that acted in the name of `user`, where one did.
    sudo_actual_user: Entity | None
    #: The browser session behind the change.
    session_uuid: str | None
    #: When, by the site's clock. Not monotonic in `id`.
    created_at: datetime.datetime
    #: An `AttributeChange`, or which other kind of change.
    change: AttributeChange | Change
    #: The entry's `meta`, whole.
    meta: Any
    #: 1 for the first time this event is handed to this callback, then counting up.
    attempt: int
    #: The id had been missing for so long that the host had given it up; events with higher ids came earlier.
    late: bool
    #: The earlier events of this entity that come with this one, in the order of their arrival, for a callback with `coalesce`.
    earlier: list[Event] = dataclasses.field(default_factory=list)

    def all(self) -> list[Event]:
        """All events of this call, in the order of their arrival: the earlier ones, then this one."""
        return [*self.earlier, self]

    @property
    def attribute(self) -> AttributeChange | None:
        """The change of a field, where the event is one."""
        return self.change if isinstance(self.change, AttributeChange) else None

    @property
    def old_value(self) -> Any:
        """The field's value before; None as well where the event is not the change of a field."""
        return self.attribute and self.attribute.old

    @property
    def new_value(self) -> Any:
        """The field's value after; None as well where the event is not the change of a field."""
        return self.attribute and self.attribute.new

    @property
    def new_status(self) -> str | None:
        """The short code of the new status, where the event is the change of a status field to a status."""
        change = self.attribute
        if change is None:
            return None
        is_status = change.data_type == "status_list" if change.data_type else change.field == "sg_status_list"
        return change.new if is_status and isinstance(change.new, str) else None

    def required_entity(self) -> Entity:
        """The entity it happened to; an error that names the event where it has none."""
        return self._required(self.entity, "entity")

    def required_project(self) -> Entity:
        """The project of the entity; an error that names the event where it has none."""
        return self._required(self.project, "project")

    def _required(self, entity: Entity | None, what: str) -> Entity:
        if entity is None:
            raise Error(f"event {self.id} ({self.event_type}) has no {what}")
        return entity


def event(given: wire.Event) -> Event:
    """The host's event as the SDK's."""
    shared = {"entity": entity(given.entity), "project": entity(given.project), "attempt": given.attempt}
    earlier = [Event(**_own(one), **shared) for one in given.earlier]
    return Event(**_own(given), **shared, earlier=earlier)


def _own(given: wire.Event | wire.EarlierEvent) -> dict[str, Any]:
    """What each event of one call has for itself; what comes with a later event is of the same entity."""
    return {
        "id": given.id,
        "event_type": given.event_type,
        "attribute_name": given.attribute_name,
        "user": entity(given.user),
        "sudo_actual_user": entity(given.sudo_actual_user),
        "session_uuid": given.session_uuid,
        "created_at": _EPOCH + datetime.timedelta(milliseconds=given.created_at),
        "change": _change(given.change),
        "meta": revived(json.loads(given.meta)),
        "late": given.late,
    }


def entity(given: wire.EntityRef | None) -> Entity | None:
    """A link as the site's own client has it."""
    return None if given is None else {"type": given.entity_type, "id": given.id, "name": given.name}


def _change(given: wire.Change) -> AttributeChange | Change:
    if isinstance(given, wire.Change_Attribute):
        change = given.value
        return AttributeChange(
            field=change.field,
            data_type=change.data_type,
            old=_value(change.old),
            new=_value(change.new),
            added=[entity(one) for one in change.added],
            removed=[entity(one) for one in change.removed],
            in_create=change.in_create,
            is_transient=change.is_transient,
            mirror_of=change.mirror_of,
        )
    kinds = {
        wire.Change_Created: Change.CREATED,
        wire.Change_Retired: Change.RETIRED,
        wire.Change_Revived: Change.REVIVED,
    }
    return kinds.get(type(given), Change.OTHER)


def _value(given: wire.Value) -> Any:
    if isinstance(given, wire.Value_Null):
        return None
    if isinstance(given, wire.Value_Entity):
        return entity(given.value)
    if isinstance(given, wire.Value_Entities):
        return [entity(one) for one in given.value]
    if isinstance(given, wire.Value_Other):
        return revived(json.loads(given.value))
    return revived(given.value)
