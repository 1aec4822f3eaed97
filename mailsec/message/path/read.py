"""The way that a message says it took, and what is odd about it."""

from __future__ import annotations

from dataclasses import dataclass

from mailsec.core.results import Check
from mailsec.message.fields import Message
from mailsec.message.path.show import path_check
from mailsec.message.path.steps import Journey, journey


@dataclass(frozen=True, slots=True)
class ReceivedPath(Journey):
    """A journey with its `check`: the steps as a timeline, grouped by organization, with what was found."""

    check: Check


def received_path(message: Message, *, received_from: str = "") -> ReceivedPath:
    """The way that `message` says it took. Never raises.

    `received_from` names the receiver whose own Received fields can be believed (`message.border`); everything below its
    border, and without one everything, is only claimed.
    """
    way = journey(message, received_from)
    check = path_check(message, way)
    return ReceivedPath(way.steps, way.written, way.receiver, way.border, way.return_path, way.left_out, check)
