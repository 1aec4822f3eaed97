"""The small parts of scripts: variables bound, swaks logs, masks, what is said of a handshake."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsec.transport.smtp.bind import as_content, check_size, check_variables, files_named
from mailsec.transport.smtp.handshake import judge_terms, state_words
from mailsec.transport.smtp.masks import Masks
from mailsec.transport.smtp.script import Reply, Say, ScriptError
from mailsec.transport.smtp.swaks import is_swaks_log, translated
from mailsec.transport.smtp.template import Reference
from mailsec.transport.wire import TlsState
from tests.transport.smtp.dialogues import TLS, script

# --- variables


@pytest.mark.parametrize(
    ("text", "line", "column", "hint"),
    [
        ("S: 220\nC: EHLO {helo}", 2, 9, "--set helo=VALUE, or {{helo}} for the text itself"),
        ("S: 220\n  C: EHLO {helo:base64}", 2, 9, "--set helo=VALUE, or {{helo:base64}} for the text itself"),
        ("S: 220-a\n# c\nS: 220 ={x}", 3, 9, "--set x=VALUE, or {{x}} for the text itself"),
        ("S: 220 a{x}*", 1, 9, "--set x=VALUE, or {{x}} for the text itself"),
        ("S: 220\nC: {id}\nS: 250 /(?P<id>a)/", 2, 4, "--set id=VALUE, or {{id}} for the text itself"),
        ("S: 220\nC:< {file}", 2, 5, "--set file=VALUE, or {{file}} for the text itself"),
        ("S: 220\nC: AUTH PLAIN {masked-1}", 2, 15, "a transcript has no secrets: give this one with --secret masked-1=FILE"),
    ],
)
def test_a_variable_that_nothing_sets(text: str, line: int, column: int, hint: str) -> None:
    with pytest.raises(ScriptError) as caught:
        check_variables(script(text), ())
    assert (caught.value.line, caught.value.column, caught.value.hint) == (line, column, hint)


def test_variables_that_are_set() -> None:
    check_variables(script("S: 220 /(?P<id>.)/\nC: {id} {from} {{nothing}}\nS: 250 ={id}"), ["from"])
    check_variables(script("S: 220\nC: EHLO {helo}\nS: 250 ={helo}"), (), mirrored=True)
    with pytest.raises(ScriptError):
        check_variables(script("S: 220 ={helo}\nC: EHLO {helo}\nS: 250"), (), mirrored=True)


def test_files_are_named_by_the_user_alone() -> None:
    made = script("S: 220 /(?P<id>.)/\nC:< a.eml\nC:< {dir}/b.eml\nS: 250")
    assert list(files_named(made, {"dir": b"mails"})) == [(1, "a.eml"), (2, "mails/b.eml")]
    with pytest.raises(ScriptError) as caught:
        list(files_named(script("S: 220 /(?P<id>.)/\nC:< {id}"), {}))
    assert (caught.value.line, caught.value.column) == (2, 5)
    assert "never taken from what the other side says" in caught.value.message


def test_files_get_the_line_ends_of_mail() -> None:
    made = script("S: 220\nC:< x")
    step = made.steps[1]
    assert isinstance(step, Say)
    assert as_content(b"a\nb", step, made) == b"a\r\nb\r\n"
    assert as_content(b"a\r\nb\r\n", step, made) == b"a\r\nb\r\n"
    assert as_content(b"", step, made) == b""
    for bad, what in ((b"a\r\nb\nc", "LF alone at octet 4"), (b"a\rb\n", "CR alone at octet 1")):
        with pytest.raises(ScriptError) as caught:
            as_content(bad, step, made)
        assert what in caught.value.message
        assert caught.value.line == 2


def test_files_are_bounded() -> None:
    check_size(script("S: 220"), 1000)
    with pytest.raises(ScriptError):
        check_size(script("S: 220"), 2**30)


# --- logs of swaks

LOG = """\
=== Trying 127.0.0.1:25...
=== Connected to 127.0.0.1.
<-  220 mx *ESMTP* {from}
 -> EHLO vm
<-  250-mx
<-  250 STARTTLS
 -> STARTTLS
<-  220 go
=== TLS started with cipher TLSv1.3:TLS_AES_256_GCM_SHA384:256
 ~> MAIL FROM:<a@b>
<~* 550 no
 ~> DATA
