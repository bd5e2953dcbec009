"""The trials of a search for hyperparameters: how one is trained and cut short, and the study in which all are kept.

Optuna is imported where it is used, so that all else of makemore does without it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from makemore.config import LECTURE_SEED, SETTINGS, TRAINING, config_of
from makemore.corpus import Corpus
from makemore.display import progress_bar
from makemore.run import complete, new_model
from makemore.search_space import Between, Range
from makemore.training import StopAsked, Training
from micrograd.command import UsageError

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

EVALUATIONS = 20
"""How often a trial is evaluated, unless --eval-every says otherwise."""

DIGITS = 3
"""To how many significant digits a number that is searched is rounded, so that one can type it."""


# A trial.


def config_of_trial(trial: Trial, flags: argparse.Namespace, space: dict[str, Range], corpus: Corpus) -> dict[str, Any]:
    """The config with hyperparameters that the sampler suggests."""
    chosen = argparse.Namespace(**vars(flags))
    for name, range_ in space.items():
        setattr(chosen, name, _suggested(trial, name, range_))
    config = config_of(chosen)
    config["max_steps"] = config["max_steps"] or TRAINING[config["type"]]["max_steps"]
    config["eval_every"] = config["eval_every"] or math.ceil(config["max_steps"] / EVALUATIONS)
    return complete(config, corpus)


def _suggested(trial: Trial, name: str, range_: Range) -> Any:
    if not isinstance(range_, Between):
        return trial.suggest_categorical(name, list(range_.values))
    if isinstance(range_.low, int):
        return trial.suggest_int(name, range_.low, int(range_.high), log=True)
    return rounded(trial.suggest_float(name, range_.low, range_.high, log=True))


def rounded(value: Any) -> Any:
    """A float to some significant digits; all else as it is."""
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


class Pruned(Exception):  # noqa: N818 - it is how a trial ends, not a fault
    """The trial is not worth going on with; the message says why."""


class Surplus(Exception):  # noqa: N818 - as above
    """Other processes have begun the last of the trials at the same time."""


class Stopped(Exception):  # noqa: N818 - as above
    """Ctrl-C came in the middle of a trial."""


def dev_loss_of(trial: Trial, config: dict[str, Any], corpus: Corpus, say: Callable[[str], None]) -> float:
    """Train the model of a trial and return the dev loss of the weights that are used, in nats a character.

    say: called with a line on how it goes.
    Raises Pruned where it is hopeless or its loss is not finite, Stopped after Ctrl-C.
    """

    def evaluated(run: Training) -> None:
        loss = run.metrics[-1]["dev_loss"]
        if not math.isfinite(loss):
            raise Pruned(f"its dev loss became {loss}")
        say(f"trial {trial.number}: {loss:.4f} at step {run.step:,}")
        if run.step:
            trial.report(loss, len(run.metrics) - 1)  # trials of other lengths are compared at the same fraction
            if run.step != config["max_steps"] and trial.should_prune():
                raise Pruned(f"{loss:.4f} at step {run.step:,}, above the median of the others there")

    try:
        run = Training(config, corpus, new_model(config, corpus))
        finished = run.take_steps(progress=False, evaluated=evaluated)
    except UsageError as complaint:  # a rate too high, or sizes that do not go together
        raise Pruned(str(complaint).partition(";")[0]) from None
    except MemoryError:
        raise Pruned("not enough memory") from None
    if not finished:
        raise Stopped
    return run.used()["dev_loss"]


# The study.


@contextlib.contextmanager
def storage_complaints(url: str) -> Iterator[None]:
    """Turns what goes wrong with a database into a UsageError."""
    import sqlalchemy.exc
    from optuna.exceptions import StorageInternalError

    try:
        yield
    except (sqlalchemy.exc.SQLAlchemyError, StorageInternalError, ImportError) as error:
        cause = error.__cause__ if isinstance(error, StorageInternalError) and error.__cause__ else error
        lines = str(getattr(cause, "orig", None) or cause).strip().splitlines() or [type(cause).__name__]
        driver = isinstance(error, ImportError) and "psycopg" in str(error)
        cure = "; pip install 'micrograd-makemore[tune-postgres]'" if driver else ""
        raise UsageError(f"the storage {shown_url(url)} cannot be used: {lines[0]:.200}{cure}") from None
    except json.JSONDecodeError:
        raise UsageError(f"the storage {shown_url(url)} cannot be used: the file is no journal of Optuna's") from None


def shown_url(url: str) -> str:
    """The URL of a database without its password."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url).render_as_string()
    except ArgumentError:
        return url


def open_study(url: str, name: str, settings: dict[str, Any], resume: bool) -> Study:
    """Begin a study, or go on with it. Raises UsageError where the name is taken or not, or its settings differ."""
    import optuna

    from makemore.storages import storage_of

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # the heartbeat is one
    pruner = optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=EVALUATIONS // 5)
    with storage_complaints(url):
        storage = storage_of(url)
        if not resume:
            try:
                study = optuna.create_study(storage=storage, study_name=name, pruner=pruner)
            except optuna.exceptions.DuplicatedStudyError:
                raise UsageError(
                    f"there is a study {name!r} in {shown_url(url)} already: --resume goes on with it, alone or beside "
                    "others, and --study-name takes another name"
                ) from None
            study.set_user_attr("settings", settings)
            return study
        try:
            study = optuna.load_study(storage=storage, study_name=name, pruner=pruner)
        except KeyError:
            raise UsageError(
                f"there is no study {name!r} in {shown_url(url)} to go on with; leave out --resume"
            ) from None
        before = study.user_attrs.get("settings")
    if before is None:
        raise UsageError(f"the study {name!r} was begun just now, or not by makemore.tune; try again, or another name")
    for what in settings:
        if before[what] != settings[what]:
            raise UsageError(_difference(name, what, before[what], settings[what]))
    return study


