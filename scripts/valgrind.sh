#!/bin/sh
# Runs tests that go through every native class under valgrind's memcheck: scripts/valgrind.sh VENV
# Ends with status 9 where the native module reads memory that is not there, or where memory from it
# is used that was never written. What CPython and its other modules do alone is not looked at.
set -eu

venv=$1
if ! command -v valgrind >/dev/null; then
    echo "valgrind is not here: nothing was checked" >&2
    exit 0
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# CPython's own allocator would hide what a single object does to its neighbours.
PYTHONMALLOC=malloc OPENBLAS_NUM_THREADS=1 valgrind --log-file="$log" --num-callers=40 \
    --track-origins=yes --error-limit=no \
    "$venv/bin/python" -m pytest -q -p no:cacheprovider -p no:hypothesispytest \
    tests/test_lenient.py::test_every_way_of_reading_gives_the_intact_records \
    tests/test_lenient.py::test_records_come_before_the_damage_behind_them_is_reached \
    tests/test_lenient.py::test_a_last_record_that_only_lacks_padding_is_given \
    tests/test_verify.py::test_damage_is_told_with_all_facts \
    tests/test_repair.py::test_the_new_file_is_what_a_writer_makes_of_the_intact_records \
    tests/test_repair.py::test_mxnets_class_reads_what_was_repaired \
    tests/test_reader.py::test_it_is_a_sequence_of_the_records \
    tests/test_packed.py::test_it_is_a_sequence_of_views \
    tests/test_packed.py::test_arrow_shares_the_memory \
    tests/test_backends.py::test_zeros_that_a_page_has_behind_the_end_are_no_record \
    tests/test_writer.py::test_any_buffer_is_a_payload
# A report is a paragraph; lines that only say "==number==" are between them.
found=$(sed 's/^==[0-9]*== \{0,1\}//' "$log" | awk 'BEGIN { RS = "" } /_recordio_rs/ { print $0 "\n" }')
if [ -n "$found" ]; then
    printf '%s\n' "$found" >&2
    exit 9
fi
grep 'ERROR SUMMARY' "$log" | sed 's/^==[0-9]*== /all outside the native module: /'
