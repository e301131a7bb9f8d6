#!/usr/bin/env bash
# Walks through README's first ten minutes as a new user does, and records it: every command of its `sh run` blocks is typed
# into a terminal of 96 columns (tmux), in a fresh clone of what is committed, with an empty home. The recording becomes
# docs/captures/walk.txt and docs/images/walk-page.png. It fails where a command fails.
#
#   bash docs/walk.sh
#
# Needs git, Go, tmux, curl, and chromium for the picture of the page. What Go has fetched and compiled before is used; with
# WALK_COLD=1 it isn't, and the first step takes as long as on a new machine.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
socket=walk-$$
export TMUX_TMPDIR=$work
mkdir "$work/home"

type_keys() { tmux -L "$socket" send-keys -t walk "$@"; }
# The screen, and what has scrolled away above it, without empty lines at the end.
screen() { tmux -L "$socket" capture-pane -t walk -p -J -S - | sed -e 's/[[:space:]]*$//' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'; }

# Whatever happened, the platform is taken down, and nothing of the walk stays.
leave() {
	if [[ -x $work/platformctl/platformctl ]]; then
		(cd "$work/platformctl" && HOME=$work/home XDG_STATE_HOME='' PLATFORMCTL_HOME='' ./platformctl down) >"$work/down" 2>&1 || cat "$work/down" >&2
	fi
	tmux -L "$socket" kill-server 2>/dev/null || true
	chmod -R u+w "$work"
	rm -rf "$work"
}
trap leave EXIT

git clone --quiet "$root" "$work/platformctl"
go_settings=("GOPROXY=$(go env GOPROXY)" "GOSUMDB=$(go env GOSUMDB)" "GOTOOLCHAIN=$(go env GOTOOLCHAIN)")
if [[ -z ${WALK_COLD:-} ]]; then
	go_settings+=("GOMODCACHE=$(go env GOMODCACHE)" "GOCACHE=$(go env GOCACHE)")
fi

# The prompt tells of each command's end, and of its exit code.
cat >"$work/rc" <<RC
PS1='\$ '
PROMPT_COMMAND='echo \$? >"$work/exit"; tmux -L $socket wait-for -S prompt'
RC
tmux -L "$socket" -f /dev/null new-session -d -s walk -x 96 -y 40 -c "$work/platformctl" \
	env -i "HOME=$work/home" "PATH=$PATH" TERM=screen-256color LANG=C.UTF-8 "TMUX_TMPDIR=$work" "${go_settings[@]}" \
	bash --noprofile --rcfile "$work/rc" -i
tmux -L "$socket" set-option -t walk history-limit 5000
tmux -L "$socket" wait-for prompt

record=$work/record.txt
# run COMMAND: type it, wait for its end, and record what is seen.
run() {
	type_keys -R C-l
	tmux -L "$socket" clear-history -t walk
	type_keys -l "$1"
	type_keys Enter
	tmux -L "$socket" wait-for prompt
	show "$1"
}
show() {
	local code
	code=$(cat "$work/exit")
	{
		screen | sed -e '$d' -e "s|$work|…|g" # without the next prompt
		echo
	} >>"$record"
	case "$1: $code" in
	*": 0") ;;
	*failover-drill*": 4") printf '# It exits with 4: the drill ended and restored, and missed its objective.\n\n' >>"$record" ;;
	*)
		screen >&2
		echo "$1: exit code $code" >&2
		exit 1
		;;
	esac
}

# What a browser shows of the URL that `up` has printed.
open_page() {
	local url
	url=$(screen | grep -Eo '^http://[0-9.:]+$' | tail -1)
	[[ -n $url ]] || { echo "up printed no URL" >&2; exit 1; }
	printf '# In the browser: %s, images/walk-page.png\n\n' "$url" >>"$record"
	if command -v chromium >/dev/null; then
		HOME=$work/home chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=900,420 \
			--screenshot="$root/docs/images/walk-page.png" "$url" >/dev/null 2>&1
	fi
	{
		printf '# Each answer says who gave it. Six of them (curl -si):\n\n'
		for _ in 1 2 3 4 5 6; do
			curl -sS -o /dev/null -D - "$url" | tr -d '\r' | grep -iE '^x-platformctl' | paste -sd ' '
		done
		echo
	} >>"$record"
	[[ $(curl -sS -o /dev/null -w '%{http_code}' "$url") == 200 ]]
}

# Somebody answers each of init's questions with Enter.
answer_init() {
	type_keys -R C-l
	tmux -L "$socket" clear-history -t walk
	type_keys -l "platformctl init -c mine.yaml"
	type_keys Enter
	local asked=1
	while [[ $asked -le 7 ]]; do
		if [[ $(screen | grep -cE '\[[^]]*\]:') -ge $asked ]]; then
			type_keys Enter
			asked=$((asked + 1))
		fi
		sleep 0.2
	done
	tmux -L "$socket" wait-for prompt
	printf '# On a terminal, init asks. Enter takes the default:\n\n' >>"$record"
	show "platformctl init -c mine.yaml"
}

{
	echo "# The first ten minutes of README.md, as bash docs/walk.sh recorded them on $(date -u +%F): a fresh clone, an empty home,"
	echo "# a terminal of 96 columns, $(nproc) processors, $(go env GOVERSION), $(command -v nginx >/dev/null && nginx -v 2>&1 | sed 's/nginx version: //' || echo 'no nginx')."
	if [[ -z ${WALK_COLD:-} ]]; then
		echo '# Go had compiled the program before; the first time takes minutes more. Only the end of each command is shown.'
	fi
	echo
} >"$record"

# The steps are README's own: its headings in bold, and the commands of its blocks.
first_up=yes
while IFS= read -r line; do
	case $line in
	'# '*) printf '==== %s ====\n\n' "${line#\# }" >>"$record" ;;
	'go run ./cmd/platformctl up' | 'platformctl up')
		run "$line"
		if [[ $first_up == yes ]]; then open_page; fi
		first_up=no
		;;
	'platformctl init --yes')
		answer_init
		run "$line"
		;;
	*) run "$line" ;;
	esac
done < <(awk '
	/^\*\*[0-9]+\. / { sub(/^\*\*[0-9]+\. /, ""); sub(/\.\*\*.*/, ""); print "# " $0 }
	/^```/ { if (inside) inside = 0; else inside = ($0 == "```sh run"); next }
	inside { sub(/ +#.*/, ""); print }' "$work/platformctl/README.md")

# What is left, as README says: files, and no process.
run "platformctl local status"
screen | grep -q 'is not running' || { echo "the local cloud still runs" >&2; exit 1; }
sed -i 's/[[:space:]]*$//' "$record"
cp "$record" "$root/docs/captures/walk.txt"
echo "wrote docs/captures/walk.txt"