def _difference(name: str, what: str, before: Any, now: Any) -> str:
    """The line that says how the settings of a study differ from those of the command."""
    if what == "words":
        return (
            f"the study {name!r} searches on another list of words; give the same one with -i, or another --study-name"
        )
    differing = next(key for key in {**before, **now} if before.get(key) != now.get(key))
    has, is_now = (values.get(differing, "nothing") for values in (before, now))
    return (
        f"the study {name!r} {what} other values than this command: {differing} {has} there, {is_now} here; "
        "give the same flags, or another --study-name"
    )


def value_text(value: Any) -> str:
    """A value of a hyperparameter as it is printed."""
    return f"{value:.{DIGITS}g}" if isinstance(value, float) else str(value)


class Search:
    """The trials of a study, one after the other."""

    def __init__(self, study: Study, flags: argparse.Namespace, space: dict[str, Range], corpus: Corpus):
        self.study, self.flags, self.space, self.corpus = study, flags, space, corpus
        self.began = time.monotonic()

    def run(self) -> bool:
        """Do trials until there are enough; False where it was stopped before.

        Where other processes have begun all that are left, it waits for these, to take up those of one that is killed.
        """
        from optuna.storages import fail_stale_trials

        bar = progress_bar(total=self.flags.trials, initial=len(done(self.study)), unit="trial", desc="searching")
        with StopAsked() as stop, bar:
            while len(done(self.study)) < self.flags.trials:
                try:
                    if len(done(self.study, and_running=True)) < self.flags.trials:
                        self.study.optimize(lambda trial: self._trial(trial, bar), n_trials=1)
                    else:
                        bar.set_postfix_str("waiting for the trials of other processes")
                        time.sleep(0.2)
                        fail_stale_trials(self.study)
                except Surplus:
                    pass
                except (Stopped, KeyboardInterrupt):
                    return False
                if stop.asked:
                    return False
                bar.update(len(done(self.study)) - bar.n)
        return True

    def _trial(self, trial: Trial, bar: Any) -> float:
        """One trial: its dev loss. Optuna marks it as alive meanwhile, and as failed or pruned by what it raises."""
        from optuna import TrialPruned
        from optuna.samplers import TPESampler

        if sum(other.number < trial.number for other in done(self.study, and_running=True)) >= self.flags.trials:
            raise Surplus
        # Seeded by its number: the same search makes the same trials, and machines that search together draw different
        # ones.
        seed = LECTURE_SEED if self.flags.seed is None else self.flags.seed
        self.study.sampler = TPESampler(seed=(seed + trial.number) % 2**32)
        began, best = time.monotonic(), best_of(self.study)
        so_far = "" if best is None else f"best {best.value:.4f}; "

        def say(text: str) -> None:
            bar.set_postfix_str(so_far + text)

        try:
            config = config_of_trial(trial, self.flags, self.space, self.corpus)
            trial.set_user_attr("config", {name: config[name] for name in SETTINGS if name in config})
            loss = dev_loss_of(trial, config, self.corpus, say)
        except Pruned as reason:
            trial.set_user_attr("reason", str(reason))
            came, loss = f"pruned: {reason}", math.nan
        except BaseException:
            if trial.params:
                self.study.enqueue_trial(trial.params)  # it is the first to be tried when the search goes on
            raise
        else:
            came = f"dev loss {loss:.4f}"
        chosen = ", ".join(f"{name} {value_text(value)}" for name, value in trial.params.items())
        bar.write(f"trial {trial.number:>3}  {time.monotonic() - began:5.1f} s  {chosen}: {came}", file=sys.stdout)
        if math.isnan(loss):
            raise TrialPruned
        return loss


def done(study: Study, and_running: bool = False) -> list[FrozenTrial]:
    """The trials that came to an end, or were pruned; and_running: those that are being trained as well."""
    from optuna.trial import TrialState

    states = [TrialState.COMPLETE, TrialState.PRUNED, *[TrialState.RUNNING] * and_running]
    return study.get_trials(deepcopy=False, states=states)


def best_of(study: Study) -> FrozenTrial | None:
    """The trial with the lowest dev loss; None where no trial was completed."""
    with contextlib.suppress(ValueError):  # what Optuna raises then
        return study.best_trial
    return None


def importance_of(study: Study) -> dict[str, float]:
    """How much each hyperparameter mattered, largest first, 1 in all; empty where there are too few trials to tell.

    It compares where the best tenth of the trials lie with where all lie (PED-ANOVA: Watanabe, Bansal and Hutter 2023).
    """
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
        except (RuntimeError, ValueError):
            return {}
    return found if all(map(math.isfinite, found.values())) and sum(found.values()) > 0 else {}
