#!/bin/sh
# As a filter behind a transfer agent: the message goes through with our results on top, forged ones in our name removed.
cd "$(dirname "$0")/.." || exit 1
{ printf 'Authentication-Results: mx.receiver.example; dmarc=pass header.from=bank.example\r\n'; cat messages/forged.eml; } |
  mailsec verify --zone example.zone --received-from mx.receiver.example --add-header --authserv-id mx.receiver.example \
    --exit-zero --quiet - | sed -n '/^Authentication-Results/,/^[^[:space:]A]/p' | sed '$d'
