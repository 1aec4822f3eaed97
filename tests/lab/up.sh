#!/usr/bin/env bash
# up.sh [--netns]: starts the lab. A running one is left as it is, one that is half up is completed.
#   --netns: on the standard ports, in a network and mount namespace of its own with its own resolv.conf; in.sh CMD runs there
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if [ "${1:-}" = --netns ] && [ -z "${LAB_STD_PORTS:-}" ]; then
  export LAB_RUN=${LAB_RUN:-${TMPDIR:-/tmp}/mailsec-lab-netns}
  mkdir -p "$LAB_RUN"
  if ! { [ -f "$LAB_RUN/ns.pid" ] && kill -0 "$(cat "$LAB_RUN/ns.pid")" 2>/dev/null; }; then
    rm -f "$LAB_RUN/ns.pid"
    setsid unshare -n -m bash -c 'echo $$ >"$0" && exec sleep infinity' "$LAB_RUN/ns.pid" </dev/null >/dev/null 2>&1 &
    for _ in $(seq 50); do [ -s "$LAB_RUN/ns.pid" ] && break || sleep .05; done
    sleep .1
    printf 'nameserver 127.0.0.53\noptions trust-ad edns0\n' >"$LAB_RUN/resolv.conf"
    nsenter -t "$(cat "$LAB_RUN/ns.pid")" -n -m sh -c 'ip link set lo up && mount --bind "$0" /etc/resolv.conf' "$LAB_RUN/resolv.conf"
  fi
  LAB_STD_PORTS=1 exec nsenter -t "$(cat "$LAB_RUN/ns.pid")" -n -m "$here/up.sh"
fi
. "$here/env.sh"
mkdir -p "$LAB_RUN"/{log,pid,knot,unbound}
chmod 755 "$LAB_RUN"
alive() { [ -s "$LAB_RUN/pid/$1" ] && kill -0 "$(cat "$LAB_RUN/pid/$1")" 2>/dev/null; }
wait_port() {
  for _ in $(seq 100); do (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null && return 0 || sleep .05; done
  echo "no answer on $1:$2 ($3)"
  exit 1
}

# Zones are made anew when they are older than a week (signatures last 30 days) or when what makes them has changed.
made=$LAB_RUN/root.key
if [ ! -f "$made" ] || [ -n "$(find "$made" -mtime +7)" ] || [ -n "$(find "$here" -maxdepth 1 -type f -newer "$made")" ]; then
  (cd "$here/../.." && PYTHONDONTWRITEBYTECODE=1 "$LAB_PYTHON" -m tests.lab.gen)
  "$here/signzones.sh"
  fresh=1
fi

# --- Knot, authoritative for every zone
{
  cat <<X
server:
    rundir: $LAB_RUN/knot
    pidfile: $LAB_RUN/pid/knot
    listen: $A_AUTHDNS@$P_AUTHDNS
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: $LAB_RUN/log/knot.log
    any: info
database:
    storage: $LAB_RUN/knot
template:
  - id: default
    storage: $LAB_RUN/zones
    semantic-checks: off
    zonefile-sync: -1
    journal-content: none
zone:
X
  for file in "$LAB_RUN"/zones/*.signed; do
    zone=$(basename "$file" .signed)
    printf '  - domain: %s\n    file: %s.signed\n' "${zone/#root/.}" "$zone"
  done
} >"$LAB_RUN/knot/knot.conf"
if ! alive knot; then
  knotd -c "$LAB_RUN/knot/knot.conf" -d >/dev/null
elif [ -n "${fresh:-}" ]; then
  kill -HUP "$(cat "$LAB_RUN/pid/knot")"
fi

# --- Unbound, which validates from the lab's own root
cat >"$LAB_RUN/unbound/unbound.conf" <<X
server:
  interface: $A_DNS@$P_DNS
  access-control: 127.0.0.0/8 allow
  username: ""
  chroot: ""
  directory: "$LAB_RUN/unbound"
  pidfile: "$LAB_RUN/pid/unbound"
  logfile: "$LAB_RUN/log/unbound.log"
  use-syslog: no
  do-ip6: no
  num-threads: 1
  do-not-query-localhost: no
  module-config: "validator iterator"
  trust-anchor-file: "$LAB_RUN/root.key"
  val-log-level: 2
  ede: yes
  local-zone: "test." nodefault
  local-zone: "127.in-addr.arpa." nodefault
  qname-minimisation: no
  cache-max-ttl: 5
  cache-max-negative-ttl: 5
  harden-referral-path: no
  prefetch: no
  trust-anchor-signaling: no
  root-key-sentinel: no
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: $A_AUTHDNS@$P_AUTHDNS
X
alive unbound || unbound -c "$LAB_RUN/unbound/unbound.conf"

# --- HTTPS
if ! alive web; then
  setsid "$LAB_PYTHON" "$here/web.py" </dev/null >>"$LAB_RUN/log/web.log" 2>&1 &
  echo $! >"$LAB_RUN/pid/web"
fi
. "$here/mail.sh"
wait_port "$A_AUTHDNS" "$P_AUTHDNS" knot
wait_port "$A_DNS" "$P_DNS" unbound
wait_port "$A_WEB" "$P_HTTPS" web
echo "lab up; state in $LAB_RUN"
