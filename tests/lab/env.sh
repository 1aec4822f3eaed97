# Addresses and ports of the lab. Sourced by the scripts here, and by whoever wants to talk to it: . tests/lab/env.sh
LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_RUN=${LAB_RUN:-${TMPDIR:-/tmp}/mailsec-lab} # all state: keys, zones, logs, process ids; outside the checkout
LAB_PYTHON=${LAB_PYTHON:-python3}               # one that has cryptography
if [ -n "${LAB_STD_PORTS:-}" ]; then # only in a network namespace of its own (up.sh --netns)
  P_SMTP=25 P_PROXY=2526 P_SUBM=587 P_SMTPS=465 P_LMTP=24 P_IMAP=143 P_IMAPS=993 P_POP=110 P_POPS=995
  P_HTTPS=443 P_AUTHDNS=53 P_DNS=53
else
  P_SMTP=2525 P_PROXY=2526 P_SUBM=2587 P_SMTPS=2465 P_LMTP=2424 P_IMAP=2143 P_IMAPS=2993 P_POP=2110 P_POPS=2995
  P_HTTPS=2443 P_AUTHDNS=2053 P_DNS=2054
fi
A_MX1=127.0.0.25 A_MX2=127.0.0.26 A_PLAIN=127.0.0.27 A_EXPIRED=127.0.0.28 A_WRONG=127.0.0.29 A_SELF=127.0.0.30
A_OLD=127.0.0.31 A_DOWN=127.0.0.32 A_TEMP=127.0.0.33 A_SMUG=127.0.0.35 A_INJ=127.0.0.36
A_WEB=127.0.0.80 A_AUTHDNS=127.0.0.2 A_DNS=127.0.0.53
export LAB LAB_RUN LAB_PYTHON P_SMTP P_PROXY P_SUBM P_SMTPS P_LMTP P_IMAP P_IMAPS P_POP P_POPS P_HTTPS P_AUTHDNS P_DNS
export A_MX1 A_MX2 A_PLAIN A_EXPIRED A_WRONG A_SELF A_OLD A_DOWN A_TEMP A_SMUG A_INJ A_WEB A_AUTHDNS A_DNS
