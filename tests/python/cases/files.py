"""Files: uploaded to a record or a field of it, thumbnails, direct uploads, downloads, and paths on local storages."""

import contextlib
import datetime
import os
import shutil
import tempfile
import urllib.error
import urllib.parse
import urllib.request

import shotgun_api3
from shotgun_api3.shotgun import ShotgunFileDownloadError, ShotgunThumbnailNotReady

from .permissions import limited
from .sessions import settings
from .stage import case, contains, equal, fault, ids

PENDING = "/images/status/transient/thumbnail_pending.png"
# More than a socket, a buffer or a chunk takes at once, and no multiple of any.
BYTES = bytes(range(256)) * 3001 + b"end"


@contextlib.contextmanager
def file(name, content=BYTES):
    """A file on the disk of this name."""
    folder = tempfile.mkdtemp()
    try:
        path = os.path.join(folder, name)
        with open(path, "wb") as written:
            written.write(content)
        yield path
    finally:
        shutil.rmtree(folder)


def upload(stage, entity, name="sh010_v001.mov", content=BYTES, **options):
    """Uploads to a record and returns the number of the Attachment."""
    with file(name, content) as path:
        return (options.pop("sg", None) or stage.sg).upload(entity["type"], entity["id"], path, **options)


def thumbnail(stage, entity, content=b"\x89PNG picture", **options):
    with file("thumb.png", content) as path:
        return (options.pop("sg", None) or stage.sg).upload_thumbnail(entity["type"], entity["id"], path, **options)


def version(stage, **fields):
    return stage.sg.create("Version", dict({"project": stage.project, "code": stage.name("version")}, **fields))


def fetch(url):
    """Status and bytes, or the text of a refusal."""
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def image_of(stage, entity, field="image"):
    return stage.sg.find_one(entity["type"], [["id", "is", entity["id"]]], [field])[field]


@case
def a_file_in_a_field_comes_back_as_it_went(stage):
    made = version(stage)
    attachment = upload(stage, made, field_name="sg_uploaded_movie", display_name="Latest")
    movie = stage.sg.find_one("Version", [["id", "is", made["id"]]], ["sg_uploaded_movie"])["sg_uploaded_movie"]
    equal({key: movie[key] for key in movie if key != "url"},
          {"type": "Attachment", "id": attachment, "name": "Latest", "link_type": "upload", "content_type": "video/quicktime"})
    equal(stage.sg.download_attachment(movie), BYTES)
    equal(stage.sg.download_attachment(attachment), BYTES)
    equal(stage.sg.download_attachment({"type": "Attachment", "id": attachment}), BYTES)


@case
def a_download_can_go_to_a_file(stage):
    attachment = upload(stage, version(stage), field_name="sg_uploaded_movie")
    with file("before.mov", b"before") as path:
        equal(stage.sg.download_attachment(attachment, file_path=path), path)
        with open(path, "rb") as read:
            equal(read.read(), BYTES)


@case
def a_download_has_an_address(stage):
    attachment = upload(stage, version(stage))
    equal(stage.sg.get_attachment_download_url(attachment), "{}/file_serve/attachment/{}".format(stage.url, attachment))
    equal(stage.sg.get_attachment_download_url({"type": "Attachment", "id": attachment, "url": "http://other"}), "http://other")
    assert stage.sg.get_auth_cookie_handler() is not None
    equal(fetch(stage.sg.get_attachment_download_url(attachment)), (200, BYTES))


