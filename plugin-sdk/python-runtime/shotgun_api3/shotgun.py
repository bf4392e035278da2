"""`shotgun_api3.Shotgun` and its exceptions, over the SDK's connection."""

import datetime
import os
import types
import urllib.parse

import cuebox
from cuebox import filters as wire_filters

#: The client whose methods these are.
__version__ = "3.10.3"

ShotgunError = Error = cuebox.Error
Fault = cuebox.Fault
AuthenticationFault = cuebox.SignInFault
#: What the client raises where the site does not answer as a site does.
ProtocolError = ResponseError = cuebox.Unavailable


class ShotgunFileDownloadError(ShotgunError):
    """A file could not be downloaded."""


class ShotgunThumbnailNotReady(ShotgunError):
    """A thumbnail that was to be shared is still being made."""


class MissingTwoFactorAuthenticationFault(Fault):
    """Known here so that it can be caught: a script user has no second factor."""


class UserCredentialsNotAllowedForSSOAuthenticationFault(Fault):
    """Known here so that it can be caught: a script user signs in by its key."""


class UserCredentialsNotAllowedForOxygenAuthenticationFault(Fault):
    """Known here so that it can be caught: a script user signs in by its key."""


class SgTimezone:
    """The client's time zones. The sandbox's own zone is UTC."""

    def __init__(self):
        self.utc = self.local = datetime.timezone.utc

    @classmethod
    def UTC(cls):
        return datetime.timezone.utc

    @classmethod
    def LocalTimezone(cls):
        return datetime.timezone.utc


SG_TIMEZONE = SgTimezone()


