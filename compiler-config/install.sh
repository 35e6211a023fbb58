#!/bin/sh
# Installs what the build, `make run` and `make test` need but this machine lacks, and reports what
# it does. Returns at once if nothing is missing. Groups: build, run, test, date, bench, debug.
#   sh compiler-config/install.sh [GROUP...]     (without a group: build run test)
set -u
cd "$(dirname "$0")/.." || exit 1
minimum=20

say() { printf 'install: %s\n' "$*"; }
fail() {
  printf 'install: %s\n' "$*" >&2
  exit 1
}

# --- what is missing ---------------------------------------------------------------------------
packages=""
missing=""
lack() { # what, package: records a missing file and the Debian package that contains it
  missing="$missing $1"
  case " $packages " in *" $2 "*) ;; *) packages="$packages $2" ;; esac
}
program() { command -v "$1" >/dev/null 2>&1 || lack "$1" "$2"; }
file() {
  for candidate in $1; do [ -e "$candidate" ] && return; done
  lack "$1" "$2"
}

# Looks for the x86-64 compiler of flags.mk, which off x86-64 is by default Debian's cross compiler.
# Debian packages GRUB's PC files for PCs only; make-iso.ts says how to get them elsewhere.
compiler() {
  case $(uname -m) in
  x86_64 | amd64)
    prefix=${CROSS_COMPILE-}
    gcc=gcc binutils=binutils libc=libc6-dev headers=/usr/include
    file /usr/lib/grub/i386-pc grub-pc-bin
    file /usr/lib/grub/x86_64-efi grub-efi-amd64-bin
    ;;
  *)
    prefix=${CROSS_COMPILE-x86_64-linux-gnu-}
    gcc=gcc-x86-64-linux-gnu binutils=binutils-x86-64-linux-gnu libc=libc6-dev-amd64-cross
    headers=/usr/x86_64-linux-gnu/include
    ;;
  esac
  case $prefix in
  "" | x86_64-linux-gnu-)
    program "${prefix}gcc" $gcc
    program "${prefix}ld" $binutils
    file $headers/assert.h $libc
    ;;
  *)
    command -v "${prefix}gcc" >/dev/null 2>&1 || fail "there is no ${prefix}gcc:" \
      "CROSS_COMPILE must be the prefix of a compiler for x86-64, such as x86_64-linux-gnu-"
    ;;
  esac
}

node_major() {
  version=$(node --version 2>/dev/null) || version=v0
  version=${version#v}
  printf '%s' "${version%%.*}"
}

look_for_packages() {
  packages=""
  missing=""
  for group in "$@"; do
    case $group in
    build)
      compiler
      program make make
      program grub-mkimage grub-common
      program xorriso xorriso
      program mformat mtools
      program xz xz-utils
      program bzip2 bzip2
      ;;
    run)
      program qemu-system-x86_64 qemu-system-x86
      program dnsmasq dnsmasq-base
      program nginx nginx-light
      ;;
    test)
      file "/usr/share/OVMF/OVMF_CODE_4M.fd /usr/share/OVMF/OVMF_CODE.fd" ovmf
      program curl curl
      program openssl openssl
      program ab apache2-utils
      program wrk wrk
      program iperf3 iperf3
      program ip iproute2
      program nft nftables
      program ping iputils-ping
      program unshare util-linux
      program clang-format clang-format
      program clang clang
      program wasm-ld lld
      file "/usr/lib/clang/*/lib/linux/libclang_rt.fuzzer-$(uname -m).a" libclang-rt-dev
      program gnutls-serv gnutls-bin
      program aria2c aria2
      program unbound unbound
      program named bind9
      program dig bind9-dnsutils
      program host bind9-host
      program kresd knot-resolver
      program dhcpd isc-dhcp-server
      program dhcrelay isc-dhcp-relay
      program kea-dhcp4 kea-dhcp4-server
      program keepalived keepalived
      program apache2 apache2-bin
      program haproxy haproxy
      program lighttpd lighttpd
      file /usr/lib/lighttpd/mod_openssl.so lighttpd-mod-openssl
      file /usr/lib/lighttpd/mod_deflate.so lighttpd-mod-deflate
      program caddy caddy
      program tinyproxy tinyproxy-bin
      program prometheus prometheus
      program qemu-img qemu-utils
      program virt-xml-validate libvirt-clients
      program xmllint libxml2-utils
      program libvirtd libvirt-daemon
      file "/usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so" \
        libvirt-daemon-driver-qemu
      program faketime faketime
      ;;
    date)
      program faketime faketime
      ;;
    bench)
      program busybox busybox-static
      program cpio cpio
      file /usr/lib/ipxe/qemu/pxe-e1000.rom ipxe-qemu
      ;;
    debug)
      program gdb gdb
      ;;
    *) fail "unknown group '$group': expected build, run, test, date, bench or debug" ;;
    esac
  done
  if [ "$(node_major)" -lt $minimum ] || ! command -v npm >/dev/null 2>&1; then
    # Debian's own Node may be too old to build with, but its npm can fetch a newer one.
    program node nodejs
    program npm npm
  fi
}