@case
def an_attachment_knows_its_file(stage):
    shot = stage.shot()
    attachment = upload(stage, shot, "plate é.v2.exr", b"twelve bytes", display_name="Plate", tag_list="plate, final")
    fields = ["this_file", "this_file_name", "display_name", "filename", "file_extension", "file_size", "attachment_links",
              "tag_list", "created_by", "created_at", "project"]
    seen = stage.sg.find_one("Attachment", [["id", "is", attachment]], fields)
    equal((seen["this_file_name"], seen["filename"], seen["file_extension"]), ("plate é.v2.exr", "plate é.v2.exr", "exr"))
    equal((seen["display_name"], seen["file_size"], seen["tag_list"]), ("Plate", 12, ["plate", "final"]))
    equal(seen["attachment_links"], [{"type": "Shot", "id": shot["id"], "name": shot["code"]}])
    equal((seen["project"]["id"], seen["created_by"]["type"]), (stage.project["id"], "ApiUser"))
    equal((seen["this_file"]["id"], seen["this_file"]["link_type"]), (attachment, "upload"))
    equal(stage.sg.download_attachment(seen["this_file"]), b"twelve bytes")


@case
def a_file_without_a_field_is_linked(stage):
    note = stage.sg.create("Note", {"project": stage.project, "subject": stage.name("files")})
    attachment = upload(stage, note, "sketch.jpg")
    seen = stage.sg.find_one("Note", [["id", "is", note["id"]]], ["attachments"])["attachments"]
    equal(seen, [{"type": "Attachment", "id": attachment, "name": "sketch.jpg"}])
    contains([row["type"] for row in stage.sg.note_thread_read(note["id"])], "Attachment")


@case
def a_file_in_a_list_of_files_is_there_once(stage):
    note = stage.sg.create("Note", {"project": stage.project, "subject": stage.name("files")})
    attachments = [upload(stage, note, "sketch.jpg", field_name="attachments") for _ in range(2)]
    seen = stage.sg.find_one("Note", [["id", "is", note["id"]]], ["attachments"])["attachments"]
    equal(sorted(ids(seen)), attachments)


@case
def an_upload_is_in_the_event_log(stage):
    made = version(stage)
    before = stage.newest_event()
    attachment = upload(stage, made, field_name="sg_uploaded_movie")
    events = stage.events_after(before)
    new = [event for event in events if event["event_type"] == "Shotgun_Attachment_New"]
    equal([event["entity"]["id"] for event in new], [attachment])
    of_file = {event["attribute_name"] for event in events if event["event_type"] == "Shotgun_Attachment_Change"}
    assert {"this_file", "display_name", "attachment_links", "project"} <= of_file, of_file
    changes = [event for event in events if event["attribute_name"] == "sg_uploaded_movie"]
    equal([(event["event_type"], event["entity"]["id"]) for event in changes], [("Shotgun_Version_Change", made["id"])])
    meta = changes[0]["meta"]
    equal((meta["field_data_type"], meta["old_value"], meta["new_value"]["id"]), ("url", None, attachment))


@case
def a_file_can_be_from_before(stage):
    if "created_at" not in shotgun_api3.Shotgun.upload.__code__.co_varnames:
        return
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    attachment = upload(stage, stage.shot(), created_at=moment)
    equal(stage.sg.find_one("Attachment", [["id", "is", attachment]], ["created_at"])["created_at"], moment)


@case
def people_and_sessions_upload(stage):
    shot = stage.shot()
    person = stage.as_human()
    for sg in (person, shotgun_api3.Shotgun(stage.url, session_token=person.get_session_token()),
               stage.as_script(sudo_as_login=stage.login)):
        attachment = upload(stage, shot, sg=sg)
        seen = stage.sg.find_one("Attachment", [["id", "is", attachment]], ["created_by"])
        equal(seen["created_by"]["type"], "HumanUser")


@case
def a_stranger_uploads_nothing(stage):
    shot, count = stage.shot(), len(stage.sg.find("Attachment", []))
    stranger = shotgun_api3.Shotgun(stage.url, "judge", "wrong", connect=False)
    with fault("Can't authenticate script 'judge'", shotgun_api3.ShotgunError):
        upload(stage, shot, sg=stranger)
    equal(len(stage.sg.find("Attachment", [])), count)