class Shotgun(cuebox.Shotgun):
    """The granted connection, made as the client's is."""

    def __init__(
        self,
        base_url=None,
        script_name=None,
        api_key=None,
        convert_datetimes_to_utc=True,
        http_proxy=None,
        connect=True,
        ca_certs=None,
        login=None,
        password=None,
        sudo_as_login=None,
        session_token=None,
        auth_token=None,
    ):
        if sudo_as_login:
            raise ShotgunError("sudo_as_login: cuebox calls the site as the script user that its operator chose, and as nobody else")
        if not convert_datetimes_to_utc:
            raise ShotgunError("convert_datetimes_to_utc=False: cuebox hands out times with their zone, which is UTC")
        url = urllib.parse.urlsplit(base_url or "")
        self.base_url = base_url
        self.config = types.SimpleNamespace(
            server=url.netloc,
            scheme=url.scheme,
            script_name=script_name,
            convert_datetimes_to_utc=True,
            records_per_page=500,
            session_uuid=None,
        )
        self._server_caps = None

    # The connection itself.

    def connect(self):
        """The host is connected."""

    def close(self):
        """The host decides when a connection is closed."""

    def set_session_uuid(self, session_uuid):
        """The host puts the event's own on each write, as its operator configured it."""

    def add_user_agent(self, agent):
        """The host names itself."""

    def reset_user_agent(self):
        """The host names itself."""

    def info(self):
        return self.call("info")

    @property
    def server_info(self):
        return self.server_caps.server_info

    @property
    def server_caps(self):
        if self._server_caps is None:
            info = self.info()
            version = tuple(info.get("version") or ())
            self._server_caps = types.SimpleNamespace(
                server_info=info, host=self.config.server, version=version[:3], is_dev=version[3:4] == ("Dev",)
            )
        return self._server_caps

    # Files. A script reads none but those that came to it as bytes.

    def create(self, entity_type, data, return_fields=None):
        _no_pictures(data)
        return super().create(entity_type, data, return_fields)

    def update(self, entity_type, entity_id, data, multi_entity_update_modes=None):
        _no_pictures(data)
        if not data:
            return {"id": entity_id, "type": entity_type}
        return super().update(entity_type, entity_id, data, multi_entity_update_modes)

    def upload(
        self, entity_type, entity_id, path, field_name=None, display_name=None, tag_list=None, created_at=None
    ):
        if not os.path.isfile(path or ""):
            raise ShotgunError(f"Path must be a valid file, got '{path}'")
        with open(path, "rb") as file:
            content = file.read()
        name = display_name or os.path.basename(path)
        return self.upload_content(entity_type, entity_id, name, content, field_name)

    def upload_thumbnail(self, entity_type, entity_id, path, **kwargs):
        return self.upload(entity_type, entity_id, path, field_name="thumb_image", **kwargs)

    def upload_filmstrip_thumbnail(self, entity_type, entity_id, path, **kwargs):
        return self.upload(entity_type, entity_id, path, field_name="filmstrip_thumb_image", **kwargs)

    def download_attachment(self, attachment=False, file_path=None, attachment_id=None):
        if attachment is False:
            attachment = attachment_id
        if attachment is None:
            return None
        content = super().download_attachment(attachment)
        if not file_path:
            return content
        with open(file_path, "wb") as file:
            file.write(content)
        return file_path

    def get_attachment_download_url(self, attachment):
        if attachment is None:
            return None
        if isinstance(attachment, dict) and "url" in attachment:
            return attachment["url"]
        number = attachment["id"] if isinstance(attachment, dict) else attachment
        return f"{self.config.scheme}://{self.config.server}/file_serve/attachment/{number}"

    # Everything else, by its name on the wire.

    def work_schedule_read(self, start_date, end_date, project=None, user=None):
        asked = {"start_date": start_date, "end_date": end_date, "project": project, "user": user}
        return self.call("work_schedule_read", asked)

    def work_schedule_update(
        self, date, working, description=None, project=None, user=None, recalculate_field=None
    ):
        asked = {"date": date, "working": working, "description": description, "project": project, "user": user}
        return self.call("work_schedule_update", {**asked, "recalculate_field": recalculate_field})

    def export_page(self, page_id, format, layout_name=None):
        return self.call("export_page", {"format": format, "page_id": page_id, "layout_name": layout_name})

    def follow(self, user, entity):
        return self.call("follow", {"user": user, "entity": entity})

    def unfollow(self, user, entity):
        return self.call("unfollow", {"user": user, "entity": entity})

    def followers(self, entity):
        return self.call("followers", {"entity": entity})

    def following(self, user, project=None, entity_type=None):
        asked = {"user": user, "project": project, "entity_type": entity_type}
        return self.call("following", {key: value for key, value in asked.items() if value})

    def schema_field_create(self, entity_type, data_type, display_name, properties=None):
        properties = [{"property_name": "name", "value": display_name}, *_properties(properties)]
        return self.call(
            "schema_field_create", {"type": entity_type, "data_type": data_type, "properties": properties}
        )

    def schema_field_update(self, entity_type, field_name, properties, project_entity=None):
        asked = {"type": entity_type, "field_name": field_name, "properties": _properties(properties)}
        return self.call("schema_field_update", {**asked, "project": project_entity} if project_entity else asked)

    def schema_field_delete(self, entity_type, field_name):
        return self.call("schema_field_delete", {"type": entity_type, "field_name": field_name})

    def update_project_last_accessed(self, project, user=None):
        asked = {"project_id": project["id"]}
        self.call("update_project_last_accessed_by_current_user", {**asked, "user_id": user["id"]} if user else asked)

    def note_thread_read(self, note_id, entity_fields=None):
        return self.call("note_thread_contents", {"note_id": note_id, "entity_fields": entity_fields or {}})

    def text_search(self, text, entity_types, project_ids=None, limit=None):
        wanted = {kind: wire_filters.translated(filters, None) for kind, filters in entity_types.items()}
        asked = {"text": text, "entity_types": wanted, "project_ids": project_ids or [], "max_results": limit}
        return self.call("query_display_name_cache", asked)

    def activity_stream_read(self, entity_type, entity_id, entity_fields=None, min_id=None, max_id=None, limit=None):
        asked = {"type": entity_type, "id": entity_id, "max_id": max_id, "min_id": min_id, "limit": limit}
        return self.call("activity_stream", {**asked, "entity_fields": entity_fields or {}})

    def nav_expand(self, path, seed_entity_field=None, entity_fields=None):
        asked = {"path": path, "seed_entity_field": seed_entity_field, "entity_fields": entity_fields}
        return self.call("nav_expand", asked)

    def nav_search_string(self, root_path, search_string, seed_entity_field=None):
        return self._nav_search(root_path, seed_entity_field, {"search_string": search_string})

    def nav_search_entity(self, root_path, entity, seed_entity_field=None):
        return self._nav_search(root_path, seed_entity_field, {"entity": entity})

    def _nav_search(self, root_path, seed_entity_field, criteria):
        asked = {"root_path": root_path, "seed_entity_field": seed_entity_field, "search_criteria": criteria}
        return self.call("nav_search", asked)

    def preferences_read(self, prefs=None):
        return self.call("preferences_read", {"prefs": prefs or []})

    def user_subscriptions_read(self):
        return self.call("user_subscriptions_read")

    def user_subscriptions_create(self, users):
        answer = self.call("user_subscriptions_create", {"users": users})
        return isinstance(answer, dict) and answer.get("status") == "success"

    def get_session_token(self):
        return self.call("get_session_token")

    def authenticate_human_user(self, user_login, user_password, auth_token=None):
        raise ShotgunError("authenticate_human_user: cuebox signs in nobody but the script user that its operator chose")

    def share_thumbnail(self, entities, thumbnail_path=None, source_entity=None, filmstrip_thumbnail=False, **kwargs):
        raise ShotgunError("share_thumbnail: cuebox offers no way to share a thumbnail")


def _properties(properties):
    return [{"property_name": name, "value": value} for name, value in (properties or {}).items()]


def _no_pictures(data):
    """The client uploads the file at the path that is given as a picture. There are no files here, and half of a write is none."""
    for field in ("image", "filmstrip_image"):
        if data.get(field) is not None and not os.path.isfile(data[field]):
            raise ShotgunError(f"Path must be a valid file, got '{data[field]}'")
