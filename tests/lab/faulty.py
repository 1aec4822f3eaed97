"""An SMTP server with a fault that the first label of the HELO name picks:

inj-response   says more than the 220 to STARTTLS in the same segment: in the clear, before the handshake
strip          does not offer STARTTLS
refuse         offers STARTTLS and answers 454
garbage        says 220 to STARTTLS, and then what is no TLS
close          says 220 to STARTTLS and closes
stall          says nothing after STARTTLS
cut            cuts the connection in the middle of a reply to MAIL
drip           says every reply one octet at a time
flood          answers EHLO without end
longline       answers EHLO with a line of a megabyte
binary         answers EHLO with what is no reply
mixed          answers EHLO with different codes on its lines
late           has nothing against DATA, and refuses the message
(any other)    keeps what was buffered before TLS and runs it after the handshake (CVE-2011-0411); takes LF.LF and CR.CR as
               the end of a message (SMTP smuggling)
"""

from __future__ import annotations

import os
import socketserver
import ssl
import sys
import time
from pathlib import Path
from typing import Any

RUN = Path(os.environ["LAB_RUN"])
ENDS = (b"\r\n.\r\n", b"\n.\r\n", b"\n.\n", b"\r.\r")
FOREVER = 20
"""Seconds that a client is kept waiting."""


def context() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(RUN / "pki" / "mx1.pem")
    return made


class Closed(Exception):
    """The connection is over."""


class Session(socketserver.BaseRequestHandler):
    def setup(self) -> None:
        self.sock: Any = self.request
        self.sock.settimeout(FOREVER)
        self.buffer = b""
        self.fault = ""
        self.encrypted = False

    def handle(self) -> None:
        try:
            self.say(b"220 mx.inject.test ESMTP faulty")
            while True:
                self.command(self.line())
        except Closed:
            pass
        except OSError as error:
            self.note(f"error {error!r}")

    # --- octets

    def note(self, text: str) -> None:
        sys.stderr.write(f"{self.client_address} {text}\n")
        sys.stderr.flush()

    def more(self) -> None:
        data = self.sock.recv(65_536)
        if not data:
            raise Closed
        self.buffer += data

    def line(self) -> bytes:
        while b"\n" not in self.buffer:
            self.more()
        line, _, self.buffer = self.buffer.partition(b"\n")
        self.note(f"C: {line!r}")
        return line.rstrip(b"\r")

    def say(self, *lines: bytes) -> None:
        data = b"\r\n".join(lines) + b"\r\n"
        self.note(f"S: {data[:100]!r}")
        if self.fault != "drip":
            self.sock.sendall(data)
            return
        for at in range(len(data)):
            self.sock.sendall(data[at : at + 1])
            time.sleep(0.002)

    # --- commands

    def command(self, line: bytes) -> None:
        verb, _, rest = line.partition(b" ")
        act = getattr(self, f"do_{verb.decode('latin-1').lower()}", None)
        if act is None:
            self.say(b"500 what")
        else:
            act(rest)

    def do_helo(self, name: bytes) -> None:
        self.say(b"250 mx.inject.test")

    def do_ehlo(self, name: bytes) -> None:
        self.fault = name.partition(b".")[0].decode("latin-1").lower()
        offers = [b"mx.inject.test", b"PIPELINING", b"8BITMIME", b"SIZE 1000000"]
        if not self.encrypted and self.fault != "strip":
            offers.append(b"STARTTLS")
        lines = [b"250-" + each for each in offers[:-1]] + [b"250 " + offers[-1]]
        match self.fault:
            case "flood":
                while True:
                    self.sock.sendall(b"250-X\r\n" * 10_000)
            case "longline":
                self.say(b"250 " + b"x" * 1_000_000)
            case "binary":
                self.say(b"\xff\xfe\x00no reply at all")
            case "mixed":
                self.say(b"550-mx.inject.test", *lines)
            case _:
                self.say(*lines)

    do_lhlo = do_ehlo

    def do_starttls(self, rest: bytes) -> None:
        go = b"220 go"
        match self.fault:
            case "refuse":
                return self.say(b"454 TLS not available")
            case "close":
                self.say(go)
                raise Closed
            case "garbage":
                self.say(go)
                time.sleep(0.05)
                return self.say(*[b"this is not TLS"] * 8)
            case "stall":
                self.say(go)
                time.sleep(FOREVER)
                raise Closed
            case "inj-response":
                self.say(go, b"250-injected.example", b"250 AUTH PLAIN LOGIN")
            case _:
                self.say(go)
        # What is buffered stays: that is the fault.
        self.sock = context().wrap_socket(self.sock, server_side=True)
        self.encrypted = True
        return self.note(f"{self.sock.version()}, buffered {self.buffer!r}")

    def do_mail(self, rest: bytes) -> None:
        if self.fault == "cut":
            self.sock.sendall(b"250-o")
            raise Closed
        self.say(b"250 ok")

    def do_noop(self, rest: bytes) -> None:
        self.say(b"250 ok")

    do_rcpt = do_rset = do_noop

    def do_data(self, rest: bytes) -> None:
        self.say(b"354 go")
        while not any(end in self.buffer for end in ENDS):
            self.more()
        at, end = min((self.buffer.index(end), end) for end in ENDS if end in self.buffer)
        self.buffer = self.buffer[at + len(end) :]
        self.say(b"554 no, not this one" if self.fault == "late" else b"250 message stored")

    def do_quit(self, rest: bytes) -> None:
        self.say(b"221 bye")
        raise Closed


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    Server((os.environ["A_INJ"], int(os.environ["P_SMTP"])), Session).serve_forever()
