"""What holds of every lesson and of every exercise, in whichever package it is."""

import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from micrograd.lessons.lesson import Exercise


def exercises(modules: dict[str, ModuleType]) -> list[tuple[str, int]]:
    """The lessons and the numbers of their exercises, in order."""
    return [(name, n) for name, module in modules.items() for n in (1, 2) if hasattr(module, f"exercise_{n}")]


def check_lesson(module: ModuleType, lines: list[str], folder: Path) -> None:
    """What the lesson printed is whole and fits a screen, its picture is there, and its exercises are asked."""
    package, name = module.__name__.rsplit(".", 1)
    assert sum([line.startswith("  ok  ") for line in lines]) >= 5
    assert len(lines) <= 45
    assert max(map(len, lines)) <= 120
    picture = folder / f"{name}.svg"
    assert f"picture: {picture}" in lines
    assert "</svg>" in picture.read_text(encoding="utf-8")
    for number in (1, 2):
        assert f"  {number}. {inspect.getdoc(getattr(module, f'exercise_{number}'))}" in lines
    assert f"  your answer: python -m {package} {name} --answer 1 ANSWER" in lines


def check_right(module: ModuleType, number: int, answer: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """The exercise takes the answer for right."""
    assert getattr(module, f"exercise_{number}")(answer) is True
    assert capsys.readouterr().out.startswith("right: ")


def check_hints(exercise: Exercise, nonsense: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Each wrong answer that the exercise foresees gets the hint that is meant for it, any other the general one."""
    assert len(exercise.wrong) >= 2
    for wrong, meaning in [*exercise.wrong, (nonsense, exercise.hint)]:
        assert exercise(wrong) is False
        assert capsys.readouterr().out == f"not yet: {meaning}\n"
