"""Requests to other hosts, as far as the operator granted them (`http` under `[plugin.NAME.grant]`): inside callbacks, and GET and
HEAD inside `register`.

    from cuebox import http

    answer = http.post("https://hooks.example.com/services/x", json={"text": "sh010 is approved"})
    if not answer.ok:
        raise cuebox.Error(f"the chat answered {answer.status}")

A plugin that imports this module is made for the world `plugin-http`. A redirect is an answer like any other: who follows it makes a
new request, which is decided anew. Headers that the operator's line sets take the place of the plugin's. There is no timeout but the
call's own deadline.
"""

from __future__ import annotations

import dataclasses
import json as _json
from typing import Any, Mapping
from urllib.parse import urlsplit

from componentize_py_types import Err, Ok
from wit_world.imports import wasi_http_outgoing_handler_0_2_12 as handler
from wit_world.imports import wasi_http_types_0_2_12 as wire
from wit_world.imports import wasi_io_streams_0_2_12 as streams

from .errors import Denied, Error, Invalid, Limit, Unreachable

#: What a stream takes at once.
CHUNK_BYTES = 4096

#: What is asked for at once of an answer; a host gives what there is.
READ_BYTES = 64 << 10

_METHODS = {
    "GET": wire.Method_Get,
    "HEAD": wire.Method_Head,
    "POST": wire.Method_Post,
    "PUT": wire.Method_Put,
    "DELETE": wire.Method_Delete,
    "OPTIONS": wire.Method_Options,
    "PATCH": wire.Method_Patch,
}
_DENIED = (wire.ErrorCode_HttpRequestDenied, wire.ErrorCode_DestinationIpProhibited)
_LIMITS = (
    wire.ErrorCode_ConnectionLimitReached,
    wire.ErrorCode_HttpRequestBodySize,
    wire.ErrorCode_HttpResponseBodySize,
)


@dataclasses.dataclass(frozen=True)
class Response:
    """What another host answered, whole."""

    #: 200, 404, ...
    status: int
    #: By their names in lower case; the values of one name joined with commas.
    headers: dict[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def json(self) -> Any:
        """The body, read from JSON."""
        return _json.loads(self.body)


def get(url: str, headers: Mapping[str, str] | None = None) -> Response:
    """A GET request."""
    return request("GET", url, headers)


def post(
    url: str, body: bytes | str = b"", *, json: Any = None, headers: Mapping[str, str] | None = None
) -> Response:
    """A POST request, of these bytes or of a value in JSON."""
    return request("POST", url, headers, body, json=json)


def request(
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | str = b"",
    *,
    json: Any = None,
) -> Response:
    """Asks, and reads the whole answer, whatever its status.

    Raises `Denied` if it is not granted (the plugin's log has the line to write), `Unreachable` if there is no answer, `Limit` if a
    limit of the host was reached."""
    sent = dict(headers or {})
    if json is not None:
        sent.setdefault("content-type", "application/json")
        body = _json.dumps(json)
    address = urlsplit(url)
    # What comes after the host can hold a secret.
    about = f"{method} {address.scheme}://{address.netloc}"
    if address.scheme not in ("http", "https") or not address.netloc:
        raise Invalid(f"the address of a request begins with http:// or https:// and a host, not with `{address.scheme}:`")
    path = (address.path or "/") + (f"?{address.query}" if address.query else "")
    outgoing = _outgoing(about, method, address.scheme, address.netloc, path, sent)
    return _send(about, outgoing, body.encode() if isinstance(body, str) else bytes(body))


def _outgoing(
    about: str, method: str, scheme: str, authority: str, path: str, headers: dict[str, str]
) -> wire.OutgoingRequest:
    try:
        fields = wire.Fields.from_list([(name, value.encode()) for name, value in headers.items()])
    except Err as error:
        raise Invalid(f"{about}: a header cannot be sent: {_named(error.value)}") from None
    outgoing = wire.OutgoingRequest(fields)
    try:
        kind = _METHODS.get(method)
        outgoing.set_method(kind() if kind else wire.Method_Other(method))
        outgoing.set_scheme(wire.Scheme_Http() if scheme == "http" else wire.Scheme_Https())
        outgoing.set_authority(authority)
        outgoing.set_path_with_query(path)
    except Err:
        raise Invalid(f"{about}: the method or the address is malformed") from None
    return outgoing


def _send(about: str, outgoing: wire.OutgoingRequest, content: bytes) -> Response:
    body = outgoing.body()
    try:
        future = handler.handle(outgoing, None)
    except Err as error:
        raise _failed(about, error.value) from None
    with body.write() as stream:
        try:
            for start in range(0, len(content), CHUNK_BYTES):
                stream.blocking_write_and_flush(content[start : start + CHUNK_BYTES])
        except Err:
            # A host that has refused the request takes no body for it; what it says of the request tells why.
            pass
    try:
        wire.OutgoingBody.finish(body, None)
    except Err:
        pass
    with future, future.subscribe() as ready:
        ready.block()
        answer = future.get()
    if isinstance(answer, Ok) and isinstance(answer.value, Ok):
        with answer.value.value as incoming:
            return _response(about, incoming)
    raise _failed(about, answer.value.value)  # type: ignore[union-attr]


def _response(about: str, incoming: wire.IncomingResponse) -> Response:
    headers: dict[str, str] = {}
    with incoming.headers() as fields:
        for name, value in fields.entries():
            text = value.decode("utf-8", "replace")
            key = name.lower()
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
    content = bytearray()
    with incoming.consume() as body, body.stream() as stream:
        while True:
            try:
                content += stream.blocking_read(READ_BYTES)
            except Err as error:
                if isinstance(error.value, streams.StreamError_Closed):
                    break
                raise Unreachable(f"{about}: {error.value.value.to_debug_string()}") from None
    return Response(incoming.status(), headers, bytes(content))


def _failed(about: str, code: Any) -> Error:
    said = f"{about}: {_named(code)}"
    if isinstance(code, _DENIED):
        return Denied(f"{said}; the plugin's log has the line to write")
    return Limit(said) if isinstance(code, _LIMITS) else Unreachable(said)


def _named(case: Any) -> str:
    """The name of a case of the contract."""
    return type(case).__name__.partition("_")[2]
