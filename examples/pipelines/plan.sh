#!/bin/sh
# Where would it go, and with what TLS? The signed message is planned, not sent: leave --dry-run out to send it.
cd "$(dirname "$0")/.." || exit 1
printf 'From: alice@bank.example\nTo: bob@bank.example\nDate: Mon, 21 Sep 2026 14:13:20 +0000\nMessage-ID: <1@bank.example>\nSubject: Hello\n\nHello, Bob.\n' |
  mailsec sign --dkim --key keys/rsa.pem --selector s2026 --quiet |
  mailsec smtp send --zone example.zone --envelope-from-header --dry-run --format plain | awk -F'\t' '$2 == "check" { print $3, $4, $5 }'
