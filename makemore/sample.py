"""`python -m makemore.sample -o DIR`: new words from a trained model."""

from makemore import new_words
from makemore.config import NUM_SAMPLES, SEED, add_folder_flag, add_sampling_flags
from makemore.run_folder import RunFolder
from micrograd.command import Parser, run_command


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = Parser(prog="python -m makemore.sample", description="New words from a trained model, one to a line.")
    add_folder_flag(parser)
    parser.add_argument("-n", "--num-samples", type=NUM_SAMPLES, default=20, metavar="N", help="how many (20)")
    parser.add_argument("--seed", type=SEED, default=None, help="random seed (default: the run's)")
    add_sampling_flags(parser)
    flags = parser.parse_args(arguments)
    new_words.sample(RunFolder.trained(flags.work_dir), flags)
    return 0


if __name__ == "__main__":
    run_command(main)
