"""Reference, "Working With Files"; cookbook, "Upload a Thumbnail for a Version" and "Details About Working With Files"."""

import pathlib
import tempfile
import time

import shotgun_api3

import given

# A picture of one pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000" "1f15c4890000000d49444154789c6360f8cfc0000000030001"
    "005ff5b3a40000000049454e44ae426082")

sg = given.connect()
project = given.project(sg)
shot = sg.create("Shot", {"project": project, "code": "100_010"})
version = sg.create("Version", {"project": project, "code": "100_010_anim_v1", "entity": shot})
folder = pathlib.Path(tempfile.mkdtemp())
movie, image = folder / "01.mlk-02b.mov", folder / "100_010_animv1.png"
movie.write_bytes(b"moving pictures" * 1000)
image.write_bytes(PIXEL)

uploaded = sg.upload("Version", version["id"], str(movie), field_name="sg_uploaded_movie", display_name="Latest QT")
assert isinstance(uploaded, int), uploaded
found = sg.find_one("Version", [["id", "is", version["id"]]], ["sg_uploaded_movie"])["sg_uploaded_movie"]
given.shows((found["link_type"], found["name"]), ("upload", "Latest QT"))
attachment = sg.find_one("Attachment", [["id", "is", uploaded]], ["filename", "file_size", "this_file"])
given.shows((attachment["filename"], attachment["file_size"]), (movie.name, len(movie.read_bytes())))

target = folder / "again.mov"
given.shows(sg.download_attachment(found, file_path=str(target)), str(target))
given.shows(target.read_bytes(), movie.read_bytes())
given.shows(sg.download_attachment(uploaded), movie.read_bytes())
given.shows(sg.download_attachment({"type": "Attachment", "id": uploaded}), movie.read_bytes())

thumbnail = sg.upload_thumbnail("Version", version["id"], str(image))
assert isinstance(thumbnail, int), thumbnail
assert sg.find_one("Version", [["id", "is", version["id"]]], ["image"])["image"].startswith("http")
filmstrip = sg.upload_filmstrip_thumbnail("Version", version["id"], str(image))
assert isinstance(filmstrip, int) and filmstrip != thumbnail, filmstrip

others = [sg.create("Version", {"project": project, "code": code, "entity": shot}) for code in ("v2", "v3")]
entities = [{"type": "Version", "id": other["id"]} for other in others]


def share(**source):
    """Shares a thumbnail, as often as the client says that it is not ready."""
    for _ in range(100):
        try:
            return sg.share_thumbnail(entities=entities, **source)
        except shotgun_api3.ShotgunThumbnailNotReady:
            time.sleep(0.1)
    raise AssertionError("the thumbnail is never ready")


assert isinstance(share(source_entity=given.dict_of(version)), int)
assert isinstance(share(thumbnail_path=str(image)), int)
for row in sg.find("Version", [["id", "in", [other["id"] for other in others]]], ["image"]):
    assert row["image"], row

page = {"url": "http://apple.com/itunes", "name": "Apple: iTunes"}
web = sg.create("Attachment", {"this_file": page, "project": {"type": "Project", "id": project["id"]}})
this_file = sg.find_one("Attachment", [["id", "is", web["id"]]], ["this_file"])["this_file"]
given.shows({key: this_file[key] for key in ("link_type", "name", "url")},
            {"link_type": "web", "name": "Apple: iTunes", "url": "http://apple.com/itunes"})
