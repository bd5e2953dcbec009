"""`python -m makemore.train`: reads a list of words, learns from it, and makes up new words like them.

A run has ten steps, and `begin` takes them in this order (the last four in `carry_out` and `conclude`):

 1. the flags, and the defaults of the type, make a config              config.py
 2. the folder must be free                                             run_folder.py
 3. the words are read, split and turned into token ids                 data.py, corpus.py
 4. what depends on the words completes the config                      run.py
 5. a model is made of it, with initial weights from the seed           models/
 6. what was read and what is trained is printed                        report.py
 7. gradient descent takes its steps, and keeps the best weights        steps.py, training.py
 8. the model, and simpler ones beside it, are evaluated                language_model.py
 9. pictures are drawn                                                  plots.py
10. the model makes up new words                                        language_model.py, new_words.py

A model by counting is made of its counts in step 5, and step 7 only keeps them.
"""

import argparse
import contextlib
import functools
import shlex

from makemore import data, diagnosis, new_words, processes, report, run
from makemore.config import check_flags, config_of, config_of_resumed, parser_of_flags
from makemore.language_model import Uniform
from makemore.run_folder import SAMPLES, RunFolder
from makemore.steps import rate_at
from makemore.trained import train  # noqa: F401 - makemore.train(words) calls it
from makemore.training import Training
from micrograd.command import UsageError
from micrograd.rules.modules import make_callable


def begin(flags: argparse.Namespace) -> None:
    """A new run, or a sweep over learning rates."""
    if flags.type:
        config_of(flags)  # what is wrong with the flags is said before a list is read, which may be long
    if flags.work_dir:
        RunFolder(flags.work_dir).check_free(flags.overwrite or flags.find_lr)
    corpus = run.read_corpus(vars(flags), flags.input_file)
    config, choice = run.config_for(flags, corpus)
    run.check_prompt(config, corpus, flags.prompt, flags.ending)
    model = run.new_model(config, corpus)
    report.print_words_read(corpus)
    if choice:
        print(f"chosen      {choice.type}, {choice.why}")
    report.print_model(config, model)
    folder = RunFolder(flags.work_dir) if flags.work_dir else RunFolder.next_free()
    if flags.find_lr:
        with folder.held():
            diagnosis.find_learning_rate(config, corpus, model, folder)
        return
    with folder.staged(flags.overwrite):
        diagnosis.print_first_look(model, corpus)
        carry_out(Training(config, corpus, model, folder), flags)


def resume(folder: RunFolder, flags: argparse.Namespace) -> None:
    """A run that was stopped, or is to be longer. Raises UsageError where a flag contradicts it or nothing is left."""
    config = config_of_resumed(flags, folder.read_config(), folder.path)
    corpus = run.read_corpus(config, flags.input_file)
    if corpus.survey.digest != config["digest"]:
        raise UsageError(f"{corpus.list.path} does not hold the words that the run began with; --resume needs the same")
    run.check_prompt(config, corpus, flags.prompt, flags.ending)
    training = Training.resumed(run.complete(config, corpus), corpus, folder)
    folder.read_chosen()  # whatever is wrong with its files is said now, and not when the steps are done
    step, last = training.step, config["max_steps"]
    if 0 <= last < step or (last == step and folder.has_ended(step)):
        raise UsageError(f"the run in {folder.path} has done {step:,} steps; give a larger total with --max-steps")
    if training.has_stalled() and folder.has_ended(step):
        if flags.max_steps is None and flags.early_stop is None:
            raise UsageError(
                f"the run in {folder.path} ended at step {step:,}, since its dev loss had stopped falling; "
                "give --max-steps or --early-stop to go on all the same"
            )
        training.patient_from = len(training.metrics)
    report.print_words_read(corpus)
    report.print_model(config, training.model)
    planned = config["schedule_steps"]
    if config["schedule"] != "constant" and not 0 <= last <= planned:
        rate = rate_at(planned, config)
        print(f"            the schedule was made for {planned:,} steps; those beyond go at a rate of {rate:g}")
    carry_out(training, flags)


def carry_out(training: Training, flags: argparse.Namespace) -> None:
    """Take the steps of a run, and conclude it; where Ctrl-C ends that, say how to go on with what is kept."""
    folder = training.folder
    try:
        run.train(training, flags)
        conclude(training, flags)
    except KeyboardInterrupt:
        if not folder.committed:
            raise
        if folder.has_ended(training.step):  # all is kept, only not yet printed
            raise SystemExit(0) from None
        print(f"\nstopped; the run is kept in {folder.path}")
        print(f"go on with: {run.resuming(folder)}")
        raise SystemExit(130) from None


def conclude(training: Training, flags: argparse.Namespace) -> None:
    """What comes when the steps are done: the losses, the pictures, and the new words."""
    config, corpus, folder, metrics = training.config, training.corpus, training.folder, training.metrics
    report.print_descent(metrics)
    if metrics:
        step = folder.restore(training.model)
        if step != training.step:
            print(f"weights     those of step {step:,}, where the dev loss was lowest")
    losses = run.losses_of(training)
    report.print_worse(losses, config, metrics, corpus.survey.words)
    report.print_losses(losses)
    for line in run.samples_of(training):
        print(line)
    report.print_hints(losses, corpus, config, metrics)
    pictures = functools.cache(lambda: run.draw_pictures(training, losses))
    words = corpus.list if corpus.list.path.is_file() else None  # a night is long
    models = {"model": training.model} | ({"uniform model": Uniform(len(corpus.vocabulary))} if flags.uniform else {})
    how = new_words.Drawing.of(flags)._replace(only_new=flags.only_new and words is not None)
    drawn = {}
    for name, model in models.items():
        sampler = new_words.sampler_of(model, corpus.vocabulary, config, how)
        drawn[name] = new_words.draw_words(sampler, flags.num_samples, words, how, pictures)
    pictures()
    folder.write(SAMPLES, data.text_of([word.word for word in drawn["model"]]))
    run.write_last_line(training, losses)
    if flags.num_samples:
        print("\nnew words" + (f", temperature {flags.temperature:g}" if flags.temperature != 1 else ""))
        new_words.print_words(drawn, flags.num_samples, indent="  ")
    path = shlex.quote(str(folder.path))
    print(f"\nsaved in {path}; more words: python -m makemore.sample -o {path}")


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    flags = parser_of_flags().parse_args(arguments)
    check_flags(flags)
    if not (flags.resume or flags.sample_only):
        begin(flags)
        return 0
    folder = RunFolder.trained(flags.work_dir)
    if flags.sample_only:
        new_words.sample(folder, flags)
        return 0
    with folder.held() if folder.path.is_dir() else contextlib.nullcontext():
        resume(folder, flags)
    return 0


make_callable(__name__)  # makemore.train(words) is the function, and this module the command

if __name__ == "__main__":
    processes.run_command(main)
