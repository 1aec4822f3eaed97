"""Files that are no mail, told apart before anything large is loaded for them."""

from __future__ import annotations

from mailsec.message.fields import parse

_PGP = b"-----BEGIN PGP "
_STRUCTURE = (b"-----BEGIN PKCS7-----", b"-----BEGIN CMS-----", b"MI", b"0")


def may_be_structure(file: bytes) -> bool:
    """True where `file` may be a CMS structure: in DER, PEM or base64. Header fields that begin so are rare."""
    return file[:256].lstrip().startswith(_STRUCTURE)


def is_signed_file(file: bytes) -> bool:
    """True where `file` is no mail but an OpenPGP message, a cleartext signed text or a CMS structure, be it damaged."""
    if file[:256].lstrip().startswith(_PGP):
        return True
    if file[:1] >= b"\x80" and _begins_with_packet(file):
        return True
    if may_be_structure(file) and _is_structure(file):
        return True
    return _PGP in file and not parse(file).fields


def _begins_with_packet(file: bytes) -> bool:
    from mailsec.content.openpgp.opening import begins_with_packet  # most input is mail and needs none of it

    return begins_with_packet(file)


def _is_structure(file: bytes) -> bool:
    from mailsec.content.smime.cms import CmsError
    from mailsec.content.smime.file import structure_in

    try:
        return structure_in(file) is not None
    except CmsError:
        return True
