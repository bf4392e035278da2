"""Reference, `note_thread_read`."""

import given

sg = given.connect()
project = given.project(sg)
user = given.person(sg)
note = sg.create("Note", {"project": project, "subject": "Grading", "content": "More of everything, please.",
                          "created_by": given.dict_of(user), "addressings_to": [given.dict_of(user)]})
reply = sg.create("Reply", {"entity": given.dict_of(note), "content": "There is more now.", "user": given.dict_of(user)})
thread = sg.note_thread_read(note["id"])
given.shows([(one["type"], one["id"]) for one in thread], [("Note", note["id"]), ("Reply", reply["id"])])
given.shows((thread[0]["content"], thread[1]["content"]), ("More of everything, please.", "There is more now."))
given.shows((thread[0]["created_by"]["name"], thread[1]["user"]["name"]), (user["name"], user["name"]))
assert thread[0]["created_at"], thread
fields = {"Note": ["addressings_to", "playlist", "user"], "Reply": ["content"], "Attachment": ["this_file", "image"]}
thread = sg.note_thread_read(note["id"], fields)
given.shows([one["id"] for one in thread[0]["addressings_to"]], [user["id"]])
given.shows(thread[0]["playlist"], None)
