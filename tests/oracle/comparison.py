"""Compares what two implementations made of the same operations."""

from __future__ import annotations

import json
from collections import Counter

from oracle.differences import DIFFERENCES, Situation
from oracle.history import History, is_error
from oracle.operations import Operation
from oracle.results import Result

NAMED_ERRORS = ("struct.error", "cv2.error")
"""The classes of errors that are not built in and that callers are known to catch."""


def category(error: Result) -> str:
    """Gives the first class of an error that a caller would catch it by."""
    names: list[str] = [error["error"], *error["bases"]]
    return next(name for name in names if "." not in name or name in NAMED_ERRORS)


def same(ours: Result, theirs: Result) -> bool:
    """Tells whether two results are equal, or ours is an error that theirs' catchers catch."""
    if is_error(ours) and is_error(theirs):
        return category(theirs) in (ours["error"], *ours["bases"])
    # As text: 1 and True, or a key's 1 and 1.0, are not the same here.
    return json.dumps(ours) == json.dumps(theirs)


class Comparison:
    """Compares cases, and counts them and the differences that were permitted."""

    def __init__(self) -> None:
        """Begins with nothing counted."""
        self.cases = 0
        self.permitted: Counter[str] = Counter()

    def compare(
        self,
        operations: list[Operation],
        ours: list[Result],
        theirs: list[Result],
        sticky: bool = True,
    ) -> list[str]:
        """Compares one case and gives a description of each difference that is not permitted.

        `sticky` tells whether the end of file sticks to theirs, see `oracle.unstuck`.
        """
        self.cases += 1
        histories: dict[str, History] = {}
        made_by_hand = {each["name"] for each in operations if each["do"] == "put"}
        problems = []
        steps = enumerate(zip(operations, ours, theirs, strict=True))
        for number, (operation, our_result, their_result) in steps:
            slot = operation.get("on", operation.get("into"))
            history = histories.setdefault(str(slot), History())
            if operation["do"] == "new":
                history = histories[str(slot)] = History(
                    reads=operation["flag"] == "r",
                    malformed=operation["rec"] in made_by_hand,
                    sticky=sticky,
                )
            situation = Situation(operation, our_result, their_result, history)
            if not same(our_result, their_result) and not self.permit(situation):
                problems.append(
                    f"operation {number}: {json.dumps(operation)}\n"
                    f"  ours:   {json.dumps(our_result)}\n"
                    f"  theirs: {json.dumps(their_result)}"
                )
            copied = history.copied()
            history.note(operation, our_result, their_result)
            if operation["do"] in ("pickle", "copy"):
                histories[operation["into"]] = copied
        return problems

    def permit(self, situation: Situation) -> bool:
        """Tells whether a difference is intended, and counts it."""
        for difference in DIFFERENCES:
            if difference.permits(situation):
                self.permitted[difference.name] += 1
                return True
        return False

    def summary(self) -> str:
        """Gives the counts as lines of text."""
        lines = [f"differential: {self.cases} cases compared"]
        lines += [f"  permitted {name}: {count}" for name, count in sorted(self.permitted.items())]
        return "\n".join(lines)
