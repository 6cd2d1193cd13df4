"""The process that holds helm's code: a request on its standard input, answers on its standard output."""

import json
import sys
from typing import Any

import helm_python  # type: ignore[import-not-found, unused-ignore]  # of the group `chart`, which not everybody has


def main() -> None:
    request: dict[str, Any] = json.load(sys.stdin)
    answers = []
    with helm_python.Chart.load(request["chart"]) as chart:
        for values in request["sets"]:
            try:
                chart.validate_schema(values)
                files = chart.render(values, name=request["name"], namespace=request["namespace"])
                answers.append({"files": files})
            except helm_python.HelmError as error:
                answers.append({"error": str(error)})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
