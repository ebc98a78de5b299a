#!/bin/sh
# Runs the fuzz targets and prints a table; fails where one has found something.
#
# FUZZ_SECONDS   how long each runs: 60
# FUZZ_TARGETS   which: all
# FUZZ_JOBS      how many at once: 1
# SANITIZER      what watches over unsafe code, such as `address`: none, for the core has no such code
#
# With the word `corpus` nothing is looked for: what was found since becomes part of the corpora in
# the tree, as far as it gets deeper than what is there.
set -eu
cargo_fuzz_version=0.13.2
crate=rust/recordio-fuzz
tools=target/cargo-fuzz
work=target/fuzz
sanitizer=${SANITIZER:-none}
programs=$work/build-$sanitizer/$(rustc -vV | sed -n 's/^host: //p')/release
# No input needs to be long: choices make long files of short ones.
max_len=1024
# Those in the tree are shorter still.
max_kept_len=256

run_target() {
    target=$1
    folder=$work/$target
    mkdir -p "$folder/corpus" "$folder/findings"
    set -- -max_total_time="${FUZZ_SECONDS:-60}" -max_len=$max_len -rss_limit_mb=1024 -timeout=10 \
        -print_final_stats=1 -artifact_prefix="$folder/findings/"
    if ! "$programs/$target" "$@" "$folder/corpus" "$folder/seeds" >"$folder/log" 2>&1; then
        : >"$folder/failed"
        echo "$target has found something; the end of $folder/log:" >&2
        grep -v '^#' "$folder/log" | tail -n 30 | cut -c 1-200 >&2
    fi
}

# Takes what the target has found, as far as it gets deeper, and as little of it as does.
minimise_target() {
    target=$1
    folder=$work/$target
    mkdir -p "$folder/corpus"
    rm -rf "$folder/least"
    mkdir "$folder/least"
    "$programs/$target" -set_cover_merge=1 -max_len=$max_kept_len "$folder/least" "$folder/seeds" \
        "$folder/corpus" >"$folder/merge-log" 2>&1
    "$corpus" pack "$folder/least" "$crate/corpus/$target.rec"
    echo "$target: $(wc -c <"$crate/corpus/$target.rec") bytes" >&2
}

print_row() {
    log=$work/$1/log
    stat() { sed -n "s/^stat::$1: *//p" "$log" | tail -n 1; }
    coverage=$(sed -n 's/.* cov: \([0-9]*\) ft: \([0-9]*\) .*/\1 \2/p' "$log" | tail -n 1)
    # shellcheck disable=SC2086 # two columns
    printf '%-16s %12s %9s %7s %7s %9s\n' "$1" "$(stat number_of_executed_units)" \
        "$(stat average_exec_per_sec)" ${coverage:-? ?} "$2"
}

# How this script runs itself for each target.
case ${1:-} in
--run)
    run_target "$2"
    exit
    ;;
esac

if ! "$tools/bin/cargo-fuzz" --version 2>/dev/null | grep -q " $cargo_fuzz_version\$"; then
    echo "Installing cargo-fuzz $cargo_fuzz_version into $tools" >&2
    CARGO_TARGET_DIR=$tools/build cargo install --quiet --locked --root "$tools" \
        --version "=$cargo_fuzz_version" cargo-fuzz
fi
cargo build --quiet --locked --release --package recordio-fuzz --target-dir "$work/corpus-tool"
corpus=$work/corpus-tool/release/corpus
targets=${FUZZ_TARGETS:-$("$corpus" targets)}

echo "Building the fuzz targets" >&2
cargo metadata --quiet --locked --format-version 1 --manifest-path $crate/fuzz/Cargo.toml >/dev/null
# The compiler of a release may do what a fuzzer needs, if told that it may.
RUSTC_BOOTSTRAP=1 "$tools/bin/cargo-fuzz" fuzz build --fuzz-dir $crate/fuzz \
    --target-dir "$work/build-$sanitizer" --sanitizer "$sanitizer" >"$work/build-log" 2>&1 || {
    cat "$work/build-log" >&2
    exit 1
}
for target in $targets; do
    rm -rf "${work:?}/$target/seeds" "${work:?}/$target/findings" "${work:?}/$target/failed"
    "$corpus" unpack "$target" "$crate/corpus/$target.rec" tests/vectors "$work/$target/seeds"
done

if [ "${1:-}" = corpus ]; then
    mkdir -p $crate/corpus
    for target in $targets; do minimise_target "$target"; done
    exit
fi

echo "Fuzzing each target for ${FUZZ_SECONDS:-60} s" >&2
# shellcheck disable=SC2086 # a list
printf '%s\n' $targets | xargs -n 1 -P "${FUZZ_JOBS:-1}" "$0" --run

has_failed=false
printf '%-16s %12s %9s %7s %7s %9s\n' target executions exec/s cov ft findings
for target in $targets; do
    count=$(find "$work/$target/findings" -type f ! -name 'slow-unit-*' | wc -l)
    if [ -e "$work/$target/failed" ]; then has_failed=true; fi
    print_row "$target" "$count"
done
if "$has_failed"; then
    echo "What was found stands in $work/TARGET/findings; once it is understood," \
        "it goes to $crate/findings/TARGET" >&2
    exit 1
fi
