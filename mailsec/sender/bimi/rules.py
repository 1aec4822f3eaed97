"""What can be found about BIMI: records, logos, mark certificates, header fields."""

from __future__ import annotations

from mailsec.core.rules import Rule, Severity, Threat

_DRAFT = "draft-brand-indicators-for-message-identification section "
_UNSEEN = (Threat.PHISHING,)

SEVERAL_RECORDS = Rule(
    "bimi-several-records",
    Severity.MEDIUM,
    "Several BIMI records stand at one name, so receivers use none",
    _DRAFT + "7.2",
    _UNSEEN,
    "Keep one TXT record that begins with v=BIMI1.",
)
INVALID = Rule(
    "bimi-invalid-record",
    Severity.MEDIUM,
    "The BIMI record is not valid, so no logo is shown",
    _DRAFT + "4.3",
    _UNSEEN,
    "Write v=BIMI1; l= and a= with one https: address each, commas encoded as %2C.",
)
NOT_SVG = Rule(
    "bimi-not-svg",
    Severity.MEDIUM,
    "The logo is of a format that receivers refuse",
    _DRAFT + "4.3.2",
    _UNSEEN,
    "Publish the logo as SVG (profile SVG Tiny PS), with .svg or .svgz at the end of its address.",
)
NO_EVIDENCE = Rule(
    "bimi-no-evidence",
    Severity.INFO,
    "The record names no mark certificate, so most receivers show no logo",
    _DRAFT + "4.3",
    _UNSEEN,
    "Obtain a mark certificate (VMC or CMC) and publish its address in a=.",
)
UNKNOWN_TAG = Rule(
    "bimi-unknown-tag",
    Severity.INFO,
    "The BIMI record has tags or values that mean nothing",
    _DRAFT + "4.3",
    _UNSEEN,
    "Delete them, or correct their spelling.",
)
NOT_ELIGIBLE = Rule(
    "bimi-not-eligible",
    Severity.LOW,
    "The DMARC policy is too weak for BIMI, so no logo is shown",
    _DRAFT + "1",
    _UNSEEN,
    "Publish p=quarantine or p=reject, no sp=none, and neither t=y nor a pct= below 100.",
)

_PROFILE = "draft-svg-tiny-ps-abrotman section "
_EVIDENCE = "draft-fetch-validation-vmc-wchuang section "
_ACTIVE = (Threat.PHISHING, Threat.TAMPERING)
_FALSE_LOGO = (Threat.PHISHING,)

