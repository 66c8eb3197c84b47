# shellcheck shell=bash
# Sets up what a clone needs: node, Debian packages, node_modules, dist/. Sourced by the scripts
# beside it. Silent, and done in about 20 ms, when all is there; else one line for each step, on
# standard error, because standard output belongs to the program.

root=$(dirname "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")")

# What must be there, and the Debian package that brings it.
run_parts=(
  nft:nftables libnftables.so.1:libnftables1 ip:iproute2 tc:iproute2
  unshare:util-linux setpriv:util-linux flock:util-linux mount:mount
)
test_parts=(
  "${run_parts[@]}"
  dnsmasq:dnsmasq-base dig:bind9-dnsutils kdig:knot-dnsutils iperf3:iperf3 tcpdump:tcpdump
  ping:iputils-ping sysctl:procps openssl:openssl curl:curl
  gtlsclient:ngtcp2-client gtlsserver:ngtcp2-server caddy:caddy tshark:tshark chromium:chromium
)

# Debian keeps ip, nft and tc where a user's PATH does not look.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() { printf 'netemu: %s\n' "$*" >&2; }

# fail MESSAGE MEND: exit code 3, this machine lacks something.
fail() {
  say "$1"
  printf '  to mend it: %s\n' "$2" >&2
  exit 3
}

setup_run() {
  find_node
  find_packages "${run_parts[@]}" || true # the program itself says what it cannot do without them
  prepare_clone
}

# Returns 1 where a program that the live tests need is missing; `missing` then says which.
setup_test() {
  find_node
  local complete=0
  find_packages "${test_parts[@]}" || complete=1
  prepare_clone
  return $complete
}

# --- node -----------------------------------------------------------------------------------------

# Puts a node that is new enough first in PATH: the one that is there, else the newest of those that
# version managers keep in home directories, which sudo takes out of PATH.
find_node() {
  local engines='"node": *">=([0-9]+)\.([0-9]+)"'
  [[ $(<"$root/package.json") =~ $engines ]]
  node_major=${BASH_REMATCH[1]} node_minor=${BASH_REMATCH[2]}
  if node_fits node; then return; fi
  local program newest
  newest=$(hidden_nodes | while read -r program; do
    if node_fits "$program"; then printf '%s %s\n' "$version" "$program"; fi
  done | sort -V | tail -n 1) || true
  if [[ -n $newest ]]; then
    PATH=$(dirname "${newest#* }"):$PATH
  else
    install_node
  fi
}

# node_fits PROGRAM: whether it runs and is new enough; sets `version`.
node_fits() {
  version=$("$1" --version 2>/dev/null) || return 1
  [[ $version =~ ^v([0-9]+)\.([0-9]+)\. ]] || return 1
  ((BASH_REMATCH[1] > node_major)) ||
    ((BASH_REMATCH[1] == node_major && BASH_REMATCH[2] >= node_minor))
}

hidden_nodes() {
  local home
  for home in "$HOME" "$(home_of "${SUDO_UID:-}")" "$(home_of "$(stat -c %u "$root")")"; do
    [[ -n $home ]] || continue
    compgen -G "$home/.nvm/versions/node/*/bin/node"
    compgen -G "$home/.config/nvm/versions/node/*/bin/node"
    compgen -G "$home/.local/share/fnm/node-versions/*/installation/bin/node"
    compgen -G "$home/.fnm/node-versions/*/installation/bin/node"
    compgen -G "$home/.volta/tools/image/node/*/bin/node"
    compgen -G "$home/.asdf/installs/nodejs/*/bin/node"
    compgen -G "$home/.local/share/mise/installs/node/*/bin/node"
    compgen -G "$home/n/bin/node"
    compgen -G "$home/.local/bin/node"
  done
  compgen -G "${NVM_DIR:-/usr/local/nvm}/versions/node/*/bin/node"
  compgen -G "${FNM_DIR:-/opt/fnm}/node-versions/*/installation/bin/node"
  compgen -G "${VOLTA_HOME:-/opt/volta}/tools/image/node/*/bin/node"
  compgen -G "${ASDF_DATA_DIR:-/opt/asdf}/installs/nodejs/*/bin/node"
  compgen -G '/usr/local/bin/node'
  compgen -G '/usr/bin/node'
  compgen -G '/usr/local/lib/nodejs/*/bin/node'
  compgen -G '/opt/*/bin/node'
  compgen -G '/opt/nodejs/*/bin/node'
}

# home_of UID: prints the home directory; nothing for an empty or unknown UID.
home_of() { [[ -z $1 ]] || getent passwd "$1" | cut -d: -f6; }

# Debian 13 and later have a node that is new enough; older ones do not.
install_node() {
  local wanted="Node.js $node_major.$node_minor or newer"
  local mend='install nvm (https://github.com/nvm-sh/nvm), then: nvm install 22'
  if command -v apt-get >/dev/null; then
    if ((EUID == 0)) && [[ -z $(debian_node) ]]; then apt update || true; fi
    local -a candidate
    IFS=.: read -ra candidate <<<"$(debian_node)"
    if ((${candidate[0]:-0} > node_major)) ||
      ((${candidate[0]:-0} == node_major && ${candidate[1]:-0} >= node_minor)); then
      mend='apt-get install nodejs npm (as root)'
      if ((EUID == 0)) && install_packages nodejs npm && node_fits node; then return; fi
    fi
  fi
  fail "$wanted was found neither in PATH nor where nvm, fnm, volta, asdf and mise keep it" "$mend"
}

