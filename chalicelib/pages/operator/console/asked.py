"""What a browser asks of the operator's pages, read once: who is there, which form was sent, in which language.

Forms come as application/x-www-form-urlencoded. A session is a cookie; a key is taken from a form's body only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from chalicelib.foundation.locales import language_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from chalicelib.bookings.access.sessions import Session

COOKIE = "hub_session"
FORM_FIELDS_MAX = 300  # of one form


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. Header names are in lower case; `base_url` is the hub's address without a slash at the end."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    now: datetime
    session: Session | None = None
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """What stands before every path of the hub: "" or, behind a stage of API Gateway, its name."""
        return urlsplit(self.base_url).path.rstrip("/")

    @property
    def language(self) -> str:
        """The first language of the browser that the hub speaks."""
        return language_of(self.headers.get("accept-language"))

    @property
    def is_secure(self) -> bool:
        """Whether the cookie may be kept from plain HTTP."""
        return self.base_url.startswith("https://")

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether another site's page sent it. Browsers that do not say so are told by `Origin`."""
        site, origin = self.headers.get("sec-fetch-site"), self.headers.get("origin", "null")
        if site is not None:
            return site not in {"same-origin", "none"}
        return origin != "null" and urlsplit(origin).netloc.lower() != self.headers.get("host", "").lower()

    @property
    def address(self) -> str:
        """Where this page is, without what it was to say."""
        query = urlencode({name: value for name, value in self.query.items() if name not in {"done", "trouble"}})
        return f"{self.base}{self.path}{'?' if query else ''}{query}"

    @property
    def back(self) -> str:
        """Where a form says that it stands; only ever an address of this hub."""
        back = self.form.get("back", "")
        is_ours = back.startswith(("/operator", "/setup")) and "//" not in back and "\\" not in back
        return f"{self.base}{quote(back, safe='/?=&%-_.~+')}" if is_ours else f"{self.base}/operator"

    @property
    def cookie(self) -> str:
        """The session's cookie, "" where there is none."""
        return cookie_of(self.headers.get("cookie", ""))


def cookie_of(header: str) -> str:
    """The session's cookie in a Cookie header, "" where there is none."""
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def read_form(body: bytes) -> dict[str, str]:
    """A form's fields; of a name that comes several times the values are joined by commas. What is no form is empty."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX)
    except ValueError:
        return {}
    form: dict[str, str] = {}
    for name, value in pairs:
        form[name] = f"{form[name]},{value}" if name in form else value.strip()
    return form


def set_cookie(value: str, max_age_s: int, asked: Asked) -> str:
    """The header that keeps a session in the browser; an empty value with age 0 forgets it."""
    secure = "; Secure" if asked.is_secure else ""
    return f"{COOKIE}={value}; Path={asked.base or '/'}; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{secure}"
