"""The command that lists what there is: labs and lessons. Runs neither."""

import json
from typing import Any

from sciml_widgets.commands.codes import GOOD

__all__ = ["tell"]


def tell(arguments: Any) -> int:
    """List labs with what they are about, lessons with minutes and what they need."""
    from sciml_widgets.labs import labs

    ready, lessons = labs(), _lessons()
    if arguments.json:
        there = [
            {"name": name, "title": lab.title, "about": lab.about, "frames": lab.length}
            for name, lab in ready.items()
        ]
        print(json.dumps({"labs": there, "lessons": lessons}))
        return GOOD
    print("Labs (sciml-widgets run LAB)")
    width = max(map(len, ready), default=0)
    for name, lab in ready.items():
        print(f"  {name:<{width}}  {lab.title}")
        if lab.about:
            print(f"  {'':<{width}}  {lab.about}")
    print("\nLessons (sciml-widgets open)")
    for one in lessons:
        draft = ", draft" if one["status"] == "draft" else ""
        print(f"  {one['key']:<3}  {one['title']}  ({one['minutes']} minutes{draft})")
        print(f"       needs {'; '.join(one['prerequisites'])}")
    if not lessons:
        print("  none here")
    return GOOD


def _lessons() -> list[dict[str, Any]]:
    from sciml_widgets.course import lessons

    try:
        there = lessons()
    except FileNotFoundError:
        return []
    return [
        {"key": one.key, "number": one.number, "title": one.title, "minutes": one.minutes,
         "status": one.status, "prerequisites": one.prerequisites, "file": one.path.name}
        for one in there
    ]  # fmt: skip
