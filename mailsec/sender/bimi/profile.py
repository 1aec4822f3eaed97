"""The elements and attributes of SVG Tiny Portable/Secure (draft-svg-tiny-ps-abrotman, and the schema that it names).

What is not listed here is not of the profile. Names are as XML has them, case included.
"""

from __future__ import annotations

from collections.abc import Mapping

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
XML = "http://www.w3.org/XML/1998/namespace"

ANIMATION = frozenset({"animate", "animateColor", "animateMotion", "animateTransform", "set", "mpath", "discard"})
SCRIPT = frozenset({"script", "handler", "listener"})
LINKING = frozenset({"a"})
RASTER = frozenset({"image", "audio", "video", "animation"})


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_COMMON = _names("id xml:id xml:base xml:lang xml:space class role rel rev typeof content datatype resource about property")
_PRESENTATION = _names(
    "fill fill-opacity fill-rule stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit "
    "stroke-opacity stroke-width color color-rendering vector-effect direction unicode-bidi solid-color solid-opacity "
    "display-align line-increment stop-color stop-opacity font-family font-size font-style font-variant font-weight "
    "text-anchor text-align"
)
_MEDIA = _names(
    "buffered-rendering display image-rendering shape-rendering text-rendering viewport-fill viewport-fill-opacity "
    "visibility requiredFonts systemLanguage"
)
_DRAWN = _COMMON | _PRESENTATION | {"transform", "requiredFonts", "systemLanguage"}
_PAINT_SERVER = _COMMON | _PRESENTATION

ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "svg": _COMMON
    | _PRESENTATION
    | _names(
        "width height viewBox preserveAspectRatio baseProfile contentScriptType externalResourcesRequired focusable "
        "playbackOrder snapshotTime timelineBegin version zoomAndPan"
    ),
    "title": _COMMON | _MEDIA,
    "desc": _COMMON | _MEDIA,
    "metadata": frozenset(),
    "g": _DRAWN,
    "defs": _PAINT_SERVER,
    "use": _DRAWN | {"x", "y", "xlink:href"},
    "path": _DRAWN | {"d", "pathLength"},
    "rect": _DRAWN | {"x", "y", "width", "height", "rx", "ry"},
    "circle": _DRAWN | {"cx", "cy", "r"},
    "ellipse": _DRAWN | {"cx", "cy", "rx", "ry"},
    "line": _DRAWN | {"x1", "y1", "x2", "y2"},
    "polyline": _DRAWN | {"points"},
    "polygon": _DRAWN | {"points"},
    "text": _DRAWN | {"x", "y", "rotate", "editable"},
    "textArea": _DRAWN | {"x", "y", "width", "height"},
    "linearGradient": _PAINT_SERVER | {"gradientUnits", "x1", "y1", "x2", "y2"},
    "radialGradient": _PAINT_SERVER | {"gradientUnits", "cx", "cy", "r"},
    "solidColor": _PAINT_SERVER,
    "stop": _PAINT_SERVER | {"offset"},
}
"""The elements, and the attributes that each may have."""

FIXED: Mapping[str, str] = {
    "externalResourcesRequired": "false",
    "focusable": "false",
    "playbackOrder": "all",
    "snapshotTime": "none",
    "timelineBegin": "onLoad",
    "zoomAndPan": "disable",
}
"""Attributes that may have one value only, which means that they do nothing (section 2.3 of the draft)."""