@case
def a_role_decides_about_files(stage):
    made = version(stage)
    reader = limited(stage, "read_only")
    with fault("The field is not editable for this user: [Version.sg_uploaded_movie]", shotgun_api3.ShotgunError):
        upload(stage, made, field_name="sg_uploaded_movie", sg=reader)
    with fault("Entity of type Attachment cannot be created by this user", shotgun_api3.ShotgunError):
        upload(stage, made, sg=reader)
    with fault("The field is not editable for this user: [Version.image]", shotgun_api3.ShotgunError):
        thumbnail(stage, made, sg=reader)


@case
def a_file_goes_to_a_record_and_a_field_that_are_there(stage):
    shot = stage.shot()
    with fault("API upload_file() Shot.sg_nope doesn't exist.", shotgun_api3.ShotgunError):
        upload(stage, shot, field_name="sg_nope")
    with fault("Shot.code is of the data type 'text'", shotgun_api3.ShotgunError):
        upload(stage, shot, field_name="code")
    stage.sg.delete("Shot", shot["id"])
    with fault("Entity of type [Shot] with id={} does not exist".format(shot["id"]), shotgun_api3.ShotgunError):
        upload(stage, shot)


@case
def a_file_that_is_too_large_is_refused_with_the_limit(stage):
    shot = stage.shot()
    with settings(stage, upload_bytes_max=len(BYTES) - 1):
        with fault("the file is larger than {} bytes".format(len(BYTES) - 1), shotgun_api3.ShotgunError):
            upload(stage, shot)
        with settings(stage, upload_bytes_max=len(BYTES)):
            upload(stage, shot)


@case
def what_is_no_uploaded_file_cannot_be_downloaded(stage):
    made = version(stage)
    attachment = upload(stage, made, field_name="sg_uploaded_movie")
    stage.sg.delete("Attachment", attachment)
    equal(stage.sg.find_one("Version", [["id", "is", made["id"]]], ["sg_uploaded_movie"])["sg_uploaded_movie"], None)
    for gone in (attachment, 10 ** 9):
        with fault("Attachment may not exist or is a local file?", ShotgunFileDownloadError):
            stage.sg.download_attachment(gone)
    stage.sg.revive("Attachment", attachment)
    equal(stage.sg.download_attachment(attachment), BYTES)


@case
def a_file_is_not_a_page_of_the_site(stage):
    attachment = upload(stage, stage.shot(), "page.html", b"<script>alert(1)</script>")
    with urllib.request.urlopen(stage.sg.get_attachment_download_url(attachment)) as answer:
        equal(answer.headers["Content-Disposition"], "attachment; filename*=UTF-8''page.html")
        equal((answer.headers["Content-Security-Policy"], answer.headers["X-Content-Type-Options"]), ("sandbox", "nosniff"))


@case
def uploads_are_counted_and_fail_when_told(stage):
    shot = stage.shot()
    stage.control("faults", {"clear": True, "rules": [
        {"method": "upload_file", "count": 1, "fault": {"kind": "refuse-key"}},
        {"method": "file_serve", "count": 1, "fault": {"kind": "status", "status": 403}}]})
    try:
        with fault("Can't authenticate script", shotgun_api3.ShotgunError):
            upload(stage, shot)
        attachment = upload(stage, shot)
        with fault("403", ShotgunFileDownloadError):
            stage.sg.download_attachment(attachment)
        equal(stage.sg.download_attachment(attachment), BYTES)
    finally:
        stage.control("faults", {"clear": True})
    counted = stage.control("counters", {})["methods"]
    assert counted["upload_file"]["faults"] >= 1 and counted["file_serve"]["count"] >= 2, counted


@case
def a_thumbnail_is_told_of_twice(stage):
    made = version(stage)
    with settings(stage, thumbnail_seconds=0):
        before = stage.newest_event()
        attachment = thumbnail(stage, made)
        events = stage.events_after(before)
    equal([(event["event_type"], event["attribute_name"]) for event in events], [("Shotgun_Version_Change", "image")] * 2)
    wanted = ("field_data_type", "old_value", "new_value", "is_transient")
    equal([tuple(event["meta"][key] for key in wanted) for event in events],
          [("image", None, attachment, True), ("image", None, attachment, False)])


