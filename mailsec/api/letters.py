"""The messages to be encrypted, with OpenPGP and S/MIME alike: for whom each is, who signs it, and what is reported of that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from mailsec.api.recipients import Judge, Recipient, T, Wishes, choose, unnamed
from mailsec.api.signers import SignKeys, signing_check
from mailsec.core.results import Check, Finding, finding
from mailsec.core.rules import Rule
from mailsec.message.fields import Message
from mailsec.trust.keyring.keys import Signing

_SHOWN = 20
W = TypeVar("W", bound=Wishes)
Sign: TypeAlias = Callable[[Message, SignKeys], list[Signing]]
"""The secret keys to sign a message with; raises KeyUnavailable where there is none."""


@dataclass(frozen=True, slots=True)
class Letter(Generic[T, W]):
    """One message that is to be made: for whom, and signed by whom; `alone` where others get one of their own."""

    message: Message
    recipients: Sequence[Recipient[T]]
    signings: Sequence[Signing]
    options: W
    alone: bool = False

    @property
    def targets(self) -> list[T]:
        """To which it is encrypted, each once."""
        return list({each.target.certificate.fingerprint: each.target for each in self.recipients}.values())

    @property
    def sentence(self) -> str:
        """For whom it is and who signed it, in words."""
        signers = " and ".join(each.certificate.fingerprint for each in self.signings)
        whom = ", ".join(each.shown for each in self.recipients[:_SHOWN])
        more = f" and {len(self.recipients) - _SHOWN} more" if len(self.recipients) > _SHOWN else ""
        return f"Encrypted to {whom}{more}{f', signed by {signers}' if signers else ''}."

    def checks(self, overruled: Rule) -> tuple[Check, ...]:
        """Each recipient and each signer as a node of the report, with findings of `overruled`."""
        sign = self.options.sign
        signers = [signing_check(self.message, each, sign.keys) for each in self.signings] if sign is not None else []
        return (*(each.check(overruled) for each in self.recipients), *signers)

    def not_for(self, rule: Rule) -> tuple[Finding, ...]:
        """A finding of `rule` for each address in the message of which no key takes part."""
        missing = [] if self.alone else unnamed(self.message, self.recipients, self.options)
        return tuple(finding(rule, f"{each} may not be able to read it") for each in missing[:_SHOWN])


def one_for_all(message: Message, options: W, judge: Judge[T], sign: Sign) -> Letter[T, W]:
    """The one message for all. Raises KeyUnavailable where a recipient has no key that may be used."""
    return Letter(message, choose(message, options, judge), _signings(message, options, sign), options)


def one_for_each(message: Message, options: W, judge: Judge[T], sign: Sign) -> Iterator[tuple[str, Letter[T, W]]]:
    """One message for each recipient, Bcc included, that we read too where that is wished: pairs of the address, or the
    fingerprint of a key that was named, and the message. An address may have the keys of the present and of the next time.

    Every key is chosen before the first comes out. Raises as `one_for_all` does.
    """
    recipients = choose(message, options, judge, with_bcc=True)
    signings = _signings(message, options, sign)
    own = [each for each in recipients if each.own]
    theirs: dict[str, list[Recipient[T]]] = {}
    for each in recipients:
        if not each.own:
            theirs.setdefault(each.address or each.target.certificate.fingerprint, []).append(each)
    for name, found in theirs.items():
        yield name, Letter(message, [*found, *own], signings, options, alone=True)


def _signings(message: Message, options: Wishes, sign: Sign) -> list[Signing]:
    return sign(message, options.sign) if options.sign is not None else []
