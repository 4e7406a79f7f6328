#!/bin/sh
# Installs {{ app }} on this machine, or a newer release of it. It may be run as often as you like: what is there already
# stays as it is.
#
#   sudo deploy/systemd/install.sh ENVIRONMENT RELEASE
#
# DESTDIR=/some/folder installs below that folder and starts nothing.
set -eu

app='{{ app }}'
environment=${1:?"usage: $0 ENVIRONMENT RELEASE"}
release=${2:?"usage: $0 ENVIRONMENT RELEASE"}
root=${DESTDIR:-}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
source=$(CDPATH='' cd -- "$here/../.." && pwd)

say() { printf '%s: %s\n' "$app" "$*"; }
fail() {
  printf '%s: %s\n' "$app" "$*" >&2
  exit 1
}

case $release in
  '' | *[!A-Za-z0-9._-]* | .*) fail "a release is named with letters, digits, dots and dashes: $release" ;;
esac
case $environment in
{% for one in environments %}
  {{ one.name }}) units='{{ one.units }}' ;;
{% endfor %}
{% if not environments %}
  *) units='{{ units }}' ;;
{% else %}
  *) fail "there is no environment $environment" ;;
{% endif %}
esac
timers='{{ timers }}'
[ -n "$root" ] || [ "$(id -u)" -eq 0 ] || fail 'run it as root'

# Nothing but files is touched below DESTDIR.
live() { [ -n "$root" ] || "$@"; }

# The user that everything runs as.
install -D -m 0644 "$here/$app.sysusers.conf" "$root/usr/lib/sysusers.d/$app.conf"
live systemd-sysusers "$app.conf"

# What services may keep, whichever release runs.
mkdir -p "$root/var/lib/$app"
{% for folder in states %}
mkdir -p "$root{{ folder }}"
{% endfor %}
live chown -R "$app:$app" "/var/lib/$app"

# The release: a folder of its own, so that the one before stays whole.
home="$root/opt/$app"
folder="$home/releases/$release"
if [ ! -d "$folder" ]; then
  say "copies $release"
  mkdir -p "$home/releases"
  partial=$(mktemp -d "$home/releases/.new.XXXXXX")
  trap 'rm -rf "$partial"' EXIT INT TERM
  tar -C "$source" --exclude=./.git --exclude='*.secrets.env' -cf - . | tar -C "$partial" -xf -
  chmod 0755 "$partial"
  # Installing and building runs code of other people: not as root.
  live chown -R "$app:$app" "$partial"
  {% for build in builds %}
  (
    cd "$partial/{{ build.path }}"
    say {{ build.say }}
    {% for step in build.steps %}
    # shellcheck disable=SC2016 # the builder's shell expands it
    live runuser -u "$app" -- sh -c {{ step }}
    {% endfor %}
  )
  {% endfor %}
  {% for folder in mounts %}
  mkdir -p "$partial/{{ folder }}"
  {% endfor %}
  # No service changes its own program.
  live chown -R root:root "$partial"
  mv "$partial" "$folder"
  trap - EXIT INT TERM
fi

# Settings of this environment, and files for what must not be seen.
install -d -m 0755 "$root/etc/$app"
for file in "$here/environments/$environment"/*.env; do
  [ -e "$file" ] || continue
  install -m 0644 "$file" "$root/etc/$app/"
done
missing=''
# Makes the file that only root may read, and notes which of the names have no value there yet.
secrets() {
  file="$root/etc/$app/$1.secrets.env"
  shift
  if [ ! -e "$file" ]; then
    (umask 077 && : >"$file")
  fi
  chmod 0600 "$file"
  for name in "$@"; do
    grep -q "^$name=." "$file" || missing="$missing
  $name in ${file#"$root"}"
  done
}
{% for one in secrets %}
secrets {{ one.service }}{% if one.names %} {{ one.names }}{% endif %}

{% endfor %}

# Units.
for unit in "$here"/*.service "$here"/*.timer "$here"/*.target; do
  [ -e "$unit" ] || continue
  install -D -m 0644 "$unit" "$root/etc/systemd/system/$(basename "$unit")"
done
live systemctl daemon-reload

if [ -n "$missing" ]; then
  fail "write these as NAME=value, then run this again:$missing"
fi

# The new release takes over once its jobs are done. A job that fails leaves the old one running.
{% if release_jobs %}
before=$(readlink "$home/current" 2>/dev/null || :)
{% endif %}
ln -sfn "releases/$release" "$home/current.new"
mv -T "$home/current.new" "$home/current"
{% for job in release_jobs %}
if ! live systemctl start '{{ job }}'; then
  [ -z "$before" ] || ln -sfn "$before" "$home/current"
  fail '{{ job }} failed: journalctl --unit={{ job }}'
fi
{% endfor %}
for unit in $units; do
  live systemctl enable --quiet "$unit"
  live systemctl restart "$unit"
done
for timer in $timers; do
  live systemctl enable --quiet --now "$timer"
done
live systemctl enable --quiet --now "$app.target"

# The three releases that were made last stay, and the one that runs.
find "$home/releases" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %f\n' | sort -rn | tail -n +4 | while read -r _ old; do
  [ "$old" = "$release" ] || rm -rf "${home:?}/releases/$old"
done
say "$release runs"