@case
def a_thumbnail_is_a_placeholder_at_first(stage):
    made, picture = version(stage), b"\x89PNG the picture itself"
    with settings(stage, thumbnail_seconds=3600):
        first = thumbnail(stage, made)
        equal(image_of(stage, made), stage.url + PENDING)
        status, placeholder = fetch(image_of(stage, made))
        equal((status, placeholder[:4]), (200, b"\x89PNG"))
    with settings(stage, thumbnail_seconds=0):
        before = stage.newest_event()
        second = thumbnail(stage, made, picture)
        shown = image_of(stage, made)
        assert not shown.endswith(PENDING), shown
        equal(fetch(shown), (200, picture))
        equal([event["meta"]["old_value"] for event in stage.events_after(before)], [first, None])
    deep = stage.sg.find_one("Version", [["id", "is", made["id"]], ["image", "is_not", None]], ["project.Project.image"])
    equal(deep["project.Project.image"], None)
    assert second > first


@case
def a_filmstrip_is_a_field_of_its_own(stage):
    made = version(stage)
    with settings(stage, thumbnail_seconds=0), file("strip.png", b"strip") as path:
        thumbnail(stage, made)
        stage.sg.upload_filmstrip_thumbnail("Version", made["id"], path)
        equal(fetch(image_of(stage, made, "filmstrip_image")), (200, b"strip"))
        assert image_of(stage, made) != image_of(stage, made, "filmstrip_image")


@case
def a_thumbnail_is_cleared_with_its_filmstrip(stage):
    made = version(stage)
    with file("strip.png", b"strip") as path:
        thumbnail(stage, made)
        stage.sg.upload_filmstrip_thumbnail("Version", made["id"], path)
    equal(stage.sg.update("Version", made["id"], {"image": None}), {"type": "Version", "id": made["id"], "image": None})
    equal((image_of(stage, made), image_of(stage, made, "filmstrip_image")), (None, None))


@case
def a_record_is_made_and_changed_with_a_picture(stage):
    with settings(stage, thumbnail_seconds=0), file("thumb.jpg", b"one") as one, file("other.jpg", b"two") as two:
        made = version(stage, image=one, filmstrip_image=two)
        equal((fetch(made["image"]), fetch(made["filmstrip_image"])), ((200, b"one"), (200, b"two")))
        changed = stage.sg.update("Version", made["id"], {"description": "new", "image": two})
        equal((changed["description"], fetch(changed["image"])), ("new", (200, b"two")))


@case
def a_thumbnail_is_shared(stage):
    source, targets = version(stage), [version(stage), stage.shot(), stage.asset()]
    with settings(stage, thumbnail_seconds=0):
        attachment = thumbnail(stage, source)
        before = stage.newest_event()
        equal(stage.sg.share_thumbnail(targets, source_entity=source), attachment)
        equal([image_of(stage, target) for target in targets], [image_of(stage, source)] * 3)
        events = stage.events_after(before, None, ["attribute_name", "is", "image"])
        equal([event["entity"]["type"] for event in events], ["Version", "Shot", "Asset"])


@case
def a_thumbnail_is_uploaded_and_shared(stage):
    with settings(stage, thumbnail_seconds=0), file("thumb.png", b"shared") as path:
        targets = [version(stage), version(stage)]
        attachment = stage.sg.share_thumbnail(list(targets), thumbnail_path=path)
        equal([fetch(image_of(stage, target)) for target in targets], [(200, b"shared")] * 2)
        assert attachment in ids(stage.sg.find("Attachment", [["this_file_name", "is", "thumb.png"]]))


