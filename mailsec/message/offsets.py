"""Many offsets of a message as offsets of its file, each in constant time: `Message.file_offset` alone is linear."""

from __future__ import annotations

from itertools import accumulate

from mailsec.message.fields import Message

_BLOCK = 4_096


class FileOffsets:
    """Calls give what `Message.file_offset` gives."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._before: list[int] | None = None

    def __call__(self, offset: int) -> int:
        """Where the octet at `offset` of `Message.data` stands in the file."""
        message = self._message
        if not message.lf_only:
            return message.prefix + offset
        if self._before is None:
            data = message.data
            counts = (data.count(b"\n", at, at + _BLOCK) for at in range(0, len(data), _BLOCK))
            self._before = [0, *accumulate(counts)]
        block = min(offset // _BLOCK, len(self._before) - 1)
        added = self._before[block] + message.data.count(b"\n", block * _BLOCK, offset + 1)
        return message.prefix + offset - added
