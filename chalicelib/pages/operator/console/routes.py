"""Every page and form of the operator's site, by its address or name: one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.pages.operator.console.console import Form, PageRoute

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.pages.operator.console.acts import Acts
    from chalicelib.pages.operator.console.pages import Pages
    from chalicelib.pages.operator.setup.acts import SetupActs
    from chalicelib.pages.operator.setup.pages import SetupPages


def pages_of(pages: Pages, setup: SetupPages) -> Mapping[str, PageRoute]:
    """Address below the hub's, with names in braces → page."""
    return {
        "/operator": PageRoute(pages.overview, for_operators=True),
        "/operator/keys": PageRoute(pages.keys, for_operators=True),
        "/operator/outbox": PageRoute(pages.messages, for_operators=True),
        "/operator/feeds/{feed_id}": PageRoute(pages.feed, for_operators=True),
        "/operator/businesses/{business_id}": PageRoute(pages.business),
        "/operator/businesses/{business_id}/notices": PageRoute(pages.notices),
        "/operator/businesses/{business_id}/notices/{notice_id}": PageRoute(pages.notice),
        "/operator/businesses/{business_id}/delete": PageRoute(pages.delete),
        "/setup": PageRoute(setup.start, for_operators=True),
        "/setup/{business_id}/business": PageRoute(setup.business),
        "/setup/{business_id}/timetable": PageRoute(setup.timetable),
        "/setup/{business_id}/tool": PageRoute(setup.tool),
        "/setup/{business_id}/messages": PageRoute(setup.messages),
        "/setup/{business_id}/test": PageRoute(setup.test),
        "/setup/{business_id}/ticket": PageRoute(setup.ticket),
    }


def forms_of(acts: Acts, setup: SetupActs) -> Mapping[str, Form]:
    """Name → form. Those for a business name it in their field business_id."""
    return {
        "replay": Form(acts.replay),
        "reconcile": Form(acts.reconcile),
        "pause": Form(acts.pause),
        "new_key": Form(acts.new_key),
        "revoke": Form(acts.revoke),
        "delete": Form(acts.delete),
        "setup_start": Form(setup.start, for_operators=True),
        "setup_business": Form(setup.business),
        "setup_timetable": Form(setup.timetable),
        "setup_upload": Form(setup.upload, for_operators=True),
        "setup_tool": Form(setup.tool),
        "setup_messages": Form(setup.messages),
        "setup_test": Form(setup.test),
        "setup_trial": Form(setup.trial),
        "setup_cancel_trial": Form(setup.cancel_trial),
        "revive": Form(acts.revive, for_operators=True),
        "delete_feed": Form(acts.delete_feed, for_operators=True),
        "compile_feed": Form(acts.compile_feed, for_operators=True),
    }
