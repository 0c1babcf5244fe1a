# What tests of the command share; source it.  They run in a folder of their own, which is removed.
#
#   check "what" command...     one check: what the command printed is shown when it fails
set -u
HEPTA=${HEPTA:?the hepta command}
passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

check() {
    local what=$1
    shift
    if "$@" >out 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $what: $*"
        tail -n 20 out | sed 's/^/    /'
    fi
}
