#!/bin/sh
# Many domains side by side, a JSON line each as it finishes; here the ones that do not hold, with what to repair.
cd "$(dirname "$0")/.." || exit 1
printf 'bank.example\nshop.example\nbroken.example\n' |
  mailsec check --zone example.zone --only spf,dmarc --format plain --fail-on medium -f - |
  awk -F'\t' '$2 == "verdict" && $4 != "pass" { print $5 } $2 == "finding" && ($4 == "medium" || $4 == "high") { print "  " $1 ": " $3 ": " $5 }' |
  sort
