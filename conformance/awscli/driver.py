"""Runs commands of the AWS CLI one after another in one process.

Starting Python and loading the service models takes most of a command's time.
Each line of standard input is a JSON list of arguments; each line of standard
output is a JSON object with the exit code, and what the command put out.
"""

import contextlib
import io
import json
import sys

from awscli.clidriver import create_clidriver


def run(arguments):
    # Bytes below, because the CLI writes to the buffer as well.
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in "12")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = create_clidriver().main(arguments)
        except SystemExit as end:
            code = end.code
    stdout, stderr = (s.buffer.getvalue().decode() for s in (out, err))
    return {"code": code or 0, "stdout": stdout, "stderr": stderr}


answers = sys.stdout
for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), file=answers, flush=True)
