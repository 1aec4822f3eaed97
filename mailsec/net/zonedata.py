"""What zone files say, before it is asked: records and stated answers by name."""

from __future__ import annotations

from typing import TypeAlias

from mailsec.core.flow import AnswerStatus, Record

ANY = "ANY"
"""The key of what is stated for every type of a name that has nothing of its own."""
BESIDE_CNAME = frozenset({"CNAME", "RRSIG", "NSEC", "NSEC3", "KEY", "SIG", "NXT", ANY})
"""What may stand at a name that has a CNAME (RFC 2181 section 10.1, RFC 4034 section 2.5)."""
WORDS = {status.name: status for status in AnswerStatus if status is not AnswerStatus.OK}
"""The words that state an answer instead of giving records: TIMEOUT, SERVFAIL, REFUSED, NXDOMAIN, NODATA, UNRECORDED."""
MAX_COMPLAINT = 300
"""Characters of an error message that quotes a zone file."""

Node: TypeAlias = dict[str, dict[bytes, Record] | AnswerStatus]
"""What one name has: by type its records (by their data, so that a record given twice is one), or the status stated."""


class ZoneProblem(ValueError):
    """What a zone file says cannot be; `hint` tells the way out."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ZoneData:
    """The content of any number of zone files. Names are as `core.rdata.name` gives them; `apexes` open a zone."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.apexes: set[str] = set()

    def add(self, record: Record) -> None:
        """Take `record` in. Raises ZoneProblem where it contradicts what is there."""
        node = self.node(record.owner)
        held = node.get(record.type)
        if held is None:
            _check_cname(node, record)
            node[record.type] = {record.rdata: record}
        elif isinstance(held, AnswerStatus):
            raise ZoneProblem(f"{record.type} of {shown(record.owner)} is stated as {held.name} and given as a record")
        elif record.type in ("CNAME", "SOA", "DNAME") and record.rdata not in held:
            raise ZoneProblem(f"{shown(record.owner)} has two different {record.type} records", "A name has at most one.")
        else:
            held.setdefault(record.rdata, record)
        if record.type == "SOA":
            self.apexes.add(record.owner)

    def state(self, owner: str, type: str, status: AnswerStatus) -> None:
        """Answer questions for `type` (or ANY) at `owner` with `status`. Raises ZoneProblem where there is another answer."""
        node = self.node(owner)
        if node.setdefault(type, status) != status:
            raise ZoneProblem(f"{type} of {shown(owner)} has another answer already")

    def declare(self, apex: str) -> None:
        """Make `apex` a zone that is here as a whole, though its SOA is not."""
        self.apexes.add(apex)
        self.node(apex)

    def node(self, owner: str) -> Node:
        """The node of `owner`, made where there is none."""
        return self.nodes.setdefault(owner, {})


def shown(name: str) -> str:
    """`name` as a person reads it: the root as a dot."""
    return name or "."


def _check_cname(node: Node, record: Record) -> None:
    if record.type == "CNAME":
        clash = any(isinstance(held, dict) for type, held in node.items() if type not in BESIDE_CNAME)
    else:
        clash = record.type not in BESIDE_CNAME and isinstance(node.get("CNAME"), dict)
    if clash:
        raise ZoneProblem(
            f"{shown(record.owner)} has a CNAME and other records",
            "A name with a CNAME has nothing else (RFC 1034 section 3.6.2); put the records at the CNAME's target.",
        )
