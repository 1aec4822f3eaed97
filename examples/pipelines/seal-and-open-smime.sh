#!/bin/sh
# The same with S/MIME: the certificates lead to an authority whose root is named, and the way there is part of the report.
cd "$(dirname "$0")/.." || exit 1
printf 'From: Alice <alice@bank.example>\nTo: Bob <bob@receiver.example>\nSubject: Lunch\n\nAt one, at the usual place.\n' |
  mailsec encrypt --smime --sign --key keys/alice.pem --to-key keys/bob.pem --quiet |
  mailsec decrypt --key keys/bob.pem --ca keys/root.pem --require-signature - 2>&1