@case
def a_thumbnail_is_shared_when_it_is_ready(stage):
    source, target = version(stage), version(stage)
    with settings(stage, thumbnail_seconds=3600):
        thumbnail(stage, source)
        with fault("is still being made", ShotgunThumbnailNotReady):
            stage.sg.share_thumbnail([target], source_entity=source)
    with fault("does not exist", shotgun_api3.ShotgunError):
        stage.sg.share_thumbnail([target], source_entity={"type": "Shot", "id": 10 ** 9})


@case
def no_thumbnail_is_shared_too(stage):
    source, target = version(stage), version(stage)
    with settings(stage, thumbnail_seconds=0):
        thumbnail(stage, target)
        equal(stage.sg.share_thumbnail([target], source_entity=source), None)
        equal(image_of(stage, target), None)


@case
def old_clients_ask_where_a_thumbnail_is(stage):
    made = version(stage)
    address = "{}/upload/get_thumbnail_url?entity_type=Version&entity_id={}".format(stage.url, made["id"])
    equal(fetch(address)[1].splitlines()[0], b"0")
    with settings(stage, thumbnail_seconds=0):
        thumbnail(stage, made, b"picture")
        image_of(stage, made)
        code, path = fetch(address)[1].decode().splitlines()
    equal((code, fetch(stage.url + path)), ("1", (200, b"picture")))


def directly(stage, **types):
    """A connection whose uploads go to the storage, for these types and fields, during the block."""
    @contextlib.contextmanager
    def block():
        with settings(stage, s3_direct_uploads_enabled=True, s3_enabled_upload_types=types or {"*": "*"}, thumbnail_seconds=0):
            yield stage.as_script()

    return block()


def counts(stage):
    return {method: figures["count"] for method, figures in stage.control("counters", {})["methods"].items()}


def form(stage, path, **fields):
    """Posts a form as the script, and returns the lines of the answer."""
    fields = dict({"script_name": stage.script, "script_key": stage.key}, **fields)
    request = urllib.request.Request(stage.url + path, urllib.parse.urlencode(fields).encode())
    with urllib.request.urlopen(request) as answer:
        return answer.read().decode().split("\n")


def put(address, content):
    request = urllib.request.Request(address, content, {"Content-Type": "image/png"}, method="PUT")
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers["ETag"]
    except urllib.error.HTTPError as error:
        return error.code, None


@case
def a_file_goes_directly_to_the_storage(stage):
    made, before = version(stage), counts(stage)
    with directly(stage) as sg:
        attachment = upload(stage, made, sg=sg, field_name="sg_uploaded_movie", display_name="Latest")
    after = counts(stage)
    equal(after.get("upload_file"), before.get("upload_file"))
    equal(after["storage"], before.get("storage", 0) + 1)
    movie = stage.sg.find_one("Version", [["id", "is", made["id"]]], ["sg_uploaded_movie"])["sg_uploaded_movie"]
    equal((movie["id"], movie["name"], movie["content_type"]), (attachment, "Latest", "video/quicktime"))
    equal(stage.sg.download_attachment(movie), BYTES)


@case
def a_thumbnail_goes_directly_to_the_storage(stage):
    made = version(stage)
    with directly(stage) as sg:
        attachment = thumbnail(stage, made, b"direct", sg=sg)
        equal(fetch(image_of(stage, made)), (200, b"direct"))
        with file("strip.png", b"strip") as path:
            assert sg.upload_filmstrip_thumbnail("Version", made["id"], path) > attachment
        equal(fetch(image_of(stage, made, "filmstrip_image")), (200, b"strip"))


@case
def a_large_file_goes_in_parts(stage):
    made, before = version(stage), counts(stage).get("storage", 0)
    content = os.urandom(1 << 20) * 20 + BYTES
    with directly(stage) as sg:
        attachment = upload(stage, made, "large.mov", content, sg=sg, field_name="sg_uploaded_movie")
    equal(counts(stage)["storage"], before + 2)
    equal(stage.sg.find_one("Attachment", [["id", "is", attachment]], ["file_size"])["file_size"], len(content))
    assert stage.sg.download_attachment(attachment) == content, "the bytes are others"


