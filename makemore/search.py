"""A search for hyperparameters with Optuna: where its study is kept, how its trials go, and what it found.

A study lies in a database, or in a journal on a folder that several machines share. Both hold signs of life of the
trials under way, so that a trial whose process was killed is taken up by another. Importing this imports Optuna.
"""

import argparse
import contextlib
import json
import math
import shlex
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import optuna
import sqlalchemy.exc
from optuna import Study, Trial, TrialPruned
from optuna.exceptions import StorageInternalError
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.samplers import TPESampler
from optuna.storages import JournalStorage, RDBStorage, RetryHeartbeatStaleTrialCallback, fail_stale_trials
from optuna.storages._heartbeat import BaseHeartbeat
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.engine import make_url

from makemore import plots, processes, run
from makemore.config import LECTURE_SEED, RUNS, SETTINGS, TRAINING, config_of, flag_of
from makemore.corpus import Corpus
from makemore.display import progress_bar, table
from makemore.models import NGRAMS
from makemore.run_folder import RunFolder
from makemore.search_space import Between, Range, space_of
from makemore.training import StopAsked, Training
from micrograd.command import UsageError

EVALUATIONS = 20
"""How often a trial is evaluated, unless --eval-every says otherwise."""

DIGITS = 3
"""To how many significant digits a number that is searched is rounded, so that one can type it."""

ENOUGH = 30
"""With fewer trials that ran to their end, the importance of a hyperparameter changes a lot from search to search."""

HEARTBEAT = 5
"""Seconds between the signs of life of a trial; one that has given none for three times as long was killed."""

SIGN = "alive"
"""The attribute of a trial in a journal that says when it was last known to be alive, in seconds since 1970."""

STUDY, PICTURE, JOURNAL = "study.db", "importance.png", "journal:"


# A trial.


def config_of_trial(trial: Trial, flags: argparse.Namespace, space: dict[str, Range], corpus: Corpus) -> dict[str, Any]:
    """The config with hyperparameters that the sampler suggests."""
    chosen = argparse.Namespace(**vars(flags))
    for name, range_ in space.items():
        setattr(chosen, name, _suggested(trial, name, range_))
    config = config_of(chosen)
    config["max_steps"] = config["max_steps"] or TRAINING[config["type"]]["max_steps"]
    config["eval_every"] = config["eval_every"] or math.ceil(config["max_steps"] / EVALUATIONS)
    return run.complete(config, corpus)


def _suggested(trial: Trial, name: str, range_: Range) -> Any:
    if not isinstance(range_, Between):
        return trial.suggest_categorical(name, list(range_.values))
    if isinstance(range_.low, int):
        return trial.suggest_int(name, range_.low, int(range_.high), log=True)
    return float(value_text(trial.suggest_float(name, range_.low, range_.high, log=True)))


def value_text(value: Any) -> str:
    """A value of a hyperparameter as it is printed."""
    return f"{value:.{DIGITS}g}" if isinstance(value, float) else str(value)


def dev_loss_of(trial: Trial, config: dict[str, Any], corpus: Corpus, say: Callable[[str], None]) -> float:
    """Train the model of a trial and return the dev loss of the weights that are used, in nats a character.

    say: called with a line on how it goes.
    Raises TrialPruned, which says why, where it is hopeless or its loss is not finite; KeyboardInterrupt after Ctrl-C.
    """

    def evaluated(training: Training) -> None:
        loss, step = training.metrics[-1]["dev_loss"], training.step
        if not math.isfinite(loss):
            raise TrialPruned(f"its dev loss became {loss}")
        say(f"trial {trial.number}: {loss:.4f} at step {step:,}")
        if step:
            trial.report(loss, len(training.metrics) - 1)  # trials of other lengths are compared at the same fraction
            if step != config["max_steps"] and trial.should_prune():
                raise TrialPruned(f"{loss:.4f} at step {step:,}, above the median of the others there")

    try:
        training = Training(config, corpus, run.new_model(config, corpus))
        finished = training.take_steps(progress=False, evaluated=evaluated)
    except UsageError as complaint:  # a rate too high, or sizes that do not go together
        raise TrialPruned(str(complaint).partition(";")[0]) from None
    except MemoryError:
        raise TrialPruned("not enough memory") from None
    if not finished:
        raise KeyboardInterrupt
    return training.used()["dev_loss"]


