"""The examples in one component, for `tests/it/examples.rs`: a setting says which of them it is."""

import announce
import button
import copy_field
import cuebox
import date_stamp
import frame_range
import log_events
import sequence_progress
import shared_state
import shot_handles
import task_status_to_shot
import version_note
import version_status_to_task

EXAMPLES = {
    module.__name__.replace("_", "-"): module
    for module in (
        announce,
        button,
        copy_field,
        date_stamp,
        frame_range,
        log_events,
        sequence_progress,
        shared_state,
        shot_handles,
        task_status_to_shot,
        version_note,
        version_status_to_task,
    )
}


def register(reg: cuebox.Registrar) -> None:
    EXAMPLES[cuebox.config.require("example")].register(reg)
