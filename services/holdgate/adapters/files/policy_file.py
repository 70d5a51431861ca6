"""Policy files: the one that HOLDGATE_POLICY names, any other, and the one that the package carries; and the
rules of review."""

from importlib import resources
from pathlib import Path

from holdgate.core.policy.policy import SECTIONS, Policy, PolicyError, from_toml
from holdgate.core.review.review_rules import ReviewRules, ReviewRulesError, parse_rules
from holdgate.runtime.settings import Settings


def read_policy(path: str | Path) -> Policy:
    """Read a policy file and the files of its sections beside it (geography.toml, goods.toml).

    Raise `PolicyError` naming the file and what is wrong with it.
    """
    policy = Path(path)
    try:
        text = policy.read_bytes()
        files = {section: policy.with_name(f"{section}.toml") for section in SECTIONS}
        beside = {section: file.read_bytes() for section, file in files.items() if file.exists()}
    except OSError as error:
        raise PolicyError(f"cannot read the policy file {error.filename}: {error.strerror}") from error
    return from_toml(text, str(path), beside)


def configured_policy(settings: Settings) -> Policy:
    """Read the policy file of the settings; raise `PolicyError` naming the setting if it cannot be read."""
    try:
        return read_policy(settings.policy)
    except PolicyError as error:
        if isinstance(error.__cause__, OSError):
            raise PolicyError(f"HOLDGATE_POLICY: {error}") from error.__cause__
        raise


def default_policy() -> Policy:
    """Return the policy that the package carries: `deploy/policy.toml` as it was released."""
    return from_toml(resources.files("holdgate.core.policy").joinpath("data", "policy.toml").read_bytes())


def read_review_rules(path: str | Path) -> ReviewRules:
    """Read the rules of review; raise `ReviewRulesError` naming the file and what is wrong with it."""
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        raise ReviewRulesError(f"cannot read the rules of review {path}: {error.strerror}") from error
    return parse_rules(text, str(path))