SVG_UNREADABLE = Rule(
    "bimi-svg-unreadable",
    Severity.MEDIUM,
    "The logo is not XML in UTF-8",
    _DRAFT + "7.6",
    _UNSEEN,
    "Save the logo as SVG again; for .svgz compress it with gzip.",
)
SVG_SIZE = Rule(
    "bimi-svg-size",
    Severity.MEDIUM,
    "The logo is larger than 32 kB",
    _PROFILE + "2.4",
    (*_UNSEEN, Threat.UNAVAILABLE),
    "Simplify the drawing, and leave out what the drawing program adds for itself.",
)
SVG_COMPLEX = Rule(
    "bimi-svg-complex",
    Severity.MEDIUM,
    "The logo has more elements than are read",
    "mailsec limit",
    (Threat.UNAVAILABLE,),
    "Simplify the drawing: join paths, and take groups apart.",
)
SVG_DOCTYPE = Rule(
    "bimi-svg-doctype",
    Severity.MEDIUM,
    "The logo declares a document type, with which entities and outside files come in",
    "RFC 6170 section 5.2",
    _ACTIVE,
    "Delete <!DOCTYPE ...> and every entity.",
)
SVG_SCRIPT = Rule(
    "bimi-svg-script",
    Severity.HIGH,
    "The logo has a script or an event handler",
    _PROFILE + "2.3",
    _ACTIVE,
    "Delete it.",
)
SVG_REFERENCE = Rule(
    "bimi-svg-reference",
    Severity.MEDIUM,
    "The logo refers to something outside of it",
    _PROFILE + "2.3",
    _ACTIVE,
    "Draw everything in the file itself; a reference may only begin with #.",
)
SVG_RASTER = Rule(
    "bimi-svg-raster",
    Severity.MEDIUM,
    "The logo has an image of pixels, sound or film in it",
    _PROFILE + "2.3",
    _UNSEEN,
    "Draw the logo as vectors: paths and shapes.",
)
SVG_ANIMATION = Rule(
    "bimi-svg-animation",
    Severity.MEDIUM,
    "The logo moves",
    _PROFILE + "2.3",
    _UNSEEN,
    "Delete the elements of animation.",
)
SVG_ELEMENT = Rule(
    "bimi-svg-element",
    Severity.MEDIUM,
    "The logo has an element that is not of the profile SVG Tiny PS",
    _PROFILE + "2",
    _UNSEEN,
    "Delete the element, or draw the same with paths, shapes, text and gradients.",
)
SVG_ATTRIBUTE = Rule(
    "bimi-svg-attribute",
    Severity.MEDIUM,
    "The logo has an attribute, or a value, that is not of the profile SVG Tiny PS",
    _PROFILE + "2",
    _UNSEEN,
    "Delete the attribute; write style= as attributes of their own (fill=, stroke=).",
)
SVG_ROOT = Rule(
    "bimi-svg-root",
    Severity.MEDIUM,
    "The root element of the logo is not what the profile demands",
    _PROFILE + "2.1",
    _UNSEEN,
    'Write <svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 9 9">, without x= and y=.',
)
SVG_VIEWBOX = Rule(
    "bimi-svg-viewbox",
    Severity.MEDIUM,
    "The logo is not square",
    "draft-brotman-ietf-bimi-guidance",
    _UNSEEN,
    'Give the root a square viewBox, as in viewBox="0 0 100 100".',
)
SVG_TITLE = Rule(
    "bimi-svg-title",
    Severity.MEDIUM,
    "The logo has not the one short title that the profile demands",
    _PROFILE + "2.1",
    _UNSEEN,
    "Write one <title> with the name of the organization, of at most 64 characters, directly into <svg>.",
)
NOT_FETCHED = Rule(
    "bimi-not-fetched",
    Severity.MEDIUM,
    "The logo or its certificate is not to be had",
    _DRAFT + "7.5",
    (*_UNSEEN, Threat.UNAVAILABLE),
    "Serve it over HTTPS with a valid certificate, at the address in the record.",
)
CERT_UNREADABLE = Rule(
    "bimi-cert-unreadable",
    Severity.MEDIUM,
    "The mark certificate cannot be read",
    _EVIDENCE + "5.1",
    _UNSEEN,
    "Publish the certificate and those of its issuers in PEM, the mark's own first.",
)
CERT_PATH = Rule(
    "bimi-cert-path",
    Severity.MEDIUM,
    "The mark certificate is not valid",
    _EVIDENCE + "5.1",
    _FALSE_LOGO,
    "Publish the certificate that is in force, with all its issuers.",
)
CERT_ROOT = Rule(
    "bimi-cert-unknown-root",
    Severity.LOW,
    "The mark certificate leads to no root of a mark authority that is known here",
    _EVIDENCE + "5.1",
    _FALSE_LOGO,
    "Publish the root with it, or name the roots that you trust with --bimi-ca FILE.",
)
CERT_USAGE = Rule(
    "bimi-cert-usage",
    Severity.MEDIUM,
    "The certificate is not one for marks",
    _EVIDENCE + "5.1",
    _FALSE_LOGO,
    "Publish a mark certificate (VMC or CMC), whose only extended key usage is 1.3.6.1.5.5.7.3.31.",
)
CERT_DOMAIN = Rule(
    "bimi-cert-domain",
    Severity.MEDIUM,
    "The mark certificate is for another domain",
    _EVIDENCE + "5.2",
    _FALSE_LOGO,
    "Have the domain, its organizational domain, or SELECTOR._bimi.DOMAIN put into the certificate.",
)
CERT_LOGO = Rule(
    "bimi-cert-logotype",
    Severity.MEDIUM,
    "The mark certificate has no logo in it that can be used",
    "RFC 3709 section 4.1, RFC 6170 section 4",
    _FALSE_LOGO,
    "Ask the authority for a certificate with the logo in it, as data: and with its SHA-256.",
)
CERT_OTHER_LOGO = Rule(
    "bimi-cert-other-logo",
    Severity.MEDIUM,
    "The logo that is published is not the one in the mark certificate",
    _EVIDENCE + "5.3",
    _FALSE_LOGO,
    "Publish the very file that the certificate was issued for.",
)
CERT_NO_SCT = Rule(
    "bimi-cert-no-sct",
    Severity.LOW,
    "The mark certificate names no log of certificate transparency",
    "RFC 6962 section 3.3",
    _FALSE_LOGO,
    "Ask the authority for a certificate with signed timestamps of a log.",
)
CERT_MARK_TYPE = Rule(
    "bimi-cert-mark-type",
    Severity.LOW,
    "The mark certificate does not say what kind of mark it is for",
    _DRAFT + "3.5",
    _FALSE_LOGO,
    "Ask the authority for a certificate that names the mark type.",
)
BROUGHT = Rule(
    "bimi-brought-along",
    Severity.LOW,
    "The message brings fields that only the receiver may write about logos",
    _DRAFT + "7.8",
    _FALSE_LOGO,
    "Remove BIMI-Location, BIMI-Indicator and BIMI-Logo-Preference at the border.",
)
SELECTOR_IGNORED = Rule(
    "bimi-selector-ignored",
    Severity.INFO,
    "The BIMI-Selector field is not used",
    _DRAFT + "5.5",
    _FALSE_LOGO,
    "Write v=BIMI1; s=SELECTOR; once, and sign it with the DKIM signature of the author domain.",
)

RULES: tuple[Rule, ...] = (
    *(SEVERAL_RECORDS, INVALID, NOT_SVG, NO_EVIDENCE, UNKNOWN_TAG, NOT_ELIGIBLE),
    *(SVG_UNREADABLE, SVG_SIZE, SVG_COMPLEX, SVG_DOCTYPE, SVG_SCRIPT, SVG_REFERENCE, SVG_RASTER, SVG_ANIMATION),
    *(SVG_ELEMENT, SVG_ATTRIBUTE, SVG_ROOT, SVG_VIEWBOX, SVG_TITLE, NOT_FETCHED),
    *(CERT_UNREADABLE, CERT_PATH, CERT_ROOT, CERT_USAGE, CERT_DOMAIN, CERT_LOGO, CERT_OTHER_LOGO, CERT_NO_SCT),
    *(CERT_MARK_TYPE, BROUGHT, SELECTOR_IGNORED),
)
