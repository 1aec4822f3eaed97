#!/usr/bin/env bash
# in.sh CMD...: runs a command in the lab that `up.sh --netns` started (standard ports, own resolv.conf).
set -euo pipefail
run=${LAB_RUN:-${TMPDIR:-/tmp}/mailsec-lab-netns}
exec nsenter -t "$(cat "$run/ns.pid")" -n -m --wd="$PWD" env LAB_STD_PORTS=1 LAB_RUN="$run" "$@"
