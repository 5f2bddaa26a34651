"""Writes the journal of a study as Optuna 5 keeps it, and checks that Optuna reads one of ours.

    python bench/reference/study/journal.py              writes main/study/optuna/testing/optuna-journal.txt
    python bench/reference/study/journal.py --check FILE prints what Optuna reads in FILE, as JSON
"""

import json
import math
import pathlib
import sys

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

HERE = pathlib.Path(__file__).resolve().parents[3]
TARGET = HERE / "main/study/optuna/testing/optuna-journal.txt"


def write() -> None:
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.unlink(missing_ok=True)
    storage = JournalStorage(JournalFileBackend(str(TARGET)))
    sampler = optuna.samplers.RandomSampler(seed=7)
    study = optuna.create_study(storage=storage, study_name="cells", direction="minimize", sampler=sampler)
    study.set_user_attr("author", "Ada")
    study.enqueue_trial({"rate": 0.01, "layers": 2, "optimizer": "sgd", "momentum": 0.5})

    def objective(trial: optuna.Trial) -> float:
        rate = trial.suggest_float("rate", 1e-4, 1.0, log=True)
        layers = trial.suggest_int("layers", 1, 4)
        trial.suggest_int("width", 8, 64, step=8)
        optimizer = trial.suggest_categorical("optimizer", ["adam", "sgd", None, True, 3])
        momentum = trial.suggest_float("momentum", 0.0, 0.9) if optimizer == "sgd" else 0.0
        loss = (math.log10(rate) + 2) ** 2 + 0.1 * layers - 0.2 * momentum
        for step in range(4):
            trial.report(loss + 1 / (step + 1), step)
        if trial.number == 3:
            trial.report(math.inf, 4)
            trial.report(math.nan, 5)
            raise optuna.TrialPruned
        if trial.number == 4:
            return math.nan
        trial.set_user_attr("note", "größer")
        return loss

    study.optimize(objective, n_trials=8)
    study.enqueue_trial({"rate": 0.5, "layers": 1})
    study.ask().suggest_float("rate", 1e-4, 1.0, log=True)
    study.enqueue_trial({"rate": 0.25, "layers": 3})
    other = optuna.create_study(storage=storage, study_name="pair", directions=["minimize", "maximize"], sampler=sampler)
    other.optimize(lambda trial: (trial.suggest_float("x", 0, 1, step=0.25), math.inf), n_trials=3)


def check(path: str) -> None:
    storage = JournalStorage(JournalFileBackend(path))
    found = {}
    for name in optuna.get_all_study_names(storage):
        study = optuna.load_study(study_name=name, storage=storage)
        found[name] = {
            "directions": [direction.name for direction in study.directions],
            "trials": [
                {
                    "state": trial.state.name,
                    "params": trial.params,
                    "values": trial.values,
                    "intermediate": {str(step): value for step, value in trial.intermediate_values.items()},
                }
                for trial in study.trials
            ],
        }
    print(json.dumps(found))


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if sys.argv[1:2] == ["--check"]:
        check(sys.argv[2])
    else:
        write()