@case
def the_site_says_which_files_go_directly(stage):
    made, shot = version(stage), stage.shot()
    with directly(stage, Version=["sg_uploaded_movie"]) as sg:
        before = counts(stage)
        upload(stage, made, sg=sg, field_name="sg_uploaded_movie")
        upload(stage, shot, sg=sg, field_name="sg_reference")
        after = counts(stage)
    equal([after[method] - before.get(method, 0) for method in ("api_link_file", "upload_file")], [1, 1])


@case
def an_upload_is_linked_as_often_as_it_is_asked_for(stage):
    shot = stage.shot()
    lines = form(stage, "/upload/api_get_upload_link_info", upload_type="Attachment", filename="a.png", multipart_upload="False")
    equal((lines[0], lines[3]), ("1", "Attachment"))
    info = "\n".join(lines)
    link = dict(entity_type="Shot", entity_id=shot["id"], upload_link_info=info)
    equal(form(stage, "/upload/api_link_file", **link)[0], "0")
    status, etag = put(lines[1], b"bytes")
    assert status == 200 and etag, (status, etag)
    made = [form(stage, "/upload/api_link_file", **link)[0] for _ in range(2)]
    equal([stage.sg.download_attachment(int(line.split(":")[1])) for line in made], [b"bytes"] * 2)


@case
def parts_are_one_file_when_all_are_named(stage):
    lines = form(stage, "/upload/api_get_upload_link_info", upload_type="Attachment", filename="a.bin", multipart_upload="True")
    upload = dict(upload_type="Attachment", filename="a.bin", timestamp=lines[2], upload_id=lines[4])
    links = [form(stage, "/upload/api_get_upload_link_for_part", part_number=number, **upload)[1] for number in (1, 2)]
    # In any order, and once more where an answer was lost.
    etags = [put(link, content)[1] for link, content in ((links[1], b"two"), (links[0], b"lost"), (links[0], b"one "))]
    complete = lambda *etags: form(stage, "/upload/api_complete_multipart_upload", etags=",".join(etags), **upload)[0]
    equal(complete(etags[0], etags[2]), "0")
    equal(complete(etags[2]), "0")
    equal(complete(etags[1], etags[0]), "0")
    equal([complete(etags[2], etags[0]), complete(etags[2], etags[0])], ["1", "1"])
    shot = stage.shot()
    linked = form(stage, "/upload/api_link_file", entity_type="Shot", entity_id=shot["id"], upload_link_info="\n".join(lines))
    equal(stage.sg.download_attachment(int(linked[0].split(":")[1])), b"one two")
    equal(put(links[0], b"too late"), (403, None))


@case
def the_storage_takes_only_what_was_announced(stage):
    equal(put(stage.url + "/upload/storage/" + "0" * 32 + "/0", b"x"), (403, None))
    stranger = form(stage, "/upload/api_get_upload_link_info", script_key="wrong", upload_type="Attachment", filename="a")
    equal(stranger[:2], ["0", "Can't authenticate script '{}'".format(stage.script)])
    equal(form(stage, "/upload/api_get_upload_link_info", upload_type="Other", filename="a")[0], "0")
    lines = form(stage, "/upload/api_get_upload_link_info", upload_type="Attachment", filename="a", multipart_upload="False")
    with settings(stage, upload_bytes_max=3):
        equal(put(lines[1], b"four"), (413, None))


def storage(stage):
    """A local storage at a root that no other case uses, and the root."""
    root = "/mnt/" + stage.name("storage")
    made = stage.sg.create("LocalStorage", {"code": stage.name("storage"), "linux_path": root, "mac_path": "/Volumes" + root,
                                            "windows_path": "P:" + root.replace("/", "\\")}, ["uuid"])
    assert made["uuid"], made
    return made, root


def published(stage, path):
    return stage.sg.create("PublishedFile", {"project": stage.project, "code": stage.name("published"), "path": path})


