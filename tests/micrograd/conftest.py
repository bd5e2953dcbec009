"""A browser for what is shown in one."""

import shutil

import pytest

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))), None
)


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium."""
    if BROWSER is None:
        pytest.skip("there is no Chromium here to drive the page with: install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright drives the page: pip install playwright")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield chromium
        chromium.close()
