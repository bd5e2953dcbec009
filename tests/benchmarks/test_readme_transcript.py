"""The README's transcript at its full length: half a minute that the other tests do not have."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
pytestmark = pytest.mark.benchmark


def numbers_and_text(text):
    """The numbers of a transcript, and what is around them, without times and paths."""
    text = re.sub(r"from \S+names.txt", "from names.txt", re.sub(r"[\d.]+ s\b", "", text)).strip()
    return [float(number) for number in re.findall(r"\d+\.\d+", text)], re.sub(r"\d+\.\d+", "#", text)


def test_the_transcript_is_what_the_first_command_prints(tmp_path):
    transcript = re.search(r"```text\n(words .*?)```", README, re.DOTALL).group(1)
    done = subprocess.run(
        [sys.executable, "-m", "makemore.train"], cwd=tmp_path, capture_output=True, text=True, timeout=900, check=True
    )
    (shown, text), (found, around) = numbers_and_text(transcript), numbers_and_text(done.stdout)
    assert around.split("new words")[0] == text.split("new words")[0]
    # Processors add in different orders, and 10,000 steps make of the last digit the third one of a loss; a
    # perplexity is the exponential of it.
    assert found == pytest.approx(shown, rel=5e-3)
    words = [line.split() for line in around.split("new words")[1].splitlines() if line.startswith("  ")]
    assert len(words) == 20
    assert {mark for _, mark in words} == {"new", "seen"}
