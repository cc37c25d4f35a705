"""What an operator does about a parked event: one sentence for each kind of reason. Pure.

Reasons are made by `providers/` and `workflows/webhook_arrived`; the first line here whose words stand in the reason
says what to do. What no line knows is most likely news of the tool, which only a newer hub can read.
"""

from __future__ import annotations

REMEDIES = (
    ("credentials are missing", "Enter the tool's credentials at this connection, then replay."),
    ("does not know it (HTTP", "It was deleted in the tool: nothing to do. If it is still there, replay."),
    ("the tool knows no such", "That customer was deleted in the tool: open it there, choose one, then replay."),
    ("is not configured any more", "PUT the connection again, then replay; or leave it: parked events expire."),
    ("the business has an unknown time zone", "Correct the business's time zone, then replay."),
    ("timeZone", "Say which zone the tool's name stands for: PUT …/zones, or zones at this connection, then replay."),
    ("time zone", "Say which zone the tool's name stands for: PUT …/zones, or zones at this connection, then replay."),
    ("set the connection's timezone", "Set the connection's time zone, then replay."),
    ("has no UTC offset", "Set the connection's time zone, then replay."),
    ("length_min", "Say at this connection how long such an appointment takes (length_min), then replay."),
    ("the mapping", "Correct the mapping (POST …/mapping tries one on the last call), then replay."),
    ("correct its path", "Correct the mapping (POST …/mapping tries one on the last call), then replay."),
    ("mapping's statuses", "Add the word to the mapping's statuses, then replay."),
    ("does not say whose calendar", "Enter whose calendar it is (account) at this connection, then replay."),
    ("nobody comes", "The booking has no customer: enter one in the tool."),
    ("neither name, mail address nor phone", "Ask for a mail address or phone in the tool's booking form."),
    ("not genuine", "Set the same secret in the tool and here."),
    ("not finished after", "A worker ended on it again and again: replay once; if it parks again, report it."),
    ("crashed twice", "That is a fault of the hub: replay after an update, and report it."),
    ("its body has expired", "It is too old to be read: read the connection's bookings back instead."),
    ("came too late", "It is about a time that was over when it came: nothing to do."),
    ("in the past", "It is about a time that is over: nothing to do."),
    ("is not JSON", "Something else than the tool called this address: check the tool's webhook settings."),
    ("is unknown", "The tool says something that this hub does not know yet: replay after an update."),
    (
        "is missing",
        "The tool left out what a booking needs: complete it there, or in its webhook's fields; then replay.",
    ),
)
OTHERWISE = "Look at the call in the tool; if it is right there, replay after an update of the hub."


def remedy_for(reason: str) -> str:
    """What to do about it, in one sentence."""
    return next((remedy for words, remedy in REMEDIES if words in reason), OTHERWISE)
