"""Pack photographs into a RecordIO dataset, read it back in every way and check every record.

Run as `python examples/demo`; `--help` lists the options.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from recordio_rs import MXNetError

import contact_sheet
from crops import plan
from finding import NoImagesError, images_under, shipped_images
from mismatch import MismatchError
from options import parser
from output import Output, OutputError
from packing import pack_all
from photographs import Library, survey
from reading import ReadBack
from report import Report
from steps import Step

EXIT_FAILED = 1
EXIT_UNUSABLE = 2
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo.

    Returns:
        The exit code: 0 if every record came back as it was written, 1 if not or if a file could
        not be read or written, 2 if there was nothing to work on or nowhere to write.
    """
    options = parser().parse_args(arguments)
    report = Report()
    try:
        _run(options, report)
    except (NoImagesError, OutputError) as error:
        report.error(str(error))
        return EXIT_UNUSABLE
    except (MismatchError, MXNetError, OSError) as error:
        report.error(str(error))
        return EXIT_FAILED
    except KeyboardInterrupt:
        report.error("interrupted")
        return EXIT_INTERRUPTED
    return 0


def _run(options: argparse.Namespace, report: Report) -> None:
    count, size, seed = options.count, options.size, options.seed
    output = Output(options.out)
    output.check()
    library = _library(options.images, output, report)
    report.sources(library, size)
    output.claim(library.photographs, count, size, seed)

    crops = plan(library.photographs, count, size, seed)
    with report.progress("Encoding and writing", count) as advance:
        packed, steps = pack_all(crops, library, size, output, advance)
    with report.progress("Reading and checking, three times", 3 * count) as advance:
        back = ReadBack(packed, library, size, output, advance)
        passes = [back.in_sequence(), back.with_reader(), back.by_key(seed)]
    checked = sum(one.records for one in passes), sum(one.size for one in passes)
    steps += [*passes, Step("unpack + decode + check", *checked, back.checking.seconds)]
    shown = contact_sheet.draw(packed, size, output)

    report.table(steps)
    lossless = sum(crop.is_lossless for crop in crops)
    vectors = sum(crop.has_vector_label for crop in crops)
    report.verdict(count, lossless, vectors, back.fidelity)
    report.files(
        [
            (output.rec, f"{output.rec.stat().st_size / 1e6:.1f} MB, {count:,} records"),
            (output.idx, "key and offset of each record"),
            (output.about, f"the names of the {len(library.photographs)} labels"),
            (output.sheet, f"{shown} records, drawn with their labels"),
        ]
    )


def _library(folder: Path | None, output: Output, report: Report) -> Library:
    if folder is None:
        paths = shipped_images()
    else:
        paths = images_under(folder, leaving_out=output.directory, skipped=report.skipped)
    with report.progress("Reading photographs", len(paths)) as advance:
        library = survey(paths, advance)
    if not library.photographs:
        report.sources(library, 0)
        raise NoImagesError("none of the images can be used")
    return library


if __name__ == "__main__":
    sys.exit(main())
