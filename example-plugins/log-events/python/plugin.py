"""Logs every event in one readable line."""

from typing import Any

import cuebox


def register(reg: cuebox.Registrar) -> None:
    """A line that cannot be written stops nothing."""
    reg.callback(log).on("*").on_error(cuebox.OnError.CONTINUE)


def log(sg: cuebox.Shotgun, event: cuebox.Event) -> None:
    who = (event.user or {}).get("name") or "somebody"
    place = (event.project or {}).get("name")
    cuebox.log.info("%d %s %s%s", event.id, who, happened(event), f", in {place}" if place else "")


def happened(event: cuebox.Event) -> str:
    """`changed sg_status_list of Task 5 Anim from wtg to ip`."""
    subject = shown(event.entity)
    change = event.attribute
    if change is None:
        if event.change is cuebox.Change.OTHER:
            return f"caused {event.event_type} on {subject}"
        return f"{event.change.value} {subject}"
    parts = [f"changed {change.field} of {subject}"]
    if change.added:
        parts.append(f"adding {shown(change.added)}")
    if change.removed:
        parts.append(f"removing {shown(change.removed)}")
    if len(parts) == 1:
        return f"{parts[0]} from {shown(change.old)} to {shown(change.new)}"
    return ", ".join(parts)


def shown(value: Any) -> str:
    if isinstance(value, dict) and "type" in value:
        return f"{value['type']} {value['id']} {value.get('name') or ''}".rstrip()
    if isinstance(value, list):
        return ", ".join(shown(one) for one in value)
    return "nothing" if value is None else str(value)