# The study, and where it is kept.


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
        with contextlib.suppress(StorageInternalError):  # the search itself will say so
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


@contextlib.contextmanager
def storage_complaints(url: str) -> Iterator[None]:
    """Turns what goes wrong with a database into a UsageError."""
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
    try:
        return make_url(url).render_as_string()
    except sqlalchemy.exc.ArgumentError:
        return url


def open_study(url: str, name: str, settings: dict[str, Any], resume: bool) -> Study:
    """Begin a study, or go on with it. Raises UsageError where the name is taken or not, or its settings differ."""
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


def done(study: Study, and_running: bool = False) -> list[FrozenTrial]:
    """The trials that came to an end, or were pruned; and_running: those that are being trained as well."""
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
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
        except (RuntimeError, ValueError):
            return {}
    return found if all(map(math.isfinite, found.values())) and sum(found.values()) > 0 else {}


# The search.


class Surplus(Exception):  # noqa: N818 - it is how a trial ends, not a fault
    """Other processes have begun the last of the trials at the same time."""


class Search:
    """What the flags of makemore.tune ask for: trials of a study, one after the other.

    config: that of a trial before its hyperparameters are chosen. resume: go on with a study, or begin one.
    Raises UsageError where the words or the settings do not fit, and where the study cannot be had.
    """

    def __init__(self, flags: argparse.Namespace, config: dict[str, Any], resume: bool):
        self.flags, self.space = flags, space_of(flags, config)
        self.corpus = run.read_corpus(vars(flags), flags.input_file)
        if "dev" not in self.corpus.parts:
            survey = self.corpus.survey
            raise UsageError(f"{self.corpus.list.path} has {survey.words} words, too few for a dev part to go by")
        run.complete(config, self.corpus)  # raises where the words do not fit
        self.folder = RunFolder(flags.work_dir or RUNS / "tune")
        if self.folder.path.exists() and not self.folder.path.is_dir():
            raise UsageError(f"{self.folder.path} is a file; name a folder with -o")
        self.folder.path.mkdir(parents=True, exist_ok=True)
        self.url = flags.storage or f"sqlite:///{self.folder.path / STUDY}"
        settings = {  # what all trials of a study have in common, as JSON has it
            "words": self.corpus.survey.digest,
            "fixes": {name: value for name in SETTINGS if (value := getattr(flags, name)) is not None},
            "searches": {name: str(range_) for name, range_ in self.space.items()},
        }
        self.study = open_study(self.url, flags.study_name or flags.type, settings, resume)
        self.began = time.monotonic()

    def run(self) -> bool:
        """Do trials until there are enough; False where it was stopped before.

        Where other processes have begun all that are left, it waits for these, to take up those of one that is killed.
        """
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
                except KeyboardInterrupt:
                    return False
                if stop.asked:
                    return False
                bar.update(len(done(self.study)) - bar.n)
        return True

    def run_together(self, config: dict[str, Any]) -> bool:
        """The same on every process of an mpiexec; False as soon as one was stopped."""
        numbers = range(processes.size())
        with contextlib.closing(processes.each(_search_in_process, numbers, self.flags, config)) as results:
            return all(finished for _, finished in results)

    def _trial(self, trial: Trial, bar: Any) -> float:
        """One trial: its dev loss. Optuna marks it as alive meanwhile, and as failed or pruned by what it raises."""
        if sum(other.number < trial.number for other in done(self.study, and_running=True)) >= self.flags.trials:
            raise Surplus
        # Seeded by its number: the same search makes the same trials, and machines that search together draw different
        # ones.
        seed = LECTURE_SEED if self.flags.seed is None else self.flags.seed
        self.study.sampler = TPESampler(seed=(seed + trial.number) % 2**32)
        began, best = time.monotonic(), best_of(self.study)
        so_far = "" if best is None else f"best {best.value:.4f}; "

        def print_end(how: str) -> None:
            chosen = ", ".join(f"{name} {value_text(value)}" for name, value in trial.params.items())
            bar.write(f"trial {trial.number:>3}  {time.monotonic() - began:5.1f} s  {chosen}: {how}", file=sys.stdout)

        try:
            config = config_of_trial(trial, self.flags, self.space, self.corpus)
            trial.set_user_attr("config", {name: config[name] for name in SETTINGS if name in config})
            loss = dev_loss_of(trial, config, self.corpus, lambda text: bar.set_postfix_str(so_far + text))
        except TrialPruned as reason:
            trial.set_user_attr("reason", str(reason))
            print_end(f"pruned: {reason}")
            raise
        except BaseException:
            if trial.params:
                self.study.enqueue_trial(trial.params)  # it is the first to be tried when the search goes on
            raise
        print_end(f"dev loss {loss:.4f}")
        return loss

    def print_found(self) -> None:
        """The best trial, the importance of each hyperparameter, and the command that trains the best."""
        best, ended = best_of(self.study), done(self.study)
        pruned = sum(trial.state == TrialState.PRUNED for trial in ended)
        print(f"\n{len(ended):,} trials, {pruned:,} of them pruned, in the study {self.study.study_name!r}")
        if best is None:
            reasons = [trial.user_attrs.get("reason", "") for trial in ended]
            print("none ran to its end" + (f"; the last: {reasons[-1]}" if reasons else " yet"))
            return
        importance, config = importance_of(self.study), best.user_attrs["config"]
        print(f"best: trial {best.number}, dev loss {best.value:.4f} nats a character\n")
        rows = [("", "best", "searched", "importance")]
        for name in sorted(self.space, key=lambda name: -importance.get(name, 0)):
            part = f"{importance[name]:.0%}" if name in importance else "-"
            rows.append((name, value_text(best.params[name]), str(self.space[name]), part))
        for line in table(rows, "<><>"):
            print("  " + line)
        if importance:
            if len(ended) - pruned < ENOUGH:
                print(f"\nonly {len(ended) - pruned} trials ran to their end: how important each is, is rough")
            title = f"{config['type']}: {len(ended):,} trials, best dev loss {best.value:.4f}"
            self.folder.write(PICTURE, plots.importance(importance, title))
            print(f"\npicture: {self.folder.path / PICTURE}")
        else:
            print("\nthe importance of each takes more trials to tell")
        print(f"\ntrain it:\n{command_of(config, self.flags.input_file)}")


def _search_in_process(number: int, flags: argparse.Namespace, config: dict[str, Any]) -> bool:
    """The trials of one process in the study that was begun."""
    search = Search(flags, config, resume=True)
    with storage_complaints(search.url):
        return search.run()


def command_of(config: dict[str, Any], input_file: str | None) -> str:
    """The command that trains a model like that, every flag written out."""
    words = ["python", "-m", "makemore.train"] + (["-i", input_file] if input_file else [])
    skipped = ("fit", "split", "smoothing", *([] if config.get("unique") else ["unique"]))
    for name, value in config.items():
        if name in skipped or value is None or (name == "block_size" and config["type"] in NGRAMS):
            continue
        if name == "batch_size" and not value:  # all examples, which is what n-grams do where no flag says otherwise
            continue
        if isinstance(value, bool):
            words.append(flag_of(name) if value else flag_of("no_" + name))
        else:
            words += [flag_of(name), str(value)]
    return shlex.join(words)
