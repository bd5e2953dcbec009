"""Where a search for hyperparameters is kept: a database, or a journal on a folder that several machines share.

Both hold signs of life of the trials under way, so that a trial whose process was killed is taken up by another.
Importing this imports Optuna.
"""

import contextlib
import time
from collections.abc import Callable
from typing import Any

import optuna
from optuna.storages import JournalStorage, RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.storages._heartbeat import BaseHeartbeat
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

JOURNAL = "journal:"
SIGN = "alive"
"""The attribute of a trial that says when it was last known to be alive, in seconds since 1970."""


HEARTBEAT = 5
"""Seconds between the signs of life of a trial; one that has given none for three times as long was killed."""


def storage_of(url: str) -> Any:
    """The storage at a URL of SQLAlchemy's, or in the file after "journal:".

    Raises what SQLAlchemy does where the database cannot be reached, OSError where the file cannot be opened.
    """
    if url.startswith(JOURNAL):
        return Journal(JournalFileBackend(url.removeprefix(JOURNAL)))
    if url.rstrip("/") == "sqlite:" or ":memory:" in url:  # in the memory of this process alone
        return RDBStorage(url)
    retry, grace = RetryHeartbeatStaleTrialCallback(), 3 * HEARTBEAT
    return Database(url, heartbeat_interval=HEARTBEAT, grace_period=grace, heartbeat_stale_trial_callback=retry)


class Database(RDBStorage):
    """A database, where a heartbeat that fails does not end the search."""

    def record_heartbeat(self, trial_id: int) -> None:
        """Say that the trial is alive."""
        with contextlib.suppress(optuna.exceptions.StorageInternalError):  # the search itself will say so
            super().record_heartbeat(trial_id)


class Journal(JournalStorage, BaseHeartbeat):
    """A file to which every process adds what it does; any folder that all of them see will do, NFS too.

    The clocks of the machines have to agree to a few seconds.
    """

    def record_heartbeat(self, trial_id: int) -> None:
        """Say that the trial is alive."""
        with contextlib.suppress(optuna.exceptions.UpdateFinishedTrialError):
            self.set_trial_system_attr(trial_id, SIGN, time.time())

    def _get_stale_trial_ids(self, study_id: int) -> list[int]:
        oldest = time.time() - 3 * HEARTBEAT
        trials = self.get_all_trials(study_id, deepcopy=False, states=(TrialState.RUNNING,))
        return [trial._trial_id for trial in trials if trial.system_attrs.get(SIGN, oldest) < oldest]

    def get_heartbeat_interval(self) -> int:
        """Seconds from sign to sign."""
        return HEARTBEAT

    def get_heartbeat_stale_trial_callback(self) -> Callable[..., None]:
        """What is done about a trial that was killed: its values are tried again, first of all."""
        return RetryHeartbeatStaleTrialCallback()
