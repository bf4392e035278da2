"""Makes a Note of what is written into a Version's description, so that it is found, and answered, where notes are."""

import cuebox


def register(reg: cuebox.Registrar) -> None:
    reg.callback(note).on("Shotgun_Version_Change", "description")


def note(sg: cuebox.Shotgun, event: cuebox.Event) -> cuebox.Outcome | None:
    text = (event.new_value or "").strip()
    if not text:
        return cuebox.skipped("the description is empty")
    version = event.required_entity()
    data = {
        "project": event.required_project(),
        "subject": f"About {version['name'] or 'a Version'}",
        "content": text,
        "note_links": [version],
    }
    sg.create("Note", data)
    cuebox.log.info("made a Note about %s", version["name"])
    return cuebox.DONE
