"""What the commands of `mailsec keys` do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mailsec.api.keys import change, exchange, forms, show, smime
from mailsec.api.session import Session, Settings
from mailsec.cli.complaint import say, say_report
from mailsec.cli.expiry import When
from mailsec.cli.io import Printer, each, each_input, write_message
from mailsec.cli.keys import PassphraseOptions, RingOptions
from mailsec.cli.keys_exchange import KINDS, SMIME_KIND, ExportChoices, GenerateChoices
from mailsec.cli.options import OutputOptions
from mailsec.cli.secrets import asked, secret_from_descriptor, secret_in_file
from mailsec.core.errors import KeyAlone, KeyUnavailable, UsageError
from mailsec.core.exits import Exit, most_severe
from mailsec.core.limits.keys import RING_IMPORT_BYTES
from mailsec.core.results import Report
from mailsec.core.text import visible
from mailsec.store.files import shown
from mailsec.store.places import ring_path
from mailsec.store.private import write_private
from mailsec.store.ring import Ring
from mailsec.trust.keyring.legitimacy import OwnerTrust


def _now(where: RingOptions) -> int:
    with Session(Settings(at=where.at if isinstance(where.at, int) else None)) as clock:
        return clock.now


def _printed(output: OutputOptions, where: RingOptions, job: Callable[[Ring, int], Report]) -> int:
    """Open the ring, do the job, print its report; the exit code."""
    now = _now(where)
    with Ring(where.path or ring_path(), now=now) as ring, Printer(output, ("key ring",)) as printer:
        return printer.show(job(ring, now))


def run_list(text: str, secret: bool, output: OutputOptions, where: RingOptions) -> int:
    """`keys list`."""
    return _printed(output, where, lambda ring, now: show.list_keys(ring, text, now=now, only_secret=secret))


def run_show(names: Sequence[str], output: OutputOptions, where: RingOptions) -> int:
    """`keys show`."""
    return _printed(output, where, lambda ring, now: show.show_keys(ring, names, now=now))


def run_trust(name: str, level: str, address: str, remove: bool, output: OutputOptions, where: RingOptions) -> int:
    """`keys trust`."""

    def job(ring: Ring, now: int) -> Report:
        if address:
            return change.state_address(ring, name, address, now=now, remove=remove)
        return change.trust_owner(ring, name, OwnerTrust(level), now=now)

    return _printed(output, where, job)


def run_delete(name: str, secret: bool, only_secret: bool, output: OutputOptions, where: RingOptions) -> int:
    """`keys delete`."""
    return _printed(
        output, where, lambda ring, now: change.delete_key(ring, name, now=now, secret=secret, only_secret=only_secret)
    )


def run_expire(name: str, when: When, passphrase: PassphraseOptions, output: OutputOptions, where: RingOptions) -> int:
    """`keys expire`."""
    return _printed(
        output, where, lambda ring, now: change.expire_key(ring, name, when.at(now), _existing(passphrase), now=now)
    )


def run_revoke(name: str, revocation_out: str, passphrase: PassphraseOptions, output: OutputOptions, where: RingOptions) -> int:
    """`keys revoke`."""

    def job(ring: Ring, now: int) -> Report:
        report, made = change.revoke_key(ring, name, _existing(passphrase), now=now)
        if revocation_out:
            write_private(revocation_out, made)
        return report

    return _printed(output, where, job)


def run_generate(chosen: GenerateChoices, passphrase: PassphraseOptions, output: OutputOptions, where: RingOptions) -> int:
    """`keys generate`."""
    if chosen.smime and not chosen.self_signed:
        return _request(chosen, passphrase, output, where)

    def job(ring: Ring, now: int) -> Report:
        expires = None if chosen.expire is None else chosen.expire.at(now)
        words = _new(passphrase)
        wanted = exchange.NewKey(chosen.user_ids, _kind(chosen), expires, words, chosen.openpgp == "rfc9580")
        if chosen.smime:
            return smime.generate_self_signed(ring, wanted, now=now)
        report, made = exchange.generate_key(ring, wanted, now=now)
        if chosen.revocation_out:
            write_private(chosen.revocation_out, made)
        return report

    return _printed(output, where, job)


def _kind(chosen: GenerateChoices) -> str:
    return chosen.kind or (SMIME_KIND if chosen.smime else KINDS[0])


def _request(chosen: GenerateChoices, passphrase: PassphraseOptions, output: OutputOptions, where: RingOptions) -> int:
    """A key for S/MIME, and the request for its certificate: to stdout, and then the answer to stderr, or to the file named."""
    now = _now(where)
    with Ring(where.path or ring_path(), now=now) as ring:
        wanted = exchange.NewKey(chosen.user_ids, _kind(chosen), None, _new(passphrase), modern=False)
        report, made = smime.generate_request(ring, wanted, now=now)
    if chosen.request_out:
        write_message(made, chosen.request_out)
        with Printer(output, ("key ring",)) as printer:
            return printer.show(report)
    write_message(made, output.path)
    if not output.quiet:
        say_report(report)
    return 0


def run_import(files: Sequence[str], passphrase: PassphraseOptions, output: OutputOptions, where: RingOptions) -> int:
    """`keys import`."""
    now, stated = _now(where), _stated(passphrase)  # a descriptor is read once, for all files
    new, opening = _for_import(passphrase, stated), lambda source: asked("passphrase", source) if stated is None else stated
    alone: dict[str, bytes] = {}  # private keys; their certificates may be in files that come after
    with Ring(where.path or ring_path(), now=now) as ring, Printer(output, files) as printer:

        def take(name: str, data: bytes) -> int:
            return printer.show(exchange.import_keys(ring, data, name, new, opening, now=now))

        def take_or_wait(name: str, data: bytes) -> int:
            try:
                return take(name, data)
            except KeyAlone:
                if len(files) == 1:
                    raise
                alone[name] = data
                return Exit.HOLDS

        first = each_input(files, take_or_wait, max_bytes=RING_IMPORT_BYTES)
        return most_severe((first, each(alone, lambda name: take(name, alone[name])))) if alone else first


def run_export(names: Sequence[str], chosen: ExportChoices, passphrase: PassphraseOptions, where: RingOptions) -> int:
    """`keys export`."""
    with Ring(where.path or ring_path(), now=_now(where)) as ring:
        if chosen.form:
            data = forms.export_as(ring, names, chosen.form, lambda name, new: _for_file(passphrase, name, new=new))
        else:
            data = exchange.export_keys(ring, names, secret=chosen.secret, armor=not chosen.binary)
    if chosen.secret and chosen.path:
        write_private(chosen.path, data)
        say(f"secret key written to {visible(shown(chosen.path))}")
    else:
        write_message(data, chosen.path)
    return 0


def _for_file(passphrase: PassphraseOptions, name: str, *, new: bool) -> str:
    return _new(passphrase) if new else _existing(passphrase)(name)


def _stated(passphrase: PassphraseOptions) -> str | None:
    if passphrase.file:
        return secret_in_file(passphrase.file)
    return None if passphrase.descriptor is None else secret_from_descriptor(passphrase.descriptor)


def _existing(passphrase: PassphraseOptions) -> change.Passphrase:
    """How the passphrase of a key is learned."""
    stated = _stated(passphrase)
    return lambda fingerprint: asked("passphrase", fingerprint) if stated is None else stated


def _new(passphrase: PassphraseOptions) -> str:
    """The passphrase of a new key, typed twice where it is typed; "" where the user insists on none."""
    if passphrase.without:
        return ""
    stated = _stated(passphrase)
    if stated is not None:
        return stated
    words = asked("passphrase")
    if asked("passphrase", again=True) != words:
        raise UsageError("the two passphrases differ")
    return words


def _for_import(passphrase: PassphraseOptions, stated: str | None) -> exchange.NewPassphrase:
    """What becomes of an unprotected secret key: it is protected with what is stated or typed, or it is not taken."""

    def words(fingerprint: str) -> str | None:
        if passphrase.without or stated is not None:
            return stated or ""
        try:
            say(f"the secret key {fingerprint} has no passphrase: give it one")
            return _new(passphrase)
        except KeyUnavailable:  # nobody to ask
            return None

    return words
