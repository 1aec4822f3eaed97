#!/usr/bin/env bash
# down.sh [--wipe]: stops what up.sh started, and nothing else; --wipe removes the state too.
set -euo pipefail
. "$(dirname "$0")/env.sh"
[ -d "$LAB_RUN" ] || exit 0
for name in postfix dovecot faulty web unbound knot; do
  file=$LAB_RUN/pid/$name
  [ -s "$file" ] || continue
  pid=$(tr -d ' \n' <"$file")
  command=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" || true)
  case "$name:$command" in
    # anything else: the number has gone to another process
    postfix:*master* | dovecot:*dovecot* | faulty:*faulty.py* | web:*web.py* | unbound:*unbound* | knot:*knotd*)
    kill -TERM "$pid"
    for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null && sleep .05 || break; done
    kill -KILL "$pid" 2>/dev/null || true
    ;;
  esac
  rm -f "$file"
done
if [ -s "$LAB_RUN/ns.pid" ]; then
  pid=$(cat "$LAB_RUN/ns.pid")
  ! grep -q sleep "/proc/$pid/comm" 2>/dev/null || kill "$pid"
  rm -f "$LAB_RUN/ns.pid"
fi
[ "${1:-}" != --wipe ] || rm -rf "$LAB_RUN"
echo "lab down"