@case
def a_path_on_a_local_storage_is_known_on_every_system(stage):
    made, root = storage(stage)
    path = published(stage, {"local_path": root + "/sh010/scene.ma", "name": "Scene"})["path"]
    equal([path[key] for key in ("link_type", "name", "relative_path")], ["local", "Scene", "sh010/scene.ma"])
    equal(path["local_storage"], {"type": "LocalStorage", "id": made["id"], "name": made["code"]})
    equal([path["local_path_" + system] for system in ("linux", "mac", "windows")],
          [root + "/sh010/scene.ma", "/Volumes" + root + "/sh010/scene.ma", "P:" + (root + "/sh010/scene.ma").replace("/", "\\")])
    # What the client makes of it on the system that it runs on.
    equal(path["url"], "file://" + path["local_path"])
    with fault("Attachment may not exist or is a local file?", ShotgunFileDownloadError):
        stage.sg.download_attachment(path["id"])


@case
def a_path_is_given_by_its_storage_too(stage):
    made, root = storage(stage)
    entity = published(stage, {"local_storage": made, "relative_path": "sh010/scene.ma"})
    seen = stage.sg.find_one("PublishedFile", [["id", "is", entity["id"]]], ["path"])["path"]
    equal(seen["local_path_linux"], root + "/sh010/scene.ma")
    stage.sg.update("PublishedFile", entity["id"], {"path": {"local_path": root + "/sh020/scene.ma"}})
    again = stage.sg.find_one("PublishedFile", [["id", "is", entity["id"]]], ["path"])["path"]
    equal((again["relative_path"], again["id"] > seen["id"]), ("sh020/scene.ma", True))


@case
def a_path_outside_of_every_storage_is_refused(stage):
    refusal = "CRUD ERROR #6: Create failed for [Attachment]: Path /nowhere/scene.ma doesn't match any defined Local Storage."
    count = len(stage.sg.find("PublishedFile", []))
    with fault("API create() " + refusal):
        published(stage, {"local_path": "/nowhere/scene.ma"})
    with fault("API batch() request with index 0 failed."):
        stage.sg.batch([{"request_type": "create", "entity_type": "PublishedFile", "data":
                         {"project": stage.project, "code": "no", "path": {"local_path": "/nowhere/scene.ma"}}}])
    equal(len(stage.sg.find("PublishedFile", [])), count)


@case
def a_file_of_its_own_is_an_attachment(stage):
    made, root = storage(stage)
    shot = stage.shot()
    attachment = stage.sg.create("Attachment", {"this_file": {"local_path": root + "/notes.pdf"}, "project": stage.project,
                                                "attachment_links": [shot]})
    seen = stage.sg.find_one("Attachment", [["id", "is", attachment["id"]]], ["this_file", "this_file_name"])
    equal((seen["this_file"]["id"], seen["this_file_name"]), (attachment["id"], "notes.pdf"))
    equal(ids(stage.sg.find("Attachment", [["attachment_links", "is", shot]])), [attachment["id"]])


@case
def a_storage_that_moves_takes_its_files_along(stage):
    made, root = storage(stage)
    entity = published(stage, {"local_path": root + "/scene.ma"})
    stage.sg.update("LocalStorage", made["id"], {"linux_path": root + "_new"})
    seen = stage.sg.find_one("PublishedFile", [["id", "is", entity["id"]]], ["path"])["path"]
    equal(seen["local_path_linux"], root + "_new/scene.ma")


@case
def a_batch_takes_no_picture(stage):
    made = version(stage)
    change = {"request_type": "update", "entity_type": "Version", "entity_id": made["id"]}
    with file("thumb.png", b"picture") as path, fault("Version.image expected [NilClass] data type(s) but got String"):
        stage.sg.batch([dict(change, data={"image": path})])
    thumbnail(stage, made)
    stage.sg.batch([dict(change, data={"image": None})])
    equal(image_of(stage, made), None)
