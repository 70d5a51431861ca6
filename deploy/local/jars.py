"""Kafka's jars: Maven downloads them into `.runtime/jars/`, and again when pom.xml changes."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from deploy.local.daemon import RUNTIME, LocalRuntimeError

POM = Path(__file__).resolve().with_name("kafka") / "pom.xml"


def kafka_jars() -> Path:
    """Return the folder of the jars, downloading them if needed.

    Raises `LocalRuntimeError` with the output of Maven if the download fails.
    """
    name = "kafka-" + hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    jars = RUNTIME / "jars" / name
    jars.parent.mkdir(parents=True, exist_ok=True)
    with (jars.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test sessions may start at the same time
        if not jars.exists():
            _download(jars.with_name(name + ".new"))
            jars.with_name(name + ".new").rename(jars)
    return jars


def java() -> str:
    """Return the path of Java: from JAVA_HOME if set, else from PATH."""
    home = os.environ.get("JAVA_HOME")
    path = shutil.which(f"{home}/bin/java" if home else "java")
    if path is None:
        raise LocalRuntimeError(
            "no Java found; run deploy/local/preflight.sh kafka for the package to install"
        )
    return path


def _download(folder: Path) -> None:
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
        raise LocalRuntimeError(
            f"Maven could not download Kafka (exit code {done.returncode}):\n{done.stdout}"
        )
