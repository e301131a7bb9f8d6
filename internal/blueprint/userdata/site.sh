#!/bin/bash
# One look at which release this instance is to serve, and what follows from it.
# What can't be had changes nothing: the release that is served stays.
bucket='[[bucket]]'
www=/srv/www
run=/run/platformctl-site
me={{ v1.instance_id }}
zone={{ v1.availability_zone }}
arn="arn:aws:ec2:{{ v1.region }}:[[account]]:instance/$me"
export AWS_DEFAULT_REGION={{ v1.region }} AWS_MAX_ATTEMPTS=2
wanted=

serving() {
  served=$(readlink "$www/current")
  served=${served##*/}
  if [ "$served" = none ]; then served=; fi
}

# report STATE REASON: what has been said is said again after a minute at the earliest, and only of a failure.
report() {
  local now last at
  now=$(date -u +%s)
  { read -r at; IFS= read -r last; } 2>/dev/null <"$run/said"
  if [ "$last" = "$etag $served $wanted $1 $2" ]; then
    if [ "$1" = serving ] || [ $((now - at)) -lt 60 ]; then return; fi
  fi
  printf 'release %s\nwanted %s\nstate %s\nreason %s\nat %s\n' "$served" "$wanted" "$1" "$2" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$run/report"
  if aws s3api put-object --bucket "$bucket" --key "site/reports/$arn" --body "$run/report" >/dev/null 2>"$run/unsaid"; then
    printf '%s\n%s\n' "$now" "$etag $served $wanted $1 $2" >"$run/said"
  fi
}

fail() {
  local detail
  detail=$(tail -n 1 "$run/error" 2>/dev/null)
  rm -rf "$www/incoming"
  echo "<4>release ${wanted:-unknown}: $1${detail:+: $detail}" >&2
  report failed "$1${detail:+: $detail}"
  exit 1
}

# Before the link leads to it: what isn't a configuration never gets there.
switch() {
  sed "s#$www/current/#$www/releases/$wanted/#" /etc/nginx/nginx.conf >"$run/nginx.conf" 2>"$run/error" &&
    nginx -t -c "$run/nginx.conf" 2>"$run/error" || fail "nginx refuses it"
  touch "$www/releases/$wanted" "$run/reload"
  ln -sfn "releases/$wanted" "$www/next" 2>"$run/error" && mv -T "$www/next" "$www/current" 2>"$run/error" || fail "can't be switched to"
  reload
}

reload() {
  : >"$run/error"
  systemctl reload-or-restart nginx 2>"$run/error" || fail "nginx can't be reloaded"
  rm -f "$run/reload"
}

fetch() {
  local new="$www/incoming" sum
  rm -rf "$new"
  mkdir -p "$new/site" 2>"$run/error" || fail "no place for it"
  for part in sha256 tar; do
    aws s3 cp --only-show-errors "s3://$bucket/site/releases/$wanted.$part" "$new/$part" 2>"$run/error" || fail "can't be fetched"
  done
  read -r sum part <"$new/sha256"
  if [ "${sum:0:16}" != "$wanted" ] || ! echo "$sum  $new/tar" | sha256sum -c --status 2>"$run/error"; then
    fail "is damaged: its checksum is another"
  fi
  tar -xf "$new/tar" -C "$new/site" --no-same-owner 2>"$run/error" || fail "can't be unpacked"
  rm -f "$new/tar"
  for part in http site; do
    if [ ! -f "$new/site/.platformctl/$part.conf" ]; then fail "lacks $part.conf"; fi
  done
  printf 'root %s;\nadd_header [[release header]] "%s" always;\n' "$www/releases/$wanted" "$wanted" 2>"$run/error" >"$new/site/.platformctl/release.conf" &&
    sync && rm -rf "$www/releases/$wanted" && mv -T "$new/site" "$www/releases/$wanted" 2>"$run/error" || fail "can't be written"
  rm -rf "$new"
}

# The last five stay, so that going back to them needs no network.
prune() {
  local kept=0
  for name in $(ls -1t "$www/releases"); do
    if [ "$name" = none ] || [ "$name" = "$served" ]; then continue; fi
    kept=$((kept + 1))
    if [ "$kept" -gt 4 ]; then rm -rf "${www:?}/releases/$name"; fi
  done
}

serving
etag=$(cat "$run/etag" 2>/dev/null)
if new=$(aws s3api get-object --bucket "$bucket" --key site/pointer ${etag:+--if-none-match "$etag"} --query ETag --output text "$run/pointer.new" 2>"$run/error"); then
  mv "$run/pointer.new" "$run/pointer"
  etag=$new
  echo "$etag" >"$run/etag"
elif [ -z "$etag" ] || ! grep -q '(304)' "$run/error"; then
  fail "what to serve can't be read"
fi
: >"$run/error"
for scope in "$me" "$zone" '*'; do
  while read -r key id rest; do
    if [ "$key" = "$scope" ] && [ -z "$wanted" ]; then wanted=$id; fi
  done <"$run/pointer"
done
case $wanted in
  '' | *[!0-9a-f]*) wanted= && fail "the pointer says no release for this instance" ;;
esac
if [ "$wanted" = "$served" ]; then
  if [ -e "$run/reload" ]; then reload; fi
  report serving
  exit
fi
tried=$(cat "$run/tried" 2>/dev/null)
now=$(date -u +%s)
if [ "${tried#* }" = "$wanted $etag" ] && [ $((now - ${tried%% *})) -lt 60 ]; then exit; fi
echo "$now $wanted $etag" >"$run/tried"
if [ ! -f "$www/releases/$wanted/.platformctl/release.conf" ]; then fetch; fi
switch
serving
report serving
prune
