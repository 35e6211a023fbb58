#!/bin/sh
# Brings the pinned source of mbedTLS from the package archive that this machine's apt is set up
# with. Needs no root, changes nothing of the system, names no host.
#   sh compiler-config/fetch-mbedtls.sh DEST.tar.bz2
#   MBEDTLS_TARBALL=FILE     take this file instead (without a network); its checksum counts too
#   MBEDTLS_MIRROR="URL..."  archives to try first: what stands before /dists and /pool
set -u
target=${1:?usage: fetch-mbedtls.sh DEST.tar.bz2}

# Releases, best first, VERSION:SHA-256 of mbedtls_VERSION.orig.tar.bz2, which is upstream's
# mbedtls-VERSION.tar.bz2 byte for byte. Several, for a pool drops what no suite has any more.
pins="3.6.7:a7e8bcbec0e6f761b4af24f25677626b35f762f68eef79c08677a363212d11f6
3.6.6:8fb65fae8dcae5840f793c0a334860a411f884cc537ea290ce1c52bb64ca007a"
suites="sid forky trixie" # whose index is searched where the pool has another shape

say() { printf 'fetch-mbedtls: %s\n' "$*" >&2; }
list_pins() {
  for pin in $pins; do
    say "  mbedtls-${pin%%:*}.tar.bz2, SHA-256 ${pin#*:}"
  done
}
is_pinned() { # file
  [ -f "$1" ] || return 1
  sum=$(sha256sum <"$1")
  case $pins in *":${sum%% *}"*) ;; *) return 1 ;; esac
}
keep() { # file: puts it where it is wanted, whole or not at all
  mkdir -p "$(dirname "$target")" && cp "$1" "$target.new.$$" && mv "$target.new.$$" "$target"
}

is_pinned "$target" && exit 0
if [ -n "${MBEDTLS_TARBALL:-}" ]; then
  if ! is_pinned "$MBEDTLS_TARBALL"; then
    say "$MBEDTLS_TARBALL is missing, or is none of these:"
    list_pins
    exit 1
  fi
  keep "$MBEDTLS_TARBALL"
  exit
fi
if ! command -v apt-get >/dev/null 2>&1; then
  say "there is no apt-get here, so please say MBEDTLS_TARBALL=FILE, one of these:"
  list_pins
  exit 1
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# --- the archives ------------------------------------------------------------------------------
# --print-uris downloads nothing, takes no lock, and works without root and without lists.
archives() {
  for mirror in ${MBEDTLS_MIRROR:-}; do printf '%s/\n' "${mirror%/}"; done
  apt-get --print-uris update 2>/dev/null | sed -n "s/^'\([^']*\/\)dists\/.*/\1/p" | sort -u |
    while read -r address; do
      case $address in
      mirror+file:*) # a file that lists mirrors
        file=${address#mirror+file:}
        sed 's/#.*//; s/[[:space:]].*//; /^$/d; s,/*$,/,' "${file%/}"
        ;;
      mirror* | cdrom:*) ;;
      *) printf '%s\n' "$address" ;;
      esac
    done
}
archives | awk '!seen[$0]++' >"$work/archives"
if [ ! -s "$work/archives" ]; then
  say "apt is set up with no archive: say MBEDTLS_MIRROR=URL or MBEDTLS_TARBALL=FILE"
  exit 1
fi

# --- straight from the pool: one file, whose checksum apt's own downloader verifies ------------
log=$work/log
: >"$log"
helper=
for candidate in /usr/lib/apt/apt-helper /usr/libexec/apt/apt-helper; do
  [ -x $candidate ] && helper=$candidate
done
from_pool() { # pin, archive
  file=mbedtls_${1%%:*}.orig.tar.bz2
  for area in main universe; do
    "$helper" -q -o Acquire::Retries=2 -o Acquire::http::Timeout=30 download-file \
      "${2}pool/$area/m/mbedtls/$file" "$work/$file" "SHA256:${1#*:}" >>"$log" 2>&1 </dev/null
    is_pinned "$work/$file" && keep "$work/$file" && return
    rm -f "$work/$file"
  done
  return 1
}
if [ -n "$helper" ]; then
  for pin in $pins; do
    while read -r archive; do
      from_pool "$pin" "$archive" && exit
    done <"$work/archives"
  done
fi

# --- by a source index, with a configuration of its own for apt --------------------------------
from_index() { # suite, archive
  dir=$work/apt
  rm -rf "$dir"
  mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/empty" "$dir/files"
  # "trusted", for what authenticates the file is its checksum above, not this index.
  echo "deb-src [trusted=yes] $2 $1 main" >"$dir/sources.list"
  set -- -q -o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts="$dir/empty" \
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts="$dir/empty" \
    -o Dir::State="$dir" -o Dir::State::lists="$dir/lists" -o Dir::State::status=/dev/null \
    -o Dir::Cache="$dir/cache" -o APT::Sandbox::User= -o Acquire::Languages=none \
    -o Acquire::Check-Valid-Until=false
  apt-get "$@" update >>"$log" 2>&1 </dev/null || return 1
  (cd "$dir/files" && apt-get "$@" source --download-only --tar-only mbedtls) \
    >>"$log" 2>&1 </dev/null
  for file in "$dir"/files/*.orig.tar.*; do
    is_pinned "$file" && keep "$file" && return
  done
  return 1
}
while read -r archive; do
  for suite in $suites; do
    from_index "$suite" "$archive" && exit
  done
done <"$work/archives"

say "none of these could be had:"
list_pins
say "from the archives that apt is set up with:"
sed -E 's,//[^/@]*@,//***@,; s/^/  /' "$work/archives" >&2
say "Please say MBEDTLS_MIRROR=URL (a mirror of Debian) or MBEDTLS_TARBALL=FILE. apt's last words:"
tail -n 5 "$log" | sed -E 's,//[^/@]*@,//***@,; s/^/  /' >&2
exit 1
