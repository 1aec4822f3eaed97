#!/bin/sh
# Alice signs and encrypts to Bob; Bob opens it and learns whose it is. Nothing is written to a file on the way.
cd "$(dirname "$0")/.." || exit 1
printf 'From: Alice <alice@bank.example>\nTo: Bob <bob@receiver.example>\nSubject: Lunch\n\nAt one, at the usual place.\n' |
  mailsec encrypt --pgp --sign --key keys/alice.pgp --to-key keys/bob.pgp --quiet |
  mailsec decrypt --key keys/bob.pgp --key keys/alice.pgp --require-signature - 2>&1
