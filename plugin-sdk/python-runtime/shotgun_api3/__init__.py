"""The site's Python client as scripts know it, over the connection that the operator granted.

`Shotgun(...)` takes what the client takes. The address and the keys among it go nowhere: the host knows the site, and signs in as
the script user that the operator chose.
"""

from .shotgun import (
    SG_TIMEZONE,
    AuthenticationFault,
    Error,
    Fault,
    MissingTwoFactorAuthenticationFault,
    ProtocolError,
    ResponseError,
    Shotgun,
    ShotgunError,
    ShotgunFileDownloadError,
    ShotgunThumbnailNotReady,
    UserCredentialsNotAllowedForOxygenAuthenticationFault,
    UserCredentialsNotAllowedForSSOAuthenticationFault,
    __version__,
)

sg_timezone = SG_TIMEZONE
