"""Write the PrometheusRule of deploy/prometheus/rules: `python -m deploy.kubernetes`.

The Prometheus Operator reads rules from its own kind of object, and kustomize cannot put a file into one.
"""

import textwrap

from deploy.local.daemon import ROOT

RULES = ROOT / "deploy" / "prometheus" / "rules"
WRITTEN = ROOT / "deploy" / "kubernetes" / "components" / "monitoring" / "prometheus-rules.yaml"


def prometheus_rules() -> str:
    """Return one PrometheusRule per file of rules, with the file's text as it is below `spec`."""
    return "# Written by `make kubernetes` from deploy/prometheus/rules: change it there.\n" + "---\n".join(
        "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\n"
        f"metadata:\n  name: holdgate-{file.stem}\nspec:\n{textwrap.indent(file.read_text(), '  ')}"
        for file in sorted(RULES.glob("*.yml"))
    )


if __name__ == "__main__":
    WRITTEN.write_text(prometheus_rules())
