#!/usr/bin/env bash
# The README's blocks about the real wire and about names, in both languages, work as they stand there, pasted by root.
. "$(dirname "$0")/lib.sh"
need_root; need curl dig
top=$(cd "$(dirname "$0")/../.." && pwd)
ns a

# The block after the line with these words; what installs packages is left out, and the command is the one that is tried.
block() { awk -v word="$2" 'index($0, word) {found = 1} found && /^```/ {if (inside) exit; inside = 1; next} inside' "$top/$1" | grep -v '^apt-get ' | sed "s|build/cli/hepta|\"$HEPTA\"|g"; }
pasted() { # FILE WORDS ANSWER
    block "$1" "$2" >"$work/block"
    [ -s "$work/block" ] || return 1
    (cd "$top" && timeout 40 ip netns exec "hepta-a-$$" bash <"$work/block" >"$work/said" 2>&1)
    grep -q -- "$3" "$work/said" || { cat "$work/block"; tail -n 20 "$work/said"; return 1; }
    ! grep -iE 'cannot|error|in use|timed out|usage' <(grep -v '^|' "$work/said" | head -n 4)
}
ended() { wait_for 5 bash -c "! ip -n hepta-a-$$ link show $1"; }

for file in README.md README.ko.md; do
    wire="The same stack on a real wire" names="Names, from both sides"
    [ $file = README.md ] || wire="같은 스택을 진짜 선 위에서" names="이름을 양쪽에서"
    check "$file: the real wire" pasted $file "$wire" "^# hepta"
    check "... ends what it began" ended hepta0
    check "$file: names" pasted $file "$names" "^www.google.com.*11.22.33.44"
    check "... ends what it began" ended hepta1
done
finish
