#!/bin/sh
# Sign with two keys, check the result before it leaves: the pipe ends with 0 only if the signatures hold.
cd "$(dirname "$0")/.." || exit 1
printf 'From: alice@bank.example\nTo: bob@receiver.example\nSubject: Hello\n\nHello, Bob.\n' |
  mailsec sign --dkim --key keys/rsa.pem --selector s2026 --key keys/ed25519.pem --selector e2026 --quiet |
  mailsec verify --zone example.zone --format plain - | sed -n 1p
