"""Kafka's jars, fetched once by Maven into `.runtime/jars/` and fetched again when pom.xml changes."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from deploy.local.daemon import RUNTIME, LocalRuntimeError

POM = Path(__file__).resolve().with_name("kafka") / "pom.xml"


def kafka_jars() -> Path:
    """The folder of the jars. Raises `LocalRuntimeError` with Maven's words if they cannot be fetched."""
    name = "kafka-" + hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    jars = RUNTIME / "jars" / name
    jars.parent.mkdir(parents=True, exist_ok=True)
    with (jars.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test sessions may start together
        if not jars.exists():
            _fetch(jars.with_name(name + ".new"))
            jars.with_name(name + ".new").rename(jars)
    return jars


def java() -> str:
    """The Java to run: of JAVA_HOME if that is set, else the one on PATH."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which(f"{home}/bin/java" if home else "java")
    if found is None:
        raise LocalRuntimeError(
            "no Java found; run deploy/local/preflight.sh kafka for the package to install"
        )
    return found


def _fetch(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    maven = shutil.which("mvn")
    if maven is None:
        raise LocalRuntimeError(
            "no Maven found; run deploy/local/preflight.sh kafka for the package to install"
        )
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder}"]
    done = subprocess.run(
        [maven, "--quiet", "--batch-mode", f"--file={POM}", *goal],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0 or not folder.exists():
        raise LocalRuntimeError(f"Maven could not fetch Kafka (exit code {done.returncode}):\n{done.stdout}")
