"""What is told of a conversion, to people and to programs."""

from __future__ import annotations

from typing import Any

from recordio_rs._counted import counted
from recordio_rs.cli.console import Console
from recordio_rs.tools.converting.conversion import Conversion, Plan

__all__ = ["as_dict", "tell_losses"]

_SHOWN = 20
# What samples are made of, for who is told of it.
_PARTS = {"webdataset": "member", "tfrecord": "feature", "parquet": "column"}


def tell_losses(console: Console, plan: Plan, done: Conversion) -> None:
    """Warns of all that a conversion has lost, and of what it has made up."""
    losses = done.losses
    for message in losses.damage[:_SHOWN]:
        console.lossy(f"left out: {message}")
    if losses.damage_count > _SHOWN:
        console.lossy(f"left out: {losses.damage_count - _SHOWN:,} more")
    lost, part = sorted(losses.lost_fields.items()), _PARTS.get(plan.source_format, "")
    for name, count in lost[:_SHOWN]:
        told = f"{part} {name}, {counted(count, 'time')}"
        console.lossy(f"left out, as a record has no place for it: {told}")
    if len(lost) > _SHOWN:
        console.lossy(f"left out: {counted(len(lost) - _SHOWN, f'more {part}')}")
    if count := losses.rounded_labels:
        labels = counted(count, "label is not the same", "labels are not the same")
        console.lossy(f"{labels} as float32")
    if count := losses.without_label:
        console.warn(
            counted(
                count,
                "sample has no label; its record has 0",
                "samples have no label; their records have 0",
            )
        )
    if count := done.text_keys:
        keys = counted(count, "key is no integer", "keys are no integers")
        console.warn(f"{keys}, and MXNet's iterators read no others; --keys ordinal makes some")


def as_dict(plan: Plan, done: Conversion) -> dict[str, Any]:
    """Returns what a conversion has done, and lost, as JSON has it."""
    losses = done.losses
    return {
        "from": plan.source_format,
        "to": plan.target_format,
        "sources": list(plan.sources),
        "targets": [
            {"path": path, "records": count}
            for path, count in zip(plan.targets, done.counts, strict=True)
        ],
        "records": sum(done.counts),
        "bytes": done.bytes,
        "damage": losses.damage,
        "damage_count": losses.damage_count,
        "lost_fields": dict(sorted(losses.lost_fields.items())),
        "rounded_labels": losses.rounded_labels,
        "without_label": losses.without_label,
        "text_keys": done.text_keys,
    }