# --- Debian's packages -------------------------------------------------------------------------
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends -o Dpkg::Use-Pty=0 $packages
}

# Only the programs are needed: a package that contains a service must not start it, now or at the
# next boot.
services=""
hold_services() {
  [ -e /usr/sbin/policy-rc.d ] && return
  case " $packages " in *" nginx-light "*) services=nginx ;; esac
  for package in unbound isc-dhcp-server isc-dhcp-relay kea-dhcp4-server haproxy lighttpd caddy \
    prometheus; do
    case " $packages " in *" $package "*) services="$services $package" ;; esac
  done
  case " $packages " in *" bind9 "*) services="$services named" ;; esac
  case " $packages " in *" knot-resolver "*) services="$services kresd.target" ;; esac
  [ -n "$services" ] || return 0
  printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null &&
    as_root chmod 755 /usr/sbin/policy-rc.d
}
release_services() {
  [ -n "$services" ] || return 0
  as_root rm -f /usr/sbin/policy-rc.d
  if command -v systemctl >/dev/null 2>&1; then
    as_root systemctl disable $services >/dev/null 2>&1
  fi
  services=""
}

install_packages() {
  id=""
  like=""
  if [ -r /etc/os-release ]; then
    id=$(. /etc/os-release && printf '%s' "${ID:-}")
    like=$(. /etc/os-release && printf '%s' "${ID_LIKE:-}")
  fi
  case " $id $like " in
  *" debian "* | *" ubuntu "*) ;;
  *) fail "missing:$missing; this system (${id:-unknown}) is not Debian or based on it," \
    "so please install these by hand (Debian calls them:$packages)." ;;
  esac
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 ||
      fail "missing:$missing; there is no sudo here, so please run as root:" \
        "apt-get install --no-install-recommends$packages"
    say "installing packages needs sudo"
    sudo -v || fail "missing:$missing; sudo failed, so please run as root:" \
      "apt-get install --no-install-recommends$packages"
  fi
  say "missing:$missing"
  say "apt-get install$packages"
  hold_services
  trap release_services EXIT
  trap 'exit 130' INT TERM
  if ! apt_install >build/install.log 2>&1; then
    say "apt-get update (the package lists are missing or old)"
    as_root apt-get -o APT::Update::Error-Mode=any update >build/install.log 2>&1 ||
      fail "the package lists could not be fetched; is there a network? ($(last_line))"
    apt_install >build/install.log 2>&1 ||
      fail "the packages could not be installed: $(last_line)" \
        "(apt-get's full output is in build/install.log)"
  fi
  release_services
}

last_line() { grep -E '^(E|W|Err|dpkg):' build/install.log | tail -n 1; }

# --- Node and the packages of npm --------------------------------------------------------------
use_own_node() {
  if [ -x build/node/bin/node ]; then
    PATH="$PWD/build/node/bin:$PATH"
    export PATH
  fi
}

npm_ci() { # directory, what is fetched (for the error message)
  (cd "$1" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) \
    >build/install.log 2>&1 ||
    fail "npm could not fetch $2; is there a network?" \
      "($(grep -m 1 -i err build/install.log))"
}

install_node() {
  say "Node $(node --version 2>/dev/null) is older than $minimum:" \
    "npm fetches Node 20 into build/node (45 MB)"
  mkdir -p build/node
  cp compiler-config/node/package.json compiler-config/node/package-lock.json build/node/
  npm_ci build/node "Node 20"
  mkdir -p build/node/bin
  for binary in build/node/node_modules/node-linux-*/bin/node; do
    [ -x "$binary" ] || fail "npm has no Node for this machine ($(uname -m))," \
      "so please install Node $minimum or newer by hand."
    ln -sf "../${binary#build/node/}" build/node/bin/node
  done
  use_own_node
  [ "$(node_major)" -ge $minimum ] || fail "the Node that npm installed does not run here," \
    "so please install Node $minimum or newer by hand."
}

stale_modules() {
  [ ! -e node_modules/.package-lock.json ] ||
    [ -n "$(find package-lock.json -newer node_modules/.package-lock.json)" ]
}

# --- all of it ---------------------------------------------------------------------------------
[ $# -gt 0 ] || set -- build run test
PATH="$PATH:/usr/sbin:/sbin"
mkdir -p build || exit 1
use_own_node
look_for_packages "$@"
if [ -n "$packages" ] || [ "$(node_major)" -lt $minimum ] || stale_modules; then
  if [ -z "${ANONYMOS_INSTALLING:-}" ] && command -v flock >/dev/null 2>&1; then
    # One installation at a time: after waiting for the lock, check again what is missing.
    ANONYMOS_INSTALLING=1 exec flock build/install.lock sh compiler-config/install.sh "$@"
  fi
  [ -z "$packages" ] || install_packages
  [ "$(node_major)" -ge $minimum ] || install_node
  if stale_modules; then
    say "npm ci (the packages of package-lock.json into node_modules)"
    npm_ci . "the packages of package-lock.json"
    touch node_modules/.package-lock.json
  fi
  say "everything is installed"
fi
[ -e build/installed ] || : >build/installed
