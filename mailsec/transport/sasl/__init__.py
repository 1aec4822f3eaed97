"""SASL (RFC 4422), the client's side: how a user proves who he is to a server of SMTP, POP3 or IMAP."""
