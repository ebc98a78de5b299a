#!/bin/sh
# Says in one sentence that there is no usable Rust.
if ! cargo --version >/dev/null 2>&1; then
    echo "A Rust toolchain (1.89 or later) is needed and cargo was not found: see https://rustup.rs" >&2
    exit 1
fi
version=$(rustc --version 2>/dev/null | cut -d' ' -f2)
major=${version%%.*}
minor=${version#*.}
minor=${minor%%.*}
if [ "${major:-0}" -lt 1 ] || { [ "$major" -eq 1 ] && [ "${minor:-0}" -lt 89 ]; }; then
    echo "Rust 1.89 or later is needed, and this is ${version:-unknown}: run 'rustup update'" >&2
    exit 1
fi
