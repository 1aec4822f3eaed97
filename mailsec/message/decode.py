"""Content transfer encodings taken off (RFC 2045 section 6), by the standard and as lenient software does it.

Linear, and in pieces: the memory that decoding takes beside its result is small, however large the content.
"""

from __future__ import annotations

from mailsec.message.encoded import Decoded, DecodeDefect, Decoder, Octets
from mailsec.message.printable import decode_quoted_printable
from mailsec.message.radix64 import decode_base64
from mailsec.message.uuencode import decode_uuencode, decode_yenc

__all__ = ["DecodeDefect", "Decoded", "Decoder", "Octets", "decode", "decoder_of"]

_DECODERS = {
    "base64": Decoder.BASE64,
    "quoted-printable": Decoder.QUOTED_PRINTABLE,
    "x-uuencode": Decoder.UUENCODE,
    "uuencode": Decoder.UUENCODE,
    "x-uue": Decoder.UUENCODE,
}


def decoder_of(encoding: str) -> Decoder:
    """How content with this Content-Transfer-Encoding, in lower case, is decoded by the standard."""
    return _DECODERS.get(encoding, Decoder.IDENTITY)


def decode(raw: Octets, decoder: Decoder) -> Decoded:
    """`raw` decoded. Never fails: what cannot be decoded is left out or left as it is, with a defect."""
    if decoder is Decoder.IDENTITY:
        return Decoded(bytes(raw))
    if decoder is Decoder.BINHEX:
        return Decoded(bytes(raw), (DecodeDefect.NOT_DECODED,))
    if decoder is Decoder.QUOTED_PRINTABLE or decoder is Decoder.QUOTED_PRINTABLE_LOOSE:
        return decode_quoted_printable(raw, stray=decoder is Decoder.QUOTED_PRINTABLE)
    if decoder is Decoder.UUENCODE or decoder is Decoder.YENC:
        return (decode_uuencode if decoder is Decoder.UUENCODE else decode_yenc)(bytes(raw))
    return decode_base64(raw, decoder)
