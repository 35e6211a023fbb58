#!/bin/sh
# Fetches a pinned source tarball from the package archives that apt is configured with, and
# prints its path. Needs no root, changes nothing on the system, and has no host name built in.
#   sh compiler-config/fetch.sh NAME CACHE     pins/NAME lists what to accept; CACHE is a folder
#   sh compiler-config/fetch.sh --sources PACKAGE   lists the tarballs of a source package that
#                           the archives have, newest first: SHA-256 and path in the pool
#   NAME_TARBALL=FILE       use this file, without a network; its checksum is verified as well
#   NAME_MIRROR="URL..."    archives to try first: URLs up to, but without, /dists and /pool
#   PINS=FOLDER             instead of pins/
set -u
name=${1:?usage: fetch.sh NAME CACHE}
cache=${2:?usage: fetch.sh NAME CACHE}
listed_package=
# With --sources, the second argument is a package; roots stands for NAME, so ROOTS_MIRROR applies.
[ "$name" != --sources ] || listed_package=$cache name=roots
pins=${PINS:-${0%/*}/pins}/$name
upper=$(printf '%s' "$name" | tr '[:lower:]' '[:upper:]')
eval "given=\${${upper}_TARBALL:-} mirrors=\${${upper}_MIRROR:-}"
# The suites whose source indexes are searched for --sources, or if the pool has another layout.
suites="sid forky trixie"

say() { printf 'fetch: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}
pinned() { sed '/^#/d' "$pins"; }
list_pins() {
  pinned | while read -r version sum path; do say "  ${path##*/}, SHA-256 $sum"; done
}
has_sum() { # file, checksum
  [ -f "$1" ] && [ "$(sha256sum <"$1")" = "$2  -" ]
}
pin_of() { # file: prints the pin that has this file's checksum, if there is one
  [ -f "$1" ] || return 1
  sum=$(sha256sum <"$1")
  pinned | grep " ${sum%% *} "
}
keep() { # file, name in the cache: puts it there atomically
  mkdir -p "$cache" && cp "$1" "$cache/$2.new.$$" && mv "$cache/$2.new.$$" "$cache/$2"
}
finish() { # version, path in the pool
  best=$(pinned | sed -n '1s/ .*//p')
  [ "$1" = "$best" ] ||
    say "$name $1 instead of $best: the kernel will differ from one built with $best"
  printf '%s\n' "$cache/${2##*/}"
  exit
}

[ -f "$pins" ] || fail "$pins does not exist"
if [ -n "$given" ] && [ -z "$listed_package" ]; then
  if ! pin=$(pin_of "$given"); then
    say "$given does not exist, or is not one of these:"
    list_pins
    exit 1
  fi
  set -- $pin
  keep "$given" "${3##*/}" || exit 1
  finish "$1" "$3"
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
log=$work/log
: >"$log"

# --- the archives ------------------------------------------------------------------------------
# --print-uris downloads nothing, takes no lock, and works without root and without lists.
archives() {
  for mirror in $mirrors; do printf '%s/\n' "${mirror%/}"; done
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
: >"$work/archives"
command -v apt-get >/dev/null 2>&1 && archives | awk '!seen[$0]++' >"$work/archives"

# --- the source index, with a configuration of its own for apt ---------------------------------
with_index() { # archive, suite, command...: runs the command with apt's options for this index
  dir=$work/apt
  rm -rf "$dir"
  mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/empty" "$dir/files"
  # "trusted": the files are authenticated by pinned checksums, so this index need not be.
  echo "deb-src [trusted=yes] $1 $2 main" >"$dir/sources.list"
  shift 2
  set -- "$@" -q -o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts="$dir/empty" \
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts="$dir/empty" \
    -o Dir::State="$dir" -o Dir::State::lists="$dir/lists" -o Dir::State::status=/dev/null \
    -o Dir::Cache="$dir/cache" -o APT::Sandbox::User= -o Acquire::Languages=none \
    -o Acquire::Check-Valid-Until=false
  command=$1
  shift
  apt-get "$@" update >>"$log" 2>&1 </dev/null && "$command" "$@"
}
show_sources() { # options for apt
  apt-cache "$@" showsrc "$listed_package" 2>>"$log" </dev/null | awk '
    /^[^ ]/ { part = $1 }
    /^Package:/ { count = 0 }
    /^Version:/ { version = $2 }
    part == "Checksums-Sha256:" && $3 ~ /\.tar\.(gz|bz2|xz)$/ && $3 !~ /\.debian\.tar/ {
      sums[count] = $1; files[count++] = $3
    }
    /^Directory:/ { folder = $2; sub(/^pool\/(updates\/)?[a-z]+\//, "", folder) }
    /^$/ { for (i = 0; i < count; i++) print version, sums[i], folder "/" files[i]; count = 0 }'
}

if [ -n "$listed_package" ]; then
  while read -r archive; do
    for suite in $suites; do with_index "$archive" "$suite" show_sources; done
  done <"$work/archives" | sort -rV | awk '!seen[$2]++ { print $2, $3 }'
  exit
fi

# --- straight from the pool: one file, whose checksum apt's own downloader verifies ------------
helper=
for candidate in /usr/lib/apt/apt-helper /usr/libexec/apt/apt-helper; do
  [ -x $candidate ] && helper=$candidate
done
from_pool() { # checksum, path in the pool
  [ -n "$helper" ] || return 1
  file=${2##*/}
  while read -r archive; do
    for area in main universe updates/main; do
      "$helper" -q -o Acquire::Retries=2 -o Acquire::http::Timeout=30 download-file \
        "${archive}pool/$area/$2" "$work/$file" "SHA256:$1" >>"$log" 2>&1 </dev/null
      has_sum "$work/$file" "$1" && keep "$work/$file" "$file" && return
      rm -f "$work/$file"
    done
  done <"$work/archives"
  return 1
}
pinned >"$work/pins"
while read -r version sum path; do
  has_sum "$cache/${path##*/}" "$sum" && finish "$version" "$path"
  from_pool "$sum" "$path" && finish "$version" "$path"
done <"$work/pins"

# --- or through the source index, if the pool has another layout --------------------------------
download_source() { # options for apt; sets `pin` to the pin of the file that it found
  (cd "$dir/files" && apt-get "$@" source --download-only --tar-only "$package") \
    >>"$log" 2>&1 </dev/null
  for file in "$dir"/files/*.tar.*; do
    pin=$(pin_of "$file") && keep "$file" "${pin##*/}" && return
  done
  return 1
}
packages=$(sed 's,/[^/]*$,,; s,.*/,,' "$work/pins" | awk '!seen[$0]++')
while read -r archive; do
  for suite in $suites; do
    for package in $packages; do
      with_index "$archive" "$suite" download_source || continue
      set -- $pin
      finish "$1" "$3"
    done
  done
done <"$work/archives"

if [ ! -s "$work/archives" ]; then
  say "apt is missing here, or has no archive configured: set ${upper}_TARBALL=FILE to one of these"
  list_pins
  fail "or, if apt is here, ${upper}_MIRROR=URL to a mirror of Debian"
fi
say "cannot fetch any of these:"
list_pins
say "from the archives that apt is configured with:"
sed -E 's,//[^/@]*@,//***@,; s/^/  /' "$work/archives" >&2
say "Set ${upper}_MIRROR=URL (a mirror of Debian) or ${upper}_TARBALL=FILE. apt's output ends:"
tail -n 5 "$log" | sed -E 's,//[^/@]*@,//***@,; s/^/  /' >&2
exit 1
