"""The vectors of records that are no image records."""

from __future__ import annotations

from vectors.deviation import LENGTHS, Deviation, put, vector, word


def image_cases() -> list[Deviation]:
    """Gives the cases about records that are no image records."""
    labels = vector("labels_scalar.rec")[:80]  # two image records with a body of eight bytes each
    alone = vector("header_alone.rec")[:32]  # one of 24 bytes
    short, few = "image-header-too-short", "image-labels-too-short"
    return [
        Deviation(
            "image_header_cut",
            short,
            "A record of 23 bytes in the place of 24.",
            "header_alone",
            put(alone, (4, word(0, 23))),
            1,
            (0,),
            unpacked=(short,),
        ),
        Deviation(
            "image_header_of_text",
            short,
            "Records that are no image records.",
            "lengths_1_to_9",
            LENGTHS[:24],
            2,
            (0, 12),
            unpacked=(short, short),
        ),
        Deviation(
            "image_labels_cut",
            few,
            "A flag of 3, and two labels behind it.",
            "labels_scalar",
            put(labels, (48, b"\3\0\0\0")),
            2,
            (0, 40),
            unpacked=(None, few),
        ),
        Deviation(
            "image_flag_huge",
            few,
            "A flag of 2^32 - 1.",
            "labels_scalar",
            put(labels, (48, b"\xff\xff\xff\xff")),
            2,
            (0, 40),
            unpacked=(None, few),
        ),
    ]
