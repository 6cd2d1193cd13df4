"""The process that holds helm's code: a request on its standard input, answers on its standard output."""

import contextlib
import functools
import json
import sys
from typing import Any

import helm_python  # type: ignore[import-not-found, unused-ignore]  # of the group `chart`, which not everybody has


def main() -> None:
    request: dict[str, Any] = json.load(sys.stdin)
    answers: list[dict[str, Any]] = []
    with contextlib.ExitStack() as stack:
        chart = stack.enter_context(helm_python.Chart.load(request["chart"]))
        render = chart.render
        if request["kubeconfig"]:
            config = helm_python.Config(namespace=request["namespace"], kubeconfig_content=request["kubeconfig"])
            render = functools.partial(stack.enter_context(config).render, chart)
        for values in request["sets"]:
            try:
                chart.validate_schema(values)
                answers.append({"files": render(values, name=request["name"], namespace=request["namespace"])})
            except helm_python.HelmError as error:
                answers.append({"error": str(error)})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
