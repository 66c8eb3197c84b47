#!/bin/sh
# Process 1 of the guest: mounts what a system needs over the host's files (read-only), joins two namespaces
# by a pair of interfaces, runs the cases of the file `cases` one after the other, and switches the machine
# off. A case is a line: NAME COUNT RATE SPACING BYTES_MIN BYTES_MAX SEED IDLE_MS NETEM…. `done NAME` on
# the console says that NAME.sent and NAME.received (numbered.c) and NAME.qdisc (tc -s) are there.
# NETEMU_EXCHANGE (kernel command line) is the one folder of the host that the guest writes to.
set -u
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH LC_ALL=C
exchange=/run/exchange

halt() {
  echo "$1"
  sync
  echo o >/proc/sysrq-trigger
  sleep 10
}

must() { "$@" || halt "failed: $*"; }

mount -t proc proc /proc
must mount -t sysfs sysfs /sys
must mount -t tmpfs tmpfs /run
must mkdir -p $exchange /run/modules/lib
must mount -t hostfs -o "$NETEMU_EXCHANGE" none $exchange

# The guest's modules lie where modprobe does not look.
must ln -s /usr/lib/uml/modules /run/modules/lib/modules
for module in veth af_packet sch_netem; do must modprobe -d /run/modules $module; done

near_mac=02:00:00:00:00:01 far_mac=02:00:00:00:00:02
for side in near far; do
  must ip netns add $side
  must ip netns exec $side sh -c 'cd /proc/sys/net/ipv6/conf 2>/dev/null || exit 0
    echo 1 >all/disable_ipv6 && echo 1 >default/disable_ipv6'
done
must ip -n near link add v0 address $near_mac type veth peer name v0 netns far address $far_mac
must ip -n near addr add 192.0.2.1/24 dev v0
must ip -n far addr add 192.0.2.2/24 dev v0
must ip -n near link set v0 up
must ip -n far link set v0 up
must ip -n near neigh replace 192.0.2.2 lladdr $far_mac dev v0 nud permanent
must ip -n far neigh replace 192.0.2.1 lladdr $near_mac dev v0 nud permanent

run_case() {
  name=$1 count=$2 rate=$3 spacing=$4 min=$5 max=$6 seed=$7 idle=$8
  shift 8
  tc -n near qdisc del dev v0 root 2>/dev/null
  if [ $# -gt 0 ]; then
    must tc -n near qdisc add dev v0 root netem limit 100000 "$@"
  fi
  rm -f /run/ready
  mkfifo /run/ready
  ip netns exec far $exchange/numbered receive v0 "$count" "$idle" $exchange/"$name".received >/run/ready &
  read -r _ </run/ready
  must ip netns exec near $exchange/numbered send \
    192.0.2.1 192.0.2.2 "$count" "$rate" "$spacing" "$min" "$max" "$seed" $exchange/"$name".sent
  wait $! || halt "failed: receive $name"
  tc -n near -s qdisc show dev v0 >$exchange/"$name".qdisc
  echo "done $name"
}

uname -r >$exchange/kernel
tc -V >$exchange/tc
while read -r line; do
  # shellcheck disable=SC2086
  run_case $line </dev/null
done <$exchange/cases
halt 'all done'
