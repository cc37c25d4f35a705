"""The operator's pages: who may see which, which form does what, and where one goes on after it.

Rules
- A key is entered once, in a form's body; then a cookie stands for it. Nothing that gives a right is in an address.
- A business's key shows that business's pages, and nothing of another or of the hub.
- Every form that changes something brings the session's token, and comes from a page of ours.
- What was refused is said on the page one came from, in the refusal's own words; nothing is half done.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from chalicelib.bookings.access.sessions import SESSION_LENGTH
from chalicelib.bookings.inbox.parking import UnknownEvent
from chalicelib.foundation.invalid import Invalid
from chalicelib.foundation.ports import Conflict, Unavailable
from chalicelib.pages.operator.console.asked import read_form, set_cookie
from chalicelib.pages.operator.console.layout import Words, render
from chalicelib.pages.page import NotFound, StillUsed, see_other
from chalicelib.transit.data.feed import BadFeed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.bookings.access.keyring import Keyring
    from chalicelib.bookings.access.sessions import Session, Sessions
    from chalicelib.pages.operator.console.asked import Asked
    from chalicelib.pages.page import Page

    Show = Callable[[Asked, Mapping[str, str]], Page]
    Act = Callable[[Asked], Page | str]

AS_PAGE: Mapping[type[Exception], tuple[int, str]] = {
    Invalid: (400, "That cannot be"),
    BadFeed: (400, "That cannot be"),
    NotFound: (404, "There is no such thing"),
    UnknownEvent: (404, "There is no such thing"),
    StillUsed: (409, "Not possible just now"),
    Conflict: (409, "Not possible just now"),
    Unavailable: (503, "Not possible just now"),
}
SAID = tuple(AS_PAGE)
REFUSAL_SHOWN_MAX = 400  # characters of a refusal that are said on a page


@dataclass(frozen=True, slots=True)
class PageRoute:
    """One page: what shows it, and whether only operators may see it."""

    show: Show
    for_operators: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """One form: what it does (the answer is a page, or where to go on), and whether only operators may send it."""

    act: Act
    for_operators: bool = False


@dataclass(frozen=True, slots=True)
class Console:
    """`pages`: the address below the hub's own, with names in braces → page. `forms`: name → form."""

    keyring: Keyring
    sessions: Sessions
    pages: Mapping[str, PageRoute]
    forms: Mapping[str, Form]

    def home(self, asked: Asked) -> Page:
        """GET /: what this is, and where to go."""
        return render("home.html", replace(asked, session=self.sessions.find(asked.cookie)))

    def get(self, name: str, names: Mapping[str, str], asked: Asked) -> Page:
        """A page of `pages`; without a session, where to enter the key."""
        session = self.sessions.find(asked.cookie)
        if session is None:
            return render("login.html", asked, trouble="", go_on=asked.address)
        asked, page = replace(asked, session=session), self.pages[name]
        if not _may(session, names.get("business_id"), for_operators=page.for_operators):
            return render("plain.html", asked, 403, title="Not with this key", text=_scope_of(session))
        try:
            return page.show(asked, names)
        except SAID as refusal:
            status, title = next(said for kind, said in AS_PAGE.items() if isinstance(refusal, kind))
            return render("plain.html", asked, status, title=title, text=str(refusal))

    def post(self, name: str, asked: Asked) -> Page:
        """A form of `forms`, or the key on its way in."""
        asked = replace(asked, form=read_form(asked.body))
        if asked.is_from_elsewhere:
            return render("plain.html", asked, 403, title="Sent from another site", text="Nothing was changed.")
        if name == "login":
            return self._log_in(asked)
        session = self.sessions.find(asked.cookie)
        if session is None:
            return render("login.html", asked, trouble="", go_on=f"{asked.base}/operator")
        asked = replace(asked, session=session)
        if not session.is_own_form(asked.form.get("csrf", "")):
            text = "The page was open for too long: go back, load it again and send it once more. Nothing was changed."
            return render("plain.html", asked, 403, title="An old page", text=text)
        if name == "logout":
            self.sessions.close(asked.cookie)
            return with_header(see_other(f"{asked.base}/"), "Set-Cookie", set_cookie("", 0, asked))
        return self._act(name, asked, session)

    def _act(self, name: str, asked: Asked, session: Session) -> Page:
        form = self.forms.get(name)
        if form is None:
            return render("plain.html", asked, 404, title="There is no such thing", text="Nothing was changed.")
        if not _may(session, asked.form.get("business_id"), for_operators=form.for_operators):
            return render("plain.html", asked, 403, title="Not with this key", text=_scope_of(session))
        try:
            done = form.act(asked)
        except SAID as refusal:
            return see_other(with_words(asked.back, "trouble", str(refusal)))
        return done if not isinstance(done, str) else see_other(f"{asked.base}{done}")

    def _log_in(self, asked: Asked) -> Page:
        go_on = asked.form.get("go_on", "")
        caller = self.keyring.caller(asked.form.get("key", ""), asked.now)
        if caller is None or caller.kind.value == "staff":
            trouble = Words(asked.language)("This is no key of this hub, or it was revoked.")
            return render("login.html", asked, 401, trouble=trouble, go_on=go_on)
        own = f"{asked.base}/operator" + ("" if caller.is_operator else f"/businesses/{caller.business_id}")
        inside = caller.is_operator and go_on.startswith(f"{asked.base}/") and not go_on.startswith("//")
        cookie = set_cookie(self.sessions.open(caller, asked.now), round(SESSION_LENGTH.total_seconds()), asked)
        return with_header(see_other(go_on if inside else own), "Set-Cookie", cookie)


def with_header(page: Page, name: str, value: str) -> Page:
    """A page with one more header."""
    return replace(page, headers={**page.headers, name: value})


def with_words(address: str, name: str, words: str) -> str:
    """An address that has the page there say something: `name` is "done" or "trouble"."""
    bare, _, query = address.partition("?")
    kept = "&".join(part for part in query.split("&") if part and not part.startswith(("done=", "trouble=")))
    return f"{bare}?{kept}{'&' if kept else ''}{urlencode({name: words[:REFUSAL_SHOWN_MAX]})}"


def _may(session: Session, business_id: str | None, *, for_operators: bool) -> bool:
    return session.caller.is_operator or (not for_operators and session.caller.may_open(business_id))


def _scope_of(session: Session) -> str:
    return f"The key that was entered here opens the pages of business {session.caller.business_id}, nothing else."