# Prints the version that apt-get would install, without the epoch.
debian_node() { apt-cache policy nodejs 2>/dev/null | sed -nE 's/^ *Candidate: ([0-9]+:)?([0-9].*)/\2/p'; }

# --- Debian packages ------------------------------------------------------------------------------

# find_packages PART:PACKAGE...: installs what is missing, as root. Returns 1 and sets `missing` to
# the packages when it could not. Looks for the parts, not for packages: they may come from elsewhere.
find_packages() {
  local pair part
  local -A packages=()
  for pair in "$@"; do
    part=${pair%%:*}
    if [[ $part == *.so.* ]]; then
      library_exists "$part" || packages[${pair#*:}]=1
    else
      command -v "$part" >/dev/null || packages[${pair#*:}]=1
    fi
  done
  missing=${!packages[*]}
  [[ -z $missing ]] && return
  if ((EUID != 0)); then
    say "missing here: $missing; as root: apt-get install $missing"
    return 1
  elif ! command -v apt-get >/dev/null; then
    say "missing here: $missing (Debian's names); install them with this system's package manager"
    return 1
  fi
  install_packages "${!packages[@]}"
}

library_exists() {
  compgen -G "/usr/lib/*/$1" >/dev/null || compgen -G "/usr/lib*/$1" >/dev/null ||
    compgen -G "/usr/local/lib/$1" >/dev/null
}

# A fresh container has no package lists, and old lists name files that are gone: only then `update`.
install_packages() {
  say "installing $* (apt-get)"
  apt install --no-install-recommends "$@" && return
  apt update && apt install --no-install-recommends "$@" && return
  say "apt-get could not install $*: $(grep -m1 '^E:' <<<"$apt_said" || tail -n 1 <<<"$apt_said")"
  return 1
}

# apt COMMAND...: quiet apt-get that asks nothing; what it said is in `apt_said`. Through a file and not
# a pipe, which a daemon started by a package would keep open.
apt() {
  local log status=0
  log=$(mktemp)
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=120 "$@" \
    </dev/null >"$log" 2>&1 || status=$?
  apt_said=$(<"$log")
  rm -f "$log"
  return $status
}

# --- the clone ------------------------------------------------------------------------------------

# node_modules and dist/, made by one start while others wait: the lock is on the clone's directory
# itself, so no lock file stays, and it ends with the subshell whatever happens in it.
prepare_clone() {
  if modules_fresh && build_fresh; then return; fi
  [[ -w $root ]] || fail "$root is not set up and cannot be written to" 'run this as its owner'
  (
    cd "$root" || exit
    flock -n 9 || {
      say 'waiting for another start that is setting up this clone'
      flock 9
    }
    modules_fresh || install_modules || fail 'npm ci failed' 'see above; it must reach the npm registry'
    build_fresh || build || fail 'the build failed' 'see above'
  ) 9<"$root" || exit
}

# npm writes its record of what is installed last, so an interrupted npm ci is not taken for a whole one.
modules_fresh() {
  local record=$root/node_modules/.package-lock.json
  [[ -e $record && ! $root/package-lock.json -nt $record ]]
}

install_modules() {
  command -v npm >/dev/null || install_npm
  say 'installing node_modules (npm ci)'
  as_owner npm ci --include=dev --no-audit --no-fund --no-update-notifier --loglevel=error 9<&- >/dev/null &&
    as_owner touch node_modules/.package-lock.json
}

# Debian's nodejs comes without npm; every other node has it beside it.
install_npm() {
  local mend='apt-get install npm (as root)'
  ((EUID == 0)) && command -v apt-get >/dev/null && install_packages npm && return
  fail 'npm is missing beside node' "$mend"
}

build_fresh() {
  local made=$root/dist/cli/main.js
  [[ -e $made ]] && [[ -z $(find "$root/src" "$root"/tsconfig{,.build,.page}.json "$root/package.json" \
    -newer "$made" -print -quit) ]]
}

# The result counts as old as the moment the build began, so that a file saved meanwhile is built next time.
build() {
  say 'building dist/ (tsc)'
  local began
  began=$(date +%s.%N)
  as_owner npm run --silent build 9<&- >&2 && as_owner touch -d "@$began" dist/cli/main.js
}

# as_owner COMMAND...: a user's clone stays the user's under sudo, so npm and tsc run as the clone's
# owner, with the owner's home (.npmrc, cache) and not the one that npm itself handed down in npm_config_*.
as_owner() {
  local uid gid home
  read -r uid gid < <(stat -c '%u %g' "$root")
  if ((EUID != 0 || uid == 0)); then
    "$@"
    return
  fi
  home=$(home_of "$uid")
  local -a owner=(setpriv --reuid="$uid" --regid="$gid" --clear-groups env
    -u npm_config_cache -u npm_config_userconfig -u npm_config_init_module
    HOME="$home")
  if [[ -n $home ]] && "${owner[@]}" node --version >/dev/null 2>&1; then
    "${owner[@]}" "$@"
  else # an owner unknown here (a container's mount), or a node that only root may run
    local status=0
    "$@" || status=$?
    hand_back
    return $status
  fi
}

# Gives what a run as root made in a user's clone to the user, who could not renew it otherwise.
hand_back() {
  local made
  ((EUID == 0)) || return 0
  for made in "$root"/{node_modules,dist,build,coverage}; do
    [[ ! -e $made ]] || chown -Rh --reference="$root" "$made"
  done
}