<~  354 go
 ~> Subject: {from}
 ~>
 ~> ..dot
 ~> ..
 ~> .
<~  250 ok
 ~> .x
<~* 500 what
**> QUIT
<** 221 bye
*** Remote host closed connection unexpectedly.
"""


def test_a_log_of_swaks() -> None:
    lines = LOG.splitlines()
    assert is_swaks_log(["", *lines])
    assert not is_swaks_log(["S: 220"])
    assert not is_swaks_log([])
    assert translated(lines) == [
        "#",
        "#",
        "S: 220 mx \\*ESMTP\\* {{from}}",
        "C: EHLO vm",
        "S: 250-mx",
        "S: 250 STARTTLS",
        "C: STARTTLS",
        "S: 220 go",
        "#",
        "C: MAIL FROM:<a@b>",
        "S: 550 no",
        "C: DATA",
        "S: 354 go",
        "C: Subject: {{from}}",
        "C: ",
        "C: .dot",
        "C\\: ..\\r\\n",
        "C: .",
        "S: 250 ok",
        "C: .x",
        "S: 500 what",
        "C: QUIT",
        "S: 221 bye",
        "!expect-close",
    ]
    assert [step.line for step in script(LOG).steps][:3] == [3, 4, 5]


def test_a_log_of_swaks_with_tls_from_the_start() -> None:
    log = "=== Connected to x.\n=== TLS started with cipher x\n<~  220 hi\n ~> QUIT\n<~  221 bye\n"
    assert translated(log.splitlines())[1] == "!tls"


def test_a_log_without_its_content_cannot_be_run() -> None:
    log = "=== Connected to x.\n<-  220 hi\n -> DATA\n<-  354 go\n -> 11 lines sent\n<-  250 ok\n"
    with pytest.raises(ScriptError) as caught:
        script(log)
    assert caught.value.line == 5


SIGNS = st.sampled_from(["<-  ", " -> ", "=== ", "<** ", "*** "])


@given(st.lists(st.builds(str.__add__, SIGNS, st.text(max_size=9))))
def test_any_log_is_a_script_or_an_error(lines: list[str]) -> None:
    try:
        made = script("=== log\n" + "\n".join(lines))
    except ScriptError:
        return
    assert all(isinstance(step, Say | Reply) or step.source in ("!tls", "!expect-close") for step in made.steps)


# --- masks


def test_the_longest_secret_is_replaced_first() -> None:
    masks = Masks({"a": b"secret", "b": b"secret-long", "short": b"abc"}, frozenset({"a", "b", "short"}))
    assert masks.hidden(b"secret-long secret abc c2VjcmV0") == b"{b} {a} abc {a:base64}"
    assert masks.parts(b"xsecret") == [b"x", Reference("a"), b""]


def test_nothing_is_hidden_without_secrets() -> None:
    masks = Masks({"a": b"value"}, frozenset())
    assert masks.hidden(b"value") == b"value"
    assert masks.said(b"MAIL FROM:<value>", answering=False) == b"MAIL FROM:<value>"


def test_the_same_answer_has_the_same_name() -> None:
    masks = Masks({}, frozenset())
    assert masks.said(b"AUTH PLAIN abcd", answering=False) == b"AUTH PLAIN {masked-1}"
    assert masks.said(b"abcd", answering=True) == b"{masked-1}"
    assert masks.said(b"ab", answering=True) == b"{masked-2}"
    assert masks.hidden(b"abcd ab") == b"{masked-1} ab"


@given(st.binary(max_size=30), st.binary(min_size=4, max_size=6))
def test_a_secret_never_shows(data: bytes, secret: bytes) -> None:
    hidden = Masks({"s": secret}, frozenset({"s"})).hidden(data + secret + data)
    assert secret not in hidden or secret in b"{s}{s:base64}"


# --- handshakes


def test_a_handshake_in_words() -> None:
    assert state_words(TLS) == "TLSv1.3 TLS_AES_256_GCM_SHA384, certificate pass"
    assert state_words(TlsState("TLSv1", "X", 56)) == "TLSv1 X"


def test_versions_are_compared_as_numbers() -> None:
    old, odd = TlsState("TLSv1", "X", 56), TlsState("SSLv3", "X", 56)
    assert judge_terms((("version", "<", "1.1"), ("version", "=", "1.0")), old) == ()
    assert judge_terms((("version", ">=", "1.0"),), odd) == ("expected version>=1.0, received SSLv3",)
